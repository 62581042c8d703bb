"""What the inbox writes at the end of a batch: one statement a table for all events together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, or_, update

from bot.messages import Address, Refresh, Reply
from bot.records import private_home
from bot.store import codec
from bot.store.bulk import Row, Update, Upsert
from bot.store.queries import flags as flag_rows
from bot.store.queries import gaps as gap_rows
from bot.store.queries import proposals
from bot.store.tables import (
    ASK,
    CARD,
    EVENT,
    FLAG,
    GAP,
    HEARD,
    LEARNER,
    LINK_CODE,
    LINK_WISH,
    METADATA,
    OUTBOX,
    REVIEW_LOG,
    VOTE,
    WISH,
)
from bot.store.tx import Tx
from bot.store.types import BigId, Key, clean

OWN_EVENTS = ("quiz", "taught")  # Tutor's own events have ids "<kind>:<learner id>:…"

_learners = Update(LEARNER, "id", [name for name in codec.LEARNER_COLUMNS if name not in ("id", "created_at")])
_asks = Upsert(ASK, ("learner_id", *codec.ASK_COLUMNS), ("learner_id", "n"))
_cards = Upsert(CARD, ("learner_id", *codec.CARD_COLUMNS), ("learner_id", "item"))
_reviews = Upsert(REVIEW_LOG, ("learner_id", *codec.REVIEW_COLUMNS))
_heard = Upsert(HEARD, ("learner_id", "text", "at"), ("learner_id",))
_gaps = Upsert(
    GAP,
    ("id", "text", "decision", "nearest", "language", "count", "first_at", "last_at"),
    ("id",),
    change={
        "count": lambda old, new: old + new,
        "decision": lambda old, new: new,
        "nearest": lambda old, new: new,
        "last_at": lambda old, new: new,
    },
)
_wishes = Upsert(WISH, ("learner_id", "gap", "question", "address", "at"), ("learner_id", "gap"))
_flags = Upsert(FLAG, ("item", "note", "version", "at"))
_votes = Upsert(VOTE, ("learner_id", "poll", "n", "at"), ("learner_id", "poll"))
_codes = Upsert(LINK_CODE, ("code", "learner_id", "address", "at"))
_joins = Upsert(LINK_WISH, ("learner_id", "code", "address", "at"), ("learner_id",))
_outbox = Upsert(
    OUTBOX,
    (
        "lane", "platform", "workspace", "chat", "thread", "learner_id", "kind", "surface", "body", "key", "replaces",
        "audience", "created_at", "status", "tries", "error",
    ),
)  # fmt: skip
_unwish = delete(WISH).where(WISH.c.learner_id == bindparam("me", type_=BigId), WISH.c.gap == bindparam("of"))
_undeal = delete(CARD).where(CARD.c.learner_id == bindparam("me", type_=BigId), CARD.c.item == bindparam("of"))
_uncode = delete(LINK_CODE).where(LINK_CODE.c.learner_id == bindparam("me", type_=BigId))
_spoil = delete(LINK_CODE).where(LINK_CODE.c.code == bindparam("of", type_=Key))
_failed = update(EVENT).where(EVENT.c.id == bindparam("of", type_=Key)).values(outcome="failed")
_stale = delete(OUTBOX).where(
    OUTBOX.c.lane == bindparam("of", type_=Key),
    OUTBOX.c.status == "pending",
    OUTBOX.c.kind == "refresh",
    OUTBOX.c.surface == bindparam("face"),
)
_ME = bindparam("me", type_=BigId)
_forget = [
    *(
        delete(table).where(table.c.learner_id == _ME)
        for table in reversed(METADATA.sorted_tables)  # what refers to the learner's row goes before it
        if "learner_id" in table.c
    ),
    delete(EVENT).where(
        or_(
            *(
                (EVENT.c.id >= bindparam(f"{kind}_from", type_=Key)) & (EVENT.c.id < bindparam(f"{kind}_to", type_=Key))
                for kind in OWN_EVENTS
            )
        )
    ),
    delete(LEARNER).where(LEARNER.c.id == _ME),
]


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one event: its writes, and its messages with where they go."""

    tx: Tx
    to: Address
    messages: Sequence[Reply | Refresh]


