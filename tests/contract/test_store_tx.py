"""What an event reads and writes through `Tx`, on all three stores."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import pytest
from sqlalchemy import select

from bot.messages import Answer, Event
from bot.records import Ask, Learner, Review, Session, State, Wish
from bot.store.db import Database
from bot.store.tables import ASK, CARD, FLAG, GAP, LEARNER, REVIEW_LOG
from bot.store.tx import Tx, gap_id
from tests.contract.handing import NOW, TODAY, World, ask, at, card, do, fill, full, put, review, world

T = TypeVar("T")
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
async def here(db: Database) -> AsyncIterator[World]:
    async with world(db) as made:
        yield made


def steps(*works: Callable[[Tx], object]) -> Callable[[Tx], None]:
    """One after the other."""

    def work(tx: Tx) -> None:
        for step in works:
            step(tx)

    return work


async def test_a_newcomer_gets_what_the_event_tells_else_the_defaults(here: World) -> None:
    first = await do(here, lambda tx: tx.learner)
    assert first == Learner(first.id, NOW, "de", "Europe/Berlin")
    second = await do(here, lambda tx: tx.learner, "bob", language="ne", zone="Asia/Kathmandu")
    assert (second.language, second.zone) == ("ne", "Asia/Kathmandu")
    assert second.id != first.id


async def test_every_field_of_a_learner_comes_back(here: World) -> None:
    me = await do(here, lambda tx: tx.learner)
    wanted = full(Learner, id=me.id, created_at=me.created_at, last_seq=0)
    await do(here, lambda tx: tx.put(wanted))
    assert await do(here, lambda tx: tx.learner) == wanted
    assert wanted.next_due_at is not None
    assert wanted.state.session is not None
    plain = Learner(me.id, me.created_at)
    await do(here, lambda tx: tx.put(plain))
    assert await do(here, lambda tx: tx.learner) == plain


async def test_fields_that_a_newer_version_dropped_are_passed_over(here: World) -> None:
    await do(here, lambda tx: (tx.put_ask(ask(1)), put(tx, last_ask=1, state=full(State)))[1])  # type: ignore[func-returns-value]
    with here.db.begin() as conn:
        for table, column in ((LEARNER, "state"), (ASK, "body")):
            (old,) = conn.execute(select(table.c[column])).scalars()
            old = {**old, "dropped": 1}
            if "session" in old:
                old["session"]["dropped"] = [1]
            conn.execute(table.update().values({column: old}))
    assert await do(here, lambda tx: (tx.ask(1), tx.learner.state)) == (ask(1), full(State))


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
    asked = full(Ask, n=1)
    await do(here, steps(lambda tx: tx.put_ask(asked), lambda tx: tx.put_ask(ask(2, options=()))))
    await do(here, lambda tx: put(tx, last_ask=2, open_ask=1))
    assert await do(here, lambda tx: tx.ask(1)) == asked
    assert await do(here, lambda tx: tx.ask(2)) == ask(2, options=())
    assert await do(here, lambda tx: tx.ask(3)) is None
    done = replace(asked, status="answered", outcome="right", chosen="a1", seq=9, answered_at=NOW)
    await do(here, lambda tx: tx.put_ask(done))
    assert await do(here, lambda tx: tx.ask(1)) == done


async def test_open_and_named_asks_and_coming_items_are_read_ahead(here: World) -> None:
    def prepare(tx: Tx) -> None:
        for n, item in ((1, "i1"), (2, "i2"), (3, "i3")):
            tx.put_ask(ask(n, item))
            tx.put_card(card(item))
        tx.put_card(card("next"))
        session = Session(plan=("next", "unseen", "far"))
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
        assert (tx.cards(), tx.due_cards(TOMORROW, 9)) == ([], [])
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
        assert (len(tx.due_cards(TODAY, 9)), len(tx.due_cards(TOMORROW, 9))) == (2, 3)

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
        assert [row.card.due for row in tx.due_cards(TOMORROW, 9)] == [TOMORROW, TOMORROW]
        assert [row.item for row in tx.cards()] == ["b", "c", "d", "e"]
        assert tx.cards_of(["a", "b"]) == {"b": moved}

    await do(here, work)
    assert await do(here, lambda tx: (tx.card("a"), tx.card("b"))) == (None, moved)


async def test_the_review_log_is_appended_to_and_read_in_order(here: World) -> None:
    first = full(Review, seq=1, item=review(1).item, at=NOW)
    later = review(2, "other", at=NOW + timedelta(hours=1), outcome="unknown", rating=1)
    undo = review(3, cancels=1, at=NOW + timedelta(hours=2))
    await do(here, steps(lambda tx: tx.log(first), lambda tx: tx.log(later)))
    await do(here, lambda tx: tx.log(undo))

    def work(tx: Tx) -> None:
        assert tx.learner.last_seq == 3
        assert tx.reviews_of(first.item) == [first, undo]
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


async def test_dropping_cards_leaves_those_of_others(here: World) -> None:
    for user in ("ann", "bob"):
        await do(here, lambda tx: tx.put_card(card("x")), user)
    await do(here, lambda tx: tx.drop_card("x"))
    assert here.count(CARD) == 1
