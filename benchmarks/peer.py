"""The peer of the inbox: the same conversation on the same tables, one transaction and one ORM Session an event.

It is what a careful first version looks like: rows are got by key and locked, the event's id is inserted for
deduplication, objects are merged and added, and the unit of work flushes them. Events run on a thread pool, one thread
for SQLite, which has one writer, eight for PostgreSQL.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from sqlmodel import Session

from bot.handling import Answering
from bot.messages import Event, Receipt, Reply
from bot.store import codec
from bot.store.db import Database
from bot.store.tables import Account, Ask, Card, Lane, Learner, Outbox, ReviewLog
from bot.store.tables import Event as EventRow
from bot.store.tx import Tx
from knowledge.model import Library


class SessionPerEvent:
    """Handles events of learners that exist."""

    def __init__(self, db: Database, answer: Answering, library: Library, now: Callable[[], datetime]) -> None:
        self._db, self._answer, self._library, self._now = db, answer, library, now
        self._threads = ThreadPoolExecutor(8 if db.dialect == "postgresql" else 1)

    def close(self) -> None:
        self._threads.shutdown()

    async def receive(self, event: Event) -> Receipt:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._handle, event)

    def _handle(self, event: Event) -> Receipt:
        now = self._now()
        with Session(self._db.writer) as session, session.begin():
            if session.get(EventRow, event.id) is not None:
                return Receipt("duplicate")
            session.add(EventRow(id=event.id, at=now, outcome="done"))
            lane = session.get(Lane, event.address.lane, with_for_update=True)
            account = session.get(Account, event.account)
            assert account is not None
            row = session.get(Learner, account.learner_id, with_for_update=True)
            assert row is not None
            learner = codec.learner_of([getattr(row, name) for name in codec.LEARNER_COLUMNS])
            tx = Tx(session.connection(), event, learner, now, self._library.version)
            answer = self._answer(event, tx, self._library, now)
            for name, value in codec.learner_values(tx.learner).items():
                setattr(row, name, value)
            for ask in tx.writes.asks.values():
                session.merge(Ask(**codec.ask_values(learner.id, ask)))
            for card in tx.writes.cards.values():
                if card is not None:
                    session.merge(Card(**codec.card_values(learner.id, card)))
            for review in tx.writes.reviews:
                session.add(ReviewLog(**codec.review_values(learner.id, review)))
            if lane is not None and lane.next_at is None:
                lane.next_at = now
            for reply in answer.replies:
                if isinstance(reply, Reply):
                    session.add(self._message(event, learner.id, reply, now))
            return Receipt("done", answer.notice, answer.errors)

    def _message(self, event: Event, learner: int, reply: Reply, now: datetime) -> Outbox:
        to = event.address
        return Outbox(
            lane=to.lane, platform=to.platform, workspace=to.workspace, chat=to.chat, thread=to.thread,
            learner_id=learner, kind="reply", surface="", created_at=now, status="pending", tries=0, error="",
            sent_at=None, message=None, **codec.reply_values(reply),
        )  # fmt: skip
