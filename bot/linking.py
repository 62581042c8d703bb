"""One person across front ends: two learners who are one person become one, in a transaction of its own.

The yes is committed as a row of the learner who said it (`tx.shared.join`). Right after that commit, and at every tick,
`join_pending` carries out what waits: a process that dies in between leaves it to the next tick. Locks are taken in the
order of the inbox: lanes, then both learners by id.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from bot.merging import Person, merge
from bot.messages import Address, Button, Refresh, Reply
from bot.records import CODE_GOOD_FOR, Learner, LinkCode
from bot.store.db import Database
from bot.store.queries import batch, flush, join, shared
from bot.wording import words
from knowledge.model import Library

_Told = dict[Address, tuple[Reply | Refresh, ...]]

log = logging.getLogger(__name__)


def join_pending(db: Database, library: Library, now: datetime) -> frozenset[str]:
    """Join every pair of learners that said yes to it. Returns the lanes that got messages.

    Any number of processes may do it at once; what fails is logged, and left to the next time. Never raises.
    """
    lanes: set[str] = set()
    try:
        with db.read() as conn:
            waiting = join.waiting(conn)
    except Exception as error:
        log.warning("linking: the database failed (%s)", type(error).__name__)
        return frozenset()
    for learner in waiting:
        try:
            with db.begin() as conn:
                told = _join(conn, learner, library, now)
            lanes |= {to.lane for to in told}
        except Exception as error:
            log.warning("linking: a join failed and waits (%s)", type(error).__name__)
    return frozenset(lanes)


def _join(conn: Connection, learner: int, library: Library, now: datetime) -> _Told:
    """Carry out one learner's wish, if it still stands; returns who was told."""
    wish = join.wish(conn, learner)
    if wish is None:
        return {}
    code = shared.link_code(conn, wish.code)
    chats = [wish.address, *([code.address] if code else [])]
    batch.lock_lanes(conn, chats, now)
    found = batch.lock_learners(conn, {learner, code.learner if code else learner})
    if join.wish(conn, learner) != wish or shared.link_code(conn, wish.code) != code:
        return {}  # another process was at it: what is left is found the next time
    here, there = found.get(learner), found.get(code.learner) if code else None
    if here is None:
        return {}
    if code is None or there is None or not _good(code, wish.at):
        told = _refused(here, wish.address)
        join.drop_wish(conn, learner)
    elif here.id == there.id:
        told = {}
        join.drop_wish(conn, learner)
    else:
        here = _joined(conn, here, there, code.code, library, now)
        told = _done(here, wish.address, code.address)
    for to, messages in told.items():
        flush.put(conn, to, here.id, messages, now)
    return told


def _good(code: LinkCode, at: datetime) -> bool:
    return at - code.at <= CODE_GOOD_FOR


def _joined(conn: Connection, one: Learner, other: Learner, code: str, library: Library, now: datetime) -> Learner:
    """Make one learner of two, whose rows are locked, by a code that is used up with that."""
    merged = merge(_person(conn, one), _person(conn, other), library.items, now)
    learner, gone = merged.learner, max(one.id, other.id)
    learner = replace(learner, state=replace(learner.state, joined_by=code))
    join.write(conn, learner, gone, merged.asks_moved, merged.talking, merged.reviews, merged.asks, merged.cards)
    return learner


def _person(conn: Connection, learner: Learner) -> Person:
    return Person(learner, join.reviews(conn, learner.id), join.asks(conn, learner.id))


def _done(learner: Learner, *chats: Address) -> _Told:
    """Both chats are told: whoever made the code sees that it was used."""
    say = words(learner.language)
    text = say("Done: this chat and your other one are joined, with one progress and the same settings.")
    reply = Reply(text, (Button(say.label("Progress"), "progress"), Button(say.label("Settings"), "settings")))
    fresh = (Refresh("home"),) if learner.state.surface else ()
    return {to: (reply, *fresh) for to in chats}


def _refused(learner: Learner, to: Address) -> _Told:
    say = words(learner.language)
    return {to: (Reply(say("That code was used already, so nothing was joined. Say “link” for a new one.")),)}
