"""What the fake holds together: its state, its clock, the ids that it gives out and its parts."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ruamel.yaml import YAML

from tests.fakes.slack import payloads
from tests.fakes.slack.forms import values
from tests.fakes.slack.pace import Faults, Pace
from tests.fakes.slack.state import (
    Call,
    Channel,
    Delivery,
    Grant,
    Json,
    Message,
    ResponseUrl,
    Trigger,
    Upload,
    View,
    Workspace,
    new_id,
)

if TYPE_CHECKING:
    from tests.fakes.slack.people import Person

Clock = Callable[[], float] | Callable[[], datetime]
Rates = Literal["enforce", "record", "off"]
MANIFEST = Path(__file__).parents[3] / "adapters" / "slack" / "manifest.yaml"
WORKSPACE_PER_MINUTE = 300  # "several hundred messages a minute" in a workspace, say Slack's documents


class Core:
    """The state of the fake, and what its parts need of it. Tests see it as FakeSlack."""

    def __init__(self, clock: Clock, rates: Rates, retry_delays: Sequence[float], ack_within: float) -> None:
        self.clock = clock
        self.rates: Rates = rates
        self.retry_delays, self.ack_within = retry_delays, ack_within
        self.root = self.url = self.request_url = self.redirect_url = ""
        self.app_id, self.app_token = new_id("A"), f"xapp-1-{new_id('').lower()}-{'a' * 32}"
        self.signing_secret, self.client_id, self.client_secret = "5ec2e7" * 5, "111.222", "c11e27" * 5
        told = _manifest()
        self.scopes, self.subscribed, self.commands, self.shortcuts, self.agent_view = told
        self.echoes = self.socket_mode = True
        self.deactivated_error = "channel_not_found"
        self.visitor: Person | None = None
        self.calls: list[Call] = []
        self.hurried: list[Call] = []
        self.deliveries: list[Delivery] = []
        self.held: list[Delivery] = []
        self.holding = False
        self.uploads: list[Upload] = []
        self.pings: list[str] = []
        self.workspaces: dict[str, Workspace] = {}
        self.dead_tokens: dict[str, str] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.grants: dict[str, Grant] = {}
        self.homes: dict[str, View] = {}
        self.modals: dict[str, list[View]] = {}
        self.filled: dict[tuple[str, str], dict[str, dict[str, Json]]] = {}
        self.faults, self.pace = Faults(), Pace(WORKSPACE_PER_MINUTE)
        self.tasks: set[asyncio.Task[Any]] = set()
        self._stamps = itertools.count(1)

    def now(self) -> float:
        """Seconds since the epoch, by the fake's clock."""
        at = self.clock()
        return at.timestamp() if isinstance(at, datetime) else at

    async def sleep(self, seconds: float) -> None:
        """Wait for the fake's clock."""
        until = self.now() + seconds
        while self.now() < until:  # noqa: ASYNC110 - the clock is the test's, and tells nobody that it went on
            await asyncio.sleep(min(0.01, max(0.0, until - self.now())))

    def in_background(self, work: Coroutine[Any, Any, Any]) -> None:
        """Let it run until it is done or the fake stops."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def new_ts(self) -> str:
        """A timestamp as messages have it: unique, in order."""
        return f"{int(self.now())}.{next(self._stamps):06d}"

    def new_hash(self) -> str:
        """A view's hash."""
        return f"{int(self.now())}.{new_id('h')}"

    def new_trigger(self, person: Person, view: View | None = None) -> str:
        """A trigger_id."""
        trigger = f"{len(self.triggers) + 1}.{int(self.now())}.{new_id('').lower()}"
        self.triggers[trigger] = Trigger(person.id, person.workspace, self.now(), view.id if view else "")
        return trigger

    def new_response_url(
        self, person: Person, channel: Channel, message: Message | None = None, *, replaces: bool = True
    ) -> str:
        """A response_url."""
        kind = "actions" if message else "commands"
        url = f"{self.root}/{kind}/{person.workspace.id}/{len(self.response_urls) + 1}/{new_id('').lower()}"
        thread = message.thread_ts if message else ""
        held = message if replaces else None
        if held is not None:  # the message itself, where a copy of an earlier version was pressed
            held = next((m for m in channel.messages if m.ts == held.ts), held)
        self.response_urls[url] = ResponseUrl(url, person.id, channel, self.now(), held, thread)
        return url

    def by_token(self, token: str) -> Workspace | None:
        """The workspace whose bot has this token."""
        return next((w for w in self.workspaces.values() if token and w.token == token), None)

    def as_json(self, message: Message) -> Json:
        """A message as the Web API shows it."""
        workspace = next(w for w in self.workspaces.values() if message.channel in w.channels)
        return payloads.as_json(self, workspace, message)

    def view_json(self, view: View) -> Json:
        """A view as the Web API shows it."""
        return {
            "private_metadata": "", "callback_id": "", "external_id": "", "clear_on_close": False,
            "notify_on_close": False, "title": None, "submit": None, "close": None, **view.body,
            "id": view.id, "team_id": view.workspace.id, "app_id": self.app_id, "bot_id": view.workspace.bot_id,
            "hash": view.hash, "root_view_id": view.root, "previous_view_id": view.previous or None,
            "app_installed_team_id": view.workspace.id,
            "state": {"values": values(view.body["blocks"], view.filled)},
        }  # fmt: skip


def _manifest() -> tuple[set[str], set[str], set[str], dict[str, str], bool]:
    """Scopes, events, commands and shortcuts that the app's manifest names, and whether it has the agent view."""
    told: Any = YAML(typ="safe", pure=True).load(MANIFEST.read_text("utf-8"))
    features, settings = told["features"], told["settings"]
    return (
        set(told["oauth_config"]["scopes"]["bot"]),
        set(settings["event_subscriptions"]["bot_events"]),
        {command["command"] for command in features.get("slash_commands", ())},
        {shortcut["callback_id"]: shortcut["name"] for shortcut in features.get("shortcuts", ())},
        "agent_view" in features,
    )
