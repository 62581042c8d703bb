"""The ticker on a real event loop, with short intervals."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import UTC, datetime, timedelta

import pytest

from scheduler.ticker import Every, Ticker

NEVER = 3600.0  # seconds: beyond any test, so that only the first run and run_now happen
SOON = 10.0  # seconds until a test gives up waiting; each takes a fraction of one


class Counting:
    """A job that counts its runs and how many of them go on at once; it goes on while `gate` is closed."""

    def __init__(self, error: Exception | None = None) -> None:
        self.begun = self.ended = self.at_once = self.most_at_once = 0
        self.error = error
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self) -> None:
        self.begun += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.gate.wait()
            if self.error:
                raise self.error
            self.ended += 1
        finally:
            self.at_once -= 1

    async def reach(self, runs: int) -> None:
        async with asyncio.timeout(SOON):
            while self.begun < runs:  # noqa: ASYNC110 - the job is to know of no events
                await asyncio.sleep(0.005)


async def test_jobs_run_at_once_and_then_at_their_own_intervals() -> None:
    often, seldom = Counting(), Counting()
    ticker = Ticker({"often": (often, 0.02), "seldom": (seldom, NEVER)})
    ticker.start()
    await often.reach(5)
    await ticker.stop()
    assert seldom.begun == 1


async def test_a_failing_job_lives_on_and_hurts_no_other(caplog: pytest.LogCaptureFixture) -> None:
    bad, good = Counting(RuntimeError("ada@example.org could not be reached")), Counting()
    ticker = Ticker({"bad": (bad, 0.02), "good": (good, 0.02)})
    ticker.start()
    await bad.reach(4)
    await good.reach(4)
    await ticker.stop()
    failures = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(failures) == bad.begun
    assert {record.name for record in failures} == {"scheduler.ticker"}
    assert failures[0].getMessage().startswith("job bad failed: RuntimeError at test_ticker.py:")
    assert "ada@example.org" not in caplog.text  # what was raised may quote a learner


async def test_a_job_that_fails_before_its_first_await_lives_on_too() -> None:
    calls, third_time = 0, asyncio.Event()

    def not_async() -> asyncio.Future[None]:
        nonlocal calls
        calls += 1
        if calls == 3:
            third_time.set()
        raise ValueError

    ticker = Ticker({"bad": (not_async, 0.02)})
    ticker.start()
    async with asyncio.timeout(SOON):
        await third_time.wait()
    await ticker.stop()


async def test_a_long_run_is_not_joined_by_a_second(caplog: pytest.LogCaptureFixture) -> None:
    job, other = Counting(), Counting()
    job.gate.clear()
    ticker = Ticker({"job": (job, 0.02), "other": (other, 0.02)})
    ticker.start()
    await other.reach(5)  # several intervals of `job` go by
    by_hand = asyncio.create_task(ticker.run_now("job"))
    await other.reach(8)
    assert (job.begun, job.most_at_once) == (1, 1)
    job.gate.set()
    assert await by_hand
    await job.reach(4)
    await ticker.stop()
    assert job.most_at_once == 1
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_run_now_waits_for_the_run_that_is_going_and_then_runs() -> None:
    job = Counting()
    ticker = Ticker({"job": (job, NEVER)})
    job.gate.clear()
    ticker.start()
    await job.reach(1)
    by_hand = asyncio.create_task(ticker.run_now("job"))
    await asyncio.sleep(0.02)
    assert (job.begun, by_hand.done()) == (1, False)
    job.gate.set()
    assert await by_hand is True
    assert (job.begun, job.ended) == (2, 2)
    await ticker.stop()


async def test_run_now_tells_how_it_went_and_needs_no_start() -> None:
    ticker = Ticker({"good": (Counting(), NEVER), "bad": (Counting(RuntimeError()), NEVER)})
    assert await ticker.run_now("good") is True
    assert await ticker.run_now("bad") is False
    assert await ticker.run_now("bad") is False
    with pytest.raises(ValueError, match="there are bad, good"):
        await ticker.run_now("other")


async def test_stop_waits_for_a_running_job_and_begins_no_other() -> None:
    slow, quick = Counting(), Counting()
    slow.gate.clear()
    ticker = Ticker({"slow": (slow, 0.02), "quick": (quick, 0.02)})
    ticker.start()
    await slow.reach(1)
    await quick.reach(2)
    stopping = asyncio.create_task(ticker.stop())
    await asyncio.sleep(0.05)
    runs = quick.begun
    await asyncio.sleep(0.1)
    assert not stopping.done()
    slow.gate.set()
    async with asyncio.timeout(SOON):
        await stopping
    assert (slow.begun, slow.ended, quick.begun) == (1, 1, runs)
    await asyncio.sleep(0.1)
    assert (slow.begun, quick.begun) == (1, runs)


async def test_stop_waits_for_run_now_too_and_no_tick_follows_it() -> None:
    job = Counting()
    job.gate.clear()
    ticker = Ticker({"job": (job, 0.01)})
    by_hand = asyncio.create_task(ticker.run_now("job"))
    await job.reach(1)
    ticker.start()
    await asyncio.sleep(0.05)
    stopping = asyncio.create_task(ticker.stop())
    await asyncio.sleep(0.05)
    assert not stopping.done()
    job.gate.set()
    async with asyncio.timeout(SOON):
        await stopping
    assert await by_hand
    assert (job.begun, job.ended) == (1, 1)


@pytest.mark.parametrize("turns", range(6))
async def test_stopping_at_any_turn_of_the_loop_cuts_nothing_off(turns: int, caplog: pytest.LogCaptureFixture) -> None:
    begun = ended = 0

    async def job() -> None:
        nonlocal begun, ended
        begun += 1
        await asyncio.sleep(0.01)
        ended += 1

    ticker = Ticker({"job": (job, 0.01)})
    ticker.start()
    for _ in range(turns):
        await asyncio.sleep(0)
    await ticker.stop()
    assert begun == ended <= 1
    await asyncio.sleep(0.05)
    assert begun == ended <= 1
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_an_impatient_stop_cancels_what_still_runs(caplog: pytest.LogCaptureFixture) -> None:
    job = Counting()
    job.gate.clear()
    ticker = Ticker({"job": (job, 0.02)})
    ticker.start()
    await job.reach(1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ticker.stop(), 0.05)
    await asyncio.sleep(0.02)
    assert (job.begun, job.at_once, job.ended) == (1, 0, 0)
    assert "job job was cancelled" in caplog.text
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_stop_is_safe_at_any_time_and_a_stopped_ticker_starts_again() -> None:
    job = Counting()
    ticker = Ticker({"job": (job, 0.02)})
    await ticker.stop()
    for round_ in range(2):
        ticker.start()
        with pytest.raises(ValueError, match="already started"):
            ticker.start()
        await job.reach(3 * (round_ + 1))
        await asyncio.gather(ticker.stop(), ticker.stop())
    assert job.most_at_once == 1


async def test_a_late_run_is_not_dropped_and_missed_ones_count_as_one() -> None:
    job = Counting()
    ticker = Ticker({"job": (job, 0.5)})
    ticker.start()
    await job.reach(1)
    time.sleep(1.7)  # noqa: ASYNC251 - the loop is blocked beyond APScheduler's default grace of a second
    blocked_until = time.monotonic()
    await job.reach(2)
    assert time.monotonic() - blocked_until < 0.4
    await asyncio.sleep(0.05)
    assert job.begun == 2
    await ticker.stop()


def test_a_leap_of_the_clock_is_one_run_not_millions() -> None:
    every = Every(seconds=1, timezone=UTC)
    before, now = datetime(1970, 1, 1, tzinfo=UTC), datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert every.get_next_fire_time(before, now) == now + timedelta(seconds=1)
    assert every.get_next_fire_time(now, now + timedelta(seconds=0.3)) == now + timedelta(seconds=1)
    assert every.get_next_fire_time(None, now) == now + timedelta(seconds=1)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_an_interval_is_a_positive_number_of_seconds(seconds: float) -> None:
    with pytest.raises(ValueError, match="'job': the interval must be a positive number"):
        Ticker({"job": (Counting(), seconds)})


async def test_the_librarys_chatter_is_quietened_unless_someone_chose_a_level() -> None:
    library = logging.getLogger("apscheduler")
    before = library.level
    try:
        for chosen, kept in ((logging.NOTSET, logging.WARNING), (logging.DEBUG, logging.DEBUG)):
            library.setLevel(chosen)
            ticker = Ticker({})
            ticker.start()
            await ticker.stop()
            assert library.level == kept
    finally:
        library.setLevel(before)