def failed(conn: Connection, ids: Iterable[str]) -> None:
    """Mark events as failed."""
    if rows := [{"of": id} for id in ids]:
        conn.execute(_failed, rows)


def writes(conn: Connection, done: Sequence[Written], now: datetime) -> None:
    """Write what the events of a batch changed; of each learner at most one event."""
    kept = [one.tx for one in done if not one.tx.writes.forgotten]
    _learners(conn, [codec.learner_values(tx.learner) for tx in kept if tx.learner is not tx.loaded])
    _asks(conn, [codec.ask_values(tx.loaded.id, ask) for tx in kept for ask in tx.writes.asks.values()])
    _cards(conn, [codec.card_values(tx.loaded.id, row) for tx in kept for row in tx.writes.cards.values() if row])
    _reviews(conn, [codec.review_values(tx.loaded.id, review) for tx in kept for review in tx.writes.reviews])
    if dropped := [
        {"me": tx.loaded.id, "of": item} for tx in kept for item, row in tx.writes.cards.items() if row is None
    ]:
        conn.execute(_undeal, dropped)
    _questions(conn, done, now)
    _shared(conn, kept, now)
    _desks(conn, [one.tx for one in done if one.tx.desk is not None], now)
    for one in done:
        if one.tx.writes.forgotten:
            forget(conn, one.tx.loaded.id)


def _questions(conn: Connection, done: Sequence[Written], now: datetime) -> None:
    kept = [one.tx for one in done if not one.tx.writes.forgotten]
    _heard(
        conn,
        [
            {"learner_id": tx.loaded.id, "text": clean(tx.writes.heard), "at": now}
            for tx in kept
            if tx.writes.heard is not None
        ],
    )
    wishes = [(tx, gap, question) for tx in kept for gap, question in tx.writes.wishes.items()]
    _wishes(
        conn,
        [
            {
                "learner_id": tx.loaded.id,
                "gap": gap,
                "question": clean(question),
                "address": codec.address_list(private_home(tx.event, tx.learner) or tx.event.address),
                "at": now,
            }
            for tx, gap, question in wishes
            if question is not None
        ],
    )
    if dropped := [{"me": tx.loaded.id, "of": gap} for tx, gap, question in wishes if question is None]:
        conn.execute(_unwish, dropped)
    gaps: dict[str, Row] = {}
    for one in done:
        for id, gap in one.tx.writes.gaps.items():
            count = gap.count + (gaps[id]["count"] if id in gaps else 0)
            gaps[id] = {
                "id": id,
                "text": clean(gap.text),
                "decision": gap.decision,
                "nearest": gap.nearest,
                "language": one.tx.learner.language,
                "count": count,
                "first_at": now,
                "last_at": now,
            }
    _gaps(conn, [gaps[id] for id in sorted(gaps)])  # sorted: gaps are shared by all learners
    _flags(
        conn,
        [
            {"item": item, "note": clean(note), "version": one.tx.version, "at": now}
            for one in done
            for item, note in one.tx.writes.flags
        ],
    )


def _shared(conn: Connection, kept: Sequence[Tx], now: datetime) -> None:
    """Answers to polls, and codes and wishes for joining two learners."""
    _votes(
        conn,
        [
            {"learner_id": tx.loaded.id, "poll": poll, "n": n, "at": now}
            for tx in kept
            for poll, n in tx.writes.votes.items()
        ],
    )
    if renewed := [{"me": tx.loaded.id} for tx in kept if tx.writes.code]:
        conn.execute(_uncode, renewed)  # the newest code is the only one that works
    if spoilt := sorted({tx.writes.spoilt for tx in kept if tx.writes.spoilt}):
        conn.execute(_spoil, [{"of": code} for code in spoilt])
    _codes(conn, [_link(tx, tx.writes.code, now) for tx in kept if tx.writes.code])
    _joins(conn, [_link(tx, tx.writes.join, now) for tx in kept if tx.writes.join])


