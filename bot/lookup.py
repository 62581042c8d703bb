"""Reads beside the inbox, for pages, inline queries and reports: on a reader's connection, without any lock.

What they return was true a moment ago. Whatever changes something goes through the inbox.
"""

from __future__ import annotations

from datetime import date

from bot.records import Ask, CardRow, Learner, Review
from bot.store.db import Database
from bot.store.queries import learner as read


class Lookup:
    """Reads a learner's rows without the inbox."""

    def __init__(self, db: Database) -> None:
        """Read from `db`."""
        self._db = db

    async def learner(self, account: str) -> Learner | None:
        """The learner behind an account (`Event.account`), None for somebody who never wrote."""
        return await self._db.fetch(lambda conn: read.learner_by_account(conn, account))

    async def learner_by_id(self, id: int) -> Learner | None:
        """A learner by id."""
        return await self._db.fetch(lambda conn: read.learner(conn, id))

    async def open_ask(self, learner: Learner) -> Ask | None:
        """The question that waits for the learner's answer."""
        if not learner.open_ask:
            return None
        return await self._db.fetch(lambda conn: read.ask(conn, learner.id, learner.open_ask))

    async def cards(self, learner: Learner) -> list[CardRow]:
        """All of the learner's cards, by item."""
        return await self._db.fetch(lambda conn: read.cards(conn, learner.id))

    async def count_due(self, learner: Learner, day: date) -> int:
        """How many cards are due on learning day `day` or before."""
        return await self._db.fetch(lambda conn: read.count_due(conn, learner.id, day))

    async def newest_reviews(self, learner: Learner, limit: int) -> list[Review]:
        """The newest reviews, newest first."""
        return await self._db.fetch(lambda conn: read.newest_reviews(conn, learner.id, limit))
