"""Questions that the base does not answer, for those who teach it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, or_, select, update

from bot.store.tables import GAP, WISH


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


_OPEN = or_(GAP.c.taught_at.is_(None), GAP.c.taught_at < GAP.c.last_at)


def open_gaps(conn: Connection, most: int | None = None) -> Sequence[OpenGap]:
    """All of them, the most asked first; or so many."""
    return _gaps(conn, _ranked.where(_OPEN).limit(most))


def gaps_of(conn: Connection, ids: Collection[str]) -> Sequence[OpenGap]:
    """These, open or not, the most asked first; those that were pruned are left out."""
    return _gaps(conn, _ranked.where(GAP.c.id.in_(sorted(ids))))


_ranked = select(GAP.c.id, GAP.c.text, GAP.c.decision, GAP.c.nearest, GAP.c.count, GAP.c.last_at).order_by(
    GAP.c.count.desc(), GAP.c.id
)


def _gaps(conn: Connection, chosen: Select[Any]) -> Sequence[OpenGap]:
    rows = conn.execute(chosen)
    return [
        OpenGap(id, text, decision, tuple(nearest), count, last) for id, text, decision, nearest, count, last in rows
    ]


def close_gaps(conn: Connection, ids: Collection[str], now: datetime) -> None:
    """Note that these have been dealt with: taught, or found to be none of the base's business."""
    conn.execute(update(GAP).where(GAP.c.id.in_(list(ids))).values(taught_at=now))


def reopen_gaps(conn: Connection, ids: Collection[str]) -> None:
    """Take back that these have been dealt with."""
    conn.execute(update(GAP).where(GAP.c.id.in_(list(ids))).values(taught_at=None))


def count_gaps(conn: Connection, without: Collection[str] = ()) -> tuple[int, int]:
    """How many are open, and how often they were asked together; some left out."""
    rest = GAP.c.id.not_in(sorted(without))
    questions, asked = conn.execute(select(func.count(), func.sum(GAP.c.count)).where(_OPEN, rest)).one()
    return questions, int(asked or 0)


def count_wishes(conn: Connection) -> dict[str, int]:
    """How many learners want to be told, by gap."""
    rows = conn.execute(select(WISH.c.gap, func.count()).group_by(WISH.c.gap))
    return {gap: count for gap, count in rows}
