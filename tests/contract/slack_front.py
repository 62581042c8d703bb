"""Tutor in front of a local Slack: a real inbox and outbox on a SQLite file, the real Bolt app, socket or HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import select

from adapters.slack import http, socket
from adapters.slack.app import make
from adapters.slack.home import Screens
from adapters.slack.people import People
from adapters.slack.sender import LIMITS, SlackSender
from adapters.slack.workspaces import OneWorkspace
from bot.delivery import Timing
from bot.inbox import BUSY
from bot.lease import hold
from bot.limits import Limits
from bot.lookup import Lookup
from bot.messages import Address, Answer, Button, Event, MessageRef, Receipt, Reply
from bot.outbox import Outbox
from bot.store.db import Database
from bot.store.tables import LEARNER, OUTBOX, REVIEW_LOG
from bot.store.tx import Tx
from knowledge.loader import load
from tests.contract.handing import Says, World, review, world
from tests.contract.telegram_front import running, serving
from tests.fakes.slack import FakeSlack
from tests.flow.talking import BASE

# Backoff as in service, but in hundredths of a second, so that a test sees what comes after it.
QUICK = Timing(poll=0.05, first=0.05, factor=1.5, longest=0.5, send=1.5)
UNLIMITED = Limits()
LIBRARY = load(BASE)
Way = Literal["socket", "http", "none"]


def now() -> datetime:
    return datetime.now(UTC)


class Watched(OneWorkspace):
    """A workspace that remembers that it ended."""

    def __init__(self, token: str, api_url: str) -> None:
        super().__init__(token, api_url)
        self.over: list[str] = []

    async def ended(self, team: str, at: datetime | None = None) -> None:
        self.over.append(team)
        await super().ended(team, at)


@dataclass
class Front:
    """One process of Tutor, at work. `here` is its inbox with the conversation that the test says."""

    fake: FakeSlack
    here: World
    app: AsyncApp
    sender: SlackSender
    outbox: Outbox
    workspace: Watched
    got: list[Event]

    @property
    def changes(self) -> int:
        """How often state changed."""
        return self.here.count(REVIEW_LOG)

    def rows(self, *columns: str) -> list[tuple[object, ...]]:
        """The outbox."""
        with self.here.db.read() as conn:
            found = conn.execute(select(*(OUTBOX.c[name] for name in columns)).order_by(OUTBOX.c.id)).all()
        return [tuple(row) for row in found]

    def paused(self) -> list[str]:
        """Why each learner is paused."""
        with self.here.db.read() as conn:
            return list(conn.execute(select(LEARNER.c.paused).order_by(LEARNER.c.id)).scalars())

    async def settled(self, within: float = 10.0) -> None:
        """Wait until nothing is being delivered and no message waits."""
        await self.fake.quiet(within)
        end = asyncio.get_running_loop().time() + within
        while any(status == "pending" for (status,) in self.rows("status")):
            assert asyncio.get_running_loop().time() < end, self.rows("status", "error", "tries")
            await asyncio.sleep(0.01)

    async def send(self, reply: Reply, to: Address, replaced: MessageRef | None = None) -> MessageRef:
        """Send past the inbox and the outbox."""
        return await self.sender.send(to, reply, replaced)


def counting(event: Event, tx: Tx) -> Answer:
    """Change state, so that doing it twice would show, and answer with how often that was done."""
    count = tx.learner.streak + 1
    tx.log(review(tx.learner.last_seq + 1))
    tx.put(dataclasses.replace(tx.learner, streak=count))
    to_one = event.sender if event.place == "whisper" else None
    answer = Reply(f"number {count}", (Button("Again", "again"),), replaces=event.message, audience=to_one)
    return Answer((answer,), notice=f"counted {count}")


def homely(event: Event, tx: Tx) -> Answer:
    """Log once, and take the chat for the learner's home, so that their leaving pauses them."""
    tx.log(review(tx.learner.last_seq + 1))
    tx.put(dataclasses.replace(tx.learner, home=event.address))
    return Answer((Reply(f"to {event.text}"),))


@asynccontextmanager
async def front(
    fake: FakeSlack,
    folder: Path,
    way: Way = "http",
    *,
    says: Says = counting,
    timing: Timing = QUICK,
    limits: Limits = UNLIMITED,
    accepts: Callable[[Event], bool] = lambda event: True,
    delay: Callable[[], float] = lambda: 0.0,
) -> AsyncIterator[Front]:
    """Tutor at work. Events that `accepts` refuses are busy, as with a database that is away."""
    db = Database(f"sqlite:///{folder / 'tutor.db'}")
    db.upgrade()
    workspace = Watched(fake.bot_token, fake.url)
    got: list[Event] = []
    try:
        async with world(db) as here, contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(workspace.close)
            here.says, here.now = says, now()
            people = People(workspace)
            screens = Screens(Lookup(db), lambda: LIBRARY, now)

            async def show_home(client: AsyncWebClient, to: Address) -> None:
                await client.views_publish(user_id=to.chat, view=await screens.home(to.workspace, to.chat))

            sender = SlackSender(workspace, show_home, people)
            outbox = Outbox(db, {"slack": sender}, limits={"slack": limits}, timing=timing)

            async def receive(event: Event) -> Receipt:
                got.append(event)
                await asyncio.sleep(delay())
                return await here.inbox.receive(event) if accepts(event) else BUSY

            app = make(
                workspace,
                fake.signing_secret,
                receive,
                screens,
                lambda: LIBRARY,
                now,
                api_url=fake.url,
                people=people,
            )
            here.inbox.on_commit(outbox.wake)
            await outbox.start()
            stack.push_async_callback(outbox.stop)
            if way == "socket":
                at_work = socket.serve(app, fake.app_token, fake.url, lambda name: hold(db, name, now, ask=0.05))
                stack.enter_context(running(at_work))
                await fake.settled(lambda: fake.sockets.connected)
            if way == "http":
                fake.request_url = await stack.enter_async_context(serving(http.routes(app))) + http.EVENTS
            yield Front(fake, here, app, sender, outbox, workspace, got)
    finally:
        db.close()


__all__ = ["LIMITS", "QUICK", "Front", "Way", "counting", "front", "homely"]
