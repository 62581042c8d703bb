"""Payloads in: what is an event goes through the inbox, what is beside it is done at once; then the acknowledgement."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse

from adapters.slack import events
from adapters.slack.assistant import STARTED, Pane
from adapters.slack.modal import errors_by_block
from adapters.slack.people import Kept, People
from adapters.slack.workspaces import Workspaces
from bot.messages import Event, Receipt
from bot.wording import words
from knowledge.model import Library

Receive = Callable[[Event], Awaitable[Receipt]]
Body = dict[str, Any]

OPENING = 2.0  # seconds for opening a modal: a trigger lives for three
ROOM = 0.3  # seconds for finding out whether a command was typed in the direct messages
# Nothing is wrong when these come to nothing: edits, Tutor's own messages, tabs that are opened.
_USUAL = frozenset(
    f"event_callback/{name}"
    for name in (
        "message",
        "app_mention",
        "app_home_opened",
        "member_joined_channel",
        "assistant_thread_context_changed",
    )
)

log = logging.getLogger(__name__)


class Screens(Protocol):
    """What draws the settings modal (`adapters.slack.home`)."""

    async def settings(self, team: str, user: str) -> dict[str, Any]:
        """The settings modal of a user."""
        ...


class Intake:
    """Takes payloads of every kind, from HTTP and Socket Mode alike."""

    def __init__(
        self,
        workspaces: Workspaces,
        people: People,
        receive: Receive,
        screens: Screens,
        library: Callable[[], Library],
        now: Callable[[], datetime],
    ) -> None:
        """See `adapters.slack.app.make`."""
        self._workspaces = workspaces
        self._people = people
        self._receive = receive
        self._screens = screens
        self._now = now
        self._pane = Pane(workspaces, people, library)
        self._errors: Kept[str, Mapping[str, str]] = Kept(time.monotonic, 1000)  # of modals, by event
        self._behind: set[asyncio.Task[None]] = set()

    async def take(self, body: Body) -> BoltResponse:
        """Take a payload; the answer acknowledges it, or, as 503, does not."""
        beside = await self._beside(body)
        if beside is not None:
            return beside
        if own := events.own_room(body):
            self._people.learn(*own)
        event = events.event_of(body, self._now(), await self._room(body))
        if event is None:
            kind = events.kind_of(body)
            log.log(logging.DEBUG if kind in _USUAL else logging.INFO, "slack: nothing to do for %s", kind)
            return _acknowledged()
        known = await self._people.known(event.address.workspace, event.sender)
        if known.absent:
            return _acknowledged()
        event = replace(event, zone=known.zone, language=known.language)
        channel = str((body.get("event") or {}).get("channel") or "")
        async with self._pane.working(event, channel):
            receipt = await self._receive(event)
        return self._acknowledge(event, receipt, is_command=bool(body.get("command")))

    async def failed(self, error: Exception, body: Body) -> BoltResponse:
        """Bolt found nobody for a payload, which is acknowledged; or taking it raised, and it is to come again."""
        kind = events.kind_of(body)
        if isinstance(error, BoltUnhandledRequestError):
            log.info("slack: nothing to do for %s", kind)
            return _acknowledged()
        log.error("slack: %s was not taken (%s, %s)", kind, type(error).__name__, _where(error))
        return BoltResponse(status=500, body="")

    async def _beside(self, body: Body) -> BoltResponse | None:
        """What does not go through the inbox; None: it does."""
        event = body.get("event") if body.get("type") == "event_callback" else None
        match event:
            case {"type": "app_uninstalled"} | {"type": "tokens_revoked", "tokens": {"bot": [_, *_]}}:
                told = body.get("event_time")
                # In whole seconds: an app that was installed within this one was removed after that.
                at = datetime.fromtimestamp(told + 1, UTC) if isinstance(told, int) else None
                await self._workspaces.ended(events.team_of(body), at)
                return _acknowledged()
            case {"type": kind} if kind == STARTED:
                await self._pane.started(events.team_of(body), event or {})
                return _acknowledged()
            case {"type": "app_home_opened", "tab": "messages"}:
                await self._pane.looked_at(events.team_of(body), event or {})
                return _acknowledged()
            case _ if events.opens_settings(body) and await self._opened(body):
                return _acknowledged()
        return None

    async def _opened(self, body: Body) -> bool:
        """Open the settings modal. Where that fails, the press is an event, and answered in words."""
        team, user = events.team_of(body), str((body.get("user") or {}).get("id") or "")
        try:
            async with asyncio.timeout(OPENING):
                view = await self._screens.settings(team, user)
                client = await self._workspaces.client(team)
                await client.views_open(trigger_id=str(body.get("trigger_id")), view=view)
        except Exception as error:
            log.warning("slack: the settings were not opened (%s)", type(error).__name__)
            return False
        return True

    async def _room(self, body: Body) -> str:
        """For a command that was typed in direct messages: the sender's with Tutor, if that can be told soon."""
        if not body.get("command") or body.get("channel_name") != "directmessage":
            return ""
        try:
            async with asyncio.timeout(ROOM):
                return await self._people.room(events.team_of(body), str(body.get("user_id")))
        except Exception:
            return ""

    def _acknowledge(self, event: Event, receipt: Receipt, *, is_command: bool) -> BoltResponse:
        say = words(event.language or "en")
        if is_command:  # Slack does not send it again, and would show the number of an error
            busy = say.label("That was too much at once for me. Please try again in a moment.")
            return _said(busy if receipt.outcome == "busy" else receipt.notice)
        if receipt.outcome == "busy":
            return BoltResponse(status=503, body="")
        if event.kind == "submit":
            return self._submitted(event, receipt)
        if event.place == "channel" and receipt.notice and receipt.outcome == "done":
            self._later(self._notify(event, receipt.notice))
        return _acknowledged()

    def _submitted(self, event: Event, receipt: Receipt) -> BoltResponse:
        """Close a modal, or show what is wrong in it; the same again where it was sent twice."""
        errors = receipt.errors
        if receipt.outcome == "duplicate":
            errors = self._errors.get(event.id) or {}
        elif errors:
            self._errors.put(event.id, errors)
        if not errors:
            return _acknowledged()
        return BoltResponse(status=200, body={"response_action": "errors", "errors": errors_by_block(errors)})

    async def _notify(self, event: Event, notice: str) -> None:
        """Tell whoever pressed a button or mentioned Tutor in a channel, and nobody else."""
        to = event.address
        try:
            client = await self._workspaces.client(to.workspace)
            await client.chat_postEphemeral(
                channel=to.chat, user=event.sender, thread_ts=to.thread or None, text=_escaped(notice)
            )
        except Exception as error:
            log.info("slack: a notice was not shown (%s)", type(error).__name__)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._behind.add(task)
        task.add_done_callback(self._behind.discard)


def _acknowledged() -> BoltResponse:
    return BoltResponse(status=200, body="")


def _said(text: str) -> BoltResponse:
    """The acknowledgement of a command, with a word to whoever typed it."""
    if not text:
        return _acknowledged()
    return BoltResponse(status=200, body={"response_type": "ephemeral", "text": _escaped(text)})


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _where(error: BaseException) -> str:
    """The place of an error; its words may hold what somebody wrote."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "nowhere"
