"""Two histories made one: nothing lost, cards as replay gives them, and the same whichever side asked for it."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.history import counting
from bot.merging import Merged, Person, merge
from bot.messages import Address
from bot.records import Ask, Consent, Learner, Paused, Review, Session, State
from scheduler.spacing import Memory, Rating, is_leech, replay

START = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
NOW = START + timedelta(days=40)
ITEMS = ("a/one#1", "a/one#2", "b/two#1")


@st.composite
def people(draw: st.DrawFn, id: int = 1, platform: str = "test") -> Person:
    """Somebody with a past: reviews on days that go forwards, some of them cancelled, and asks of them."""
    at = START + timedelta(minutes=draw(st.integers(0, 600)))
    created = at
    log: list[Review] = []
    asks: list[Ask] = []
    for _ in range(draw(st.integers(0, 12))):
        at += timedelta(hours=draw(st.sampled_from((0, 1, 20, 30, 60))))
        taken = {row.cancels for row in log}
        open_rows = [row for row in log if not row.cancels and row.seq not in taken]
        if open_rows and draw(st.integers(0, 4)) == 0:
            entry = draw(st.sampled_from(open_rows))
            log.append(replace(entry, seq=len(log) + 1, at=at, cancels=entry.seq))
            continue
        rating = draw(st.sampled_from((1, 1, 2, 3, 4)))
        item = draw(st.sampled_from(ITEMS))
        n = len(asks) + 1
        seq = len(log) + 1
        retention = draw(st.sampled_from((0.8, 0.9)))
        log.append(
            Review(
                seq, at, at.date(), item, item.partition("#")[0], rating, "wrong" if rating == 1 else "right",
                ask=n, retention=retention,
            )
        )  # fmt: skip
        asks.append(Ask(n, item, "a/one", "choice", "?", "cafe", at, status="answered", seq=seq))
    opened = draw(st.booleans())
    if opened:
        asks.append(Ask(len(asks) + 1, ITEMS[0], "a/one", "choice", "?", "cafe", at))
    consent: Consent = draw(st.sampled_from(("", "asked", "yes", "no")))
    paused: Paused = draw(st.sampled_from(("", "", "learner")))
    home = Address(platform, "", f"chat-{id}") if consent == "yes" else None
    interests = draw(st.lists(st.sampled_from(("a/one", "b/two", "c/three")), unique=True))
    learner = Learner(
        id,
        created,
        zone=draw(st.sampled_from(("", "Europe/Berlin", "America/New_York"))),
        quiz_at=draw(st.integers(0, 1439)),
        cap=draw(st.integers(1, 20)),
        retention=draw(st.sampled_from((0.8, 0.9))),
        consent=consent,
        paused=paused,
        home=home,
        last_seq=len(log),
        last_ask=len(asks),
        open_ask=len(asks) if opened else 0,
        goal=draw(st.sampled_from(("", "career/x", "path/y"))),
        streak=draw(st.integers(0, 9)),
        streak_day=at.date() if log else None,
        freezes=draw(st.integers(0, 2)),
        state=State(
            interests=tuple(interests),
            session=Session(ITEMS[1:], started_at=at) if opened else None,
            day=at.date() if log else None,
            done_today=len(log) and 1,
            met=draw(st.booleans()),
            surface=draw(st.booleans()),
        ),
    )
    return Person(learner, tuple(log), tuple(asks))


def facts(row: Review) -> Review:
    return replace(row, seq=0, ask=0, cancels=0)


def cancelled(log: tuple[Review, ...]) -> list[tuple[Review, Review]]:
    by_seq = {row.seq: row for row in log}
    return [(facts(row), facts(by_seq[row.cancels])) for row in log if row.cancels]


@settings(max_examples=100, deadline=None)
@given(people(id=3), people(id=8, platform="other"))
def test_nothing_is_lost_and_cards_are_what_the_log_leads_to(one: Person, other: Person) -> None:
    found = merge(one, other, ITEMS, NOW)
    log, learner = found.reviews, found.learner
    assert [row.seq for row in log] == list(range(1, len(log) + 1))
    assert learner.last_seq == len(log)
    assert [row.at for row in log] == sorted(row.at for row in log)
    both = (*one.reviews, *other.reviews)
    assert sorted(map(facts, log), key=repr) == sorted(map(facts, both), key=repr)
    pairs = [*cancelled(one.reviews), *cancelled(other.reviews)]
    assert sorted(cancelled(log), key=repr) == sorted(pairs, key=repr)
    assert len(counting(log)) == len(counting(one.reviews)) + len(counting(other.reviews))
    assert {row.item for row in found.cards} == {row.item for row in counting(log)}
    for card in found.cards:
        rows = [row for row in counting(log) if row.item == card.item]
        memory = Memory(rows[-1].retention)
        again = replay([(Rating(row.rating), row.day) for row in rows], memory, seed=f"3:{card.item}")
        assert card.card == again
        assert card.leech == (is_leech(again) and rows[-1].rating == 1)


@settings(max_examples=100, deadline=None)
@given(people(id=3), people(id=8, platform="other"))
def test_asks_keep_their_reviews_and_at_most_one_is_open(one: Person, other: Person) -> None:
    found = merge(one, other, ITEMS, NOW)
    by_seq = {row.seq: row for row in found.reviews}
    assert [ask.n for ask in found.asks] == list(range(1, len(one.asks) + len(other.asks) + 1))
    assert found.learner.last_ask == len(found.asks)
    for ask in found.asks:
        if ask.seq:
            assert (by_seq[ask.seq].ask, by_seq[ask.seq].item) == (ask.n, ask.item)
    still = [ask.n for ask in found.asks if ask.status == "open"]
    assert still == ([found.learner.open_ask] if found.learner.open_ask else [])
    assert bool(still) == bool(one.learner.open_ask or other.learner.open_ask)
    assert f"8:{one.learner.last_ask}" in found.learner.state.joined


@settings(max_examples=100, deadline=None)
@given(people(id=3), people(id=8, platform="other"))
def test_either_direction_is_the_same(one: Person, other: Person) -> None:
    assert merge(one, other, ITEMS, NOW) == merge(other, one, ITEMS, NOW)


@settings(max_examples=100, deadline=None)
@given(people(id=3), people(id=8, platform="other"))
def test_which_of_the_two_is_the_older_changes_ids_only(one: Person, other: Person) -> None:
    if (one.active, one.learner.created_at) == (other.active, other.learner.created_at):
        return  # nothing tells the two apart but their ids
    if one.learner.created_at == other.learner.created_at:
        return
    turned = merge(renamed(one, 8), renamed(other, 3), ITEMS, NOW)
    assert without_ids(merge(one, other, ITEMS, NOW)) == without_ids(turned)


def renamed(person: Person, id: int) -> Person:
    return replace(person, learner=replace(person.learner, id=id))


def without_ids(found: Merged) -> tuple[object, ...]:
    """What is left to compare without ids: the numbers of asks follow them, and due days are spread by them."""
    learner = found.learner
    kept = {
        each.name: getattr(learner, each.name)
        for each in fields(Learner)
        if each.name not in ("id", "next_due_at", "open_ask", "state")
    }
    opened = next((ask.asked_at for ask in found.asks if ask.n == learner.open_ask), None)
    cards = [(row.item, replace(row.card, due=None), row.leech) for row in found.cards]
    log = [replace(row, ask=0) for row in found.reviews]
    return kept, replace(learner.state, joined=()), bool(opened), log, cards


@settings(max_examples=100, deadline=None)
@given(people(id=3), people(id=8, platform="other"))
def test_nothing_is_written_that_was_not_agreed_to(one: Person, other: Person) -> None:
    found = merge(one, other, ITEMS, NOW).learner
    agreed = [side.learner for side in (one, other) if side.learner.consent == "yes"]
    assert (found.consent == "yes") == bool(agreed)
    if agreed:
        assert found.home in [learner.home for learner in agreed]
        assert (found.quiz_at, found.cap) in [(learner.quiz_at, learner.cap) for learner in agreed]
    if found.next_due_at:
        assert found.consent == "yes"
        assert not found.paused
        assert found.next_due_at > NOW
    assert found.streak_day is None or found.streak_day <= date(2026, 12, 31)
