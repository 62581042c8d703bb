"""What an event reads and writes through `Tx`, on all three stores."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from sqlalchemy import select

from bot.messages import Address, Answer, Event, Reply
from bot.records import Learner, Session, State, Wish
from bot.store.db import Database
from bot.store.queries import learner as read
from bot.store.tables import CARD, EVENT, FLAG, GAP, METADATA, OUTBOX, REVIEW_LOG
from bot.store.tx import Tx, gap_id
from tests.contract.handing import NOW, TODAY, TOPIC, World, ask, at, card, event, put, review, world

T = TypeVar("T")
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
async def here(db: Database) -> AsyncIterator[World]:
    async with world(db) as made:
        yield made


async def do(here: World, work: Callable[[Tx], T], user: str = "ann", **fields: Any) -> T:
    """Run `work` in an event of `user`; returns what it returned, once that is committed."""
    results: list[T] = []

    def says(_event: Event, tx: Tx) -> Answer:
        results.append(work(tx))
        return Answer()

    receipt = await here.tell(event(user, **fields), says)
    assert receipt.outcome == "done"
    return results[-1]


def steps(*works: Callable[[Tx], object]) -> Callable[[Tx], None]:
    """One after the other."""

    def work(tx: Tx) -> None:
        for step in works:
            step(tx)

    return work


FULL: dict[str, Any] = {
    "zone": "Asia/Kathmandu",
    "quiz_at": 555,
    "days": 0b0011111,
    "quiet_from": 1300,
    "quiet_to": 400,
    "cap": 12,
    "retention": 0.9,
    "consent": "yes",
    "paused": "silent",
    "home": Address("slack", "T1", "D1", "171.5"),
    "next_due_at": NOW + timedelta(hours=1, microseconds=7),
    "silent": 2,
    "silent_since": NOW,
    "last_ask": 3,
    "open_ask": 2,
    "goal": "career/sre — später",
    "streak": 4,
    "streak_day": TODAY,
    "freezes": 1,
    "state": State(
        topic=TOPIC,
        offered=("a/b", "c/d"),
        interests=("a/b",),
        session=Session(("x#1", "x#2"), 5, 3, 2, "x", True, NOW),
        day=TODAY,
        done_today=3,
        new_today=1,
        waiting="time",
        snoozes=1,
        met=True,
    ),
}


async def test_a_newcomer_gets_what_the_event_tells_else_the_defaults(here: World) -> None:
    first = await do(here, lambda tx: tx.learner)
    assert first == Learner(first.id, NOW, "de", "Europe/Berlin")
    second = await do(here, lambda tx: tx.learner, "bob", language="ne", zone="Asia/Kathmandu")
    assert (second.language, second.zone) == ("ne", "Asia/Kathmandu")
    assert second.id != first.id


async def test_every_field_of_a_learner_comes_back(here: World) -> None:
    await do(here, lambda tx: put(tx, **FULL))
    found = await do(here, lambda tx: tx.learner)
    assert {name: getattr(found, name) for name in FULL} == FULL
    assert found.next_due_at is not None
    assert found.next_due_at.utcoffset() == timedelta(0)
    await do(here, lambda tx: put(tx, home=None, next_due_at=None, streak_day=None, state=State()))
    found = await do(here, lambda tx: tx.learner)
    assert (found.home, found.next_due_at, found.streak_day, found.state) == (None, None, None, State())


async def test_a_learner_of_another_id_is_refused(here: World) -> None:
    def says(_event: Event, tx: Tx) -> Answer:
        tx.put(replace(tx.learner, id=tx.learner.id + 1))
        return Answer()

    assert (await here.tell(says=says)).outcome == "failed"


async def test_what_was_put_is_seen_at_once(here: World) -> None:
    def work(tx: Tx) -> None:
        put(tx, goal="sre")
        assert tx.learner.goal == "sre"
        tx.put_ask(ask(1))
        assert tx.ask(1) == ask(1)
        tx.put_card(card("x"))
        assert tx.card("x") == card("x")
        tx.drop_card("x")
        assert tx.card("x") is None
        tx.log(review(1))
        assert tx.learner.last_seq == 1
        assert tx.newest_reviews(5) == [review(1)]
        assert tx.reviews_of(review(1).item) == tx.reviews_since(NOW) == [review(1)]
        tx.hear("what is this?")
        assert tx.heard() == "what is this?"
        gap = tx.add_gap("what is that?", "unknown", ())
        assert tx.gap_text(gap) == "what is that?"
        tx.wish(gap, "what is that?")
        assert tx.wishes() == [Wish(gap, "what is that?", at("ann"))]
        tx.unwish(gap)
        assert tx.wishes() == []

    await do(here, work)


async def test_an_ask_comes_back_whole_and_can_be_changed(here: World) -> None:
    asked = ask(1, hint="h", title="Fault Tolerance", new=True, scheduled=True)
    await do(here, steps(lambda tx: tx.put_ask(asked), lambda tx: tx.put_ask(ask(2, answer="redundancy", options=()))))
    await do(here, lambda tx: put(tx, last_ask=2, open_ask=1))
    assert await do(here, lambda tx: tx.ask(1)) == asked
    assert await do(here, lambda tx: tx.ask(2)) == ask(2, answer="redundancy", options=())
    assert await do(here, lambda tx: tx.ask(3)) is None
    done = replace(asked, status="answered", outcome="right", chosen="a1", seq=7, answered_at=NOW, hinted=True)
    await do(here, lambda tx: tx.put_ask(done))
    assert await do(here, lambda tx: tx.ask(1)) == done


async def test_open_and_named_asks_and_coming_items_are_read_ahead(here: World) -> None:
    def prepare(tx: Tx) -> None:
        for n, item in ((1, "i1"), (2, "i2"), (3, "i3")):
            tx.put_ask(ask(n, item))
            tx.put_card(card(item))
        tx.put_card(card("next"))
        session = Session(("next", "unseen", "far"), 3)
        put(tx, last_ask=3, open_ask=3, state=State(session=session))

    await do(here, prepare)

    def work(tx: Tx) -> None:
        assert set(tx.asks_read) == {1, 3}
        assert set(tx.cards_read) == {"i1", "i3", "next", "unseen"}
        assert tx.asks_read[3] == ask(3, "i3")
        assert tx.cards_read["next"] == card("next")
        assert tx.cards_read["unseen"] is None
        assert tx.ask(2) == ask(2, "i2")  # by a query, then remembered
        assert set(tx.asks_read) == {1, 2, 3}

    await do(here, work, action="1")


async def test_asks_and_cards_of_another_learner_are_never_seen(here: World) -> None:
    await do(here, fill)

    def work(tx: Tx) -> None:
        assert tx.ask(1) is None
        assert tx.card("x") is None
        assert (tx.cards(), tx.due_cards(TOMORROW, 9), tx.count_due(TOMORROW), tx.next_due_day()) == ([], [], 0, None)
        assert (tx.newest_reviews(9), tx.heard(), tx.wishes()) == ([], "", [])

    await do(here, work, "bob", action="1")


CARDS = [
    card("a", TODAY),
    card("b", TODAY - timedelta(days=2)),
    card("c", TOMORROW),
    card("d", TODAY - timedelta(days=9), leech=True, lapses=8),
    card("e", None),
]


@pytest.mark.parametrize("buffered", [False, True], ids=["stored", "buffered"])
async def test_cards_and_what_is_due(here: World, buffered: bool) -> None:
    def store(tx: Tx) -> None:
        for row in CARDS:
            tx.put_card(row)

    def work(tx: Tx) -> None:
        if buffered:
            store(tx)
        assert tx.cards() == CARDS
        assert tx.cards_of(["c", "nothing", "a"]) == {"c": CARDS[2], "a": CARDS[0]}
        assert tx.due_cards(TODAY, 10) == [CARDS[1], CARDS[0]]
        assert tx.due_cards(TODAY, 1) == [CARDS[1]]
        assert tx.due_cards(TOMORROW, 10) == [CARDS[1], CARDS[0], CARDS[2]]
        assert (tx.count_due(TODAY), tx.count_due(TOMORROW)) == (2, 3)
        assert tx.next_due_day() == TODAY - timedelta(days=2)

    if not buffered:
        await do(here, store)
    await do(here, work)


async def test_buffered_cards_replace_stored_ones_in_every_read(here: World) -> None:
    await do(here, steps(*(lambda tx, row=row: tx.put_card(row) for row in CARDS)))
    moved = card("b", TOMORROW)

    def work(tx: Tx) -> None:
        tx.put_card(moved)
        tx.drop_card("a")
        assert tx.due_cards(TODAY, 10) == []
        assert tx.count_due(TOMORROW) == 2
        assert tx.next_due_day() == TOMORROW
        assert [row.item for row in tx.cards()] == ["b", "c", "d", "e"]
        assert tx.cards_of(["a", "b"]) == {"b": moved}

    await do(here, work)
    assert await do(here, lambda tx: (tx.card("a"), tx.card("b"))) == (None, moved)


async def test_the_review_log_is_appended_to_and_read_in_order(here: World) -> None:
    full = review(
        1, rating=2, guessed=True, hinted=True, easy=True, scheduled=True, ask=4, seconds=2.5, retention=0.9, chosen="ü"
    )
    later = review(2, "other", at=NOW + timedelta(hours=1), outcome="unknown", rating=1)
    undo = review(3, cancels=1, at=NOW + timedelta(hours=2))
    await do(here, steps(lambda tx: tx.log(full), lambda tx: tx.log(later)))
    await do(here, lambda tx: tx.log(undo))

    def work(tx: Tx) -> None:
        assert tx.learner.last_seq == 3
        assert tx.reviews_of(full.item) == [full, undo]
        assert tx.reviews_since(NOW + timedelta(minutes=1)) == [later, undo]
        assert tx.newest_reviews(2) == [undo, later]
        tx.log(review(4))
        assert tx.newest_reviews(2) == [review(4), undo]

    await do(here, work)


async def test_a_gap_in_the_review_log_is_refused(here: World) -> None:
    def says(_event: Event, tx: Tx) -> Answer:
        tx.log(review(2))
        return Answer()

    assert (await here.tell(says=says)).outcome == "failed"
    assert here.count(REVIEW_LOG) == 0


async def test_gaps_are_counted_without_who_asked(here: World) -> None:
    first = await do(here, lambda tx: tx.add_gap("What is  Rust?", "unknown", ("skill/a",)))
    here.now = NOW + timedelta(days=1)
    twice = ("what is rust", "WHAT IS RUST??")
    again = await do(here, lambda tx: tuple(tx.add_gap(text, "suggest", ("b",)) for text in twice), "bob")
    assert again == (first, first) == (gap_id("what is rust"),) * 2
    columns = ("id", "text", "decision", "nearest", "count", "first_at", "last_at", "taught_at")
    assert here.rows(GAP, *columns) == [
        (first, "What is  Rust?", "suggest", ["b"], 3, NOW, NOW + timedelta(days=1), None)
    ]
    assert await do(here, lambda tx: tx.gap_text(first)) == "What is  Rust?"
    assert await do(here, lambda tx: tx.gap_text("nothing")) is None


async def test_heard_wishes_and_flags(here: World) -> None:
    gap = await do(here, lambda tx: tx.add_gap("q", "unknown", ()))
    one = (lambda tx: tx.hear("one"), lambda tx: tx.wish(gap, "one"), lambda tx: tx.wish("f" * 12, "two"))
    await do(here, steps(*one, lambda tx: tx.flag("x#1", "wrong")))
    await do(here, steps(lambda tx: tx.hear("two"), lambda tx: tx.unwish("f" * 12)))
    assert await do(here, lambda tx: (tx.heard(), tx.wishes())) == ("two", [Wish(gap, "one", at("ann"))])
    assert here.rows(FLAG, "item", "note", "version", "at") == [("x#1", "wrong", "cafe", NOW)]
    assert "learner_id" not in FLAG.c


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


def fill(tx: Tx) -> Answer:
    """Leave a row in every table that may hold one about a learner."""
    put(tx, last_ask=1, open_ask=1)
    tx.put_ask(ask(1))
    tx.put_card(card("x"))
    tx.log(review(1))
    tx.hear("my question")
    tx.wish("a" * 12, "my question")
    tx.add_gap("a gap", "unknown", ())
    tx.flag("x", "wrong")
    return Answer((Reply("kept?", key="ask:1"), Reply("elsewhere")))


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
    with here.db.read() as conn:
        for name in ("accounts", "profile", "last_question", "wishes", "cards", "asks", "reviews", "messages"):
            assert read.export(conn, mine)[name], name

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
    assert {table.name for table in tables} == {"account", "ask", "card", "heard", "outbox", "review_log", "wish"}
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
    await do(here, lambda tx: put(tx, **FULL))
    found = await do(here, lambda tx: tx.export())
    assert found["accounts"] == [{"key": "telegram::ann"}]
    assert found["profile"][0]["goal"] == FULL["goal"]
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


async def test_dropping_cards_leaves_those_of_others(here: World) -> None:
    for user in ("ann", "bob"):
        await do(here, lambda tx: tx.put_card(card("x")), user)
    await do(here, lambda tx: tx.drop_card("x"))
    assert here.count(CARD) == 1
