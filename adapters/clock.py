"""The clock that is passed in everywhere: the real one, or a demo clock that can be moved forward, never back."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from knowledge.errors import SettingsError


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

    def at_least(self, moment: datetime) -> None:
        """Move forward to `moment` where it is behind: a demo database remembers how late it was."""
        if moment > self.now():
            self.advance(moment - self.now())


def parse_moment(text: str) -> datetime:
    """Read an ISO 8601 moment; without an offset it is taken as UTC.

    Raises:
        SettingsError: it cannot be read.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"--now {text!r} is not a moment; write it as 2026-11-22T09:00") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def parse_step(text: str) -> timedelta:
    """Read how far to move: "+1d", "12h", "+30m", "2w".

    Raises:
        ValueError: it cannot be read, or is negative.
    """
    units = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
    plain = text.strip().removeprefix("+").casefold()
    number, unit = plain[:-1], plain[-1:]
    if unit not in units or not number.isdecimal() or len(number) > 4:
        raise ValueError(f"{text!r} is no step; write +1d, +12h, +30m or +2w")
    return timedelta(**{units[unit]: int(number)})
