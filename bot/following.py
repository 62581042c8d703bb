"""Progress follows the base: what was renamed keeps its history, and what returned comes due again.

Nothing needs doing when an item is retired: its cards stay, and count for nothing while the base does not have it.
Everything here may be repeated, and done by several processes at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Connection

from bot.habits import may_write, slot_on
from bot.merging import cards_of
from bot.store.db import Database
from bot.store.queries import batch
from bot.store.queries import following as rows
from knowledge.model import Library

WOKEN_AT_ONCE = 200  # learners of one transaction


def rename(conn: Connection, items: Mapping[str, str]) -> int:
    """Give cards, reviews, asks, polls and flags of renamed items their new keys; returns how many cards.

    `items`: former key to present key, such as Library.moved_items. A learner may have met the item under both keys, as
    when another process still served the older base: then the reviews of both are one history, and the card is what it
    leads to.
    """
    used = rows.in_use(conn, sorted(items))
    renamed = [(old, items[old]) for old in sorted(used)]
    both = {(old, new): rows.with_both(conn, old, new) for old, new in renamed}
    batch.lock_learners(conn, {learner for found in both.values() for learner in found})
    moved = 0
    for old, new in renamed:
        for learner in rows.with_both(conn, old, new):  # of several former keys, one may have been moved just now
            _join(conn, learner, old, new)
            moved += 1
        moved += rows.move(conn, old, new)
    return moved


def _join(conn: Connection, learner: int, old: str, new: str) -> None:
    """Make one card of two."""
    log = [replace(row, item=new, topic=new.partition("#")[0]) for row in rows.reviews(conn, learner, old, new)]
    rows.put_one(conn, learner, old, next(iter(cards_of(log, learner)), None))


async def wake(db: Database, library: Library, now: datetime) -> int:
    """Plan the next quiz of learners to whom nothing came due, and does now that items are back; returns how many."""
    resting = await db.fetch(rows.resting)
    woken = 0
    for at in range(0, len(resting), WOKEN_AT_ONCE):
        some = resting[at : at + WOKEN_AT_ONCE]
        woken += await db.run(lambda conn, some=some: _wake(conn, some, library, now))  # type: ignore[misc]
    return woken


def _wake(conn: Connection, ids: list[int], library: Library, now: datetime) -> int:
    learners = batch.lock_learners(conn, ids)
    first: dict[int, date] = {}
    for id, item, due in rows.next_cards(conn, ids):
        if library.item(item):
            first[id] = min(due, first.get(id, due))
    woken = 0
    for id, learner in learners.items():
        if id in first and learner.next_due_at is None and learner.home and may_write(learner):
            rows.write_at(conn, id, slot_on(learner, first[id], now))
            woken += 1
    return woken
