"""The inbox: every event changes state once, whatever happens, on all three stores."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event as engine_events
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bot.messages import Address, Answer, Event, Refresh, Reply
from bot.records import Ask
from bot.store.db import Database
from bot.store.queries import batch as load
from bot.store.queries import learner as read
from bot.store.tables import ACCOUNT, CARD, EVENT, GAP, LANE, LEARNER, OUTBOX, REVIEW_LOG
from bot.store.tx import Tx
from tests.contract.handing import NOW, World, ask, at, card, event, put, review, world
from tests.stores import Make


@pytest.fixture
async def here(db: Database) -> AsyncIterator[World]:
    async with world(db) as made:
        yield made


def count_up(_event: Event, tx: Tx) -> Answer:
    """Change every kind of row, so that doing it twice would show."""
    tx.log(review(tx.learner.last_seq + 1))
    tx.put_card(card(f"i{tx.learner.last_seq}"))
    put(tx, streak=tx.learner.streak + 1)
    return Answer((Reply(f"number {tx.learner.streak}"),), notice="counted")


def refuse(_event: Event, tx: Tx) -> Answer:
    """Change every kind of row, then fail."""
    count_up(_event, tx)
    tx.add_gap("a gap", "unknown", ())
    raise LookupError("a fault in the conversation")


def texts(here: World) -> list[str]:
    """The texts in the outbox, in order."""
    return [body["text"] for (body,) in here.rows(OUTBOX, "body")]


class Gate:
    """Holds the conversation up on the database thread until it is opened."""

    def __init__(self) -> None:
        self.entered, self.open = threading.Event(), threading.Event()

    def __call__(self, _event: Event, tx: Tx) -> Answer:
        self.entered.set()
        assert self.open.wait(20)
        return count_up(_event, tx)

    async def reached(self) -> None:
        assert await asyncio.to_thread(self.entered.wait, 20)


# --- once


async def test_what_was_handled_is_committed_when_receive_returns(here: World) -> None:
    receipt = await here.tell(event("ann"), count_up)
    assert (receipt.outcome, receipt.notice) == ("done", "counted")
    assert here.count(REVIEW_LOG) == here.count(CARD) == here.count(ACCOUNT) == here.count(LEARNER) == 1
    columns = (
        "lane",
        "platform",
        "workspace",
        "chat",
        "thread",
        "kind",
        "surface",
        "body",
        "status",
        "tries",
        "created_at",
    )
    assert here.rows(OUTBOX, *columns) == [
        ("telegram::chat-ann", "telegram", "", "chat-ann", "", "reply", "", {"text": "number 1"}, "pending", 0, NOW)
    ]
    assert here.rows(LANE) == [("telegram::chat-ann", "telegram", "", "chat-ann", NOW, "")]


async def test_errors_of_a_modal_come_back(here: World) -> None:
    receipt = await here.tell(says=lambda event, tx: Answer(errors={"time": "That is no time."}))
    assert receipt.errors == {"time": "That is no time."}


async def test_an_event_delivered_again_changes_nothing(here: World) -> None:
    sent = event("ann")
    assert (await here.tell(sent, count_up)).outcome == "done"
    assert (await here.tell(sent)).outcome == "duplicate"
    assert (await here.tell(replace(sent, sender="eve"))).outcome == "duplicate"
    assert here.count(REVIEW_LOG) == here.count(OUTBOX) == here.count(EVENT) == 1


async def test_one_event_from_many_tasks_at_once_is_handled_once(here: World) -> None:
    here.says = count_up
    sent = [event(f"u{n}") for n in range(5)]
    receipts = await asyncio.gather(*(here.tell(one) for one in sent * 20))
    outcomes = [receipt.outcome for receipt in receipts]
    assert (outcomes.count("done"), outcomes.count("duplicate")) == (5, 95)
    assert here.count(REVIEW_LOG) == here.count(OUTBOX) == 5


async def test_two_inboxes_handle_an_event_once_and_never_deadlock(open_store: Make) -> None:
    """As two processes would on PostgreSQL, with the same events in different orders; in SQLite they take turns."""
    async with AsyncExitStack() as stack:
        two = [await stack.enter_async_context(world(open_store(), patience=30)) for _ in range(2)]
        failures = []
        for one in two:
            one.says = count_up
            engine_events.listen(one.db.writer, "handle_error", lambda context: failures.append(context))
        for number in range(6):
            sent = [event(f"u{n}", id=f"{number}:{n}", address=Address("slack", "T", f"C{n % 7}")) for n in range(40)]
            receipts = await asyncio.gather(*(
                two[which].tell(one) for which, order in ((0, sent), (1, sent[::-1])) for one in order
            ))  # fmt: skip
            outcomes = [receipt.outcome for receipt in receipts]
            assert (outcomes.count("done"), outcomes.count("duplicate")) == (40, 40)
        assert failures == []
        assert two[0].count(REVIEW_LOG) == two[0].count(OUTBOX) == 240
        assert two[0].count(ACCOUNT) == two[0].count(LEARNER) == 40  # nobody became two learners
        streaks = {streak for (streak,) in two[0].rows(LEARNER, "streak")}
        assert streaks == {6}


# --- order


async def test_events_of_one_learner_are_handled_in_order(here: World) -> None:
    seen: list[str] = []

    def says(event: Event, tx: Tx) -> Answer:
        seen.append(event.text)
        return count_up(event, tx)

    here.says = says
    receipts = await asyncio.gather(*(here.tell(event("ann", text=str(n))) for n in range(30)))
    assert {receipt.outcome for receipt in receipts} == {"done"}
    assert seen == [str(n) for n in range(30)]
    assert texts(here) == [f"number {n + 1}" for n in range(30)]


async def test_messages_of_one_chat_keep_the_order_of_its_events(here: World) -> None:
    group = Address("telegram", "", "group")
    gate = Gate()
    first = asyncio.create_task(here.tell(event("zoe"), gate))
    await gate.reached()
    people = ["ann", "bob", "ann", "cid", "bob", "dan", "ann"]
    waiting = [
        asyncio.create_task(here.inbox.receive(event(who, address=group, text=str(n)))) for n, who in enumerate(people)
    ]
    await asyncio.sleep(0)
    here.says = lambda event, tx: Answer((Reply(event.text), Reply(event.text)))
    gate.open.set()
    await asyncio.gather(first, *waiting)
    assert texts(here)[1:] == [str(n) for n in range(len(people)) for _ in range(2)]


# --- batches


async def batches(here: World, sent: list[Event]) -> list[list[Event]]:
    """The batches in which these events are handled when they all wait at once."""
    found: list[list[Event]] = []
    handle = here.inbox._handler.handle

    def noting(events: Any) -> Any:
        found.append(list(events))
        return handle(events)

    gate = Gate()
    first = asyncio.create_task(here.tell(event("first"), gate))
    await gate.reached()
    here.inbox._handler.handle = noting  # type: ignore[method-assign]
    waiting = [asyncio.create_task(here.inbox.receive(one)) for one in sent]
    await asyncio.sleep(0)
    here.says = lambda event, tx: None
    gate.open.set()
    receipts = await asyncio.gather(first, *waiting)
    assert {receipt.outcome for receipt in receipts} == {"done"}
    return found


async def test_a_batch_has_a_size(db: Database) -> None:
    size = {"sqlite": 64, "postgresql": 256}[db.dialect]
    async with world(db, patience=30) as here:
        found = await batches(here, [event(f"u{n}") for n in range(size + 10)])
    assert [len(batch) for batch in found] == [size, 10]


async def test_a_batch_has_one_event_of_a_learner(here: World) -> None:
    found = await batches(here, [event(who) for who in ("ann", "bob", "ann", "ann")])
    assert [[one.sender for one in batch] for batch in found] == [["ann", "bob"], ["ann"], ["ann"]]


async def test_a_batch_has_eight_searches_and_presses_go_past_them(here: World) -> None:
    questions = [event(f"u{n}", "text") for n in range(10)]
    found = await batches(here, [*questions, event("v", "press"), event("u9", "press")])
    # u9's press waits behind u9's question.
    assert [[one.sender for one in batch] for batch in found] == [
        [*(f"u{n}" for n in range(8)), "v"],
        ["u8", "u9"],
        ["u9"],
    ]


async def test_two_accounts_of_one_learner_are_not_handled_in_one_batch(here: World) -> None:
    await here.tell(event("ann"), count_up)
    with here.db.begin() as conn:
        conn.execute(text("INSERT INTO account (key, learner_id) SELECT 'slack:T:U1', learner_id FROM account"))
    slack = event("U1", address=Address("slack", "T", "D1"))
    me = here.rows(LEARNER, "id")[0][0]
    due = event("", "due", id=f"quiz:{me}:x:0", learner=me)
    found = await batches(here, [event("ann"), slack, due, event("bob")])
    assert [[one.sender for one in batch] for batch in found] == [["ann", "U1", "", "bob"], ["U1", ""], [""]]
    assert here.count(EVENT) == 6


async def test_at_low_load_a_batch_waits_for_nothing(here: World) -> None:
    async with asyncio.timeout(5):
        for _ in range(3):
            assert (await here.tell(event(), count_up)).outcome == "done"


async def test_statements_do_not_grow_with_the_batch(db: Database) -> None:
    """What holds the speed: a batch of 40 answers takes as many statements as one of 2."""

    def says(_event: Event, tx: Tx) -> Answer:
        open_ask = tx.ask(tx.learner.open_ask) if tx.learner.open_ask else None
        if open_ask:
            tx.put_ask(replace(open_ask, status="answered", outcome="right"))
            tx.card(open_ask.item)
        n = tx.learner.last_ask + 1
        tx.put_ask(ask(n, "same"))
        put(tx, last_ask=n, open_ask=n)
        return count_up(_event, tx)

    async with world(db, patience=30) as here:
        here.says = says
        await asyncio.gather(*(here.tell(event(f"u{n}")) for n in range(40)))
        counts: list[int] = []
        for size in (2, 40):
            statements: list[str] = []

            def note(*given: Any, statements: list[str] = statements) -> None:
                statements.append(given[2])

            handler = here.inbox._handler
            engine_events.listen(db.writer, "before_cursor_execute", note)
            handled = handler.handle([event(f"u{n}") for n in range(size)])
            engine_events.remove(db.writer, "before_cursor_execute", note)
            assert {receipt.outcome for receipt in handled.receipts if receipt} == {"done"}
            counts.append(len(statements))
    assert counts[0] == counts[1] <= 13


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

    assert (await here.tell(event(action="999999999"), says)).outcome == "done"
    with here.db.read() as conn:
        assert read.learner_by_account(conn, "telegram::ann") is not None
