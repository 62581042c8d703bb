"""What looks at the clock: a handful of fixed jobs, each at its own interval.

A tick asks the database who is due; it is never a job per learner, which blocked the loop for seconds and took
hundreds of megabytes. The jobs are plain callables handed in by the wiring, so that this room knows nothing of theirs,
and what they do must be safe to do twice: other processes tick too, and uniqueness is the database's.

APScheduler keeps the time, in UTC and in memory. Three of its habits are changed here. A job more than a second late
would be dropped: ours run however late. After a suspended laptop wakes it would count every missed run one by one
(1.4 s for a week of seconds, and no end to it for a board whose clock starts at 1970): `Every` skips them. Its
shutdown cancels what is running: `Ticker.stop` waits. A system clock set back still holds the ticks until it catches
up; a restart helps.
"""

from __future__ import annotations

import asyncio
import logging
import math
import traceback
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import PurePath

from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

Job = Callable[[], Awaitable[None]]

log = logging.getLogger(__name__)


class Every(IntervalTrigger):  # type: ignore[misc]  # apscheduler has no types
    """Fires at an interval, in seconds; a run that is late by an interval or more starts the count anew."""

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """Return the first time to fire after `previous_fire_time` that is still to come."""
        step = timedelta(seconds=self.interval_length)
        if previous_fire_time is not None and previous_fire_time + step > now:
            return previous_fire_time + step
        return now + step


class Ticker:
    """Runs `jobs`, name -> (async callable without arguments, seconds between runs), while started.

    Each job runs once as soon as the ticker starts, so that a daily one is not put off for ever by daily restarts, and
    never beside itself: a run that outlasts its interval makes the next one skip. One that raises is logged by name,
    exception type and place, never with its message, which may quote a learner; it runs again at its next time.

    Raises:
        ValueError: an interval that is not a positive number of seconds.
    """

    def __init__(self, jobs: Mapping[str, tuple[Job, float]]) -> None:
        """Check the intervals; nothing runs before `start`."""
        for name, (_, seconds) in jobs.items():
            if not (math.isfinite(seconds) and seconds > 0):
                raise ValueError(f"job {name!r}: the interval must be a positive number of seconds, not {seconds}")
        self._jobs = dict(jobs)
        self._locks = {name: asyncio.Lock() for name in jobs}
        self._scheduler: AsyncIOScheduler | None = None  # None also while stopping: nothing new begins

    def start(self) -> None:
        """Begin ticking on the running event loop. Raises ValueError when already started."""
        if self._scheduler is not None:
            raise ValueError("the ticker is already started")
        scheduler = AsyncIOScheduler(
            timezone=UTC,
            jobstores={"default": MemoryJobStore()},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        now = datetime.now(UTC)
        for name, (_, seconds) in self._jobs.items():
            trigger = Every(seconds=seconds, timezone=UTC)
            scheduler.add_job(partial(self._tick, name), trigger, id=name, name=name, next_run_time=now)
        library = logging.getLogger("apscheduler")
        if library.level == logging.NOTSET:
            library.setLevel(logging.WARNING)  # it says two INFO lines for every run
        scheduler.start()
        self._scheduler = scheduler

    async def stop(self) -> None:
        """Begin no more runs, wait for those that are running, and end. Does nothing when not started.

        Cancelling it, as `asyncio.wait_for(ticker.stop(), 10)` does, cancels the runs that are still going.
        """
        scheduler, self._scheduler = self._scheduler, None
        if scheduler is not None:
            scheduler.pause()
        try:
            for lock in self._locks.values():
                async with lock:
                    pass
        finally:
            if scheduler is not None:
                scheduler.shutdown(wait=False)
                await asyncio.sleep(0)  # it shuts down in a callback of the loop

    async def run_now(self, name: str) -> bool:
        """Run one job at once, started or not, after a run of it that is still going. Return whether it succeeded.

        Raises:
            ValueError: no job has that name.
        """
        if name not in self._jobs:
            raise ValueError(f"no job is named {name!r}: there are {', '.join(sorted(self._jobs)) or 'none'}")
        async with self._locks[name]:
            return await self._run(name)

    async def _tick(self, name: str) -> None:
        lock = self._locks[name]
        if self._scheduler is None or lock.locked():  # stopping, or run_now is at it
            return
        async with lock:
            try:
                await self._run(name)
            except asyncio.CancelledError:
                # Only stop() cancels this task, and APScheduler would log a traceback for it.
                log.warning("job %s was cancelled before it ended", name)

    async def _run(self, name: str) -> bool:
        try:
            await self._jobs[name][0]()
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)[-5:]
            place = " < ".join(f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
            log.error("job %s failed: %s at %s", name, type(error).__qualname__, place)
            return False
        return True
