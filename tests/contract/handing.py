"""Helpers for tests of the inbox and of `Tx`: a conversation that does what the test says."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, cast

from sqlalchemy import Table, func, select

from bot.handling import Defaults
from bot.inbox import Inbox
from bot.messages import Address, Answer, Event, EventKind, Receipt, Reply
from bot.records import Ask, AskOption, CardRow, Review
from bot.store.db import Database
from bot.store.tx import Tx
from knowledge.model import Library
from scheduler.spacing import Card

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)
TOPIC = "practice/fault-tolerance"

Says = Callable[[Event, Tx], Answer | None]
_numbers = itertools.count(1)


class FakeLibrary:
    """What the inbox reads of a library."""

    version = "cafe"


LIBRARY = cast(Library, FakeLibrary())


def at(user: str, platform: str = "telegram") -> Address:
    """A private chat with `user`."""
    return Address(platform, "", f"chat-{user}")


def event(user: str = "ann", kind: EventKind = "press", **fields: Any) -> Event:
    """An event of `user` in a private chat, with an id of its own."""
    given = {"id": f"telegram:{next(_numbers)}", "at": NOW, "sender": user, "address": at(user), **fields}
    return Event(kind=kind, **given)


def ask(n: int = 1, item: str = f"{TOPIC}#ft-standby", **fields: Any) -> Ask:
    """A frozen question with something in every field that is stored apart."""
    options = (AskOption("a1", "the standby server", True, "It was running."), AskOption("b2", "the proxy", False))
    given = {"options": options, "accept": ("standby", "hot spare"), "explain": "Because.", "version": "cafe", **fields}
    return Ask(n=n, item=item, topic=TOPIC, kind="choice", stem="What takes over? ✓", asked_at=NOW, **given)


def card(item: str, due: date | None = TODAY, *, leech: bool = False, **fields: Any) -> CardRow:
    """A card seen once."""
    return CardRow(item, TOPIC, Card(2.5, 5.1, due, TODAY, 1, **fields), leech)


def review(seq: int, item: str = f"{TOPIC}#ft-standby", **fields: Any) -> Review:
    """A right answer."""
    return Review(
        **{"seq": seq, "at": NOW, "day": TODAY, "item": item, "topic": TOPIC, "rating": 3, "outcome": "right", **fields}
    )


@dataclass
class World:
    """An inbox on a database, and the conversation it runs: `says` is called for each event."""

    db: Database
    inbox: Inbox
    now: datetime = NOW
    says: Says = lambda event, tx: None
    batches: list[list[str]] = field(default_factory=list)

    async def tell(self, sent: Event | None = None, says: Says | None = None) -> Receipt:
        """Hand in an event, handled by `says`; returns the receipt."""
        if says is not None:
            self.says = says
        return await self.inbox.receive(sent or event())

    def count(self, table: Table, *where: Any) -> int:
        """How many rows a table has."""
        with self.db.read() as conn:
            return conn.execute(select(func.count()).select_from(table).where(*where)).scalar_one()

    def rows(self, table: Table, *columns: str) -> list[Any]:
        """Rows of a table as tuples, in primary key order."""
        picked = [table.c[name] for name in columns] or list(table.c)
        with self.db.read() as conn:
            return [tuple(row) for row in conn.execute(select(*picked).order_by(*table.primary_key))]


@asynccontextmanager
async def world(db: Database, **settings: Any) -> AsyncIterator[World]:
    """A world with its inbox running; `settings` are the inbox's."""

    def answer(event: Event, tx: Tx, library: Library, now: datetime) -> Answer:
        assert library is LIBRARY
        return made.says(event, tx) or Answer()

    inbox = Inbox(
        db,
        answer,
        lambda: LIBRARY,
        lambda: made.now,
        lambda event: int(event.action) if event.action.isdigit() else None,
        lambda event: Answer((Reply("Sorry, that went wrong."),)),
        settings.pop("defaults", Defaults("de", "Europe/Berlin")),
        **settings,
    )
    made = World(db, inbox)
    await inbox.start()
    try:
        yield made
    finally:
        await inbox.stop()


def put(tx: Tx, **fields: Any) -> None:
    """Change fields of the learner."""
    tx.put(replace(tx.learner, **fields))