def _desks(conn: Connection, admins: Sequence[Tx], now: datetime) -> None:
    """What admins decided; of two who decide on one question at the same moment, the later one."""
    if not admins:
        return
    proposed = {gap: row for tx in admins for gap, row in tx.writes.proposals.items()}
    if dropped := [gap for gap, row in proposed.items() if row is None]:
        proposals.drop_proposals(conn, dropped)
    proposals.put_proposals(conn, [row for row in proposed.values() if row])
    closed = {gap: whether for tx in admins for gap, whether in tx.writes.closed.items()}
    if ids := sorted(gap for gap, whether in closed.items() if whether):
        gap_rows.close_gaps(conn, ids, now)
    if ids := sorted(gap for gap, whether in closed.items() if not whether):
        gap_rows.reopen_gaps(conn, ids)
    if settled := {flag for tx in admins for flag in tx.writes.settled}:
        flag_rows.settle(conn, settled, now)


def _link(tx: Tx, code: str, now: datetime) -> Row:
    event = tx.event
    to = event.address if event.place == "private" else private_home(event, tx.learner) or event.address
    address = codec.address_list(to)
    return {"learner_id": tx.loaded.id, "code": code, "address": address, "at": now}


def messages(conn: Connection, done: Sequence[Written], now: datetime) -> frozenset[str]:
    """Put the events' messages into the outbox, in order; their lanes are locked. Returns the lanes with new rows."""
    rows: list[Row] = []
    stale: list[Row] = []
    for one in done:
        learner = None if one.tx.writes.forgotten else one.tx.loaded.id
        _add(rows, stale, one.to, learner, one.messages, now)
    return _put(conn, rows, stale)


def put(
    conn: Connection, to: Address, learner: int | None, messages: Sequence[Reply | Refresh], now: datetime
) -> frozenset[str]:
    """Put messages to a learner, or to somebody who is none, into the outbox, whose lane is locked."""
    rows: list[Row] = []
    stale: list[Row] = []
    _add(rows, stale, to, learner, messages, now)
    return _put(conn, rows, stale)


def _add(
    rows: list[Row],
    stale: list[Row],
    to: Address,
    learner: int | None,
    messages: Sequence[Reply | Refresh],
    now: datetime,
) -> None:
    lane = to.lane
    head = {
        "lane": lane,
        "platform": to.platform,
        "workspace": to.workspace,
        "chat": to.chat,
        "thread": to.thread,
        "learner_id": learner,
        "created_at": now,
        "status": "pending",
        "tries": 0,
        "error": "",
    }
    for message in messages:
        if isinstance(message, Refresh):
            stale.append({"of": lane, "face": message.surface})
            rows[:] = [row for row in rows if (row["lane"], row["surface"]) != (lane, message.surface)]
            rows.append({**head, "kind": "refresh", "surface": message.surface, **_NOTHING})
        else:
            rows.append({**head, "kind": "reply", "surface": "", **codec.reply_values(message)})


def _put(conn: Connection, rows: list[Row], stale: list[Row]) -> frozenset[str]:
    if stale:
        conn.execute(_stale, stale)
    _outbox(conn, rows)
    return frozenset(row["lane"] for row in rows)


_NOTHING: Row = {"body": {}, "key": "", "replaces": None, "audience": None}


def forget(conn: Connection, me: int) -> None:
    """Remove every row about a learner, whose row is locked: account, memory, messages, and Tutor's own events."""
    values: dict[str, object] = {"me": me}
    for kind in OWN_EVENTS:
        values |= {f"{kind}_from": f"{kind}:{me}:", f"{kind}_to": f"{kind}:{me};"}  # ";" is the character after ":"
    for statement in _forget:
        conn.execute(statement, values)
