"""Questions that the base does not answer, for those who teach it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, or_, select, update

from bot.store.tables import GAP


@dataclass(frozen=True, slots=True)
class OpenGap:
    """A question that nobody has dealt with since it was last asked; nothing says who asked.

    `decision` is unknown (declined), suggest (offered choices) or rejected (answered, and that was not it).
    """

    id: str
    text: str
    decision: str
    nearest: tuple[str, ...]
    count: int
    last: datetime


def open_gaps(conn: Connection) -> Sequence[OpenGap]:
    """All of them, the most asked first."""
    rows = conn.execute(
        select(GAP.c.id, GAP.c.text, GAP.c.decision, GAP.c.nearest, GAP.c.count, GAP.c.last_at)
        .where(or_(GAP.c.taught_at.is_(None), GAP.c.taught_at < GAP.c.last_at))
        .order_by(GAP.c.count.desc(), GAP.c.id)
    )
    return [
        OpenGap(id, text, decision, tuple(nearest), count, last) for id, text, decision, nearest, count, last in rows
    ]


def close_gaps(conn: Connection, ids: Collection[str], now: datetime) -> None:
    """Note that these have been dealt with: taught, or found to be none of the base's business."""
    conn.execute(update(GAP).where(GAP.c.id.in_(list(ids))).values(taught_at=now))
