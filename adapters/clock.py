"""The clock that is passed in everywhere: the real one, or a demo clock that can be moved forward, never back."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from knowledge.errors import SettingsError

YEARS = range(2000, 2201)  # of a demo's start: far enough from the ends of the calendar for every sum
FARTHEST = timedelta(weeks=52)  # of one step: each hour of it is lived through
_STEP = re.compile(r"([+-]?)(\d{1,4}) ?([mhdw])", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Clock:
    """The real time, as aware UTC."""

    def now(self) -> datetime:
        """This moment."""
        return datetime.now(UTC)


class DemoClock(Clock):
    """A clock that starts at a given moment, runs at the real pace, and can be moved forward."""

    def __init__(self, start: datetime) -> None:
        self._start = start.astimezone(UTC)
        self._began = time.monotonic()

    def now(self) -> datetime:
        """The demo's moment."""
        return self._start + timedelta(seconds=time.monotonic() - self._began)

    def advance(self, by: timedelta) -> datetime:
        """Move forward; a negative `by` raises ValueError, since reviews cannot be un-dated."""
        if by < timedelta(0):
            raise ValueError("the demo clock only moves forward")
        self._start += by
        return self.now()

    def at_least(self, moment: datetime) -> bool:
        """Move forward to `moment` where it is behind; True if it was. A demo database remembers how late it was."""
        behind = moment - self.now()
        if behind > timedelta(0):
            self.advance(behind)
        return behind > timedelta(0)


def parse_moment(text: str, zone: str = "UTC") -> datetime:
    """Read an ISO 8601 moment; without an offset it is a wall clock's in `zone`.

    Raises:
        SettingsError: it cannot be read, or lies too far away.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise SettingsError(f"--now {text!r} is not a moment. Write it as 2026-11-22T09:00.") from None
    if moment.year not in YEARS:
        raise SettingsError(f"--now {text!r} is too far away. Take a year from {YEARS[0]} to {YEARS[-1]}.")
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))


def is_step(text: str) -> bool:
    """Whether this is meant as a step of the clock: "+1d", "2w", also a wrong one with a sign."""
    return text.startswith(("+", "-")) or _STEP.fullmatch(text.casefold()) is not None


def parse_step(text: str) -> timedelta:
    """Read how far to move: "+1d", "12h", "+30m", "2w".

    Raises:
        ValueError: it cannot be read, is negative, or is more than a year.
    """
    found = _STEP.fullmatch(text.strip().casefold())
    if not found:
        raise ValueError(f"I couldn't read {text!r} as a step. Try +1d, +12h, +30m or +2w.")
    sign, number, unit = found.groups()
    if sign == "-":
        raise ValueError("The demo clock only moves forward: what was answered cannot be unanswered. Try +1d.")
    step = timedelta(**{_UNITS[unit]: int(number)})
    if step > FARTHEST:
        raise ValueError("That is more than a year at once. Try +52w, as often as you like.")
    return step
