"""What a review log says: which answers count, how many today, and a fair streak. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from bot.records import Learner, Review, State

FREEZE_EVERY = 7  # days in a row that earn a freeze
FREEZES_KEPT = 2


def counting(rows: Iterable[Review]) -> list[Review]:
    """The reviews of a log that still count, oldest first: neither cancelled nor cancelling."""
    log = list(rows)
    gone = {row.cancels for row in log if row.cancels}
    return sorted((row for row in log if not row.cancels and row.seq not in gone), key=lambda row: row.seq)


def counted(state: State, today: date) -> int:
    """How many items are answered on the learning day, with this one."""
    return state.done_today + 1 if state.day == today else 1


def streak_with(learner: Learner, today: date) -> dict[str, Any]:
    """The streak's fields after an answer today, as far as they change. Freezes bridge missed days, free."""
    if learner.streak_day is not None and learner.streak_day >= today:
        return {}
    missed = (today - learner.streak_day).days - 1 if learner.streak_day else 0
    if learner.streak_day is None or missed > learner.freezes:
        return {"streak": 1, "streak_day": today}
    streak, freezes = learner.streak + 1, learner.freezes - missed
    if streak % FREEZE_EVERY == 0:
        freezes = min(FREEZES_KEPT, freezes + 1)
    return {"streak": streak, "streak_day": today, "freezes": freezes}


def current_streak(learner: Learner, today: date) -> int:
    """Days in a row, freezes included; 0 once it is broken."""
    if learner.streak_day is None:
        return 0
    return learner.streak if (today - learner.streak_day).days - 1 <= learner.freezes else 0
