"""Odd texts, naive times, exporting and forgetting, on all three stores."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.messages import Answer, Event, Reply
from bot.records import Learner, State
from bot.store.db import Database
from bot.store.queries import learner as read
from bot.store.tables import EVENT, METADATA, OUTBOX, REVIEW_LOG
from bot.store.tx import Tx
from tests.contract.handing import (
    NOW,
    World,
    ask,
    at,
    card,
    do,
    event,
    fill,
    full,
    put,
    review,
    wish_to_join,
    world,
)


@pytest.fixture
async def here(db: Database) -> AsyncIterator[World]:
    async with world(db) as made:
        yield made


async def test_texts_that_a_database_cannot_hold_do_no_harm(here: World) -> None:
    odd = "zero \0 half \ud83d whole 😀 back\\u0000slash ü"
    whole = "zero  half ? whole 😀 back\\u0000slash ü"

    def says(_event: Event, tx: Tx) -> Answer:
        tx.hear(odd)
        tx.flag("x", odd)
        tx.put_ask(replace(ask(1), stem=odd))
        put(tx, goal=odd, state=State(topic=odd))
        return Answer((Reply(odd, key=odd),))

    assert (await here.tell(says=says)).outcome == "done"

    def work(tx: Tx) -> None:
        found = tx.ask(1)
        assert found is not None
        assert {tx.heard(), found.stem, tx.learner.goal, tx.learner.state.topic} == {whole}

    await do(here, work)
    assert here.rows(OUTBOX, "body", "key") == [({"text": whole}, whole)]


async def test_naive_datetimes_are_refused(here: World) -> None:
    naive = NOW.replace(tzinfo=None)
    for work in (
        lambda tx: put(tx, next_due_at=naive),
        lambda tx: tx.log(review(1, at=naive)),
        lambda tx: tx.put_ask(replace(ask(1), asked_at=naive)),
    ):

        def says(_event: Event, tx: Tx, work: Callable[[Tx], None] = work) -> Answer:
            work(tx)
            return Answer()

        assert (await here.tell(says=says)).outcome == "failed"
    assert here.count(REVIEW_LOG) == 0


async def test_forgetting_leaves_nothing_in_any_table(here: World) -> None:
    for user in ("ann", "bob"):
        await here.tell(event(user), lambda _event, tx: fill(tx))
    mine = (await do(here, lambda tx: tx.learner)).id
    other = (await do(here, lambda tx: tx.learner, "bob")).id
    for kind, id in (
        ("due", f"quiz:{mine}:2026-11-22:0"),
        ("taught", f"taught:{mine}:x"),
        ("due", f"quiz:{mine}0:x:0"),
    ):
        await here.tell(event("", kind, id=id, learner=mine), lambda _event, tx: Answer((Reply("due"),)))  # type: ignore[arg-type]
    for learner in (mine, other):
        wish_to_join(here.db, learner, "NOSUCHCODE", at("ann"))
    with here.db.read() as conn:
        for name, rows in read.export(conn, mine).items():
            assert rows, name

    def says(_event: Event, tx: Tx) -> Answer:
        tx.forget()
        put(tx, goal="must not come back")
        tx.put_card(card("y"))
        tx.log(review(2))
        tx.hear("nor this")
        tx.wish("b" * 12, "nor this")
        return Answer((Reply("Goodbye."),))

    assert (await here.tell(event(), says)).outcome == "done"
    tables = [table for table in METADATA.sorted_tables if "learner_id" in table.c]
    assert {table.name for table in tables} == {
        "account", "ask", "card", "heard", "link_code", "link_wish", "outbox", "review_log", "vote", "wish",
    }  # fmt: skip
    for table in tables:
        assert here.count(table, table.c.learner_id == mine) == 0, table.name
        assert here.count(table, table.c.learner_id == other) > 0, table.name
    with here.db.read() as conn:
        assert read.learner(conn, mine) is None
        own = conn.execute(select(EVENT.c.id).where(EVENT.c.id.regexp_match("quiz|taught"))).scalars().all()
    assert own == [f"quiz:{mine}0:x:0"]
    assert [row for row in here.rows(OUTBOX, "learner_id", "body") if row[0] is None] == [(None, {"text": "Goodbye."})]

    again = await do(here, lambda tx: tx.learner)
    assert again.id > other  # an id is never given twice
    assert (again.goal, again.last_seq) == ("", 0)


async def test_an_export_is_complete_and_plain(here: World) -> None:
    await here.tell(event(), lambda _event, tx: fill(tx))
    await do(here, lambda tx: tx.put(full(Learner, id=tx.learner.id, last_seq=1)))
    found = await do(here, lambda tx: tx.export())
    assert found["accounts"] == [{"key": "telegram::ann"}]
    assert found["profile"][0]["goal"] == full(Learner).goal
    assert found["profile"][0]["next_due_at"] == "2026-11-22T10:00:00.000007+00:00"
    assert found["reviews"][0] | {"seq": 1, "at": "2026-11-22T09:00:00+00:00"} == found["reviews"][0]
    assert found["cards"][0]["due"] == "2026-11-22"
    assert found["asks"][0]["body"]["options"][0][1] == "the standby server"
    assert found["last_question"][0]["text"] == "my question"
    assert found["wishes"][0]["question"] == "my question"
    assert [message["body"]["text"] for message in found["messages"]] == ["kept?", "elsewhere"]
    assert json.loads(json.dumps(found)) == found
    holding = {table.name for table in METADATA.sorted_tables if "learner_id" in table.c} | {"learner"}
    assert len(found) == len(holding)
