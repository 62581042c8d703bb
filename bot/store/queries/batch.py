"""What the inbox reads and locks for a batch of events, a fixed number of statements whatever its size.

Locks are taken in one order everywhere: lanes by key, learners by id, event ids, so that two processes never wait for
each other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Table, bindparam, delete, func, insert, literal, select, true
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from bot.messages import Address
from bot.records import Ask, CardRow, Learner
from bot.store import codec
from bot.store.bulk import DIALECTS, DialectName, Rows, Upsert, dialect_of, given, given_values
from bot.store.queries.learner import LEARNER_SELECT
from bot.store.tables import ACCOUNT, ASK, CARD, EVENT, LANE, LEARNER
from bot.store.types import UtcDateTime

# --- lanes

_lanes = Upsert(
    LANE,
    ("key", "platform", "workspace", "chat", "next_at", "token"),
    key=("key",),
    # A lane that waits, or that a sender holds, keeps its time: the sender looks again before it lets go.
    change={"next_at": lambda old, new: func.coalesce(old, new)},
)


def lock_lanes(conn: Connection, addresses: Iterable[Address], now: datetime) -> set[str]:
    """Make, lock and wake the lanes of these addresses; returns their keys.

    Whoever numbers messages of a chat holds its lane from before the first id to the commit, so that ids grow in the
    order of commits.
    """
    lanes = {address.lane: address for address in addresses}
    _lanes(
        conn,
        [
            {
                "key": key,
                "platform": to.platform,
                "workspace": to.workspace,
                "chat": to.chat,
                "next_at": now,
                "token": "",
            }
            for key, to in sorted(lanes.items())
        ],
    )
    return set(lanes)


# --- learners

_accounts = Rows(
    lambda name: select(ACCOUNT.c.key, ACCOUNT.c.learner_id).where(ACCOUNT.c.key.in_(given_values(name, ACCOUNT.c.key)))
)
_learners = Rows(
    lambda name: (
        LEARNER_SELECT.where(LEARNER.c.id.in_(given_values(name, LEARNER.c.id)))
        .order_by(LEARNER.c.id)
        .with_for_update(of=LEARNER)
    )
)
_homes = Rows(
    lambda name: select(LEARNER.c.home).where(
        LEARNER.c.id.in_(given_values(name, LEARNER.c.id)), LEARNER.c.home.is_not(None)
    )
)
_homes_behind = Rows(
    lambda name: (
        select(LEARNER.c.home)
        .join_from(LEARNER, ACCOUNT)
        .where(ACCOUNT.c.key.in_(given_values(name, ACCOUNT.c.key)), LEARNER.c.home.is_not(None))
    )
)
_new_learner = insert(LEARNER).returning(LEARNER.c.id)
_new_account = {
    name: module.insert(ACCOUNT).on_conflict_do_nothing().returning(ACCOUNT.c.key)
    for name, module in (("sqlite", sqlite), ("postgresql", postgresql))
}
_drop_learner = delete(LEARNER).where(LEARNER.c.id == bindparam("me"))


def accounts(conn: Connection, keys: Collection[str]) -> dict[str, int]:
    """The learners' ids behind accounts, by account; not locked."""
    if not keys:
        return {}
    return {key: id for key, id in _accounts(conn, list(keys))}


def homes(conn: Connection, ids: Collection[int]) -> list[Address]:
    """Where these learners' own messages go; not locked."""
    return [codec.address_of(home) for (home,) in _homes(conn, list(ids))]


def homes_behind(conn: Connection, accounts: Collection[str]) -> list[Address]:
    """Where the own messages of the learners behind these accounts go; not locked."""
    return [codec.address_of(home) for (home,) in _homes_behind(conn, sorted(accounts))]


def lock_learners(conn: Connection, ids: Collection[int]) -> dict[int, Learner]:
    """Lock learners in the order of their ids and read them, those that exist."""
    if not ids:
        return {}
    return {row[0]: codec.learner_of(row) for row in _learners(conn, sorted(ids))}


def add_learner(conn: Connection, account: str, learner: Learner) -> bool:
    """Make a learner (its id is ignored) for a new account; False where another process was faster."""
    values = codec.learner_values(learner)
    del values["id"]
    id = conn.execute(_new_learner, values).scalar_one()
    made = conn.execute(_new_account[dialect_of(conn)], {"key": account, "learner_id": id}).first()
    if made is None:
        conn.execute(_drop_learner, {"me": id})
    return made is not None


# --- events


def _event_insert(dialect: DialectName) -> ReturningInsert[str]:
    _, cells = given(dialect, {"id": EVENT.c.id})
    new = select(cells["id"], bindparam("moment", type_=UtcDateTime), literal("done")).where(true())
    module = postgresql if dialect == "postgresql" else sqlite
    into: Any = module.insert(EVENT).from_select(["id", "at", "outcome"], new).on_conflict_do_nothing()
    statement: ReturningInsert[str] = into.returning(EVENT.c.id)
    return statement


_events = {name: _event_insert(name) for name in DIALECTS}


def new_events(conn: Connection, ids: Collection[str], now: datetime) -> set[str]:
    """Record event ids as done; returns those that were new. Waits for whoever is recording one of them."""
    if not ids:
        return set()
    # Sorted: two processes given the same ids in another order would wait for each other.
    rows = [{"id": id} for id in sorted(ids)]
    return {id for (id,) in conn.execute(_events[dialect_of(conn)], {"rows": rows, "moment": now}).all()}


# --- asks and cards


def _pairs(table: Table, columns: tuple[str, ...], second: str) -> Rows:
    """Rows of a table by (learner id, `second`); a join, for `(a, b) IN` was slower than no batch at all."""

    def make(name: DialectName) -> Select[Any]:
        rows, cells = given(name, {"learner_id": table.c.learner_id, second: table.c[second]})
        same = (table.c.learner_id == cells["learner_id"]) & (table.c[second] == cells[second])
        picked = select(table.c.learner_id, *(table.c[column] for column in columns))
        return picked.select_from(rows).join(table, same)

    return Rows(make)


_asks = _pairs(ASK, codec.ASK_COLUMNS, "n")
_cards = _pairs(CARD, codec.CARD_COLUMNS, "item")


def asks(conn: Connection, wanted: Collection[tuple[int, int]]) -> dict[tuple[int, int], Ask]:
    """Asks by (learner id, number), those that exist."""
    if not wanted:
        return {}
    rows = [{"learner_id": id, "n": n} for id, n in wanted]
    found = _asks(conn, rows)
    return {(row[0], row[1]): codec.ask_of(row[1:]) for row in found}


def cards(conn: Connection, wanted: Collection[tuple[int, str]]) -> dict[tuple[int, str], CardRow]:
    """Cards by (learner id, item), those that exist."""
    if not wanted:
        return {}
    rows = [{"learner_id": id, "item": item} for id, item in wanted]
    found = _cards(conn, rows)
    return {(row[0], row[1]): codec.card_of(row[1:]) for row in found}
