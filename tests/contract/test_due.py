"""What Tutor says by itself, on every store: each due quiz and each "now I know" exists once, whoever looks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update

from bot.due import deliver_due, deliver_taught
from bot.inbox import Inbox
from bot.messages import Address, Answer, Event, Reply
from bot.records import Learner
from bot.store.codec import address_list, learner_values
from bot.store.db import Database
from bot.store.queries.due import due_learners
from bot.store.tables import GAP, LEARNER, OUTBOX, WISH
from bot.store.tx import Tx
from knowledge.model import Base, Found, Library, Match
from tests.fakes.senders import START, Clock

HOUR = timedelta(hours=1)
KNOWN = "what is a quorum?"


def find(question: str, last: str | None = None) -> Found:
    return Found(question, "answer" if question == KNOWN else "unknown", 0.5, (Match("concept/quorum", 1.0),))


LIBRARY = Library(Base("Test"), {}, {}, {}, {}, {}, {}, "0" * 16, find)


def home(n: int) -> Address:
    return Address("telegram", "", f"{n}")


def add(db: Database, n: int, due: datetime | None, *, learner: Learner | None = None) -> None:
    base = learner or Learner(n, START, zone="Europe/Berlin", consent="yes", home=home(n))
    with db.begin() as conn:
        conn.execute(insert(LEARNER), learner_values(replace(base, id=n, next_due_at=due)))


def answer(event: Event, tx: Tx, library: Library, now: datetime) -> Answer:
    """Rechecks under the lock, as the conversation does."""
    if event.kind == "taught":
        wish = next((wish for wish in tx.wishes() if wish.gap == event.action), None)
        if wish is None:
            return Answer()
        tx.unwish(wish.gap)
        return Answer((Reply(f"now I know: {event.text}"),))
    if tx.learner.next_due_at is None or tx.learner.next_due_at > now:
        return Answer()
    tx.put(replace(tx.learner, next_due_at=now + timedelta(days=1)))
    return Answer((Reply("a quiz is due"),))


@asynccontextmanager
async def receiving(db: Database, clock: Clock) -> AsyncIterator[Inbox]:
    inbox = Inbox(db, answer, lambda: LIBRARY, clock, lambda event: None, lambda event: Answer())
    await inbox.start()
    try:
        yield inbox
    finally:
        await inbox.stop()


def messages(db: Database) -> list[tuple[str, str]]:
    with db.read() as conn:
        rows = conn.execute(select(OUTBOX.c.lane, OUTBOX.c.body).order_by(OUTBOX.c.id)).all()
    return [(row.lane, row.body["text"]) for row in rows]


async def test_whoever_is_due_gets_a_quiz_at_home(db: Database) -> None:
    add(db, 1, START - HOUR)
    add(db, 2, START)
    add(db, 3, START + HOUR)
    add(db, 4, None)
    async with receiving(db, Clock()) as inbox:
        assert await deliver_due(db, inbox, START) == 2
        assert await deliver_due(db, inbox, START) == 0
    assert sorted(messages(db)) == [("telegram::1", "a quiz is due"), ("telegram::2", "a quiz is due")]


async def test_nobody_is_written_to_unasked(db: Database) -> None:
    yes = Learner(0, START, consent="yes", home=home(1))
    add(db, 1, START, learner=replace(yes, consent="asked"))
    add(db, 2, START, learner=replace(yes, paused="learner"))
    add(db, 3, START, learner=replace(yes, home=None))
    async with receiving(db, Clock()) as inbox:
        assert await deliver_due(db, inbox, START) == 0
    assert messages(db) == []


async def test_the_longest_waiting_come_first_and_the_rest_with_the_next_look(db: Database) -> None:
    for n in range(1, 8):
        add(db, n, START - n * HOUR)
    with db.read() as conn:
        assert [due.learner for due in due_learners(conn, START, 3)] == [7, 6, 5]
    async with receiving(db, Clock()) as inbox:
        assert [await deliver_due(db, inbox, START, limit=3) for _ in range(4)] == [3, 3, 1, 0]
    assert len(messages(db)) == 7


async def test_two_schedulers_that_look_at_once_write_once(open_store: Callable[[], Database]) -> None:
    one, two = open_store(), open_store()
    for n in range(1, 41):
        add(one, n, START)
    async with receiving(one, Clock()) as here, receiving(two, Clock()) as there:
        await asyncio.gather(*(deliver_due(db, inbox, START) for db, inbox in ((one, here), (two, there)) * 2))
    assert sorted(messages(one)) == sorted((home(n).lane, "a quiz is due") for n in range(1, 41))


async def test_a_time_moved_later_on_the_same_day_brings_another_quiz(db: Database) -> None:
    clock = Clock()
    add(db, 1, START)
    async with receiving(db, clock) as inbox:
        assert await deliver_due(db, inbox, clock.at) == 1
        with db.begin() as conn:
            conn.execute(update(LEARNER).values(next_due_at=START + HOUR))
        clock.advance(3600)
        assert await deliver_due(db, inbox, clock.at) == 1
        assert await deliver_due(db, inbox, clock.at) == 0
    assert len(messages(db)) == 2


async def test_the_name_tells_the_learning_day_and_which_slot_of_it(db: Database) -> None:
    seen: list[str] = []

    def noting(event: Event, tx: Tx, library: Library, now: datetime) -> Answer:
        seen.append(event.id)
        return answer(event, tx, library, now)

    late = START.replace(hour=1)  # 02:00 in Berlin is still the evening before
    add(db, 5, late)
    inbox = Inbox(db, noting, lambda: LIBRARY, Clock(), lambda event: None, lambda event: Answer())
    await inbox.start()
    assert await deliver_due(db, inbox, START) == 1
    with db.begin() as conn:
        conn.execute(update(LEARNER).values(next_due_at=late))  # put off
    assert await deliver_due(db, inbox, START) == 1
    await inbox.stop()
    assert seen == ["quiz:5:2026-11-21:0", "quiz:5:2026-11-21:1"]


def wish(db: Database, learner: int, gap: str, question: str) -> None:
    seen = {"decision": "unknown", "nearest": [], "language": "en", "count": 1, "first_at": START, "last_at": START}
    with db.begin() as conn:
        if conn.execute(select(GAP.c.id).where(GAP.c.id == gap)).first() is None:
            conn.execute(insert(GAP), {"id": gap, "text": question, **seen})
        own = {
            "learner_id": learner,
            "gap": gap,
            "question": question,
            "address": address_list(home(learner)),
            "at": START,
        }
        conn.execute(insert(WISH), own)


async def test_those_who_asked_are_told_once_it_is_known(db: Database) -> None:
    for n in (1, 2, 3):
        add(db, n, None)
    wish(db, 1, "aaa", KNOWN)
    wish(db, 2, "aaa", KNOWN)
    wish(db, 2, "bbb", "what is still unknown?")
    async with receiving(db, Clock()) as inbox:
        assert await deliver_taught(db, inbox, LIBRARY, START) == 2
        assert await deliver_taught(db, inbox, LIBRARY, START) == 0
    assert sorted(messages(db)) == [(home(n).lane, f"now I know: {KNOWN}") for n in (1, 2)]
    with db.read() as conn:
        assert conn.execute(select(WISH.c.gap)).scalars().all() == ["bbb"]
