"""Events a second through the whole inbox: `python -m benchmarks.inbox [--store sqlite|postgresql] [--learners N]`.

A quiz answer is a press: it reads the learner, the ask and the card, and writes a review, the card, the ask, the
learner and two messages; a question searches the shipped base. The peer does the same work, with the same conversation,
in the way that is written first: one transaction and one ORM Session for each event.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select, update

from adapters.wiring import settle_memory
from benchmarks.measure import Timed, databases, in_flight, median, table
from benchmarks.peer import SessionPerEvent
from bot import tutor
from bot.inbox import Inbox
from bot.messages import Address, Answer, Event, MessageRef, Reply
from bot.outbox import Outbox
from bot.store.db import Database
from bot.store.tables import LEARNER, OUTBOX
from bot.store.tx import Tx
from knowledge.loader import load
from knowledge.model import Library
from knowledge.search import searchable

IN_FLIGHT = 64
GOALS = {"sqlite": ("4,000", "30"), "postgresql": ("2,500", "30")}
CONTENT = Path(__file__).parents[1] / "knowledge" / "content"
QUESTIONS_EACH = 4
SINGLE = 200  # answers one after the other

Receive = Callable[[Event], Awaitable[object]]


def clock() -> datetime:
    return datetime.now(UTC)


class Class:
    """Learners who answer quizzes, and what each was shown last."""

    def __init__(self, size: int) -> None:
        self.names = [f"u{n}" for n in range(size)]
        self.shown: dict[str, list[str]] = {}  # sender -> the actions under their newest messages
        self.events = 0

    def answer(self, event: Event, tx: Tx, library: Library, now: datetime) -> Answer:
        """The conversation, overheard: a learner has to see the question to press an option of it."""
        given = tutor.answer(event, tx, library, now)
        self.shown[event.sender] = [b.action for r in given.replies if isinstance(r, Reply) for b in r.buttons]
        return given

    def press(self, name: str, action: str) -> Event:
        return self._event("press", name, action=action)

    def ask(self, name: str, question: str) -> Event:
        return self._event("text", name, text=question)

    def _event(self, kind: str, name: str, **rest: str) -> Event:
        self.events += 1
        to = Address("bench", "", name)
        return Event(f"bench:{self.events}", kind, clock(), name, to, language="en", **rest)  # type: ignore[arg-type]

    def option(self, name: str) -> str | None:
        """An option of the open question."""
        return next((action for action in self.shown.get(name, ()) if action.startswith("a:")), None)

    async def open_questions(self, receive: Receive, names: Sequence[str]) -> None:
        """See that each learner has an open question."""

        async def until_open(name: str) -> None:
            for action in ("next", "quiz", "next", "quiz_extra"):
                if self.option(name):
                    return
                await receive(self.press(name, action))
            if not self.option(name):
                raise RuntimeError(f"{name} gets no question: {self.shown[name]}")

        await in_flight(until_open, names, IN_FLIGHT)

    def answers(self, names: Sequence[str]) -> Iterator[Event]:
        for name in names:
            option = self.option(name)
            assert option is not None
            yield self.press(name, option)


def lift_caps(db: Database) -> None:
    """Nobody here has done enough for a day."""
    with db.begin() as conn:
        conn.execute(update(LEARNER).values(cap=1_000_000))


class NullSender:
    """Delivers at once: the outbox's own cost alone."""

    async def send(self, to: Address, reply: Reply, replaced: MessageRef | None) -> MessageRef:
        return replaced or MessageRef(to.chat, "1")


async def measure(db: Database, library: Library, size: int, rounds: int) -> list[tuple[str, Timed]]:
    """Everything about one store, as (name, figures)."""
    pupils = Class(size)
    inbox = Inbox(db, pupils.answer, lambda: library, clock, tutor.ask_of, tutor.apology)
    await inbox.start()
    found: list[tuple[str, Timed]] = []
    await pupils.open_questions(inbox.receive, pupils.names)
    lift_caps(db)

    async def answers(receive: Receive, names: Sequence[str], width: int) -> Timed:
        await pupils.open_questions(inbox.receive, names)
        events = list(pupils.answers(names))
        gc.collect()
        return await in_flight(receive, events, width)

    runs = [await answers(inbox.receive, pupils.names, IN_FLIGHT) for _ in range(rounds)]
    found.append((f"answers, {IN_FLIGHT} in flight", median(runs)))
    runs = [await answers(inbox.receive, pupils.names[:SINGLE], 1) for _ in range(rounds)]
    found.append(("answers, one in flight", median(runs)))
    questions = [question for topic in library.topics.values() for question in (*topic.questions, *topic.tests)]
    asked = [pupils.ask(name, questions[n % len(questions)]) for n, name in enumerate(pupils.names * QUESTIONS_EACH)]
    found.append((f"questions, {IN_FLIGHT} in flight", await in_flight(inbox.receive, asked[: 2 * size], IN_FLIGHT)))
    with_sender = Outbox(db, {"bench": NullSender()}, now=clock)
    stop = inbox.on_commit(with_sender.wake)
    await with_sender.start()
    await _sent(db)
    runs = [await answers(inbox.receive, pupils.names, IN_FLIGHT) for _ in range(rounds)]
    found.append(("answers while the outbox sends them", median(runs)))
    stop()
    await with_sender.stop()
    peer = SessionPerEvent(db, pupils.answer, library, clock)
    few = pupils.names[: max(100, size // 4)]
    runs = [await answers(peer.receive, few, IN_FLIGHT) for _ in range(rounds)]
    found.append((f"peer: Session an event, {IN_FLIGHT} in flight", median(runs)))
    runs = [await answers(peer.receive, few[:SINGLE], 1) for _ in range(rounds)]
    found.append(("peer: Session an event, one in flight", median(runs)))
    peer.close()
    await inbox.stop()
    return found


async def _sent(db: Database) -> None:
    """Wait until the outbox has sent what waited for it."""
    pending = select(func.count()).where(OUTBOX.c.status == "pending")
    async with asyncio.timeout(600):
        while await db.fetch(lambda conn: conn.execute(pending).scalar_one()):  # noqa: ASYNC110 - it is no event
            await asyncio.sleep(0.1)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", choices=["sqlite", "encrypted", "postgresql"], action="append")
    parser.add_argument("--learners", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--knowledge", type=Path, default=CONTENT)
    options = parser.parse_args(arguments)
    library = searchable(load(options.knowledge))
    settle_memory()
    stores = options.store or ["sqlite", "postgresql"]
    with databases(stores) as make:
        for store in stores:
            found = asyncio.run(measure(make(store), library, options.learners, options.rounds))
            rate, p99 = GOALS.get(store, ("", ""))
            title = f"{store}: medians of {options.rounds} rounds of {options.learners} learners"
            if rate:
                title += f"; goals: {rate} answers/s with p99 {p99} ms, 3 ms one in flight"
            head = ("", "a second", "p50 ms", "p99 ms", "CPU ms each")
            rows = [(name, f"{t.rate:,.0f}", f"{t.p50:.1f}", f"{t.p99:.1f}", f"{t.cpu:.2f}") for name, t in found]
            table(title, head, rows)


if __name__ == "__main__":
    main()
