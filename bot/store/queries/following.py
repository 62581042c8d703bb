"""Statements for what follows the base: rows of items that were renamed, and learners to whom nothing comes due."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, Table, bindparam, delete, exists, insert, select, update

from bot.records import CardRow, Review
from bot.store import codec
from bot.store.tables import ASK, CARD, FLAG, LEARNER, POLL, REVIEW_LOG
from bot.store.types import BigId

AT_ONCE = 500  # values of one statement: below the least that SQLite ever took
_OLD: BindParameter[str] = bindparam("old")
_NEW: BindParameter[str] = bindparam("new")
_TOPIC: BindParameter[str] = bindparam("of_topic")
_other = CARD.alias()
_taken = exists(select(_other.c.item).where(_other.c.learner_id == CARD.c.learner_id, _other.c.item == _NEW))
_both = select(CARD.c.learner_id).where(CARD.c.item == _OLD, _taken)
_move_cards = update(CARD).where(CARD.c.item == _OLD, ~_taken).values(item=_NEW, topic=_TOPIC)
_move = [
    *(update(table).where(table.c.item == _OLD).values(item=_NEW, topic=_TOPIC) for table in (REVIEW_LOG, ASK)),
    *(update(table).where(table.c.item == _OLD).values(item=_NEW) for table in (FLAG, POLL)),
]
_ME = bindparam("me", type_=BigId)
_drop = delete(CARD).where(CARD.c.learner_id == _ME, CARD.c.item == _OLD)
_drop_new = delete(CARD).where(CARD.c.learner_id == _ME, CARD.c.item == _NEW)
_put = insert(CARD)
_reviews = (
    select(*(REVIEW_LOG.c[name] for name in codec.REVIEW_COLUMNS))
    .where(REVIEW_LOG.c.learner_id == _ME, REVIEW_LOG.c.item.in_([_OLD, _NEW]))
    .order_by(REVIEW_LOG.c.seq)
)
_resting = (
    select(LEARNER.c.id)
    .where(
        LEARNER.c.consent == "yes",
        LEARNER.c.paused == "",
        LEARNER.c.next_due_at.is_(None),
        LEARNER.c.home.is_not(None),
    )
    .order_by(LEARNER.c.id)
)
_cards = select(CARD.c.learner_id, CARD.c.item, CARD.c.due).where(
    CARD.c.learner_id.in_(bindparam("ids", expanding=True)), CARD.c.due.is_not(None), CARD.c.leech.is_(False)
)
_due_at = update(LEARNER).where(LEARNER.c.id == _ME).values(next_due_at=bindparam("at"))


def in_use(conn: Connection, keys: Sequence[str]) -> set[str]:
    """Which of these item keys any row still has; one look at each table for hundreds of keys."""
    return {
        key
        for at in range(0, len(keys), AT_ONCE)
        for table in (CARD, REVIEW_LOG, ASK, FLAG, POLL)
        for key in _keys(conn, table, keys[at : at + AT_ONCE])
    }


def _keys(conn: Connection, table: Table, keys: Sequence[str]) -> Collection[Any]:
    return conn.execute(select(table.c.item).where(table.c.item.in_(keys)).distinct()).scalars().all()


def with_both(conn: Connection, old: str, new: str) -> list[int]:
    """The learners who have a card under each of two keys."""
    return list(conn.execute(_both, {"old": old, "new": new}).scalars())


def reviews(conn: Connection, me: int, old: str, new: str) -> list[Review]:
    """A learner's reviews under either key, in order."""
    return [codec.review_of(row) for row in conn.execute(_reviews, {"me": me, "old": old, "new": new})]


def put_one(conn: Connection, me: int, old: str, row: CardRow | None) -> None:
    """Put one card in the place of those under `old` and under the row's own key; None: the other one stays."""
    conn.execute(_drop, {"me": me, "old": old})
    if row is not None:
        conn.execute(_drop_new, {"me": me, "new": row.item})
        conn.execute(_put, codec.card_values(me, row))


def move(conn: Connection, old: str, new: str) -> int:
    """Give all rows of a key another one; returns how many cards. No learner may have cards under both."""
    values = {"old": old, "new": new, "of_topic": new.partition("#")[0]}
    moved = conn.execute(_move_cards, values).rowcount
    for statement in _move:
        conn.execute(statement, values)
    return int(moved)


def resting(conn: Connection) -> list[int]:
    """The learners who want to be written to, and to whom nothing comes due; not locked."""
    return list(conn.execute(_resting).scalars())


def next_cards(conn: Connection, ids: Sequence[int]) -> list[tuple[int, str, date]]:
    """Learner, item and due day of all cards of these learners that come due by themselves."""
    return [(me, item, due) for me, item, due in conn.execute(_cards, {"ids": ids})]


def write_at(conn: Connection, me: int, at: datetime) -> None:
    """Set when a learner, whose row is locked, is written to next."""
    conn.execute(_due_at, {"me": me, "at": at})
