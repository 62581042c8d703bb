"""The outbox's statements: mark what was sent, hand lanes back, claim the next ones, read rows for a page.

Lock order, as in the inbox: lanes (sorted), learners (sorted), rows. The claim comes last and skips what is locked,
so it never waits while it holds something.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.messages import Address, MessageRef, Reply
from bot.store.bulk import dialect_of
from bot.store.codec import address_of, message_list, message_of, reply_of
from bot.store.db import Database
from bot.store.tables import LANE, LEARNER, OUTBOX, POLL

ROWS_A_CLAIM = 20  # of one lane: at a message a second more than a claim could send


@dataclass(frozen=True, slots=True)
class Row:
    """A message to send, or with `kind` refresh a `surface` to draw anew.

    `replaced` is what it replaces, as far as it was ever sent. `reply` is None where the row cannot be read any more.
    """

    id: int
    lane: str
    to: Address
    learner: int | None
    kind: str
    surface: str
    reply: Reply | None
    replaced: MessageRef | None
    tries: int


@dataclass(frozen=True, slots=True)
class Mark:
    """What became of a row: sent (with the message's own reference), dead, or pending again after a try that failed.

    `gone` is the learner to pause because their chat does not take messages any more.
    """

    id: int
    lane: str
    status: Literal["sent", "dead", "pending"]
    tries: int
    message: MessageRef | None = None
    error: str = ""
    gone: int | None = None
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Free:
    """A lane to hand back; `next_at` is when it may go on if it has more rows (None: at once)."""

    lane: str
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """The lanes claimed with their rows in id order, and when the next lane is due (None: none waits)."""

    claimed: dict[str, list[Row]] = field(default_factory=dict)
    next_at: datetime | None = None


_lock_lanes = (
    select(LANE.c.key, LANE.c.token)
    .where(LANE.c.key.in_(bindparam("keys", expanding=True)))
    .order_by(LANE.c.key)
    .with_for_update()
)
_lock_learners = (
    select(LEARNER.c.id, LEARNER.c.home)
    .where(LEARNER.c.id.in_(bindparam("ids", expanding=True)), LEARNER.c.paused.in_(["", "silent"]))
    .order_by(LEARNER.c.id)
    .with_for_update()
)
_pause = update(LEARNER).where(LEARNER.c.id == bindparam("learner")).values(paused="gone", next_due_at=None)
_mark = (
    update(OUTBOX)
    .where(OUTBOX.c.id == bindparam("row"), OUTBOX.c.status == "pending")
    .values(
        status=bindparam("to_status"),
        tries=bindparam("to_tries"),
        sent_at=bindparam("to_sent_at"),
        message=bindparam("to_message"),
        error=bindparam("to_error"),
    )
)
_polls = select(OUTBOX.c.id, OUTBOX.c.platform, OUTBOX.c.lane, OUTBOX.c.body).where(
    OUTBOX.c.id.in_(bindparam("ids", expanding=True))
)
_keep_poll = {
    name: module.insert(POLL).on_conflict_do_nothing()
    for name, module in (("sqlite", sqlite), ("postgresql", postgresql))
}
_still_pending = (
    select(OUTBOX.c.lane)
    .where(OUTBOX.c.lane.in_(bindparam("keys", expanding=True)), OUTBOX.c.status == "pending")
    .distinct()
)
_free = update(LANE).where(LANE.c.key == bindparam("lane")).values(token="", next_at=bindparam("at"))
_due = (
    select(LANE.c.key)
    .where(LANE.c.platform == bindparam("platform"), LANE.c.next_at <= bindparam("now"))
    .order_by(LANE.c.next_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_claim = (
    update(LANE)
    .where(LANE.c.key.in_(bindparam("keys", expanding=True)))
    .values(token=bindparam("holder"), next_at=bindparam("until"))
)
_next_at = select(func.min(LANE.c.next_at)).where(LANE.c.platform == bindparam("platform"))
_numbered = (
    select(
        OUTBOX.c.id,
        func.row_number().over(partition_by=OUTBOX.c.lane, order_by=OUTBOX.c.id).label("place"),
    )
    .where(OUTBOX.c.lane.in_(bindparam("keys", expanding=True)), OUTBOX.c.status == "pending")
    .subquery()
)
_COLUMNS = (
    OUTBOX.c.id,
    OUTBOX.c.lane,
    OUTBOX.c.platform,
    OUTBOX.c.workspace,
    OUTBOX.c.chat,
    OUTBOX.c.thread,
    OUTBOX.c.learner_id,
    OUTBOX.c.kind,
    OUTBOX.c.surface,
    OUTBOX.c.tries,
    OUTBOX.c.body,
    OUTBOX.c.key,
    OUTBOX.c.replaces,
    OUTBOX.c.audience,
)
_rows = (
    select(*_COLUMNS)
    .join(_numbered, _numbered.c.id == OUTBOX.c.id)
    .where(_numbered.c.place <= ROWS_A_CLAIM)
    .order_by(OUTBOX.c.id)
)
_newest = (
    select(func.max(OUTBOX.c.id))
    .where(
        OUTBOX.c.lane.in_(bindparam("keys", expanding=True)),
        OUTBOX.c.key.in_(bindparam("names", expanding=True)),
        OUTBOX.c.key != "",  # says so to let the index apply, which holds named rows only
        OUTBOX.c.message.is_not(None),
    )
    .group_by(OUTBOX.c.lane, OUTBOX.c.key)
)
_named = select(OUTBOX.c.lane, OUTBOX.c.key, OUTBOX.c.message).where(OUTBOX.c.id.in_(_newest))
_after = (
    select(*_COLUMNS)
    .where(OUTBOX.c.lane == bindparam("one"), OUTBOX.c.id > bindparam("last"), OUTBOX.c.body.is_not(None))
    .order_by(OUTBOX.c.id)
    .limit(bindparam("most"))
)


def take_turn(
    token: str,
    marks: Sequence[Mark],
    frees: Sequence[Free],
    wanted: Mapping[str, int],
    now: datetime,
    until: datetime,
    conn: Connection,
) -> Turn:
    """One transaction of the outbox that holds `token`: marks, lanes handed back, then at most `wanted` lanes claimed.

    `wanted` is by platform; a claim holds until `until`. A lane that another process took over meanwhile is left to
    it, but a row that was sent is marked all the same.
    """
    _settle(conn, token, marks, frees, now)
    keys: list[str] = []
    next_at: datetime | None = None
    for platform, most in wanted.items():
        if most > 0:
            keys += conn.execute(_due, {"platform": platform, "now": now, "most": most}).scalars()
    if keys:
        conn.execute(_claim, {"keys": keys, "holder": token, "until": until})
    for platform, most in wanted.items():
        if most > 0:
            at = conn.execute(_next_at, {"platform": platform}).scalar()
            next_at = min(filter(None, (next_at, at)), default=None)
    claimed: dict[str, list[Row]] = {key: [] for key in keys}
    for row in load(conn, keys):
        claimed[row.lane].append(row)
    if empty := [{"lane": lane, "at": None} for lane, rows in claimed.items() if not rows]:
        conn.execute(_free, empty)
    return Turn({lane: rows for lane, rows in claimed.items() if rows}, next_at)


def _settle(conn: Connection, token: str, marks: Sequence[Mark], frees: Sequence[Free], now: datetime) -> None:
    keys = sorted({mark.lane for mark in marks} | {free.lane for free in frees})
    if not keys:
        return
    ours = {row.key for row in conn.execute(_lock_lanes, {"keys": keys}) if row.token == token}
    _pause_gone(conn, marks)
    if marks:
        conn.execute(
            _mark,
            [
                {
                    "row": mark.id,
                    "to_status": mark.status,
                    "to_tries": mark.tries,
                    "to_sent_at": now if mark.status == "sent" else None,
                    "to_message": message_list(mark.message) if mark.message else None,
                    "to_error": mark.error,
                }
                for mark in sorted(marks, key=lambda mark: mark.id)
            ],
        )
        _keep_polls(conn, marks, now)
    free = [free for free in frees if free.lane in ours]
    if free:
        # A statement of its own, after the lock: it sees the rows of whoever held the lane before us.
        pending = set(conn.execute(_still_pending, {"keys": [f.lane for f in free]}).scalars())
        conn.execute(_free, [{"lane": f.lane, "at": (f.next_at or now) if f.lane in pending else None} for f in free])


def _keep_polls(conn: Connection, marks: Iterable[Mark], now: datetime) -> None:
    """Keep the polls that were sent, by the platform's ids for them: their answers name nothing else."""
    sent = {
        mark.id: mark.message.poll for mark in marks if mark.status == "sent" and mark.message and mark.message.poll
    }
    if not sent:
        return
    rows = [
        {"key": f"{platform}:{sent[id]}", "lane": lane, "item": body["poll"].get("item", ""), "body": body["poll"]}
        for id, platform, lane, body in conn.execute(_polls, {"ids": sorted(sent)})
        if body and body.get("poll")  # cleared, where it waited for longer than texts are kept
    ]
    if rows:
        conn.execute(_keep_poll[dialect_of(conn)], [{**row, "at": now} for row in rows])


def _pause_gone(conn: Connection, marks: Iterable[Mark]) -> None:
    """Pause learners whose home is the chat that is gone; being shut out of a group says nothing about a learner.

    Nor can it be told from a private chat where no home is known; nothing is ever sent unasked to those.
    """
    gone = {mark.gone: mark.lane for mark in marks if mark.gone is not None}
    if not gone:
        return
    found = conn.execute(_lock_learners, {"ids": sorted(gone)}).all()
    lost = [{"learner": id} for id, home in found if home is not None and address_of(home).lane == gone[id]]
    if lost:
        conn.execute(_pause, lost)


def load(conn: Connection, keys: Sequence[str]) -> list[Row]:
    """The pending rows of these lanes in id order, the first ones of each, with what they replace looked up."""
    if not keys:
        return []
    found = conn.execute(_rows, {"keys": keys}).all()
    names = {row.replaces for row in found if isinstance(row.replaces, str)}
    newest: dict[tuple[str, str], MessageRef] = {}
    if names:
        lanes = sorted({row.lane for row in found if isinstance(row.replaces, str)})
        for lane, key, message in conn.execute(_named, {"keys": lanes, "names": sorted(names)}):
            newest[lane, key] = message_of(message)
    return [_row(found, newest) for found in found]


def _row(found: Any, newest: Mapping[tuple[str, str], MessageRef]) -> Row:
    id_, lane, platform, workspace, chat, thread, learner, kind, surface, tries, *written = found
    reply = _reply(*written) if kind == "reply" else None
    replaces = reply.replaces if reply else None
    replaced = newest.get((lane, replaces)) if isinstance(replaces, str) else replaces
    return Row(id_, lane, Address(platform, workspace, chat, thread), learner, kind, surface, reply, replaced, tries)


def _reply(body: Any, key: str, replaces: Any, audience: str | None) -> Reply | None:
    try:
        return reply_of(body, key, replaces, audience)
    except (AttributeError, LookupError, TypeError, ValueError):  # cleared, or of a version that is gone: no jam
        return None


async def rows_after(db: Database, lane: str, last_id: int, most: int = 100) -> list[Row]:
    """For a page or a terminal: the rows of a lane with ids above `last_id`, oldest first, at most `most`.

    Rows of any status; texts already cleared are left out. Ids grow in the order in which rows of one lane are
    committed (the inbox locks the lane before it numbers them), so a reader that remembers the last one misses none.
    """

    def read(conn: Connection) -> list[Row]:
        found = conn.execute(_after, {"one": lane, "last": last_id, "most": most}).all()
        return [_row(row, {}) for row in found]

    return await db.fetch(read)
