"""Joining two learners' rows, both locked: what is read of them, and what is written of the one that stays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from bot.messages import Address
from bot.records import Ask, CardRow, Learner, Review
from bot.store import codec
from bot.store.bulk import Update, Upsert
from bot.store.queries import flush
from bot.store.tables import (
    ACCOUNT,
    ASK,
    CARD,
    HEARD,
    LEARNER,
    LINK_CODE,
    LINK_WISH,
    OUTBOX,
    REVIEW_LOG,
    VOTE,
    WISH,
)
from bot.store.types import BigId


@dataclass(frozen=True, slots=True)
class Joining:
    """A learner who said yes to being joined by a code, and where they said it."""

    learner: int
    code: str
    at: datetime
    address: Address


_ME = bindparam("me", type_=BigId)
_waiting = select(LINK_WISH.c.learner_id).order_by(LINK_WISH.c.at, LINK_WISH.c.learner_id)
_wish = select(LINK_WISH.c.learner_id, LINK_WISH.c.code, LINK_WISH.c.at, LINK_WISH.c.address).where(
    LINK_WISH.c.learner_id == _ME
)
_all_reviews = (
    select(*(REVIEW_LOG.c[name] for name in codec.REVIEW_COLUMNS))
    .where(REVIEW_LOG.c.learner_id == _ME)
    .order_by(REVIEW_LOG.c.seq)
)
_all_asks = select(*(ASK.c[name] for name in codec.ASK_COLUMNS)).where(ASK.c.learner_id == _ME).order_by(ASK.c.n)
_named = (  # in the order in which a sender marks them, so that neither waits for the other for ever
    select(OUTBOX.c.id, OUTBOX.c.key, OUTBOX.c.replaces).where(OUTBOX.c.learner_id == _ME).order_by(OUTBOX.c.id)
)
_rename = update(OUTBOX).where(OUTBOX.c.id == bindparam("of")).values(
    key=bindparam("to_key"), replaces=bindparam("to_replaces")
)  # fmt: skip
_reviews = Upsert(REVIEW_LOG, ("learner_id", *codec.REVIEW_COLUMNS))
_asks = Upsert(ASK, ("learner_id", *codec.ASK_COLUMNS))
_cards = Upsert(CARD, ("learner_id", *codec.CARD_COLUMNS))
_learners = Update(LEARNER, "id", [name for name in codec.LEARNER_COLUMNS if name != "id"])


def waiting(conn: Connection) -> list[int]:
    """The learners who said yes to being joined, the longest waiting first; not locked."""
    return list(conn.execute(_waiting).scalars())


def wish(conn: Connection, me: int) -> Joining | None:
    """What a learner said yes to; None if that is done."""
    row = conn.execute(_wish, {"me": me}).first()
    return None if row is None else Joining(row[0], row[1], row[2], codec.address_of(row[3]))


def drop_wish(conn: Connection, me: int) -> None:
    """Nothing is to be joined any more."""
    conn.execute(delete(LINK_WISH).where(LINK_WISH.c.learner_id == me))


def reviews(conn: Connection, me: int) -> tuple[Review, ...]:
    """The whole review log, by seq."""
    return tuple(codec.review_of(row) for row in conn.execute(_all_reviews, {"me": me}))


def asks(conn: Connection, me: int) -> tuple[Ask, ...]:
    """All asks, by number."""
    return tuple(codec.ask_of(row) for row in conn.execute(_all_asks, {"me": me}))


def write(
    conn: Connection,
    learner: Learner,
    gone: int,
    moved: int,
    talking: int,
    reviews: Iterable[Review],
    asks: Iterable[Ask],
    cards: Iterable[CardRow],
) -> None:
    """Put the joined rows in the place of both learners' own; what led to `gone` leads to `learner`.

    `moved` is what was added to the numbers of the asks of `gone`; `talking` the one of the two whose last question is
    kept.
    """
    me = learner.id
    for table in (REVIEW_LOG, ASK, CARD, LINK_CODE, LINK_WISH):
        conn.execute(delete(table).where(table.c.learner_id.in_((me, gone))))
    _reviews(conn, [codec.review_values(me, row) for row in reviews])
    _asks(conn, [codec.ask_values(me, ask) for ask in asks])
    _cards(conn, [codec.card_values(me, row) for row in cards])
    # The last question goes with the state that says where it was heard: never into company where it was not.
    conn.execute(delete(HEARD).where(HEARD.c.learner_id == (me if talking == gone else gone)))
    conn.execute(update(HEARD).where(HEARD.c.learner_id == gone).values(learner_id=me))
    _united(conn, WISH, "gap", me, gone, {})
    _united(conn, VOTE, "poll", me, gone, {"n": moved})
    _messages(conn, me, gone, moved)
    conn.execute(update(ACCOUNT).where(ACCOUNT.c.learner_id == gone).values(learner_id=me))
    _learners(conn, [codec.learner_values(learner)])
    flush.forget(conn, gone)


def _united(conn: Connection, table: Table, key: str, me: int, gone: int, added: dict[str, int]) -> None:
    """Rows of both, one for each key: the older one."""
    both = select(table).where(table.c.learner_id.in_((me, gone))).order_by(table.c.at)
    kept: dict[str, dict[str, Any]] = {}
    for row in conn.execute(both).mappings():
        own = row["learner_id"] == me
        rest = {} if own else {name: row[name] + more for name, more in added.items()}
        kept.setdefault(row[key], {**row, **rest, "learner_id": me})
    if kept:
        conn.execute(delete(table).where(table.c.learner_id.in_((me, gone))))
        conn.execute(insert(table), list(kept.values()))


def _messages(conn: Connection, me: int, gone: int, moved: int) -> None:
    """Messages to `gone` are messages to the one; those of their questions take their new names, to be settled."""
    changed = []
    for id, key, replaces in conn.execute(_named, {"me": gone}):
        to_key, to_replaces = _name(key, me, gone, moved), replaces
        if isinstance(replaces, str):
            to_replaces = _name(replaces, me, gone, moved)
        if (to_key, to_replaces) != (key, replaces):
            changed.append({"of": id, "to_key": to_key, "to_replaces": to_replaces})
    if changed:
        conn.execute(_rename, changed)
    conn.execute(update(OUTBOX).where(OUTBOX.c.learner_id == gone).values(learner_id=me))


def _name(key: str, me: int, gone: int, moved: int) -> str:
    """The key of a question's message ("ask:7-12") under its new number."""
    kind, _, rest = key.partition(":")
    owner, _, n = rest.partition("-")
    return f"{kind}:{me}-{int(n) + moved}" if owner == str(gone) and n.isdecimal() else key
