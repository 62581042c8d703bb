"""Slots, quiet hours, snoozing."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduler.slots import Habits, evening, first_allowed, learning_day, next_slot, tomorrow

steady = settings(derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"
SANTIAGO = "America/Santiago"  # its clocks change at midnight
MONDAY, FRIDAY = 0, 4


def local(text: str, zone: str = BERLIN, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


def shown(at: datetime, zone: str = BERLIN) -> str:
    assert at.tzinfo is UTC
    return at.astimezone(ZoneInfo(zone)).isoformat(timespec="minutes")


def series(habits: Habits, after: datetime, length: int) -> list[datetime]:
    found = [next_slot(habits, after)]
    while len(found) < length:
        found.append(next_slot(habits, found[-1]))
    return found


# Slots


def test_a_slot_is_strictly_later() -> None:
    habits = Habits(BERLIN, time(9))
    assert shown(next_slot(habits, local("2026-05-04T08:59:59"))) == "2026-05-04T09:00+02:00"
    assert shown(next_slot(habits, local("2026-05-04T09:00"))) == "2026-05-05T09:00+02:00"
    assert next_slot(habits, local("2026-05-04T09:00").astimezone(UTC)) == local("2026-05-05T09:00")


def test_a_slot_falls_on_an_allowed_day_of_the_learner_not_of_utc() -> None:
    habits = Habits("Pacific/Auckland", time(9), days=frozenset({MONDAY}))
    slot = next_slot(habits, datetime(2026, 5, 1, tzinfo=UTC))
    assert shown(slot, "Pacific/Auckland") == "2026-05-04T09:00+12:00"
    assert slot.weekday() == 6  # still Sunday in UTC
    assert [s.date() for s in series(habits, slot, 2)] == [date(2026, 5, 10), date(2026, 5, 17)]


@pytest.mark.parametrize(
    ("zone", "at", "after", "expected"),
    [
        (BERLIN, time(2, 30), "2026-03-28T12:00", "2026-03-29T03:00+02:00"),
        (BERLIN, time(2, 0), "2026-03-28T12:00", "2026-03-29T03:00+02:00"),
        (BERLIN, time(3, 0), "2026-03-28T12:00", "2026-03-29T03:00+02:00"),
        (BERLIN, time(1, 59), "2026-03-28T12:00", "2026-03-29T01:59+01:00"),
        (NEW_YORK, time(2, 59, 59), "2026-03-07T12:00", "2026-03-08T03:00-04:00"),
        (LORD_HOWE, time(2, 15), "2026-10-03T12:00", "2026-10-04T02:30+11:00"),
        (SANTIAGO, time(0, 30), "2026-09-05T12:00", "2026-09-06T01:00-03:00"),
    ],
)
def test_a_time_that_is_skipped_moves_to_the_end_of_the_gap(zone: str, at: time, after: str, expected: str) -> None:
    assert shown(next_slot(Habits(zone, at), local(after, zone)), zone) == expected


@pytest.mark.parametrize(
    ("zone", "at", "after", "expected"),
    [
        (BERLIN, time(2, 30), "2026-10-24T12:00", "2026-10-25T02:30+02:00"),
        (NEW_YORK, time(1, 30), "2026-10-31T12:00", "2026-11-01T01:30-04:00"),
        (LORD_HOWE, time(1, 45), "2026-04-04T12:00", "2026-04-05T01:45+11:00"),
        (SANTIAGO, time(23, 30), "2026-04-04T12:00", "2026-04-04T23:30-03:00"),
    ],
)
def test_a_time_shown_twice_fires_at_its_first_showing_only(zone: str, at: time, after: str, expected: str) -> None:
    habits = Habits(zone, at)
    slot = next_slot(habits, local(after, zone))
    assert shown(slot, zone) == expected
    for minutes in range(0, 121, 10):  # through the second showing
        assert next_slot(habits, slot + timedelta(minutes=minutes)) > slot + timedelta(hours=20)


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, LORD_HOWE, SANTIAGO, "Asia/Kolkata"])
@pytest.mark.parametrize("at", [time(0), time(0, 30), time(1, 30), time(2, 15), time(2, 30), time(9), time(23, 30)])
def test_a_year_of_slots_has_each_day_once(zone: str, at: time) -> None:
    year = series(Habits(zone, at), local("2025-12-31T23:59", zone), 365)
    days = Counter(slot.astimezone(ZoneInfo(zone)).date() for slot in year)
    assert days == Counter(date(2026, 1, 1) + timedelta(days=n) for n in range(365))


def test_a_slot_in_quiet_hours_moves_to_their_end() -> None:
    night = Habits(BERLIN, time(23), quiet_from=time(22), quiet_to=time(7, 30))
    assert shown(next_slot(night, local("2026-05-04T12:00"))) == "2026-05-05T07:30+02:00"
    assert shown(next_slot(night, local("2026-05-05T07:00"))) == "2026-05-05T07:30+02:00"
    assert shown(next_slot(night, local("2026-05-05T07:30"))) == "2026-05-06T07:30+02:00"
    noon = Habits(BERLIN, time(12), quiet_from=time(11), quiet_to=time(13))
    assert shown(next_slot(noon, local("2026-05-04T10:00"))) == "2026-05-04T13:00+02:00"


def test_a_slot_keeps_to_its_day_where_quiet_hours_move_it_past_midnight() -> None:
    friday_night = Habits(BERLIN, time(23), days=frozenset({FRIDAY}), quiet_from=time(22), quiet_to=time(8))
    slots = series(friday_night, local("2026-05-04T12:00"), 3)
    assert [shown(slot) for slot in slots] == [
        "2026-05-09T08:00+02:00",
        "2026-05-16T08:00+02:00",
        "2026-05-23T08:00+02:00",
    ]


# Quiet hours


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-05-04T21:59", "2026-05-04T21:59+02:00"),
        ("2026-05-04T22:00", "2026-05-05T07:00+02:00"),
        ("2026-05-04T23:59", "2026-05-05T07:00+02:00"),
        ("2026-05-05T00:00", "2026-05-05T07:00+02:00"),
        ("2026-05-05T06:59", "2026-05-05T07:00+02:00"),
        ("2026-05-05T07:00", "2026-05-05T07:00+02:00"),
    ],
)
def test_quiet_hours_over_midnight(at: str, expected: str) -> None:
    assert shown(first_allowed(Habits(BERLIN, quiet_from=time(22), quiet_to=time(7)), local(at))) == expected


def test_quiet_hours_end_after_a_gap_and_after_both_showings() -> None:
    habits = Habits(BERLIN, quiet_from=time(22), quiet_to=time(2, 30))
    assert shown(first_allowed(habits, local("2026-03-28T23:00"))) == "2026-03-29T03:00+02:00"
    for at in (local("2026-10-24T23:00"), local("2026-10-25T02:40"), local("2026-10-25T02:10", fold=1)):
        assert shown(first_allowed(habits, at)) == "2026-10-25T02:30+01:00"
    late = Habits(BERLIN, quiet_from=time(2, 30), quiet_to=time(7))
    for at in (local("2026-10-25T02:45"), local("2026-10-25T02:10", fold=1)):  # not woken by the clock going back
        assert shown(first_allowed(late, at)) == "2026-10-25T07:00+01:00"


def test_where_the_clocks_eat_the_only_minutes_of_a_day_the_next_days_come() -> None:
    ten_minutes = Habits(BERLIN, quiet_from=time(2, 10), quiet_to=time(2))
    assert shown(first_allowed(ten_minutes, local("2026-10-23T12:00"))) == "2026-10-24T02:00+02:00"
    assert shown(first_allowed(ten_minutes, local("2026-10-24T12:00"))) == "2026-10-26T02:00+01:00"


def test_without_quiet_hours_every_instant_is_allowed() -> None:
    at = local("2026-05-04T03:00")
    assert first_allowed(Habits(BERLIN), at) == at
    assert first_allowed(Habits(BERLIN), at).tzinfo is UTC


zones = st.sampled_from([BERLIN, NEW_YORK, LORD_HOWE, SANTIAGO, "Asia/Kolkata", "UTC"])
quarters = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
quiet = st.none() | st.tuples(quarters, quarters).filter(lambda pair: pair[0] != pair[1])
instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@st.composite
def any_habits(draw: st.DrawFn) -> Habits:
    begin, end = draw(quiet) or (None, None)
    days = draw(st.sets(st.integers(0, 6), min_size=1))
    return Habits(draw(zones), draw(quarters), frozenset(days), begin, end)


def is_quiet(habits: Habits, at: datetime) -> bool:
    """What a learner would say, looking at the clock on the wall."""
    if habits.quiet_from is None or habits.quiet_to is None:
        return False
    wall = at.astimezone(ZoneInfo(habits.zone)).time()
    if habits.quiet_from < habits.quiet_to:
        return habits.quiet_from <= wall < habits.quiet_to
    return wall >= habits.quiet_from or wall < habits.quiet_to


def clock_changes_near(habits: Habits, at: datetime) -> bool:
    zone = ZoneInfo(habits.zone)
    around = (at + timedelta(hours=hours) for hours in range(-30, 31))
    return len({moment.astimezone(zone).utcoffset() for moment in around}) > 1


@settings(steady, max_examples=400)
@given(any_habits(), instants)
def test_the_first_allowed_instant(habits: Habits, at: datetime) -> None:
    found = first_allowed(habits, at)
    assert found >= at
    assert not is_quiet(habits, found)
    if not is_quiet(habits, at) and not clock_changes_near(habits, at):
        assert found == at
    step = at
    while step < found and not clock_changes_near(habits, at):  # none earlier would have done
        assert is_quiet(habits, step)
        step += timedelta(minutes=15)
    assert first_allowed(habits, found) == found


@settings(steady, max_examples=400)
@given(any_habits(), instants)
def test_slots_keep_the_habits(habits: Habits, after: datetime) -> None:
    zone = ZoneInfo(habits.zone)
    found = series(habits, after, 8)
    assert found[0] > after
    assert all(earlier < later for earlier, later in pairwise(found))
    for slot in found:
        wall = slot.astimezone(zone)
        assert slot.tzinfo is UTC
        assert not is_quiet(habits, slot)
        if wall.time() == habits.at and wall.weekday() in habits.days:
            continue
        moved_by_quiet_hours = habits.quiet_to is not None and wall.time() == habits.quiet_to
        moved_by_a_gap = wall.utcoffset() != (slot - timedelta(seconds=1)).astimezone(zone).utcoffset()
        assert moved_by_quiet_hours or moved_by_a_gap
    # Eight slots on n days a week, none missed: two of the same weekday are at most a week apart.
    assert found[-1] - after < timedelta(days=7 * (8 // len(habits.days) + 2))


# Snoozing


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-05-04T10:00", "2026-05-04T19:00+02:00"),
        ("2026-05-04T17:30", "2026-05-04T19:30+02:00"),
        ("2026-05-04T19:30", "2026-05-04T21:30+02:00"),
        ("2026-05-04T20:30", "2026-05-05T07:00+02:00"),  # 22:30 is quiet
        ("2026-05-04T01:00", "2026-05-04T19:00+02:00"),
    ],
)
def test_this_evening(now: str, expected: str) -> None:
    habits = Habits(BERLIN, time(9), quiet_from=time(22), quiet_to=time(7))
    assert shown(evening(habits, local(now))) == expected


@pytest.mark.parametrize(
    ("at", "now", "expected"),
    [
        (time(9), "2026-05-04T08:00", "2026-05-05T09:00+02:00"),  # today's slot is still ahead, but tomorrow was asked
        (time(9), "2026-05-04T20:00", "2026-05-05T09:00+02:00"),
        (time(9), "2026-05-05T01:00", "2026-05-05T09:00+02:00"),  # up late: tomorrow is after this night
        (time(9), "2026-05-05T04:00", "2026-05-06T09:00+02:00"),
        (time(4), "2026-05-04T20:00", "2026-05-05T04:00+02:00"),
        (time(9), "2026-05-08T20:00", "2026-05-11T09:00+02:00"),  # Friday: on to Monday
    ],
)
def test_tomorrow(at: time, now: str, expected: str) -> None:
    habits = Habits(BERLIN, at, days=frozenset(range(5)))
    slot = tomorrow(habits, local(now))
    assert shown(slot) == expected
    assert learning_day(slot, BERLIN) > learning_day(local(now), BERLIN)


# Habits


def test_habits_without_an_allowed_day_are_refused() -> None:
    with pytest.raises(ValueError, match="days"):
        Habits(BERLIN, days=frozenset())
    with pytest.raises(ValueError, match="days"):
        Habits(BERLIN, days=frozenset({7}))


def test_impossible_habits_are_refused() -> None:
    with pytest.raises(ValueError, match="did you mean Europe/Berlin"):
        Habits("Europe/Berln")
    with pytest.raises(ValueError, match="both"):
        Habits(BERLIN, quiet_from=time(22))
    with pytest.raises(ValueError, match="same time"):
        Habits(BERLIN, quiet_from=time(22), quiet_to=time(22))
    with pytest.raises(ValueError, match="local"):
        Habits(BERLIN, at=time(9, tzinfo=UTC))


@pytest.mark.parametrize("function", [next_slot, first_allowed, evening, tomorrow])
def test_a_naive_present_is_refused(function: object) -> None:
    assert callable(function)
    with pytest.raises(ValueError, match="aware"):
        function(Habits(BERLIN), datetime(2026, 5, 4))  # noqa: DTZ001
