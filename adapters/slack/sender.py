"""Replies out, over Slack's Web API.

To a person (an address whose chat is a user id) a reply goes into their direct messages with Tutor; to a channel, into
the thread; to one person in a channel, as an ephemeral message there: by the response_url of what they just did, or by
chat.postEphemeral. What cannot be shown to them there any more goes into their direct messages instead.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import faults
from adapters.slack.people import Kept, People
from adapters.slack.render import Piece, message
from adapters.slack.workspaces import Workspaces, in_session, is_slacks
from bot.limits import Limits, Rate
from bot.messages import Address, Button, Document, MessageRef, Reply, SendLater, SendNever

# One message a second in a channel, and "several hundred a minute" in a workspace.
LIMITS = Limits(workspace=Rate(300, 60.0, burst=30), chat=Rate(1, 1.0))
APART = 1.05  # seconds between the messages of one long reply, since Slack counts them one by one
RESPONSES = 5  # times that Slack lets a response_url be used
BEGUN = 1800.0  # seconds that a reply which got half out is remembered, so that the rest follows it

log = logging.getLogger(__name__)

Home = Callable[[AsyncWebClient, Address], Awaitable[None]]
Result = TypeVar("Result")
_Step = Callable[[], Awaitable[MessageRef | None]]
_Named = tuple[Address, str, tuple[Button, ...], MessageRef | None]


class _Expired(Exception):
    """A response_url that no longer works."""


class SlackSender:
    """Sends replies, and draws App Home anew."""

    def __init__(
        self,
        workspaces: Workspaces,
        home: Home | None = None,
        people: People | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Send with the clients of `workspaces`.

        Args:
            workspaces: whose tokens to send with.
            home: publishes the App Home of one person.
            people: what is known of people; shared with whoever receives, it saves calls.
            monotonic: seconds, for what Slack asked to wait.
        """
        self._workspaces = workspaces
        self._home = home
        self._people = people or People(workspaces, monotonic)
        self._monotonic = monotonic
        self._closed: Kept[tuple[str, ...], float] = Kept(monotonic)  # calls that Slack asked to wait with, and until
        self._used: Kept[str, int] = Kept(monotonic)  # times that a response_url was used
        self._begun: Kept[_Named, tuple[int, MessageRef | None]] = Kept(monotonic, 1000)

    async def send(self, to: Address, reply: Reply, replaced: MessageRef | None) -> MessageRef:
        """See `bot.messages.Sender`. What was shown to one person only has a reference with an empty id."""
        if is_url(to.thread):
            return await self._whisper(to, reply, replaced)
        if reply.audience and not is_person(to.chat):
            return await self._ephemeral(to, reply)
        return await self._post(to, reply, replaced)

    async def refresh(self, to: Address, surface: str) -> None:
        """Draw a surface anew: App Home, the only one that Slack has."""
        if surface != "home" or self._home is None or not is_person(to.chat):
            return
        client = await self._client(to.workspace)
        async with self._judging(to, "views.publish"):
            await self._home(client, to)

    # --- in a chat

    async def _post(self, to: Address, reply: Reply, replaced: MessageRef | None) -> MessageRef:
        client = await self._client(to.workspace)
        steps: list[_Step] = []
        for n, piece in enumerate(message(reply)):
            if piece.document is not None:
                steps.append(partial(self._upload, client, to, piece.document))
            if piece.blocks:  # else it is nothing but a file
                steps.append(partial(self._show, client, to, piece, replaced if n == 0 else None, APART if n else 0.0))
        return await self._in_order(to, reply, replaced, steps)

    async def _in_order(
        self, to: Address, reply: Reply, replaced: MessageRef | None, steps: Sequence[_Step]
    ) -> MessageRef:
        """Take the steps, leaving out those that an earlier try took; returns what the last one made."""
        name = (to, reply.text, reply.buttons, replaced)
        taken, made = self._begun.get(name) or (0, None)
        for n in range(taken, len(steps)):
            made = await steps[n]() or made
            if n + 1 < len(steps):
                self._begun.put(name, (n + 1, made), BEGUN)
        self._begun.drop(name)
        if made is None:
            raise SendNever("nothing to show")
        return made

    async def _show(
        self, client: AsyncWebClient, to: Address, piece: Piece, edited: MessageRef | None, pause: float
    ) -> MessageRef:
        """One message: in place of `edited` where that still stands, else anew."""
        await asyncio.sleep(pause)
        if edited is not None and edited.id:
            with contextlib.suppress(SlackApiError):
                async with self._judging(to, "chat.update", keep=faults.MESSAGE_GONE):
                    await client.chat_update(
                        channel=edited.chat, ts=edited.id, text=piece.text, blocks=list(piece.blocks)
                    )
                return edited
        return await self._in_room(to, lambda room: self._new(client, to, room, piece))

    async def _new(self, client: AsyncWebClient, to: Address, room: str, piece: Piece) -> MessageRef:
        async with self._judging(to, "chat.postMessage", room, keep=faults.PLACE_GONE):
            sent = await client.chat_postMessage(
                channel=room,
                text=piece.text,
                blocks=list(piece.blocks),
                thread_ts=to.thread or None,
                unfurl_links=False,
                unfurl_media=False,
            )
        return MessageRef(str(sent.get("channel") or room), str(sent.get("ts") or ""))

    async def _upload(self, client: AsyncWebClient, to: Address, document: Document) -> MessageRef:
        async def upload(room: str) -> MessageRef:
            async with self._judging(to, "files.upload", keep=faults.PLACE_GONE):
                await client.files_upload_v2(
                    channel=room, content=document.text, filename=document.name, thread_ts=to.thread or None
                )
            return MessageRef(room, "")  # Slack tells the file's id, not the message's

        return await self._in_room(to, upload)

    async def _in_room(self, to: Address, act: Callable[[str], Awaitable[Result]]) -> Result:
        """Do something in the channel behind an address; once more where somebody's direct messages were renewed."""
        if not is_person(to.chat):
            async with self._judging(to, "in a channel"):
                return await act(to.chat)
        again = False
        while True:
            async with self._judging(to, "conversations.open"):
                room = await self._people.room(to.workspace, to.chat)
            try:
                return await act(room)
            except SlackApiError as error:
                self._people.forget(to.workspace, to.chat)
                if again:
                    raise SendNever(faults.code_of(error), gone=True) from None
                again = True

    # --- for one person's eyes

    async def _ephemeral(self, to: Address, reply: Reply) -> MessageRef:
        client = await self._client(to.workspace)

        async def show(piece: Piece) -> MessageRef:
            async with self._judging(to, "chat.postEphemeral", to.chat, keep=faults.PLACE_GONE):
                await client.chat_postEphemeral(
                    channel=to.chat,
                    user=str(reply.audience),
                    text=piece.text,
                    blocks=list(piece.blocks),
                    thread_ts=to.thread or None,
                )
            return MessageRef(to.chat, "")

        steps = self._for_one(client, to, reply, show)
        try:
            return await self._in_order(to, reply, None, steps)
        except SlackApiError:  # they left the channel, or Tutor did
            return await self._alone(to, reply)

    async def _whisper(self, to: Address, reply: Reply, replaced: MessageRef | None) -> MessageRef:
        client = await self._client(to.workspace)
        over = replaced is not None  # the first message goes over the one that was pressed

        async def show(piece: Piece) -> MessageRef:
            nonlocal over
            await self._respond(client, to, piece, over)
            over = False
            return MessageRef(to.chat, "")

        steps = self._for_one(client, to, reply, show)
        try:
            return await self._in_order(to, reply, replaced, steps)
        except _Expired:
            return await self._alone(to, reply)

    def _for_one(
        self, client: AsyncWebClient, to: Address, reply: Reply, show: Callable[[Piece], Awaitable[MessageRef]]
    ) -> list[_Step]:
        """The steps of a reply to one person. A file is for a whole channel: theirs goes into their own chat."""
        steps: list[_Step] = []
        for piece in message(reply):
            if piece.document is not None and reply.audience:
                own = Address(to.platform, to.workspace, reply.audience)
                steps.append(partial(self._upload, client, own, piece.document))
            if piece.blocks:
                steps.append(partial(show, piece))
        return steps

    async def _respond(self, client: AsyncWebClient, to: Address, piece: Piece, over: bool) -> None:
        """POST to a response_url. Raises _Expired where it is too old, was used up, or is not Slack's."""
        if not is_slacks(to.thread, client.base_url):
            raise _Expired
        body = {"response_type": "ephemeral", "replace_original": over, "text": piece.text, "blocks": piece.blocks}
        self._check(("response", to.thread))
        uses = self._used.get(to.thread) or 0
        if uses >= RESPONSES:
            raise _Expired
        try:
            async with in_session(client).post(
                to.thread, json=body, allow_redirects=False, proxy=client.proxy
            ) as answer:
                said = await answer.text()
                status, headers = answer.status, answer.headers
        except (aiohttp.ClientError, TimeoutError):
            raise faults.Unavailable from None  # its own words hold the address
        if status == 429:
            raise self._later(("response", to.thread), faults.seconds(headers))
        if status >= 500:
            raise faults.Unavailable
        if status == 400 and "expired" not in said and "used" not in said:
            raise SendNever("response refused")
        if status >= 300 or '"ok":false' in said.replace(" ", ""):
            raise _Expired
        self._used.put(to.thread, uses + 1, BEGUN)

    async def _alone(self, to: Address, reply: Reply) -> MessageRef:
        """Send to the person's direct messages what cannot be shown to them elsewhere."""
        if not reply.audience:
            raise SendNever("expired")
        return await self._post(Address(to.platform, to.workspace, reply.audience), reply, None)

    # --- refusals

    async def _client(self, team: str) -> AsyncWebClient:
        async with self._judging(Address("slack", team, ""), "auth.test"):
            return await self._workspaces.client(team)

    @asynccontextmanager
    async def _judging(self, to: Address, *call: str, keep: frozenset[str] = frozenset()) -> AsyncIterator[None]:
        """Turn what Slack refuses into what the outbox does about it; codes in `keep` are left to the caller.

        A call that Slack asked to wait with is not made before: `call` names what the wait is for, in its workspace.
        """
        name = (to.workspace, *call)
        self._check(name)
        try:
            yield
        except SlackApiError as error:
            code, wait = faults.code_of(error), faults.retry_after(error)
            if wait is not None:
                raise self._later(name, wait) from None
            if code in keep:
                raise
            if code == faults.REFUSED:
                log.error("slack: a token is refused; messages wait (is it right, and this host among those allowed?)")
                raise SendLater(faults.REFUSED_WAIT) from None
            if code in faults.ENDED:
                await self._workspaces.ended(to.workspace)
                raise SendNever(code) from None
            if faults.passing(error):
                raise faults.Unavailable from None
            gone = is_person(to.chat) and code in faults.PERSON_GONE | faults.PLACE_GONE
            raise SendNever(code, gone=gone) from None

    def _later(self, name: tuple[str, ...], wait: float) -> SendLater:
        self._closed.put(name, self._monotonic() + wait, wait)
        return SendLater(wait)

    def _check(self, name: tuple[str, ...]) -> None:
        until = self._closed.get(name)
        if until is not None:
            raise SendLater(until - self._monotonic())


def is_person(chat: str) -> bool:
    """Whether an address's chat is a user, whose direct messages are meant."""
    return chat.startswith(("U", "W"))


def is_url(thread: str) -> bool:
    """Whether an address's thread is a response_url."""
    return thread.startswith(("https://", "http://"))
