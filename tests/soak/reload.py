"""The base changes while questions come in: `python -m tests.soak.reload --rounds 10 [--rate 100]`.

A whole Tutor on the shipped base is asked at a steady rate, through the inbox and its database. In each round a topic
gets another title and the base is reloaded; then as long a time passes without a reload. No question may be dropped or
fail, the new title must be known at once, and the loop may stall at most 20 ms longer than it does without a reload.
A stall is how late a timer of 1 ms is, on the loop that everything runs on; of each time the worst counts, of the
rounds the median: on a machine with other things to do a single worst says more about those.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from adapters import CONTENT
from adapters.clock import Clock
from adapters.fronts import Roles
from adapters.wiring import Application, build
from bot.messages import Address, Event
from tests.fronts.drivers import settings

LEARNERS = 50
STALL = 20.0  # ms beyond what it is without a reload
TICK = 0.001  # seconds
TOPIC, FILE = "concept/failover", "concepts/failover.yaml"


@dataclass
class Crowd:
    """Learners who ask the questions of the base, one after the other at a steady rate."""

    app: Application
    rate: float
    questions: Sequence[str]
    asked: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)  # seconds until the answer was committed
    late: list[float] = field(default_factory=list)  # ms, a tick each

    async def during(self, work: Callable[[], Awaitable[None]]) -> float:
        """Ask as long as `work` takes, and until all is answered; returns the worst stall meanwhile, in ms."""
        self.late.clear()
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tick(stop))
            group.create_task(self._ask(stop, group))
            await work()
            stop.set()
        return max(self.late)

    async def _tick(self, stop: asyncio.Event) -> None:
        before = time.perf_counter()
        while not stop.is_set():
            await asyncio.sleep(TICK)
            now = time.perf_counter()
            self.late.append((now - before - TICK) * 1000)
            before = now

    async def _ask(self, stop: asyncio.Event, group: asyncio.TaskGroup) -> None:
        begun = time.perf_counter()
        number = 0
        while not stop.is_set():
            group.create_task(self._one(self.asked))
            self.asked += 1
            number += 1
            await asyncio.sleep(begun + number / self.rate - time.perf_counter())

    async def _one(self, number: int) -> None:
        name = f"u{number % LEARNERS}"
        question = self.questions[number % len(self.questions)]
        begun = time.perf_counter()
        event = Event(f"test:{number}", "text", datetime.now(UTC), name, Address("test", "", name), text=question)
        receipt = await self.app.inbox.receive(event)
        self.outcomes[receipt.outcome] += 1
        self.took.append(time.perf_counter() - begun)


async def soak(rounds: int, rate: float = 100.0) -> list[str]:
    """What went wrong; nothing may."""
    failures: list[str] = []
    with tempfile.TemporaryDirectory(prefix="tutor-soak-") as name:
        base = Path(shutil.copytree(CONTENT, Path(name) / "base"))
        chosen = settings(Path(name)).model_copy(update={"knowledge_dir": base, "cache_dir": Path(name) / "cache"})
        app = build(chosen, clock=Clock(), roles=Roles())
        async with app.running():
            topics = app.shelf.library().topics.values()
            crowd = Crowd(app, rate, [question for topic in topics for question in topic.questions])
            await crowd.during(lambda: asyncio.sleep(2))  # everybody is met, everything is warm
            crowd.took.clear()
            stalls: list[tuple[float, float]] = []
            for number in range(rounds):
                title = f"Switching Over {number}"
                _retitle(base / FILE, title)
                began = time.perf_counter()
                reloading = await crowd.during(app.current.reload)
                took = time.perf_counter() - began
                library = app.shelf.library()
                if library.topics[TOPIC].title != title or library.find(title).matches[0].id != TOPIC:
                    failures.append(f"round {number}: the change is not served")
                if any(one is library.topics[TOPIC] for one in gc.get_objects()):
                    failures.append(f"round {number}: the garbage collector walks the library")
                stalls.append((reloading, await crowd.during(lambda took=took: asyncio.sleep(took))))  # type: ignore[misc]
                print(
                    f"reloaded in {took:.1f} s: worst stall {stalls[-1][0]:.1f} ms, without {stalls[-1][1]:.1f} ms; "
                    f"{crowd.asked - crowd.outcomes['done']} questions dropped by now"
                )
        failures += _judged(crowd, stalls)
    return failures


def _retitle(file: Path, title: str) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    changed = [f"title: {title}" if line.startswith("title: ") else line for line in lines]
    assert changed != lines
    file.write_text("\n".join(changed) + "\n", encoding="utf-8")


def _judged(crowd: Crowd, stalls: Sequence[tuple[float, float]]) -> list[str]:
    took = statistics.quantiles(crowd.took, n=1000)
    print(
        f"{crowd.asked} questions: {dict(crowd.outcomes)}; answered in {took[499] * 1000:.0f} ms, "
        f"p99.9 {took[998] * 1000:.0f} ms"
    )
    failures = [] if crowd.outcomes == {"done": crowd.asked} else [f"of {crowd.asked} questions {crowd.outcomes}"]
    during, without = (statistics.median(column) for column in zip(*stalls, strict=True))
    print(f"worst stall, median of {len(stalls)} rounds: {during:.1f} ms in a reload, {without:.1f} ms without")
    if during - without > STALL:
        failures.append(f"a reload stalls the loop {during - without:.1f} ms longer, {STALL:.0f} ms at most")
    return failures


def main() -> None:
    """Run, and exit with 1 where anything went wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--rate", type=float, default=100.0, help="questions a second")
    options = parser.parse_args()
    failures = asyncio.run(soak(options.rounds, options.rate))
    print("\n".join(failures) or "0 failures")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
