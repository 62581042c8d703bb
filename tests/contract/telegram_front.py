"""Tutor in front of a local Telegram: a real inbox and outbox on a SQLite file, the real bot, polling or a webhook."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import uvicorn
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.routing import Route
from telegram import Bot, Update

from adapters.telegram.client import connect
from adapters.telegram.gateway import Gateway
from adapters.telegram.polling import poll
from adapters.telegram.sender import LIMITS, TelegramSender
from adapters.telegram.webhook import register, routes
from bot.delivery import Timing
from bot.inbox import BUSY
from bot.lease import hold
from bot.limits import Limits
from bot.messages import Answer, Event, Receipt, Reply
from bot.outbox import Outbox
from bot.store.db import Database
from bot.store.tables import LEARNER, OUTBOX, REVIEW_LOG
from bot.store.tx import Tx
from knowledge.model import Library
from tests.contract.handing import LIBRARY, Says, World, count_up, review, world
from tests.fakes.telegram import FakeTelegram

SECRET = "not-to-be-seen_1234567890"
# Backoff as in service, but in hundredths of a second, so that a test sees what comes after it.
QUICK = Timing(poll=0.05, first=0.05, factor=1.5, longest=0.5, send=1.5)
Way = Literal["polling", "webhook", "none"]


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Front:
    """One process of Tutor, at work. `here` is its inbox with the conversation that the test says."""

    fake: FakeTelegram
    bot: Bot
    here: World
    sender: TelegramSender
    outbox: Outbox
    gateway: Gateway

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
        """Wait until every update is acknowledged and no message waits."""
        await self.fake.delivered(within)
        end = asyncio.get_running_loop().time() + within
        while any(status == "pending" for (status,) in self.rows("status")):
            assert asyncio.get_running_loop().time() < end, self.rows("status", "error", "tries")
            await asyncio.sleep(0.01)


def counting(event: Event, tx: Tx) -> Answer:
    """Change every kind of row, and answer with how often that was done."""
    if event.kind in ("joined", "left"):
        return Answer()
    return count_up(event, tx)


def homely(event: Event, tx: Tx) -> Answer:
    """Log once, and take a private chat for the learner's home, so that a block there pauses them."""
    tx.log(review(tx.learner.last_seq + 1))
    if event.place == "private":
        tx.put(dataclasses.replace(tx.learner, home=event.address))
    return Answer((Reply(f"to {event.text}"),))


@asynccontextmanager
async def front(
    fake: FakeTelegram,
    folder: Path,
    way: Way = "polling",
    *,
    says: Says = counting,
    timing: Timing = QUICK,
    limits: Limits = LIMITS,
    accepts: Callable[[Event], bool] = lambda event: True,
    library: Library = LIBRARY,
) -> AsyncIterator[Front]:
    """Tutor at work. Events that `accepts` refuses are busy, as with a database that is away.

    `library` is what inline mode reads.
    """
    db = Database(f"sqlite:///{folder / 'tutor.db'}")
    db.upgrade()
    bot = await connect(fake.token, fake.url, fake.file_url)
    try:
        async with world(db) as here, contextlib.AsyncExitStack() as stack:
            here.says, here.now = says, now()
            sender = TelegramSender(bot)
            outbox = Outbox(db, {"telegram": sender}, limits={"telegram": limits}, timing=timing)

            async def receive(event: Event) -> Receipt:
                return await here.inbox.receive(event) if accepts(event) else BUSY

            gateway = Gateway(bot, receive, lambda: library, now, sender.moved)
            here.inbox.on_commit(outbox.wake)
            await outbox.start()
            stack.push_async_callback(outbox.stop)
            if way == "polling":
                stack.enter_context(running(poll(bot, gateway.handle, lambda name: hold(db, name, now, ask=0.05))))
            if way == "webhook":
                url = await stack.enter_async_context(serving(routes(gateway.handle, SECRET)))
                await register(bot, url, SECRET)
                stack.push_async_callback(fake.queue.stop)
            yield Front(fake, bot, here, sender, outbox, gateway)
    finally:
        await bot.shutdown()
        db.close()


@contextmanager
def running(work: Awaitable[object]) -> Iterator[asyncio.Task[object]]:
    """Something that goes on until the block ends."""
    task = asyncio.ensure_future(work)
    assert isinstance(task, asyncio.Task)
    try:
        yield task
    finally:
        task.cancel()


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(found: list[Route]) -> AsyncIterator[str]:
    """Serve routes over HTTP on a port of this machine; the address."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(Starlette(routes=found), log_config=None, access_log=False, lifespan="off")
    server = _Server(config)
    task = asyncio.create_task(server.serve([listening]))
    try:
        await until(lambda: server.started)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        listening.close()


async def accepted(_update: Update) -> bool:
    """A handler that takes everything."""
    return True


async def until(true: Callable[[], object], within: float = 10.0) -> None:
    """Wait until something is so."""
    end = asyncio.get_running_loop().time() + within
    while not true():
        assert asyncio.get_running_loop().time() < end, f"not within {within} s"
        await asyncio.sleep(0.005)
