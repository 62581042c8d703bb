"""Removing what is kept for a time only. Each step is a short transaction of its own, so that learners do not wait."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    Connection,
    Delete,
    Select,
    Update,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from bot.store.db import Database
from bot.store.tables import EVENT, GAP, HEARD, LANE, LINK_CODE, LINK_WISH, OUTBOX, POLL, PROPOSAL, VOTE, WISH
from bot.store.types import Key, UtcDateTime

TEXTS = timedelta(hours=24)  # of messages, and what a learner asked last
EVENTS = timedelta(days=14)  # ids; platforms deliver nothing again after a day
MESSAGES = timedelta(days=30)  # which message is which, so that it can be edited; dead and stuck ones
CODES = timedelta(hours=1)  # for joining two learners; good for minutes
POLLS = timedelta(days=30)  # and who answered them
QUESTIONS = timedelta(days=90)  # that the base does not answer, wishes for them, and what admins propose
STEP = 500  # rows of one transaction
PAGES = ("web", "terminal")  # read their rows themselves: those are never sent, and nobody holds their lanes

_NO_ID = 2**63 - 1
_before = bindparam("before", type_=UtcDateTime)
_after: BindParameter[str] = bindparam("after", type_=Key)


@dataclass(frozen=True, slots=True)
class _Job:
    """Rows that are too old, a step at a time, and what is done with them."""

    name: str
    age: timedelta
    found: Select[Any]
    change: Delete | Update


def _job(
    name: str, age: timedelta, key: Column[Any], *where: Any, order: Column[Any], change: Update | None = None
) -> _Job:
    # Locked rows belong to an inbox at work: they are passed over, and found the next time.
    found = select(key).where(*where).order_by(order).limit(STEP).with_for_update(skip_locked=True)
    statement = delete(key.table) if change is None else change
    return _Job(name, age, found, statement.where(key.in_(bindparam("keys", expanding=True)), *where))


_texts = (
    OUTBOX.c.created_at < _before,
    OUTBOX.c.body.is_not(None),
    or_(OUTBOX.c.status == "sent", OUTBOX.c.platform.in_(PAGES)),
)
# Ids grow with time: whatever comes before the first row that is young enough is too old, and no index is needed.
_young = select(OUTBOX.c.id).where(OUTBOX.c.created_at >= _before).order_by(OUTBOX.c.id).limit(1).scalar_subquery()
_jobs = (
    _job("questions asked", TEXTS, HEARD.c.learner_id, HEARD.c.at < _before, order=HEARD.c.at),
    # Nothing ever refers to a message without a key: all of it goes.
    _job("messages", TEXTS, OUTBOX.c.id, *_texts, OUTBOX.c.key == "", order=OUTBOX.c.created_at),
    _job("texts", TEXTS, OUTBOX.c.id, *_texts, order=OUTBOX.c.created_at, change=update(OUTBOX).values(body=None)),
    _job("old messages", MESSAGES, OUTBOX.c.id, OUTBOX.c.id < func.coalesce(_young, _NO_ID), order=OUTBOX.c.id),
    _job("events", EVENTS, EVENT.c.id, EVENT.c.at < _before, order=EVENT.c.at),
    _job("codes", CODES, LINK_CODE.c.code, LINK_CODE.c.at < _before, order=LINK_CODE.c.at),
    _job("joins", EVENTS, LINK_WISH.c.learner_id, LINK_WISH.c.at < _before, order=LINK_WISH.c.at),
    _job("polls", POLLS, POLL.c.key, POLL.c.at < _before, order=POLL.c.at),
    _job("poll answers", POLLS, VOTE.c.learner_id, VOTE.c.at < _before, order=VOTE.c.at),
    _job("wishes", QUESTIONS, WISH.c.learner_id, WISH.c.at < _before, order=WISH.c.at),
    _job("questions", QUESTIONS, GAP.c.id, GAP.c.last_at < _before, order=GAP.c.last_at),
    _job(
        "proposals",
        QUESTIONS,
        PROPOSAL.c.gap,
        or_(PROPOSAL.c.at < _before, ~exists().where(GAP.c.id == PROPOSAL.c.gap)),  # its text is the question's
        order=PROPOSAL.c.at,
    ),
    _job(
        "lanes",
        timedelta(),
        LANE.c.key,
        LANE.c.key > _after,  # lanes that stay are not looked at again at every step
        or_(LANE.c.next_at.is_(None), LANE.c.platform.in_(PAGES)),
        ~exists().where(OUTBOX.c.lane == LANE.c.key),
        order=LANE.c.key,
    ),
)


async def prune(db: Database, now: datetime) -> Counter[str]:
    """Remove whatever is older than it may be kept at `now` (aware UTC); returns how many rows, by kind.

    Any number of processes may do it at once. Daily is enough, hourly keeps the promise of 24 hours more closely.
    """
    counts: Counter[str] = Counter()
    for job in _jobs:
        after: str | None = ""
        while after is not None:
            done, after = await db.run(partial(_step, job, now, after))
            if done:
                counts[job.name] += done
    return counts


def _step(job: _Job, now: datetime, after: str, conn: Connection) -> tuple[int, str | None]:
    """Do one step; returns how many rows were changed, and the key to go on after (None: that was all)."""
    before = now - job.age
    keys = conn.execute(job.found, {"after": after, "before": before}).scalars().all()
    if not keys:
        return 0, None
    done = conn.execute(job.change, {"keys": keys, "after": after, "before": before}).rowcount
    return done, str(keys[-1]) if len(keys) == STEP else None
