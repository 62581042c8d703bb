"""Reads of what more than one learner has a part in: a group's polls and topics, codes, the other side of a join."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, select

from bot.records import LinkCode, SentPoll
from bot.store import codec
from bot.store.bulk import DialectName, Rows, given, given_values
from bot.store.tables import ACCOUNT, CARD, LINK_CODE, OUTBOX, POLL, VOTE
from bot.store.types import BigId, Key

ROWS = 20  # of a chat, looked back through for its topics
POLLS = 50  # of a group, looked back through for items that it had

_ME = bindparam("me", type_=BigId)
_LANE = bindparam("lane", type_=Key)
_polls = Rows(
    lambda name: select(POLL.c.key, POLL.c.lane, POLL.c.at, POLL.c.body).where(
        POLL.c.key.in_(given_values(name, POLL.c.key))
    )
)


def _votes_of(name: DialectName) -> Select[Any]:
    rows, cells = given(name, {"learner_id": VOTE.c.learner_id, "poll": VOTE.c.poll})
    same = (VOTE.c.learner_id == cells["learner_id"]) & (VOTE.c.poll == cells["poll"])
    return select(VOTE.c.learner_id, VOTE.c.poll).select_from(rows).join(VOTE, same)


_votes = Rows(_votes_of)
_said = (
    select(OUTBOX.c.body)
    .where(
        OUTBOX.c.lane == _LANE,
        OUTBOX.c.thread == bindparam("thread"),
        OUTBOX.c.body.is_not(None),
        OUTBOX.c.kind == "reply",
        OUTBOX.c.audience.is_(None),  # what one person alone was shown is not the chat's
    )
    .order_by(OUTBOX.c.id.desc())
    .limit(ROWS)
)
_keyed = select(OUTBOX.c.id).where(OUTBOX.c.lane == _LANE, OUTBOX.c.key == bindparam("of"), OUTBOX.c.key != "").limit(1)
_items = select(POLL.c.item).where(POLL.c.lane == _LANE).order_by(POLL.c.at.desc()).limit(POLLS)
_code = select(LINK_CODE.c.code, LINK_CODE.c.learner_id, LINK_CODE.c.at, LINK_CODE.c.address).where(
    LINK_CODE.c.code == bindparam("code", type_=Key)
)
_accounts = select(ACCOUNT.c.key).where(ACCOUNT.c.learner_id == _ME).order_by(ACCOUNT.c.key)
_cards = select(func.count()).select_from(CARD).where(CARD.c.learner_id == _ME)


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a join in numbers: the platforms it is on, and the items it has met."""

    platforms: tuple[str, ...]
    items: int


def polls(conn: Connection, keys: Collection[str]) -> dict[str, SentPoll]:
    """Polls by key, those that were sent and kept."""
    if not keys:
        return {}
    return {key: SentPoll(key, lane, at, codec.poll_of(body)) for key, lane, at, body in _polls(conn, sorted(keys))}


def votes(conn: Connection, wanted: Collection[tuple[int, str]]) -> set[tuple[int, str]]:
    """Which of these (learner id, poll key) were answered."""
    if not wanted:
        return set()
    return {(id, key) for id, key in _votes(conn, [{"learner_id": id, "poll": key} for id, key in wanted])}


def topics_said(conn: Connection, lane: str, thread: str) -> list[str]:
    """The topics that a chat was answered with lately, newest first; lists of several to choose from left out."""
    found = (topics for body in _bodies(conn, lane, thread) if len(topics := body.get("topics", ())) == 1)
    return list(dict.fromkeys(topics[0] for topics in found))


def items_polled(conn: Connection, lane: str, thread: str) -> list[str]:
    """The items that a group had as polls lately, newest first, with those that wait to be sent."""
    waiting = [body["poll"].get("item", "") for body in _bodies(conn, lane, thread) if body.get("poll")]
    return list(dict.fromkeys([*waiting, *conn.execute(_items, {"lane": lane}).scalars()]))


def _bodies(conn: Connection, lane: str, thread: str) -> Iterator[dict[str, Any]]:
    rows: list[Row[Any]] = list(conn.execute(_said, {"lane": lane, "thread": thread}))
    return (row.body for row in rows)


def is_said(conn: Connection, lane: str, key: str) -> bool:
    """Whether a chat has, or waits for, a message with this key."""
    return conn.execute(_keyed, {"lane": lane, "of": key}).first() is not None


def link_code(conn: Connection, code: str) -> LinkCode | None:
    """A code that was given, however long ago."""
    row = conn.execute(_code, {"code": code}).first()
    return None if row is None else LinkCode(row[0], row[1], row[2], codec.address_of(row[3]))


def side(conn: Connection, me: int) -> Side:
    """A learner in numbers."""
    keys = conn.execute(_accounts, {"me": me}).scalars()
    platforms = tuple(dict.fromkeys(key.partition(":")[0] for key in keys))
    return Side(platforms, int(conn.execute(_cards, {"me": me}).scalar_one()))
