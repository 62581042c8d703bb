"""Helpers for tests of the inbox and of `Tx`: a conversation that does what the test says."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar, cast

from sqlalchemy import Table, func, insert, select

from bot.handling import Defaults
from bot.inbox import Inbox
from bot.messages import Address, Answer, Event, EventKind, Receipt, Reply
from bot.records import Ask, AskOption, CardRow, Review, Session, State
from bot.store.codec import address_list
from bot.store.db import Database
from bot.store.tables import LINK_WISH, OUTBOX
from bot.store.tx import Tx
from knowledge.model import Library
from scheduler.spacing import Card

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)
TOPIC = "practice/fault-tolerance"

T = TypeVar("T")
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
    given = {"options": options, "explain": "Because.", "version": "cafe", **fields}
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


def count_up(_event: Event, tx: Tx) -> Answer:
    """Change every kind of row, so that doing it twice would show."""
    tx.log(review(tx.learner.last_seq + 1))
    tx.put_card(card(f"i{tx.learner.last_seq}"))
    put(tx, streak=tx.learner.streak + 1)
    return Answer((Reply(f"number {tx.learner.streak}"),), notice="counted")


def texts(here: World) -> list[str]:
    """The texts in the outbox, in order."""
    return [body["text"] for (body,) in here.rows(OUTBOX, "body")]


class Gate:
    """Holds the conversation up on the database thread until it is opened."""

    def __init__(self, says: Says = count_up) -> None:
        self.entered, self.open = threading.Event(), threading.Event()
        self.says = says

    def __call__(self, _event: Event, tx: Tx) -> Answer | None:
        self.entered.set()
        assert self.open.wait(20)
        return self.says(_event, tx)

    async def reached(self) -> None:
        assert await asyncio.to_thread(self.entered.wait, 20)


async def do(here: World, work: Callable[[Tx], T], user: str = "ann", **fields: Any) -> T:
    """Run `work` in an event of `user`; returns what it returned, once that is committed."""
    results: list[T] = []

    def says(_event: Event, tx: Tx) -> Answer:
        results.append(work(tx))
        return Answer()

    receipt = await here.tell(event(user, **fields), says)
    assert receipt.outcome == "done"
    return results[-1]


# By the type that a field of a record is declared with: a value that differs from any default.
SAMPLES: dict[str, Any] = {
    "int": 7,
    "float": 0.625,
    "bool": True,
    "str": "später ✓",
    "date | None": TODAY,
    "datetime | None": NOW + timedelta(hours=1, microseconds=7),
    "tuple[str, ...]": ("a/b", "c/d"),
    "Address | None": Address("slack", "T1", "D1", "171.5"),
}


def full(record: type[T], **fields: Any) -> T:
    """A record with every field filled in, so that one which the store forgets shows."""
    made: dict[str, Any] = {}
    for each in dataclasses.fields(record):  # type: ignore[arg-type]
        kind = str(each.type)
        if each.name in fields:
            made[each.name] = fields[each.name]
        elif kind == "State":
            made[each.name] = full(State)
        elif kind == "Session | None":
            made[each.name] = full(Session)
        elif kind == "tuple[AskOption, ...]":
            made[each.name] = (full(AskOption), AskOption("b2", "no", False))
        elif kind == "datetime":
            made[each.name] = NOW
        elif kind == "date":
            made[each.name] = TODAY
        elif kind in SAMPLES:
            made[each.name] = SAMPLES[kind]
        else:  # a Literal: any text of it is kept
            made[each.name] = "x"
    return record(**made)


def wish_to_join(db: Database, learner: int, code: str, to: Address, now: datetime = NOW) -> None:
    """Leave a wish to be joined, as a process does that dies right after it was committed."""
    with db.begin() as conn:
        row = {"learner_id": learner, "code": code, "address": address_list(to), "at": now}
        conn.execute(insert(LINK_WISH), row)


def fill(tx: Tx) -> Answer:
    """Leave a row in every table that may hold one about a learner, but for wishes to be joined."""
    put(tx, last_ask=1, open_ask=1)
    tx.put_ask(ask(1))
    tx.put_card(card("x"))
    tx.log(review(1))
    tx.hear("my question")
    tx.wish("a" * 12, "my question")
    tx.add_gap("a gap", "unknown", ())
    tx.flag("x", "wrong")
    tx.shared.vote("telegram:p1", 1)
    tx.shared.new_code()
    return Answer((Reply("kept?", key="ask:1"), Reply("elsewhere")))
