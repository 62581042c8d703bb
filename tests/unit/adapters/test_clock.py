"""The demo clock, and what can be typed at it."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.clock import Clock, DemoClock, is_step, parse_moment, parse_step
from knowledge.errors import SettingsError

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
MOMENT = timedelta(seconds=5)


def test_the_real_clock_is_aware_utc() -> None:
    assert Clock().now().tzinfo is UTC


def test_a_demo_starts_where_it_is_told_and_only_moves_forward() -> None:
    clock = DemoClock(START)
    assert START <= clock.now() < START + MOMENT
    clock.advance(timedelta(days=1))
    assert timedelta(days=1) <= clock.now() - START < timedelta(days=1) + MOMENT
    with pytest.raises(ValueError, match="forward"):
        clock.advance(timedelta(seconds=-1))


def test_a_demo_is_never_behind_its_database() -> None:
    clock = DemoClock(START)
    assert clock.at_least(START + timedelta(hours=3))
    assert clock.now() >= START + timedelta(hours=3)
    assert not clock.at_least(START)
    assert clock.now() >= START + timedelta(hours=3)


def test_a_moment_without_an_offset_is_a_wall_clocks() -> None:
    assert parse_moment("2026-11-23T09:00", "Europe/Berlin") == START
    assert parse_moment("2026-11-23T09:00+01:00", "Asia/Tokyo") == START
    assert parse_moment("2026-11-23T08:00") == parse_moment("2026-11-23T08:00Z") == START
    assert parse_moment(" 2026-11-23 ") == START.replace(hour=0)


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "9:00", "2026-13-01", "0001-01-01T00:00+14:00", "9999-12-31", "x\x00"]
)
def test_what_is_no_moment_is_one_line(text: str) -> None:
    with pytest.raises(SettingsError) as raised:
        parse_moment(text)
    assert "\n" not in str(raised.value)
    assert "--now" in str(raised.value)


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("+1d", timedelta(days=1)),
        ("12h", timedelta(hours=12)),
        ("+30 M", timedelta(minutes=30)),
        (" +2w ", timedelta(weeks=2)),
        ("+0m", timedelta(0)),
    ],
)
def test_steps(text: str, step: timedelta) -> None:
    assert parse_step(text) == step
    assert is_step(text.strip())


@pytest.mark.parametrize("text", ["", "+", "1", "d", "+1y", "+1.5d", "-1d", "+99999m", "+53w", "+٣d", "1d1h"])
def test_what_is_no_step_says_what_is(text: str) -> None:
    with pytest.raises(ValueError, match=r"[+](1d|52w)"):
        parse_step(text)


@pytest.mark.parametrize("text", ["7:30", "9", "noon", "", "9am"])
def test_a_time_of_day_is_no_step(text: str) -> None:
    """ "/time 7:30" sets when quizzes come: the conversation's, not the clock's."""
    assert not is_step(text)


@given(st.text(max_size=12))
def test_any_text_is_a_step_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert timedelta(0) <= parse_step(text) <= timedelta(weeks=52)
