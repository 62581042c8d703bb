"""The inbox: every event changes state once. Waiting events are handled in batches, one transaction each.

A batch holds at most one event of each learner. It reads with a fixed number of statements, runs the conversation for
each event on rows in memory, and writes everything at its end. At low load a batch is one event and waits for nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.handling import Answering, Defaults, Handler
from bot.messages import Answer, Event, Receipt
from bot.store.db import Database
from knowledge.model import Library

__all__ = ["Defaults", "Inbox"]

BATCH = {"sqlite": 64, "postgresql": 256}  # one PostgreSQL commit costs more, and two processes take turns
SEARCHES = 8  # events of a batch that need search, the one slow part of an answer
WAITING = 1024  # events accepted and not begun; more than that would be given up anyway
PATIENCE = 2.0  # seconds until `receive` gives an event up; platforms wait about three
PAUSE = 0.2  # seconds of rest after the database failed

BUSY = Receipt("busy")
log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Waiting:
    """An event and whoever waits for its receipt."""

    event: Event
    future: asyncio.Future[Receipt]

    @property
    def person(self) -> str | int:
        """Whose event it is, as far as that can be told without the database."""
        return self.event.account if self.event.learner is None else self.event.learner


class Inbox:
    """Receives events and returns once their effects are committed."""

    def __init__(
        self,
        db: Database,
        answer: Answering,
        library: Callable[[], Library],
        now: Callable[[], datetime],
        ask_of: Callable[[Event], int | None],
        apology: Callable[[Event], Answer],
        defaults: Defaults = Defaults(),  # noqa: B008 - frozen
        *,
        batch: int | None = None,
        searches: int = SEARCHES,
        waiting: int = WAITING,
        patience: float = PATIENCE,
    ) -> None:
        """Prepare an inbox; `start` sets it going.

        Args:
            db: where state is kept, its schema up to date.
            answer: the conversation, `(event, tx, library, now) -> Answer`; synchronous and pure but for `tx`.
            library: gives the current knowledge base, once a batch.
            now: gives the time, aware UTC, once a batch.
            ask_of: the number of the ask that an event names (a press on an older question), read ahead for it.
            apology: what to say where `answer` raised; nothing, for an event that nobody typed.
            defaults: language and zone of learners whose platform tells neither.
            batch: events of a batch at most; None: what suits the database.
            searches: events of a batch at most that need search (kind text).
            waiting: events that may wait; more are refused as busy.
            patience: seconds after which an event is given up as busy, unacknowledged.
        """
        self._db = db
        self._handler = Handler(db, answer, library, now, ask_of, apology, defaults)
        self._batch = batch or BATCH[db.dialect]
        self._searches = searches
        self._bound = waiting
        self._patience = patience
        self._queue: deque[_Waiting] = deque()
        self._wake = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._open = False
        self._callbacks: list[Callable[[frozenset[str]], None]] = []

    def on_commit(self, callback: Callable[[frozenset[str]], None]) -> Callable[[], None]:
        """Call `callback` on the loop after each commit with the lanes that got messages; returns how to stop that."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    async def start(self) -> None:
        """Begin to handle events."""
        if self._worker is None:
            self._open = True
            self._worker = asyncio.create_task(self._work(), name="inbox")

    async def stop(self) -> None:
        """Refuse new events, finish those that wait, and end."""
        self._open = False
        self._wake.set()
        if self._worker is not None:
            await self._worker
            self._worker = None

    async def receive(self, event: Event) -> Receipt:
        """Hand in an event and wait until it is committed.

        Returns `busy` where it was not: the queue is full, it waited too long, or the database failed. The platform is
        to send it again; if it was committed after all, that one is a duplicate.
        """
        if not self._open or len(self._queue) >= self._bound:
            return BUSY
        loop = asyncio.get_running_loop()
        waiting = _Waiting(event, loop.create_future())
        self._queue.append(waiting)
        self._wake.set()
        timer = loop.call_later(self._patience, _settle, waiting, BUSY)
        try:
            return await waiting.future
        finally:
            timer.cancel()

    async def join(self) -> None:
        """Join the learners who said yes to it where that was not done at once, as after a crash."""
        lanes = await self._db.on_thread(self._handler.join)
        if lanes:
            self.tell(lanes)

    def _take(self) -> list[_Waiting]:
        """The next batch, in order. What has to wait holds back whatever comes after it by the same person or chat."""
        batch: list[_Waiting] = []
        left: list[_Waiting] = []
        taken: set[str | int] = set()  # people and event ids of this batch, and people that wait
        blocked: set[str] = set()  # lanes of those that wait
        heard: set[str] = set()  # lanes that others read, with an event in this batch
        searches = 0
        while self._queue and len(batch) < self._batch:
            waiting = self._queue.popleft()
            if waiting.future.done():  # given up
                continue
            event, person = waiting.event, waiting.person
            search, lane = event.kind == "text", event.address.lane
            in_company = event.place in ("group", "channel")
            if (
                person in taken
                or event.id in taken
                or lane in blocked
                or (in_company and lane in heard)  # what is said in company goes by what was said there before
                or (search and searches >= self._searches)
            ):
                left.append(waiting)
                blocked.add(lane)
            else:
                batch.append(waiting)
                taken.add(event.id)
                if in_company:
                    heard.add(lane)
                searches += search
            taken.add(person)
        self._queue.extendleft(reversed(left))
        return batch

    async def _work(self) -> None:
        while self._open or self._queue:
            batch = self._take()
            if not batch:
                self._wake.clear()
                if self._open and not self._queue:
                    await self._wake.wait()
                continue
            try:
                await self._run(batch)
            except Exception:
                log.exception("inbox: a batch of %d events was given back", len(batch))
                for waiting in batch:
                    _settle(waiting, BUSY)
                await asyncio.sleep(PAUSE)

    async def _run(self, batch: Sequence[_Waiting]) -> None:
        events = [waiting.event for waiting in batch]
        handled = await self._db.on_thread(lambda: self._handler.handle(events))
        again: list[_Waiting] = []
        for waiting, receipt in zip(batch, handled.receipts, strict=True):
            if receipt is None:
                again.append(waiting)
            else:
                _settle(waiting, receipt)
        self._queue.extendleft(reversed(again))
        if handled.lanes:
            self.tell(handled.lanes)
        if handled.down:
            await asyncio.sleep(PAUSE)

    def tell(self, lanes: frozenset[str]) -> None:
        """Tell whoever listens (`on_commit`) that these lanes got messages, by whatever was committed."""
        for callback in tuple(self._callbacks):
            callback(lanes)


def _settle(waiting: _Waiting, receipt: Receipt) -> None:
    if not waiting.future.done():
        waiting.future.set_result(receipt)
