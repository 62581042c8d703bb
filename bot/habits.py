"""When a learner wants to hear from Tutor, as `scheduler.slots` takes it. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.records import Learner
from scheduler import slots
from scheduler.slots import Habits


def habits(learner: Learner) -> Habits:
    """When this learner wants to hear from Tutor, as `scheduler.slots` takes it."""
    return _habits(learner.zone or "UTC", learner.quiz_at, learner.days, learner.quiet_from, learner.quiet_to)


@lru_cache(maxsize=1024)
def _habits(zone: str, at: int, days: int, quiet_from: int, quiet_to: int) -> Habits:
    def clock(minutes: int) -> time:
        return time(minutes // 60 % 24, minutes % 60)

    return Habits(
        zone=zone,
        at=clock(at),
        days=frozenset(day for day in range(7) if days >> day & 1),
        quiet_from=clock(quiet_from) if quiet_from != quiet_to else None,
        quiet_to=clock(quiet_to) if quiet_from != quiet_to else None,
    )


def may_write(learner: Learner) -> bool:
    """Whether the learner said yes, is not paused, and has a clock that "9:00 your time" can mean."""
    return learner.consent == "yes" and not learner.paused and bool(learner.zone)


def slot_on(learner: Learner, day: date, after: datetime) -> datetime:
    """The first slot after `after` that is not before learning day `day`; never a second one on a day that had one."""
    reminded = learner.state.reminded
    if reminded and day <= reminded:
        day = reminded + timedelta(days=1)
    dawn = datetime.combine(day, slots.ROLLOVER, ZoneInfo(learner.zone or "UTC")).astimezone(UTC)
    return slots.next_slot(habits(learner), max(after, dawn - timedelta(microseconds=1)))
