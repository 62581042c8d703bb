"""Telling admins what became of the knowledge base: once, whichever process notices first.

Every process follows the same files, and each notices by itself, some seconds apart. What is told is recorded in order;
a process keeps its place in that record, and what it notices counts as told if it comes after that place. So a change
is told once, and told again where the files go back and forth. Docs: docs/decisions/0015.

Notices are rows of the outbox and no answer to any event: nobody becomes a learner by them, no reminder is counted, and
one that cannot be delivered ends as every message does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.inbox import Defaults
from bot.messages import Address, Reply
from bot.news import Served, told
from bot.store.db import Database
from bot.store.queries import batch, flush
from bot.store.queries import learner as read
from bot.store.queries import news as record
from bot.wording import words

SLOWEST = timedelta(minutes=10)  # for another process to notice the same: mounts are renewed within minutes


class Notices:
    """One process's part in it. Not for use by two tasks at once."""

    def __init__(self, db: Database, admins: Sequence[Address], defaults: Defaults) -> None:
        """Tell `admins`, in their language and on their clock where they are learners, too; else by `defaults`."""
        self._db = db
        self._admins = admins
        self._defaults = defaults
        self._place = 0

    async def start(self) -> None:
        """Take what was told before as known."""
        if self._admins:
            self._place = await self._db.fetch(record.newest)

    async def tell(self, before: Served, after: Served, now: datetime) -> frozenset[str]:
        """Tell the admins of the way from `before` to `after`; returns the lanes that got messages."""
        if not self._admins:
            return frozenset()
        self._place, lanes = await self._db.run(lambda conn: self._told(conn, before, after, now))
        return lanes

    def _told(self, conn: Connection, before: Served, after: Served, now: datetime) -> tuple[int, frozenset[str]]:
        entries = record.locked(conn)
        for entry in entries:
            if entry.n > self._place and entry.id == after.id and now - entry.at < SLOWEST:
                return entry.n, frozenset()
        n = entries[-1].n + 1 if entries else 1
        record.append(conn, entries, record.Entry(n, after.id, now))
        batch.lock_lanes(conn, self._admins, now)
        lanes: set[str] = set()
        for admin in self._admins:
            learner = read.learner_by_account(conn, admin.lane)  # a private chat is named like the account
            language = learner.language if learner else self._defaults.language
            zone = learner.zone if learner else self._defaults.zone
            text = told(before, after, words(language), zone, now)
            lanes |= flush.put(conn, admin, learner.id if learner else None, [Reply(text)], now)
        return n, frozenset(lanes)
