"""What the ticker looks for: learners whose quiz is due, and wishes for questions that may be answered by now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from bot.messages import Address
from bot.store.codec import address_of
from bot.store.tables import GAP, LEARNER, WISH


@dataclass(frozen=True, slots=True)
class Due:
    """A learner to write to, at `home`; `at` is the slot that came."""

    learner: int
    home: Address
    zone: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """A learner who wants to hear once the gap `gap` (whose text is `text`) is closed.

    `rejected` is the topic that the question led to when it was asked and that was not it, "" for none.
    """

    gap: str
    text: str
    rejected: str
    learner: int
    question: str
    address: Address


_due = (
    select(LEARNER.c.id, LEARNER.c.home, LEARNER.c.zone, LEARNER.c.next_due_at)
    .where(
        LEARNER.c.next_due_at <= bindparam("now"),
        LEARNER.c.consent == "yes",
        LEARNER.c.paused == "",
        LEARNER.c.home.is_not(None),
    )
    .order_by(LEARNER.c.next_due_at)
    .limit(bindparam("most"))
)
_wanted = (
    select(WISH.c.gap, GAP.c.text, GAP.c.decision, GAP.c.nearest, WISH.c.learner_id, WISH.c.question, WISH.c.address)
    .join(GAP, GAP.c.id == WISH.c.gap)
    .order_by(WISH.c.gap, WISH.c.learner_id)
)


def due_learners(conn: Connection, now: datetime, limit: int) -> list[Due]:
    """The learners whose slot came by `now`, the longest waiting first; not locked, so checked again by the inbox."""
    rows = conn.execute(_due, {"now": now, "most": limit})
    return [Due(id_, address_of(home), zone, at) for id_, home, zone, at in rows]


def wanted(conn: Connection) -> list[Wanted]:
    """All wishes, by gap."""
    rows = conn.execute(_wanted)
    return [
        Wanted(gap, text, nearest[0] if decision == "rejected" and nearest else "", learner, question, address_of(to))
        for gap, text, decision, nearest, learner, question, to in rows
    ]
