"""Who is due? `python -m benchmarks.due [--store sqlite|postgresql] [--learners 1000000]`.

The ticker's scan over a table of a million learners: idle (nobody is due) and with 1,000 due, on both stores, beside a
peer: one APScheduler job a learner in its SQLAlchemy job store, on SQLite. The peer gets 10,000 jobs, since filling it
with a million takes an hour; its costs grow with their number, so nothing is scaled up: read its rows as a lower bound.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.schedulers.base import STATE_RUNNING
from sqlalchemy import create_engine, insert, text, update

from benchmarks.measure import databases, table
from bot.messages import Address
from bot.records import Learner
from bot.store.codec import learner_values
from bot.store.db import Database
from bot.store.queries.due import due_learners
from bot.store.tables import LEARNER

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
DUE = 1000
CHUNK = 20_000
JOBS = 10_000
GOALS = {"idle": "1 ms", "claim": "20 ms"}


def fill(db: Database, size: int) -> None:
    """`size` learners who said yes, due over the next 30 days."""
    values = learner_values(Learner(0, START, "en", "Europe/Berlin", consent="yes", home=Address("telegram", "", "1")))
    del values["id"]
    for begin in range(0, size, CHUNK):
        rows = [
            {**values, "next_due_at": START + timedelta(seconds=1 + n * 2_592_000 / size)}
            for n in range(begin, min(size, begin + CHUNK))
        ]
        with db.begin() as conn:
            conn.execute(insert(LEARNER), rows)
    if db.dialect == "postgresql":
        with db.writer.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.execute(text("VACUUM ANALYZE learner"))


def medians(work: Callable[[], object], runs: int = 21) -> float:
    """The median time of `work` in milliseconds, the first run left out."""
    took = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    return 1000 * statistics.median(took[1:])


def measure(db: Database, size: int) -> tuple[float, float]:
    """The scan in milliseconds: idle, and finding DUE learners."""

    def scan(now: datetime, expected: int) -> None:
        with db.read() as conn:
            assert len(due_learners(conn, now, DUE)) == expected

    fill(db, size)
    idle = medians(lambda: scan(START, 0))
    with db.begin() as conn:
        conn.execute(update(LEARNER).where(LEARNER.c.id <= DUE).values(next_due_at=START))
    return idle, medians(lambda: scan(START, DUE))


async def quiz(learner: int) -> None:
    """What a job of the peer does: nothing, so that only the job store is measured."""


def peer(jobs: int) -> tuple[float, float, float]:
    """APScheduler in milliseconds: an idle look, finding DUE jobs, and what running those keeps the loop for."""
    with tempfile.TemporaryDirectory(prefix="tutor-bench-") as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'jobs.db'}")
        store = SQLAlchemyJobStore(engine=engine)
        try:
            return asyncio.run(_peer(store, jobs))
        finally:
            engine.dispose()


async def _peer(store: Any, jobs: int) -> tuple[float, float, float]:
    now = datetime.now(UTC)
    scheduler = AsyncIOScheduler(jobstores={"default": store}, timezone=UTC)
    scheduler.start(paused=True)
    for n in range(jobs):
        due = now - timedelta(seconds=1) if n < DUE else now + timedelta(days=1)
        scheduler.add_job(
            quiz, "interval", days=1, args=(n,), next_run_time=due, misfire_grace_time=None, id=str(n), coalesce=True
        )
    found = medians(lambda: store.get_due_jobs(now), 5)
    idle = medians(lambda: store.get_due_jobs(now - timedelta(days=1)), 21)
    scheduler.state = STATE_RUNNING
    start = time.perf_counter()
    scheduler._process_jobs()  # what its timer calls, on the loop
    blocked = 1000 * (time.perf_counter() - start)
    scheduler.shutdown()
    await asyncio.sleep(0)
    return idle, found, blocked


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", choices=["sqlite", "encrypted", "postgresql"], action="append")
    parser.add_argument("--learners", type=int, default=1_000_000)
    options = parser.parse_args(arguments)
    stores = options.store or ["sqlite", "postgresql"]
    rows = []
    with databases(stores) as make:
        for store in stores:
            idle, found = measure(make(store), options.learners)
            rows.append((f"{store}, {options.learners:,} learners", f"{idle:.2f}", f"{found:.1f}", "0 (a thread)"))
    idle, found, blocked = peer(JOBS)
    rows.append((f"peer: APScheduler job store, {JOBS:,} jobs", f"{idle:.2f}", f"{found:.1f}", f"{blocked:,.0f}"))
    goal = ("goal", GOALS["idle"], GOALS["claim"], "")
    table("Due scan, medians", ("", "idle ms", f"find {DUE:,} ms", "loop blocked ms"), [*rows, goal])


if __name__ == "__main__":
    main()
