"""The inbox when something fails or takes too long, and where its messages go, on all three stores."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event as engine_events
from sqlalchemy.exc import OperationalError

from bot.messages import Address, Answer, Event, Refresh, Reply
from bot.records import Ask
from bot.store.db import Database
from bot.store.queries import batch as load
from bot.store.queries import learner as read
from bot.store.tables import ACCOUNT, CARD, EVENT, GAP, LANE, LEARNER, OUTBOX, REVIEW_LOG
from bot.store.tx import Tx
from tests.contract.handing import (
    NOW,
    Gate,
    World,
    at,
    count_up,
    event,
    put,
    review,
    texts,
    world,
)


@pytest.fixture
async def here(db: Database) -> AsyncIterator[World]:
    async with world(db) as made:
        yield made


def refuse(_event: Event, tx: Tx) -> Answer:
    """Change every kind of row, then fail."""
    count_up(_event, tx)
    tx.add_gap("a gap", "unknown", ())
    raise LookupError("a fault in the conversation")


# --- failures


async def test_an_event_that_raises_loses_its_own_writes_only(here: World, caplog: pytest.LogCaptureFixture) -> None:
    here.says = lambda event, tx: refuse(event, tx) if event.sender == "bob" else count_up(event, tx)
    await asyncio.gather(*(here.tell(event(who)) for who in ("ann", "cid")))
    sent = [event(who) for who in ("ann", "bob", "cid")]
    receipts = await asyncio.gather(*(here.tell(one) for one in sent))
    assert [receipt.outcome for receipt in receipts] == ["done", "failed", "done"]
    assert here.count(REVIEW_LOG) == here.count(CARD) == 4
    assert here.count(GAP) == 0
    assert sorted(texts(here)[2:]) == ["Sorry, that went wrong.", "number 2", "number 2"]
    assert dict(here.rows(EVENT, "id", "outcome"))[sent[1].id] == "failed"
    assert list(dict(here.rows(EVENT, "id", "outcome")).values()).count("done") == 4
    assert "a fault in the conversation" in caplog.text
    assert (await here.tell(sent[1], count_up)).outcome == "duplicate"


def twice_the_same_review(_event: Event, tx: Tx) -> Answer:
    """Write what the database refuses, past the checks of `Tx`."""
    tx.log(review(1))
    tx.writes.reviews.append(review(1))
    return Answer((Reply("never sent"),))


async def test_where_the_flush_fails_events_are_handled_one_by_one(here: World) -> None:
    here.says = lambda event, tx: twice_the_same_review(event, tx) if event.sender == "bob" else count_up(event, tx)
    sent = [event(who) for who in ("ann", "bob", "cid")]
    handled = await here.db.on_thread(lambda: here.inbox._handler.handle(sent))
    assert [receipt and receipt.outcome for receipt in handled.receipts] == ["done", "failed", "done"]
    assert handled.lanes == {"telegram::chat-ann", "telegram::chat-bob", "telegram::chat-cid"}
    assert here.count(REVIEW_LOG) == 2
    assert sorted(texts(here)) == ["Sorry, that went wrong.", "number 1", "number 1"]
    assert dict(here.rows(EVENT, "id", "outcome"))[sent[1].id] == "failed"


def break_database(db: Database, when: Callable[[str], bool], times: int = 1_000_000) -> Callable[[], None]:
    """Make statements fail as they do when the database is gone; returns how to mend it."""
    left = [times]

    def fail(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if when(statement) and left[0] > 0:
            left[0] -= 1
            raise OperationalError(statement, {}, Exception("the server went away"))

    engine_events.listen(db.writer, "before_cursor_execute", fail)
    return lambda: engine_events.remove(db.writer, "before_cursor_execute", fail)


@pytest.mark.parametrize("broken", ["INSERT INTO lane", "INSERT INTO event", "INSERT INTO outbox", "review_log"])
async def test_errors_of_the_database_are_never_recorded_as_failures(here: World, broken: str) -> None:
    await here.tell(event("ann"), count_up)
    mend = break_database(here.db, lambda statement: broken in statement)
    sent = [event("ann"), event("bob")]

    def says(_event: Event, tx: Tx) -> Answer:
        tx.newest_reviews(1)
        return count_up(_event, tx)

    here.says = says
    receipts = await asyncio.gather(*(here.tell(one) for one in sent))
    assert [receipt.outcome for receipt in receipts] == ["busy", "busy"]
    assert here.count(EVENT) == here.count(OUTBOX) == here.count(REVIEW_LOG) == 1
    mend()
    receipts = await asyncio.gather(*(here.tell(one) for one in sent))
    assert [receipt.outcome for receipt in receipts] == ["done", "done"]
    assert here.count(EVENT) == 3


async def test_an_error_that_passes_is_not_noticed(here: World) -> None:
    mend = break_database(here.db, lambda statement: "INSERT INTO outbox" in statement, times=1)
    receipts = await asyncio.gather(*(here.tell(event(who), count_up) for who in ("ann", "bob")))
    mend()
    assert [receipt.outcome for receipt in receipts] == ["done", "done"]
    assert here.count(REVIEW_LOG) == here.count(OUTBOX) == 2


async def test_a_due_quiz_that_fails_is_tried_a_day_later(here: World) -> None:
    await here.tell(event("ann"), lambda event, tx: put(tx, next_due_at=NOW, home=at("ann")))
    me = here.rows(LEARNER, "id")[0][0]
    receipt = await here.tell(event("", "due", id=f"quiz:{me}:x:0", learner=me), refuse)
    assert receipt.outcome == "failed"
    assert here.rows(LEARNER, "next_due_at", "streak") == [(NOW + timedelta(days=1), 0)]


# --- giving up


async def test_an_event_that_waits_too_long_is_given_up_and_not_handled(db: Database) -> None:
    async with world(db, patience=0.3) as here:
        gate = Gate()
        first = asyncio.create_task(here.tell(event("ann"), gate))
        await gate.reached()
        waiting = event("bob")
        assert (await here.inbox.receive(waiting)).outcome == "busy"
        assert (await first).outcome == "busy"  # it may be committed yet: the platform sends it again
        gate.open.set()
        again = await here.tell(waiting, count_up)
        assert again.outcome == "done"
        assert here.count(REVIEW_LOG) == 2


async def test_the_queue_is_bounded(db: Database) -> None:
    async with world(db, waiting=3, patience=30) as here:
        gate = Gate()
        first = asyncio.create_task(here.tell(event("ann"), gate))
        await gate.reached()
        waiting = [asyncio.create_task(here.inbox.receive(event(f"u{n}"))) for n in range(3)]
        await asyncio.sleep(0)
        assert (await here.inbox.receive(event("late"))).outcome == "busy"
        gate.open.set()
        receipts = await asyncio.gather(first, *waiting)
        assert {receipt.outcome for receipt in receipts} == {"done"}


async def test_stopping_finishes_what_waits_and_takes_nothing_new(db: Database) -> None:
    async with world(db) as here:
        gate = Gate()
        first = asyncio.create_task(here.tell(event("ann"), gate))
        await gate.reached()
        second = asyncio.create_task(here.inbox.receive(event("bob")))
        await asyncio.sleep(0)
        gate.open.set()
        await here.inbox.stop()
        assert [(await one).outcome for one in (first, second)] == ["done", "done"]
        assert (await here.inbox.receive(event("cid"))).outcome == "busy"
        await here.inbox.start()
        assert (await here.inbox.receive(event("cid"))).outcome == "done"


# --- addresses, lanes and learners


async def test_an_answer_may_go_elsewhere(here: World) -> None:
    home = Address("slack", "T1", "D1", "12.5")
    await here.tell(event("ann"), lambda event, tx: Answer((Reply("hello"),), to=home))
    assert here.rows(OUTBOX, "lane", "chat", "thread") == [("slack:T1:D1", "D1", "12.5")]
    assert {key for key, *_ in here.rows(LANE)} == {"slack:T1:D1", "telegram::chat-ann"}


async def test_a_lane_that_waits_or_is_held_keeps_its_time(here: World) -> None:
    await here.tell(event("ann"), count_up)
    later = NOW + timedelta(minutes=1)
    with here.db.begin() as conn:
        conn.execute(LANE.update().values(next_at=later, token="held"))
    await here.tell(event("ann"))
    assert here.rows(LANE, "next_at", "token") == [(later, "held")]
    with here.db.begin() as conn:
        conn.execute(LANE.update().values(next_at=None, token=""))
    here.now = NOW + timedelta(seconds=5)
    await here.tell(event("ann"))
    assert here.rows(LANE, "next_at", "token") == [(here.now, "")]


async def test_a_refresh_replaces_an_older_one_that_was_not_sent(here: World) -> None:
    def says(_event: Event, tx: Tx) -> Answer:
        return Answer((Refresh("home"), Reply("hello"), Refresh("scores"), Refresh("home")))

    await here.tell(event("ann"), says)
    await here.tell(event("bob"), says)
    await here.tell(event("ann"), says)
    rows = here.rows(OUTBOX, "lane", "kind", "surface")
    lane = "telegram::chat-ann"
    assert [row[1:] for row in rows if row[0] == lane] == [
        ("reply", ""), ("reply", ""), ("refresh", "scores"), ("refresh", "home"),
    ]  # fmt: skip
    assert len(rows) == 7


async def test_after_a_commit_the_lanes_with_messages_are_told(here: World) -> None:
    told: list[frozenset[str]] = []
    stop = here.inbox.on_commit(told.append)
    await here.tell(event("ann"), count_up)
    await here.tell(event("ann"), lambda event, tx: None)
    assert told == [frozenset({"telegram::chat-ann"})]
    stop()
    await here.tell(event("ann"), count_up)
    assert len(told) == 1


async def test_an_event_of_tutors_own_names_its_learner(here: World) -> None:
    await here.tell(event("ann"), count_up)
    me = here.rows(LEARNER, "id")[0][0]
    due = event("", "due", id=f"quiz:{me}:2026-11-22:0", learner=me)
    assert (await here.tell(due, count_up)).outcome == "done"
    assert (await here.tell(due)).outcome == "duplicate"
    assert here.rows(LEARNER, "streak") == [(2,)]
    assert here.count(ACCOUNT) == 1
    gone = event("", "due", id="quiz:999:2026-11-22:0", learner=999)
    assert (await here.tell(gone)).outcome == "done"
    assert here.count(LEARNER) == 1
    assert here.rows(LEARNER, "streak") == [(2,)]


async def test_now_is_read_once_for_a_batch(here: World) -> None:
    moments = [NOW + timedelta(seconds=n) for n in range(10)]
    handler = here.inbox._handler
    handler._now = lambda: moments.pop(0)
    handled = await here.db.on_thread(lambda: handler.handle([event(f"u{n}") for n in range(5)]))
    assert len(handled.receipts) == 5
    assert len(moments) == 9
    assert {at for (at,) in here.rows(EVENT, "at")} == {NOW}


async def test_an_account_that_moves_while_it_is_read_is_looked_up_again(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when `/link` merges two learners in another process just before their rows are locked."""
    await here.tell(event("ann"), count_up)
    await here.tell(event("bob"), count_up)
    (ann,), (bob,) = here.rows(LEARNER, "id")
    accounts, calls = load.accounts, []

    def stale(conn: Any, keys: Any) -> dict[str, int]:
        calls.append(keys)
        return {"telegram::bob": 12345} if len(calls) == 1 else accounts(conn, keys)

    monkeypatch.setattr(load, "accounts", stale)
    assert (await here.tell(event("bob"), count_up)).outcome == "done"
    assert here.rows(LEARNER, "id", "streak") == [(ann, 1), (bob, 2)]


async def test_an_ask_number_that_cannot_be_read_is_no_reason_to_fail_others(here: World) -> None:
    def says(_event: Event, tx: Tx) -> Answer:
        found: Ask | None = tx.ask(10**9)
        assert found is None
        return Answer()

    handler = here.inbox._handler
    for ask_of in (handler._ask_of, lambda event: 1 // 0):
        handler._ask_of = ask_of
        assert (await here.tell(event(action="999999999"), says)).outcome == "done"
    with here.db.read() as conn:
        assert read.learner_by_account(conn, "telegram::ann") is not None
