"""A learner for tests: talks with the real conversation, through the real inbox, on a real SQLite file."""

from __future__ import annotations

import itertools
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot import tutor
from bot.due import deliver_due, deliver_taught
from bot.inbox import Defaults, Inbox
from bot.messages import Address, Button, Event, EventKind, MessageRef, Place, Receipt, Reply
from bot.records import CardRow, Learner, Review
from bot.store.db import Database
from bot.store.desk import Office
from bot.store.queries import learner as read
from bot.store.queries.outbox import rows_after
from bot.store.tables import GAP, LEARNER
from knowledge.loader import load
from knowledge.markup import plain
from knowledge.model import Library
from knowledge.search import searchable

BASE = Path(__file__).parent.parent / "fixtures" / "base"
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # 9:00 in Berlin


@dataclass
class World:
    """One process of Tutor with a clock that tests move."""

    db: Database
    library: Library
    now: datetime = MONDAY
    office: Office = field(default_factory=Office)
    ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.inbox = Inbox(
            self.db,
            tutor.answer,
            lambda: self.library,
            lambda: self.now,
            tutor.ask_of,
            tutor.apology,
            Defaults(office=self.office),
            patience=20.0,
        )

    def learner(self, name: str = "ann", zone: str = "Europe/Berlin") -> Person:
        """Somebody to talk as."""
        return Person(self, name, Address("test", "", name), zone)

    async def pass_time(self, **by: float) -> None:
        """Move the clock an hour at a time, ticking as the scheduler would."""
        left = timedelta(**by)
        while left > timedelta(0):
            self.now += min(left, timedelta(hours=1))
            left -= min(left, timedelta(hours=1))
            await deliver_due(self.db, self.inbox, self.now)

    async def teach(self, library: Library) -> None:
        """Serve another library, as after a reload."""
        self.library = library
        await deliver_taught(self.db, self.inbox, library, self.now)


@dataclass
class Person:
    """A learner in a chat of their own. Replies to the last event are in `replies`."""

    world: World
    name: str
    address: Address
    zone: str
    last: int = 0
    replies: list[Reply] = field(default_factory=list)
    receipt: Receipt = field(default_factory=lambda: Receipt("done"))
    place: Place = "private"
    home: Address | None = None

    def within(self, place: Place, chat: str, *, home: bool = False) -> Person:
        """The same person in a group, a channel or a whisper; `home`: the platform tells where they are alone."""
        address = replace(self.address, chat=chat)
        return Person(self.world, self.name, address, self.zone, place=place, home=self.address if home else None)

    async def say(self, text: str) -> str:
        return await self._send("text", text=text)

    async def command(self, name: str, rest: str = "") -> str:
        return await self._send("command", action=name, text=rest)

    async def press(self, label: str) -> str:
        """Press the button with this label (a regular expression) among those last seen."""
        return await self.act(self.button(label).action)

    async def act(self, action: str) -> str:
        return await self._send("press", action=action)

    async def event(self, kind: EventKind, text: str = "", action: str = "", **more: Any) -> str:
        return await self._send(kind, text=text, action=action, **more)

    async def _send(
        self,
        kind: EventKind,
        text: str = "",
        action: str = "",
        fields: Mapping[str, str] | None = None,
        message: MessageRef | None = None,
        id: str = "",
    ) -> str:
        world = self.world
        event = Event(
            id or f"test:{next(world.ids)}",
            kind,
            world.now,
            self.name,
            self.address,
            text=text,
            action=action,
            fields=fields or {},
            message=message,
            zone=self.zone,
            place=self.place,
            home=self.home,
        )
        self.receipt = await world.inbox.receive(event)
        return await self.read()

    async def read(self) -> str:
        """What arrived since the last look, as plain text; settled messages are left out."""
        rows = await rows_after(self.world.db, self.address.lane, self.last)
        if rows:
            self.last = rows[-1].id
        found = [row.reply for row in rows if row.reply]
        self.replies = [reply for reply in found if not (reply.replaces and not reply.buttons)]
        return "\n".join(plain(reply.text) for reply in self.replies)

    def button(self, label: str) -> Button:
        buttons = [button for reply in self.replies for button in reply.buttons]
        found = [button for button in buttons if re.fullmatch(label, button.label)]
        assert found, f"no button {label!r} among {[button.label for button in buttons]}"
        return found[0]

    def labels(self) -> list[str]:
        return [button.label for reply in self.replies for button in reply.buttons]

    def right(self) -> str:
        """The label of the right option of the question on screen."""
        options = {o.text for item in self.world.library.items.values() for o in item.options if o.right}
        return next(label for label in self.labels() if label in options)

    def wrong(self) -> str:
        """The label of a wrong option of the question on screen."""
        options = {o.text for item in self.world.library.items.values() for o in item.options if not o.right}
        return next(label for label in self.labels() if label in options)

    async def answer(self, *, right: bool) -> str:
        """Answer the question on screen, whatever its kind."""
        actions = {button.action.partition(":")[0]: button for reply in self.replies for button in reply.buttons}
        if "show" in actions:
            await self.act(actions["show"].action)
            return await self.press("I knew it" if right else "Not really")
        if any(
            label in self.labels()
            for item in self.world.library.items.values()
            for label in [o.text for o in item.options]
        ):
            return await self.press(re.escape(self.right() if right else self.wrong()))
        stem = plain(self.replies[-1].text)
        item = next(item for item in self.world.library.items.values() if item.ask in stem)
        return await self.say(item.answer if right else "something else entirely")

    # --- what is stored

    async def record(self) -> Learner:
        return next(one for one in await self._learners() if one.home is None or one.home == self.address)

    async def _learners(self) -> list[Learner]:
        account = f"test::{self.name}"
        found = await self.world.db.fetch(lambda conn: read.learner_by_account(conn, account))
        assert found is not None
        return [found]

    async def cards(self) -> list[CardRow]:
        me = (await self.record()).id
        return await self.world.db.fetch(lambda conn: read.cards(conn, me))

    async def log(self) -> list[Review]:
        me = (await self.record()).id
        return await self.world.db.fetch(lambda conn: list(reversed(read.newest_reviews(conn, me, 10_000))))


async def learners(db: Database) -> int:
    """How many learners there are."""
    return await db.fetch(lambda conn: len(conn.execute(select(LEARNER.c.id)).all()))


@asynccontextmanager
async def world(folder: Path, base: Path = BASE, office: Office | None = None) -> AsyncIterator[World]:
    """A world on a database in `folder`."""
    db = Database(f"sqlite:///{folder / 'tutor.db'}")
    db.upgrade()
    made = World(db, searchable(load(base)), office=office or Office())
    await made.inbox.start()
    try:
        yield made
    finally:
        await made.inbox.stop()
        db.close()


async def consenting(ann: Person) -> None:
    """The first quiz, one question, wrong; and yes."""
    await ann.say("quiz me on failover")
    await ann.answer(right=False)
    await ann.press("Yes, 9:00")


def without(library: Library, *topics: str) -> Library:
    """The library after topics and their items were removed."""
    items = {key: item for key, item in library.items.items() if item.topic not in topics}
    kept = {id: topic for id, topic in library.topics.items() if id not in topics}
    children = {id: tuple(c for c in below if c not in topics) for id, below in library.children.items()}
    return replace(library, items=items, topics=kept, children=children, version="1" * 16)


async def gaps(world: World) -> dict[str, str]:
    """Question to decision, as noted."""
    rows = select(GAP.c.text, GAP.c.decision)
    return dict(await world.db.fetch(lambda conn: [tuple(row) for row in conn.execute(rows)]))
