"""What the benchmarks share: timing many calls in flight, percentiles, databases to measure on, and tables."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy import text

from bot.store.db import Database
from tests.stores import opener, postgres_server

T = TypeVar("T")
Table = Callable[[str, Sequence[str], Iterable[Sequence[str]]], None]


@dataclass(frozen=True, slots=True)
class Timed:
    """Calls timed together: how many a second; their times and this process's CPU time for each, in milliseconds."""

    rate: float
    p50: float
    p99: float
    cpu: float  # tells a slow program from a busy machine


async def in_flight(call: Callable[[T], Awaitable[object]], given: Iterable[T], width: int) -> Timed:
    """Call `call` with everything `given`, `width` calls at any time."""
    queue, took = iter(given), list[float]()

    async def worker() -> None:
        for one in queue:
            start = time.perf_counter()
            await call(one)
            took.append(time.perf_counter() - start)

    start, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(worker() for _ in range(width)))
    total, cpu = time.perf_counter() - start, time.process_time() - cpu
    p50, p99 = percentile(took, 0.5), percentile(took, 0.99)
    return Timed(len(took) / total, 1000 * p50, 1000 * p99, 1000 * cpu / len(took))


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all do not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def median(runs: Sequence[Timed]) -> Timed:
    """Each figure's median over several runs."""
    return Timed(
        statistics.median(run.rate for run in runs),
        statistics.median(run.p50 for run in runs),
        statistics.median(run.p99 for run in runs),
        statistics.median(run.cpu for run in runs),
    )


@contextmanager
def databases(stores: Sequence[str]) -> Iterator[Callable[[str], Database]]:
    """Makes new databases of these kinds. PostgreSQL waits for its disk here, as it does in production."""
    with ExitStack() as stack:
        servers: list[str] = []

        def server() -> str:
            if not servers:
                servers.append(stack.enter_context(postgres_server()))
            return servers[0]

        def make(store: str) -> Database:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tutor-bench-")))
            db = stack.enter_context(opener(store, folder, server))()
            db.upgrade()
            if store == "postgresql":
                with db.writer.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
                    conn.execute(text("ALTER SYSTEM SET fsync=on"))
                    conn.execute(text("SELECT pg_reload_conf()"))
            return db

        yield make


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a small table."""
    lines = [list(head), *(list(row) for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(head))]
    print(f"\n{title}")
    for line in lines:
        cells = (cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))
        print("  " + "   ".join((line[0].ljust(widths[0]), *cells)).rstrip())


def markdown(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a small table as the documents have it."""
    print(f"\n{title}\n")
    for line in (head, ["---"] * len(head), *rows):
        print(f"| {' | '.join(line)} |")
