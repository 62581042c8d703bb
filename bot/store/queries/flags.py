"""What learners found wrong with items and topics, for those who mend them. Nothing says who found it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from bot.store.tables import FLAG


@dataclass(frozen=True, slots=True)
class Flagged:
    """A learner's word that something is wrong.

    `about` is an item ("topic#item") or a topic; `version` that of the library then, "" where it was not noted;
    `settled` when a curator dealt with it, None while nobody has.
    """

    id: int
    about: str
    note: str
    version: str
    at: datetime
    settled: datetime | None = None


_all = select(FLAG.c.id, FLAG.c.item, FLAG.c.note, FLAG.c.version, FLAG.c.at, FLAG.c.settled_at)
_open = FLAG.c.settled_at.is_(None)


def flags(conn: Connection) -> Sequence[Flagged]:
    """All flags, oldest first."""
    return [Flagged(*row) for row in conn.execute(_all.order_by(FLAG.c.id))]


def open_flags(conn: Connection, most: int) -> list[Flagged]:
    """So many of those that nobody has dealt with, the newest first."""
    return [Flagged(*row) for row in conn.execute(_all.where(_open).order_by(FLAG.c.id.desc()).limit(most))]


def count_open(conn: Connection) -> int:
    """How many nobody has dealt with."""
    return conn.execute(select(func.count()).select_from(FLAG).where(_open)).scalar_one()


def settle(conn: Connection, ids: Collection[int], now: datetime) -> None:
    """Note that these have been dealt with; said again, the first time counts. The flags themselves stay."""
    if ids:
        conn.execute(update(FLAG).where(FLAG.c.id.in_(sorted(ids)), _open).values(settled_at=now))
