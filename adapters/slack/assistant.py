"""The Assistant pane and the agent view: suggested prompts, a status while working, titles of threads.

All of it is an extra: where Slack refuses it, the conversation goes on without. New apps have the agent view, which
tells that somebody looks at the chat by `app_home_opened`, and takes prompts without a thread; older ones have the
pane, with an event and threads of its own: https://docs.slack.dev/ai/migrating-to-agent-messaging.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.people import Kept, People
from adapters.slack.workspaces import Workspaces
from bot.messages import Event
from bot.wording import words
from knowledge.model import Library

STARTED = "assistant_thread_started"
PROMPTS_MAX = 4
SLOW = 0.3  # seconds of work that go by without a status
TITLE_MAX = 60
WAIT = 2.0  # seconds for one call, the event that it follows being unacknowledged meanwhile

log = logging.getLogger(__name__)


class Pane:
    """What the pane shows beside the messages."""

    def __init__(self, workspaces: Workspaces, people: People, library: Callable[[], Library]) -> None:
        """Call with the clients of `workspaces`; suggest questions of the base that `library` gives."""
        self._workspaces = workspaces
        self._people = people
        self._library = library
        self._untitled: Kept[tuple[str, str], bool] = Kept(time.monotonic, 1000)
        self._behind: set[asyncio.Task[None]] = set()

    async def started(self, team: str, event: Mapping[str, Any]) -> None:
        """A new thread was opened: suggest what to ask."""
        thread = event.get("assistant_thread") or {}
        user, channel, ts = (str(thread.get(key) or "") for key in ("user_id", "channel_id", "thread_ts"))
        if not (user and channel and ts):
            return
        self._untitled.put((team, ts), True)
        await self._suggest(team, user, channel, ts)

    async def looked_at(self, team: str, event: Mapping[str, Any]) -> None:
        """Somebody opened the chat, in the agent view: suggest what to ask."""
        user, channel = str(event.get("user") or ""), str(event.get("channel") or "")
        if user and channel:
            await self._suggest(team, user, channel, None)

    async def _suggest(self, team: str, user: str, channel: str, ts: str | None) -> None:
        self._people.learn(team, user, channel)
        say = words((await self._people.known(team, user)).language or "en")
        prompts = [{"title": text[:75], "message": text} for text in examples(self._library())]
        title = say.label("Ask me anything, or try one of these:")
        if prompts:
            await self._try(
                team,
                lambda client: client.assistant_threads_setSuggestedPrompts(
                    channel_id=channel, thread_ts=ts, title=title, prompts=prompts
                ),
            )

    @asynccontextmanager
    async def working(self, event: Event, channel: str) -> AsyncIterator[None]:
        """Show, from `SLOW` seconds on, that the answer to a message in a thread is being worked on."""
        ts = event.address.thread
        if event.kind != "text" or event.place != "private" or not (ts and channel):
            yield
            return
        status = words(event.language or "en").label("is thinking…")

        async def show() -> None:
            await asyncio.sleep(SLOW)
            await self._try(
                event.address.workspace,
                lambda client: client.assistant_threads_setStatus(channel_id=channel, thread_ts=ts, status=status),
            )

        showing = asyncio.create_task(show())
        try:
            yield
        finally:
            showing.cancel()  # if it is there by now, the reply takes it away
        if self._untitled.drop((event.address.workspace, ts)) and event.text:
            self._entitle(event.address.workspace, channel, ts, event.text)

    def _entitle(self, team: str, channel: str, ts: str, question: str) -> None:
        line = " ".join(question.split())
        title = line if len(line) <= TITLE_MAX else f"{line[: TITLE_MAX - 1]}…"
        task = asyncio.create_task(
            self._try(
                team,
                lambda client: client.assistant_threads_setTitle(channel_id=channel, thread_ts=ts, title=title),
            )
        )
        self._behind.add(task)
        task.add_done_callback(self._behind.discard)

    async def _try(self, team: str, call: Callable[[AsyncWebClient], Awaitable[object]]) -> None:
        try:
            async with asyncio.timeout(WAIT):
                await call(await self._workspaces.client(team))
        except Exception as error:
            log.info("slack: the assistant pane was not changed (%s)", type(error).__name__)


def examples(library: Library) -> list[str]:
    """Questions to suggest: the base's examples, else how people ask for its topics."""
    found = library.base.examples or [q for topic in library.topics.values() for q in topic.questions[:1]]
    return list(found[:PROMPTS_MAX])
