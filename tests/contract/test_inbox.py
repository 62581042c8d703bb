"""The inbox: every event changes state once, whatever happens, on all three stores."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event as engine_events
from sqlalchemy import text

from bot.messages import Address, Answer, Event, Reply
from bot.store.db import Database
from bot.store.tables import ACCOUNT, CARD, EVENT, LANE, LEARNER, OUTBOX, REVIEW_LOG
from bot.store.tx import Tx
from tests.contract.handing import (
    NOW,
    Gate,
    World,
    ask,
    count_up,
    event,
    put,
    texts,
    world,
)
from tests.stores import Make


@pytest.fixture
async def here(db: Database) -> AsyncIterator[World]:
    async with world(db) as made:
        yield made


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
