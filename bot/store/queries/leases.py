"""Leases: a name that one process at a time holds, such as "telegram-polling", until it runs out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, or_
from sqlalchemy.dialects import postgresql, sqlite

from bot.store.bulk import DIALECTS, dialect_of
from bot.store.tables import LEASE
from bot.store.types import UtcDateTime


def _statement(module: Any) -> Any:
    insert = module.insert(LEASE)
    free = or_(LEASE.c.until <= bindparam("now", type_=UtcDateTime), LEASE.c.holder == insert.excluded.holder)
    taken = {"holder": insert.excluded.holder, "until": insert.excluded.until}
    return insert.on_conflict_do_update(index_elements=["name"], set_=taken, where=free).returning(LEASE.c.name)


_take = dict(zip(DIALECTS, map(_statement, (sqlite, postgresql)), strict=True))
_drop = delete(LEASE).where(LEASE.c.name == bindparam("of"), LEASE.c.holder == bindparam("by"))


def take_lease(conn: Connection, name: str, holder: str, now: datetime, until: datetime) -> bool:
    """Take a lease, or prolong one's own, until `until`; False while another holds it. All times aware UTC.

    Clocks of hosts differ: leave some seconds between prolonging and the end.
    """
    values = {"name": name, "holder": holder, "until": until, "now": now}
    return conn.execute(_take[dialect_of(conn)], values).first() is not None


def drop_lease(conn: Connection, name: str, holder: str) -> None:
    """Give one's own lease back before it runs out."""
    conn.execute(_drop, {"of": name, "by": holder})
