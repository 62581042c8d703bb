"""Messages out: at least once, in order per chat, no faster than the platform allows.

Replies are rows, committed with the state they belong to. A process claims lanes (chats), never rows: a claim is a
token and a `next_at` one lease ahead, so that a process that dies leaves its lanes to the others when the lease ends.
A claimed lane's rows go out in id order, lanes in parallel. What was sent is marked within 100 ms, in the transaction
that also makes the next claim; a message is sent twice only if the process dies between the two.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import random
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

from bot.delivery import Delivery, Timing
from bot.limits import Limiter, Limits
from bot.messages import MessageRef, Sender
from bot.store.db import Database
from bot.store.queries.outbox import Free, Mark, Row, Turn, take_turn

__all__ = ["Outbox", "Timing"]

_LAST = 14 / 15  # of the lease: what is under way ends by then, so that it is marked before another process may claim

SHORT = 1.5  # seconds: a wait that is not worth handing a lane back for

log = logging.getLogger(__name__)


class Outbox:
    """Sends the rows of the platforms it holds senders for. Web and terminal rows have none: front ends read those."""

    def __init__(
        self,
        db: Database,
        senders: Mapping[str, Sender],
        *,
        limits: Mapping[str, Limits] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
        jitter: random.Random | None = None,
        timing: Timing | None = None,
    ) -> None:
        """Take the senders and limits by platform; nothing is touched before `start`.

        `now` (aware UTC) is what leases and retries are stored by, `monotonic` (seconds) what limits and lanes run by.
        """
        self.counts: Counter[str] = Counter()  # sent, retried, dead: for the metrics page
        self._db = db
        self._senders = dict(senders)
        self._now = now
        self._monotonic = monotonic
        self._timing = timing or Timing()
        self._delivery = Delivery(self._senders, self._timing, jitter)
        self._token = uuid4().hex
        within = self._timing.lease / 3
        self._limiters = {p: Limiter((limits or {}).get(p, Limits()), within) for p in self._senders}
        self._gates: defaultdict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()  # lanes at work that got more rows meanwhile
        self._marks: list[Mark] = []
        self._frees: list[Free] = []
        self._mark_by: float | None = None
        self._next_at: datetime | None = None
        self._urgent = False
        self._changed = asyncio.Event()
        self._halt = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def _stopping(self) -> bool:
        return self._halt.is_set()

    async def start(self) -> None:
        """Begin to send."""
        if self._task is None:
            self._halt.clear()
            self._task = asyncio.create_task(self._run(), name="outbox")

    async def stop(self) -> None:
        """Let the sends under way end (a send's timeout at most), mark them and hand the lanes back."""
        task, self._task = self._task, None
        if task is None:
            return
        self._halt.set()
        self._changed.set()
        await task
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        with contextlib.suppress(Exception):  # unmarked rows are sent again, which is what "at least once" means
            await self._turn()

    def wake(self, lanes: Iterable[str]) -> None:
        """Rows of these lanes were committed: send them now. Lanes of other processes' platforms are ignored."""
        for lane in lanes:
            if lane.partition(":")[0] in self._senders:
                if lane in self._running:
                    self._again.add(lane)
                else:
                    self._due(at_once=True)

    async def _run(self) -> None:
        failures = 0
        while not self._stopping:
            started = self._monotonic()
            try:
                await self._turn()
                failures = 0
            except Exception as error:  # a database that is away comes back; what is to be marked is kept
                failures += 1
                log.warning("outbox: the database failed %d times running (%s)", failures, type(error).__name__)
                await self._waited(min(5.0, 0.1 * 2**failures), math.inf)
                continue
            await self._rest(started)

    async def _rest(self, started: float) -> None:
        """Wait for a commit, a mark that is due, a lane that is due, or the next poll."""
        polled = started + self._timing.poll
        while not (self._urgent or self._stopping):
            wait = polled - self._monotonic()
            if self._next_at is not None:
                wait = min(wait, (self._next_at - self._now()).total_seconds())
            if self._mark_by is not None:
                wait = min(wait, self._mark_by - self._monotonic())
            if wait <= 0.0:
                break
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._changed.wait()
        pause = started + self._timing.pace - self._monotonic()
        if pause > 0 and not self._stopping:
            await asyncio.sleep(pause)

    async def _turn(self) -> None:
        """One transaction: mark what was sent, hand lanes back, claim the next ones; then set those to work."""
        self._urgent = False
        marks, self._marks = self._marks, []
        frees, self._frees = self._frees, []
        self._mark_by = None
        claimed_at, now = self._monotonic(), self._now()
        wanted = {} if self._stopping else self._wanted(claimed_at)
        until = now + timedelta(seconds=self._timing.lease)
        try:
            turn = await self._db.run(partial(take_turn, self._token, marks, frees, wanted, now, until))
        except BaseException:
            self._marks[:0], self._frees[:0] = marks, frees
            self._mark_by = self._monotonic()
            raise
        self._next_at = turn.next_at
        self._set_to_work(turn, claimed_at)

    def _wanted(self, now: float) -> dict[str, int]:
        """How many lanes to claim of each platform: no more than it may send to within a third of the lease."""
        active = Counter(lane.partition(":")[0] for lane in self._running)
        wanted = {}
        for platform, limiter in self._limiters.items():
            room = limiter.room(now)
            free = self._timing.lanes - active[platform]
            wanted[platform] = max(0, free if room is None else min(room, free))
        return wanted

    def _set_to_work(self, turn: Turn, claimed_at: float) -> None:
        """Plan the claimed rows, the first of every lane before the second of any; start a task for each lane."""
        lanes = {lane: rows for lane, rows in turn.claimed.items() if lane not in self._running}
        planned: dict[str, list[Row]] = {lane: [] for lane in lanes}
        waits: dict[str, float] = {}
        for depth in range(max(map(len, lanes.values()), default=0)):
            for lane, rows in lanes.items():
                if depth < len(rows) and lane not in waits:
                    row = rows[depth]
                    wait = self._limiters[row.to.platform].plan(row.to, self._monotonic(), edit=_edits(row))
                    if wait > 0:
                        waits[lane] = wait
                    else:
                        planned[lane].append(rows[depth])
        stop_at = claimed_at + self._timing.lease * _LAST - self._timing.send
        for lane, rows in planned.items():
            if rows:
                self._running[lane] = asyncio.create_task(self._work(lane, rows, stop_at), name=f"lane {lane}")
            else:
                self._free(lane, waits.get(lane))

    async def _work(self, lane: str, rows: list[Row], stop_at: float) -> None:
        """Send a lane's rows in order until one has to wait, or the claim is too old to begin another send."""
        left, wait = deque(rows), None
        limiter = self._limiters[rows[0].to.platform]
        sent: dict[str, MessageRef] = {}  # what this claim sent: newer than what the database had when it was made
        try:
            while left and await self._released(limiter, left[0], stop_at):
                row = left.popleft()
                try:
                    mark, wait = await self._delivery.deliver(row, sent)
                finally:
                    limiter.end(row.to, self._monotonic(), edit=_edits(row))
                if wait is not None and await self._goes_on(limiter, row, mark, wait, stop_at):
                    left.appendleft(row)
                    wait = None
                    continue
                self._note(mark)
                if wait is not None:
                    break
        finally:
            for row in left:
                limiter.drop(row.to, self._monotonic(), edit=_edits(row))
            del self._running[lane]
            self._free(lane, wait)

    async def _goes_on(self, limiter: Limiter, row: Row, mark: Mark, wait: float, stop_at: float) -> bool:
        """Sit out a short wait that the platform asked for, where the row may be tried again within this claim.

        Replies of several messages ask for such waits, and only this process knows how far they got: another one, which
        would claim the lane if it were handed back, would begin anew.
        """
        asked = mark.status == "pending" and mark.tries == row.tries
        if not asked or wait > SHORT or not await self._waited(wait, stop_at):
            return False
        return not limiter.plan(row.to, self._monotonic(), edit=_edits(row))

    async def _released(self, limiter: Limiter, row: Row, stop_at: float) -> bool:
        """Wait until the limits let one message out; False: not while the claim is still good, or stopping."""
        to, edit = row.to, _edits(row)
        while wait := limiter.wait(to, self._monotonic(), edit=edit):
            if not await self._waited(wait, stop_at):
                return False
        async with self._gates[to.platform, to.workspace]:  # first come, first served: lanes share these buckets
            while await self._waited(0.0, stop_at):
                wait = limiter.take(to, self._monotonic(), edit=edit)
                if not wait:
                    return True
                if not await self._waited(wait, stop_at):
                    break
        return False

    async def _waited(self, seconds: float, stop_at: float) -> bool:
        """Wait; False, at once, where that would be too late or the outbox stops."""
        if self._monotonic() + seconds > stop_at:
            return False
        if seconds:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._halt.wait()
        return not self._stopping

    def _note(self, mark: Mark) -> None:
        """Keep a mark for the next transaction, which a poll and a lane with more to send do not wait for."""
        self.counts["retried" if mark.status == "pending" else mark.status] += 1
        if mark.status == "dead":
            log.warning("outbox: message %d is dead after %d tries (%s)", mark.id, mark.tries, mark.error)
        self._marks.append(mark)
        self._due(at_once=mark.urgent)

    def _free(self, lane: str, wait: float | None) -> None:
        """Hand a lane back, to be claimed again after `wait` seconds; at once if it got rows meanwhile."""
        self._frees.append(Free(lane, None if wait is None else self._now() + timedelta(seconds=wait)))
        self._due(at_once=lane in self._again)
        self._again.discard(lane)

    def _due(self, *, at_once: bool) -> None:
        self._urgent = self._urgent or at_once
        if self._mark_by is None:
            self._mark_by = self._monotonic() + self._timing.mark
        self._changed.set()


def _edits(row: Row) -> bool:
    """Whether a row edits a message in place, or draws a surface: neither adds a message to its chat."""
    return row.replaced is not None or row.kind == "refresh"
