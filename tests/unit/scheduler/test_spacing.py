"""Spacing against a direct use of fsrs."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, product
from zoneinfo import ZoneInfo

import fsrs
import pytest
from fsrs.scheduler import DEFAULT_PARAMETERS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduler.spacing import (
    Card,
    Memory,
    Rating,
    due_before_spreading,
    is_leech,
    learning_day,
    preview,
    rate,
    replay,
    retrievability,
    review,
    spread_band,
)

steady = settings(derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
START = date(2026, 3, 1)
CLOCK_CHANGES = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
]


def direct_scheduler(memory: Memory) -> fsrs.Scheduler:
    return fsrs.Scheduler(
        parameters=memory.weights or DEFAULT_PARAMETERS,
        desired_retention=memory.retention,
        learning_steps=(),
        relearning_steps=(),
        enable_fuzzing=False,
        maximum_interval=memory.maximum_interval,
    )


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


History = tuple[str, list[tuple[Rating, datetime, date]]]


def history(change: tuple[str, date], lead: int, steps: list[tuple[Rating, int, int, int]]) -> History:
    """Reviews around a clock change: rating, instant, and the learning day worked out from the wall clock alone."""
    zone, changed = change
    day, reviews = changed - timedelta(days=lead), []
    for rating, gap, minute, fold in steps:
        day += timedelta(days=gap)
        local = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=ZoneInfo(zone), fold=fold)
        expected = day - timedelta(days=1) if minute < 4 * 60 else day
        reviews.append((rating, local.astimezone(UTC), expected))
    return zone, sorted(reviews, key=lambda review: review[1])


gaps = st.integers(0, 14) | st.integers(0, 400)
minutes = st.integers(0, 5 * 60) | st.integers(0, 24 * 60 - 1)
steps = st.tuples(st.sampled_from(Rating), gaps, minutes, st.integers(0, 1))
histories = st.builds(
    history, st.sampled_from(CLOCK_CHANGES), st.integers(0, 14), st.lists(steps, min_size=1, max_size=10)
)
memories = st.builds(
    Memory,
    retention=st.sampled_from([0.70, 0.80, 0.85, 0.90, 0.95]),
    weights=st.sampled_from([None, tuple(w * 1.05 for w in DEFAULT_PARAMETERS)]),
    maximum_interval=st.sampled_from([365, 60]),
)


@settings(steady, max_examples=1000)
@given(histories, memories)
def test_a_history_equals_fsrs_on_normalised_times(drawn: History, memory: Memory) -> None:
    zone, reviews = drawn
    card, theirs, direct = Card(), fsrs.Card(card_id=1), direct_scheduler(memory)
    log = []
    for rating, at, expected_day in reviews:
        day = learning_day(at, zone)
        assert day == expected_day
        ideal = due_before_spreading(card, rating, day, memory)
        card = review(card, rating, day, memory, seed="learner/item")
        theirs, _ = direct.review_card(theirs, fsrs.Rating(int(rating)), noon(day))
        assert (card.stability, card.difficulty) == (theirs.stability, theirs.difficulty)
        assert ideal == theirs.due.date()
        assert card.due is not None
        low, high = spread_band((ideal - day).days, memory.maximum_interval)
        assert 1 <= low <= (card.due - day).days <= high <= memory.maximum_interval
        for later in (0, 1, 30):
            then = day + timedelta(days=later)
            assert retrievability(card, then, memory) == direct.get_card_retrievability(theirs, noon(then))
        log.append((rating, day))
    assert replay(log, memory, "learner/item") == card
    assert card.reps == len(reviews)


@pytest.mark.parametrize(
    ("retention", "intervals"), [(0.90, [2, 11, 46, 163]), (0.85, [4, 31, 173, 365]), (0.95, [1, 3, 8, 19])]
)
def test_good_from_new_gives_the_published_intervals(retention: float, intervals: list[int]) -> None:
    memory, card, day, seen = Memory(retention=retention), Card(), START, []
    for _ in intervals:
        due = due_before_spreading(card, Rating.Good, day, memory)
        card = review(card, Rating.Good, day, memory, seed="x")
        seen.append((due - day).days)
        day = due
    assert seen == intervals


def test_calendar_days_survive_a_clock_change_that_costs_raw_utc_two_days() -> None:
    memory, berlin = Memory(retention=0.90), ZoneInfo("Europe/Berlin")
    answers = [
        datetime(2026, 3, 28, 18, 0, tzinfo=berlin),
        datetime(2026, 3, 30, 18, 0, tzinfo=berlin),  # two days by the calendar, 47 hours by the clock
        datetime(2026, 4, 10, 17, 30, tzinfo=berlin),  # eleven days, less half an hour
    ]
    card = replay([(Rating.Good, learning_day(at, berlin)) for at in answers], memory, "x")
    raw = fsrs.Card(card_id=1)
    for at in answers:
        raw, _ = direct_scheduler(memory).review_card(raw, fsrs.Rating.Good, at.astimezone(UTC))
    assert card.stability == pytest.approx(46.28, abs=0.005)
    assert raw.stability == pytest.approx(38.50, abs=0.005)


def test_an_answer_two_minutes_short_of_a_day_counts_as_a_day() -> None:
    card = Card()
    for at in (datetime(2026, 5, 4, 9, 0, tzinfo=UTC), datetime(2026, 5, 5, 8, 58, tzinfo=UTC)):
        card = review(card, Rating.Good, learning_day(at, "UTC"), Memory(), seed="x")
    assert card.stability == pytest.approx(7.3, abs=0.05)


def test_reviewing_neither_sleeps_nor_touches_the_global_random(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: float) -> None:
        raise AssertionError("slept")

    monkeypatch.setattr(time, "sleep", refuse)
    state = random.getstate()
    replay([(Rating.Good, START + timedelta(days=n * 40)) for n in range(5)], Memory(), "x")
    assert random.getstate() == state


def test_a_second_review_on_a_day_is_the_same_day_update_of_fsrs() -> None:
    memory = Memory()
    once = review(Card(), Rating.Good, START, memory, seed="x")
    twice = review(once, Rating.Good, START, memory, seed="x")
    direct = direct_scheduler(memory)
    theirs, _ = direct.review_card(fsrs.Card(card_id=1), fsrs.Rating.Good, noon(START))
    theirs, _ = direct.review_card(theirs, fsrs.Rating.Good, noon(START))
    assert twice.stability == theirs.stability
    assert (twice.reps, twice.last) == (2, START)
    assert twice.due is not None
    assert twice.due > START


@settings(steady, max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(Rating), st.integers(-30, 60)), min_size=1, max_size=12), memories)
def test_a_day_before_the_last_review_counts_as_that_day(steps: list[tuple[Rating, int]], memory: Memory) -> None:
    card, straight, day = Card(), Card(), START
    for rating, step in steps:
        day += timedelta(days=step)
        latest = day if straight.last is None else max(day, straight.last)
        card = review(card, rating, day, memory, seed="x")
        straight = review(straight, rating, latest, memory, seed="x")
        assert card == straight
        assert card.due is not None
        assert card.last == latest < card.due


def test_flying_west_into_yesterday() -> None:
    at = datetime(2026, 6, 2, 5, tzinfo=UTC)
    tokyo, honolulu = learning_day(at, "Asia/Tokyo"), learning_day(at + timedelta(hours=8), "Pacific/Honolulu")
    assert (tokyo, honolulu) == (date(2026, 6, 2), date(2026, 6, 1))
    card = review(Card(), Rating.Good, tokyo, Memory(), seed="x")
    card = review(card, Rating.Good, honolulu, Memory(), seed="x")
    assert card.last == tokyo
    assert retrievability(card, honolulu, Memory()) == 1.0
    for rating, days in preview(card, honolulu, Memory(), "x").items():
        assert review(card, rating, honolulu, Memory(), seed="x").due == honolulu + timedelta(days=days)


@pytest.mark.parametrize(
    ("local", "day"),
    [
        ("2026-05-04T03:59:59", date(2026, 5, 3)),
        ("2026-05-04T04:00:00", date(2026, 5, 4)),
        ("2026-05-04T23:59:59", date(2026, 5, 4)),
        ("2026-03-29T03:30:00", date(2026, 3, 28)),  # the clocks went forward half an hour ago
        ("2026-10-25T02:30:00", date(2026, 10, 24)),
    ],
)
@pytest.mark.parametrize("fold", [0, 1])
def test_the_learning_day_rolls_over_at_four(local: str, day: date, fold: int) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    at = datetime.fromisoformat(local).replace(tzinfo=berlin, fold=fold)
    assert learning_day(at.astimezone(UTC), "Europe/Berlin") == learning_day(at, berlin) == day


def test_a_learning_day_needs_an_aware_instant_and_a_zone() -> None:
    with pytest.raises(ValueError, match="aware"):
        learning_day(datetime(2026, 5, 4, 12), "UTC")  # noqa: DTZ001
    with pytest.raises(ValueError, match="Europe/Berlin"):
        learning_day(datetime(2026, 5, 4, 12, tzinfo=UTC), "Europe/Berln")


def test_a_new_card() -> None:
    assert Card().is_new
    assert retrievability(Card(), START, Memory()) == 0
    assert not review(Card(), Rating.Again, START, Memory(), seed="x").is_new


@pytest.mark.parametrize("retention", [0.70, 0.85, 0.95])
def test_recall_falls_to_the_retention_asked_for_by_the_due_day(retention: float) -> None:
    memory = Memory(retention=retention, maximum_interval=36500)
    card = review(Card(), Rating.Easy, START, memory, seed="x")
    due = due_before_spreading(Card(), Rating.Easy, START, memory)
    chances = [retrievability(card, START + timedelta(days=n), memory) for n in range((due - START).days + 1)]
    assert chances[0] == 1
    assert all(later < earlier for earlier, later in pairwise(chances))
    assert chances[-1] == pytest.approx(retention, abs=0.01)


def test_lapses_count_failures_of_cards_seen_before_and_make_a_leech_of_eight() -> None:
    card, memory = review(Card(), Rating.Again, START, Memory(), seed="x"), Memory()
    assert card.lapses == 0
    card = review(card, Rating.Hard, START + timedelta(days=1), memory, seed="x")
    assert card.lapses == 0
    for n in range(8):
        assert not is_leech(card)
        card = review(card, Rating.Again, START + timedelta(days=n + 2), memory, seed="x")
    assert card.lapses == 8
    assert is_leech(card)


@pytest.mark.parametrize(("guessed", "hint", "easy"), list(product([False, True], repeat=3)))
def test_a_failure_is_always_again(guessed: bool, hint: bool, easy: bool) -> None:
    assert rate(right=False, guessed=guessed, hint=hint, easy=easy) is Rating.Again
    assert rate(right=True, guessed=True, hint=hint, easy=easy) is Rating.Again


def test_right_answers() -> None:
    assert rate(right=True) is Rating.Good
    assert rate(right=True, hint=True) is Rating.Hard
    assert rate(right=True, easy=True) is Rating.Easy
    assert rate(right=True, hint=True, easy=True) is Rating.Hard


def test_undo_is_a_replay_without_the_cancelled_review() -> None:
    log = [(Rating.Good, START), (Rating.Good, START + timedelta(days=4))]
    before = replay(log, Memory(), "x")
    after = review(before, Rating.Again, START + timedelta(days=30), Memory(), seed="x")
    assert after != before
    assert replay(log, Memory(), "x") == before
    assert replay([], Memory(), "x") == Card()


@pytest.mark.parametrize("retention", [0.69, 0.96, 0.0, float("nan")])
def test_the_retention_has_bounds(retention: float) -> None:
    with pytest.raises(ValueError, match="retention"):
        Memory(retention=retention)


def test_weights_are_twenty_one_and_within_bounds() -> None:
    with pytest.raises(ValueError, match="21 weights, not 19"):
        Memory(weights=DEFAULT_PARAMETERS[:19])
    with pytest.raises(ValueError, match="out of bounds"):
        Memory(weights=(*DEFAULT_PARAMETERS[:20], 5.0))
    with pytest.raises(ValueError, match="maximum_interval"):
        Memory(maximum_interval=0)
    slower = Memory(weights=(*(w * 1.5 for w in DEFAULT_PARAMETERS[:4]), *DEFAULT_PARAMETERS[4:]))
    assert review(Card(), Rating.Good, START, slower, seed="x") != review(
        Card(), Rating.Good, START, Memory(), seed="x"
    )


def test_a_card_continues_from_stored_fields() -> None:
    card = replay([(Rating.Good, START), (Rating.Again, START + timedelta(days=4))], Memory(), "x")
    stored = replace(Card(), **{name: getattr(card, name) for name in Card.__dataclass_fields__})
    day = START + timedelta(days=9)
    assert review(stored, Rating.Good, day, Memory(), seed="x") == review(card, Rating.Good, day, Memory(), seed="x")
