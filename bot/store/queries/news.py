"""The record of what admins were told of the knowledge base, shared by all processes: the newest entries, in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.store.bulk import DIALECTS, dialect_of
from bot.store.tables import META

KEPT = 50  # entries: far more than are told while a process makes up its mind
_KEY = "knowledge news"
_begin = {
    name: module.insert(META).on_conflict_do_nothing()
    for name, module in zip(DIALECTS, (sqlite, postgresql), strict=True)
}
_locked = select(META.c.value).where(META.c.key == _KEY).with_for_update()
_value = select(META.c.value).where(META.c.key == _KEY)
_keep = update(META).where(META.c.key == _KEY)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that admins were told: its number, what it was (`bot.news.Served.id`), and when."""

    n: int
    id: str
    at: datetime


def locked(conn: Connection) -> list[Entry]:
    """All entries; until the transaction ends nobody else reads them in one that will write."""
    conn.execute(_begin[dialect_of(conn)], {"key": _KEY, "value": []})
    return _entries(conn.execute(_locked).scalar_one())


def newest(conn: Connection) -> int:
    """The number of the newest entry, 0 if there is none."""
    return max((entry.n for entry in _entries(conn.execute(_value).scalar() or [])), default=0)


def append(conn: Connection, entries: list[Entry], entry: Entry) -> None:
    """Add an entry to those that `locked` gave; the oldest go."""
    rows = [[one.n, one.id, one.at.isoformat()] for one in (*entries, entry)]
    conn.execute(_keep.values(value=rows[-KEPT:]))


def _entries(rows: list[tuple[int, str, str]]) -> list[Entry]:
    return [Entry(n, id, datetime.fromisoformat(at)) for n, id, at in rows]
