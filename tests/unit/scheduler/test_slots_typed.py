"""What learners type: times, days and zones."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler import slots
from scheduler.slots import EVERY_DAY, find_zone, parse_days, parse_time, zone_from_local_time, zone_named

steady = settings(derandomize=True, deadline=None, database=None)
BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"
instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9", time(9)),
        ("9:00", time(9)),
        ("09:05", time(9, 5)),
        ("21.30", time(21, 30)),
        ("21h", time(21)),
        ("7h15", time(7, 15)),
        ("9am", time(9)),
        ("9 pm", time(21)),
        ("9 P.M.", time(21)),
        ("9:30pm", time(21, 30)),
        ("12am", time(0)),
        ("12 pm", time(12)),
        ("0:00", time(0)),
        ("noon", time(12)),
        (" Midnight ", time(0)),
        ("at 8", time(8)),
        ("7 o'clock", time(7)),
        ("９：15", time(9, 15)),
    ],
)
def test_times(text: str, expected: time) -> None:
    assert parse_time(text) == expected


@pytest.mark.parametrize(
    "text", ["half past", "", "24:00", "9:60", "9:5", "13pm", "0am", "-3", "nine", "9 or 10", "2026-05-04", "930"]
)
def test_what_is_no_time_is_refused_with_a_way_out(text: str) -> None:
    with pytest.raises(ValueError, match="write it like 9:00"):
        parse_time(text)


@given(st.text(max_size=12))
@settings(steady, max_examples=200)
def test_any_text_is_read_or_refused(text: str) -> None:
    for parse in (parse_time, parse_days, find_zone):
        with suppress(ValueError):
            parse(text)


@given(st.times())
@settings(steady, max_examples=200)
def test_written_times_come_back(at: time) -> None:
    exact = at.replace(second=0, microsecond=0)
    assert parse_time(exact.strftime("%H:%M")) == parse_time(exact.strftime("%I:%M %p")) == exact


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mon wed fri", {0, 2, 4}),
        ("Monday, Wednesday and Friday", {0, 2, 4}),
        ("tues/thurs", {1, 3}),
        ("mon, wed,", {0, 2}),
        ("weekdays", {0, 1, 2, 3, 4}),
        ("week days", {0, 1, 2, 3, 4}),
        ("all weekdays", {0, 1, 2, 3, 4}),
        ("on weekdays and sat", {0, 1, 2, 3, 4, 5}),
        ("weekends", {5, 6}),
        ("Every day", EVERY_DAY),
        ("daily", EVERY_DAY),
        ("every monday", {0}),
        ("Sundays.", {6}),
        ("mon-thu", {0, 1, 2, 3}),
        ("fri – mon", {4, 5, 6, 0}),
        ("mon to thu, sat", {0, 1, 2, 3, 5}),
    ],
)
def test_days(text: str, expected: set[int]) -> None:
    assert parse_days(text) == expected


@pytest.mark.parametrize(
    "text", ["", "every", "every other day", "not mon", "m", "t", "mon-", "weekdays except wed", "3"]
)
def test_days_are_not_guessed(text: str) -> None:
    with pytest.raises(ValueError, match=r"names no day|no day of the week"):
        parse_days(text)


def test_a_misspelt_day_gets_a_suggestion() -> None:
    with pytest.raises(ValueError, match=r"did you mean wednesday\?"):
        parse_days("mon wedensday")


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("berlin", BERLIN),
        ("Europe/Berlin", BERLIN),
        ("europe/berlin", BERLIN),
        ("new york", NEW_YORK),
        ("New_York", NEW_YORK),
        ("São Paulo", "America/Sao_Paulo"),
        ("Paris, France", "Europe/Paris"),
        ("port au prince", "America/Port-au-Prince"),
        ("singapore", "Asia/Singapore"),
        ("Mumbai", "Asia/Kolkata"),
        ("utc", "UTC"),
        ("GMT", "UTC"),
        ("GMT+2", "Etc/GMT-2"),
        ("UTC -5", "Etc/GMT+5"),
        ("UTC\u22125", "Etc/GMT+5"),
        ("+5:30", "Asia/Kolkata"),
        ("utc+0545", "Asia/Kathmandu"),
        ("gmt+0", "UTC"),
        ("Etc/GMT-2", "Etc/GMT-2"),
        ("EST", NEW_YORK),  # the IANA zone EST has no summer time
        ("pacific time", "America/Los_Angeles"),
    ],
)
def test_zones_as_people_write_them(text: str, zone: str) -> None:
    assert find_zone(text) == zone


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("berlni", "Europe/Berlin"),
        ("Europe/Berln", "Europe/Berlin"),
        ("new yrok", NEW_YORK),
        ("xyzzy", "large city"),
        ("", "large city"),
        ("GMT+1:20", "large city"),
        ("+25", "large city"),
        ("../../etc/passwd", "large city"),
    ],
)
def test_an_unknown_zone_gets_the_nearest_names(text: str, hint: str) -> None:
    with pytest.raises(ValueError, match=hint):
        find_zone(text)


@pytest.mark.parametrize("name", ["America", "", "berlin", "/etc/passwd", "Europe/../Europe/Berlin", "a\0b", "Wörld"])
def test_only_iana_names_are_zones(name: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        zone_named(name)


def test_every_iana_name_finds_itself_or_a_city_with_its_standard_time() -> None:
    january = datetime(2026, 1, 15, tzinfo=UTC)
    for name in available_timezones():
        found = find_zone(name)
        if found != name:  # links such as Japan, and EST
            assert "/" not in name
            assert january.astimezone(ZoneInfo(found)).utcoffset() == january.astimezone(ZoneInfo(name)).utcoffset()


def test_every_zone_that_can_be_suggested_exists() -> None:
    for name in (*slots._ALIASES, *slots._BY_OFFSET.values()):
        assert zone_named(name).key == name
    for minutes, name in slots._BY_OFFSET.items():
        at = datetime(2026, 6, 15, tzinfo=UTC).astimezone(ZoneInfo(name))
        assert (at.utcoffset() or timedelta()) - (at.dst() or timedelta()) == timedelta(minutes=minutes)


SUMMER = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("clock", "zone"),
    [
        (time(12, 0), "UTC"),
        (time(14, 0), "Etc/GMT-2"),
        (time(13, 57), "Etc/GMT-2"),
        (time(14, 14), "Etc/GMT-2"),
        (time(7, 0), "Etc/GMT+5"),
        (time(0, 0), "Etc/GMT-12"),
        (time(1, 0), "Etc/GMT-13"),
        (time(2, 0), "Etc/GMT+10"),  # Hawaii, not Kiribati
        (time(1, 55), "Etc/GMT+10"),
        (time(17, 30), "Asia/Kolkata"),
        (time(17, 38), "Asia/Kolkata"),
        (time(17, 45), "Asia/Kathmandu"),
        (time(9, 30), "America/St_Johns"),  # in summer
        (time(21, 30), "Australia/Darwin"),
        (time(13, 25), "Etc/GMT-1"),  # no zone is 1:30 ahead
    ],
)
def test_a_zone_from_the_time_on_the_wall(clock: time, zone: str) -> None:
    assert zone_from_local_time(SUMMER, clock) == zone


def test_the_offset_counts_as_it_is_today() -> None:
    winter = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert zone_from_local_time(winter, time(8, 30)) == "America/St_Johns"
    assert zone_from_local_time(winter, time(22, 30)) == "Australia/Adelaide"
    assert zone_from_local_time(SUMMER, time(22, 30)) == LORD_HOWE
    with pytest.raises(ValueError, match="aware"):
        zone_from_local_time(datetime(2026, 1, 1), time(9))  # noqa: DTZ001


@given(instants, st.sampled_from(sorted(slots._BY_OFFSET.values())))
@settings(steady, max_examples=200)
def test_the_guessed_zone_shows_the_learners_time(now: datetime, home: str) -> None:
    clock = now.astimezone(ZoneInfo(home)).time()
    guess = now.astimezone(ZoneInfo(zone_from_local_time(now, clock))).time()
    assert (guess.hour, guess.minute) == (clock.hour, clock.minute)
