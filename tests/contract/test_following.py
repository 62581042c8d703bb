"""Progress survives what happens to the files: items retired, returned, renamed, over real reloads, on each store."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import insert, select

from adapters.clock import DemoClock
from adapters.config import Settings
from adapters.fronts import Roles
from adapters.wiring import Application, build
from bot import following
from bot.inbox import Inbox
from bot.store.db import Database
from bot.store.tables import ASK, CARD, FLAG, POLL, REVIEW_LOG
from bot.tutor import answer, apology, ask_of
from scheduler.spacing import Memory, Rating, replay
from tests.flow.talking import BASE, MONDAY, Person, World, consenting
from tests.stores import KEY, Make

FAILOVER, FAULTS = "concepts/failover.yaml", "practices/fault-tolerance.yaml"
TRIGGER, START = "concept/failover#fo-trigger", "concept/failover#fo-start"


@dataclass
class Live:
    """A whole Tutor on a folder, and people who talk with it."""

    app: Application
    folder: Path
    world: World

    async def edit(self, file: str, *changes: tuple[str, str]) -> None:
        """Change a file, and reload."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        for before, after in changes:
            assert before in text
            text = text.replace(before, after)
        path.write_text(text, encoding="utf-8")
        await self.reload()

    async def reload(self) -> None:
        await self.app.current.reload()
        assert self.app.shelf.problems is None
        self.world.library = self.app.shelf.library()

    async def without_items(self, file: str) -> str:
        """Retire the items of a topic; returns the file as it was."""
        text = (self.folder / file).read_text(encoding="utf-8")
        await self.edit(file, (text[text.index("quiz:") :], ""))
        return text

    async def put_back(self, file: str, text: str) -> None:
        (self.folder / file).write_text(text, encoding="utf-8")
        await self.reload()

    async def pass_time(self, **by: float) -> None:
        clock, left = self.app.clock, timedelta(**by)
        assert isinstance(clock, DemoClock)
        while left > timedelta(0):
            self.world.now = clock.advance(timedelta(hours=1))
            left -= timedelta(hours=1)
            await self.app.deliver()


@pytest.fixture
async def live(open_store: Make, tmp_path: Path) -> AsyncIterator[Live]:
    db = open_store()
    url = db.writer.url.set(drivername="postgresql" if db.dialect == "postgresql" else "sqlite", password=None)
    if db.dialect == "postgresql":
        url = url.set(password=db.writer.url.password)
    folder = Path(shutil.copytree(BASE, tmp_path / "base"))
    chosen = Settings(
        database_url=url.render_as_string(hide_password=False),
        database_key=SecretStr(KEY) if db.encrypted else None,
        knowledge_dir=folder,
        cache_dir=None,
    )
    app = build(chosen, clock=DemoClock(MONDAY), roles=Roles(schedule=True), due_every=3600)
    async with app.running():
        world = World(app.db, app.shelf.library())
        world.inbox = app.inbox
        yield Live(app, folder, world)


@pytest.fixture
async def ann(live: Live) -> Person:
    person = live.world.learner()
    await person.command("start")
    return person


# --- retired, and back


async def test_an_item_is_retired_and_returns_with_its_history(live: Live, ann: Person) -> None:
    await consenting(ann)
    (card,) = await ann.cards()
    text = await live.without_items(FAILOVER)
    await live.pass_time(days=3)
    assert await ann.read() == "", "what is retired is not due"
    assert (await ann.record()).next_due_at is None
    assert "Nothing to show yet" in await ann.say("progress")
    assert "no questions on Failover" in await ann.say("quiz me on failover")
    assert await ann.cards() == [card]
    await live.put_back(FAILOVER, text)
    assert (await ann.record()).next_due_at is not None, "what is back comes due again"
    assert await ann.cards() == [card]
    await live.pass_time(days=1)
    assert "1 question is due" in await ann.read()
    await ann.press("Start")
    await ann.answer(right=True)
    (card,) = await ann.cards()
    assert (card.item, card.card.reps) == (TRIGGER, 2)
    assert [row.item for row in await ann.log()] == [TRIGGER] * 2


async def test_a_topic_is_retired_and_returns_with_its_history(live: Live, ann: Person) -> None:
    await consenting(ann)
    before = await ann.cards()
    kept = {file: file.read_text() for file in live.folder.rglob("*.yaml")}
    (live.folder / FAILOVER).unlink()
    for file, text in kept.items():
        if file.exists() and "concept/failover" in text:
            file.write_text("\n".join(line for line in text.splitlines() if "concept/failover" not in line))
    await live.reload()
    assert "concept/failover" not in live.world.library.topics
    assert "Nothing to show yet" in await ann.say("progress")
    await live.pass_time(days=2)
    assert await ann.read() == ""
    for file, text in kept.items():
        file.write_text(text)
    await live.reload()
    assert await ann.cards() == before
    assert "This week: 1 question" in await ann.say("progress")
    await live.pass_time(days=1)
    assert "1 question is due" in await ann.read()


async def test_nobody_is_written_to_who_did_not_want_it(live: Live, ann: Person) -> None:
    await ann.say("quiz me on failover")
    await ann.answer(right=False)
    await ann.press("No, I'll ask")
    text = await live.without_items(FAILOVER)
    await live.put_back(FAILOVER, text)
    assert (await ann.record()).next_due_at is None
    await ann.say("resume")
    await ann.press("Yes, 9:00")
    await ann.say("pause")
    await live.without_items(FAILOVER)
    await live.put_back(FAILOVER, text)
    assert (await ann.record()).next_due_at is None


async def test_a_quiz_goes_on_without_the_items_that_are_gone(live: Live, ann: Person) -> None:
    assert "1 of 4" in await ann.say("quiz me on fault tolerance")
    await ann.answer(right=True)
    await live.edit(FAULTS, ("ft-why", "ft-new"))
    assert "2 of 3" in await ann.press("Next")
    await live.without_items(FAILOVER)
    assert "2 questions, 2 right" in await ann.answer(right=True), "the last one that is left ends it"


async def test_an_open_question_that_is_retired_may_be_answered_but_is_not_put_again(live: Live, ann: Person) -> None:
    await ann.say("quiz me on failover")
    right = ann.right()
    await live.without_items(FAILOVER)
    assert "Right." in await ann.press(right), "it is graded as it was put"
    assert [row.item for row in await ann.cards()] == [TRIGGER]
    await ann.say("quiz me on scalability")
    stem = ann.replies[-1].text
    await live.without_items("practices/scalability.yaml")
    again = await ann.say("quiz")
    assert stem not in again
    assert "You left this one open" not in again
    assert ann.receipt.outcome == "done"
    assert len(await ann.log()) == 1


# --- renamed


async def rename(live: Live, old: str = "fo-trigger", new: str = "fo-start") -> None:
    await live.edit(FAILOVER, (f"id: {old}", f"id: {new}\n    formerly: [{old}]"))


async def test_a_question_that_was_open_when_its_item_was_renamed(live: Live, ann: Person) -> None:
    await ann.say("quiz me on failover")
    await rename(live)
    await ann.answer(right=True)
    (card,) = await ann.cards()
    assert (card.item, card.card.reps) == (START, 1)
    assert {row.item for row in await ann.log()} == {START}
    assert "Undone" in await ann.say("undo")
    assert await ann.cards() == []


async def test_all_that_names_an_item_is_renamed(live: Live, ann: Person) -> None:
    await ann.say("quiz me on failover")
    await ann.answer(right=True)
    poll = {"key": "test:p1", "lane": "test::g", "item": TRIGGER, "body": {}, "at": MONDAY}
    flag = {"item": TRIGGER, "note": "?", "version": "x", "at": MONDAY}

    def add(conn: object) -> None:
        conn.execute(insert(POLL), poll)  # type: ignore[attr-defined]
        conn.execute(insert(FLAG), flag)  # type: ignore[attr-defined]

    await live.app.db.run(add)
    await rename(live)
    for table in (CARD, REVIEW_LOG, ASK, FLAG, POLL):
        assert await live.app.db.fetch(lambda conn, t=table: set(conn.execute(select(t.c.item)).scalars())) == {START}  # type: ignore[misc]


async def test_a_topic_and_an_item_renamed_in_turns(live: Live, ann: Person) -> None:
    await consenting(ann)
    (before,) = await ann.cards()
    await rename(live)
    for file in live.folder.rglob("*.yaml"):
        file.write_text(file.read_text().replace("concept/failover", "concept/switching"))
    text = (live.folder / FAILOVER).read_text().replace("id: failover", "id: switching\nformerly: [concept/failover]")
    (live.folder / FAILOVER).unlink()
    (live.folder / "concepts" / "switching.yaml").write_text(text)
    await live.reload()
    (after,) = await ann.cards()
    assert after == replace(before, item="concept/switching#fo-start", topic="concept/switching")
    await live.pass_time(days=1)
    assert "1 question is due" in await ann.read()


async def old_process(live: Live, db: Database) -> World:
    """Another process that still serves the library of now."""
    library = live.world.library
    found = World(db, library, ids=live.world.ids)
    found.inbox = Inbox(db, answer, lambda: library, lambda: found.now, ask_of, apology, patience=20.0)
    await found.inbox.start()
    return found


async def test_a_process_with_the_older_base_asks_under_the_old_key_meanwhile(live: Live, open_store: Make) -> None:
    """One history comes of both, and nothing is left that would come due for ever."""
    db = open_store()
    late = await old_process(live, db)
    ann = live.world.learner()
    await ann.command("start")
    await ann.say("quiz me on failover")
    await ann.answer(right=True)
    await rename(live)
    await live.pass_time(days=2)
    late.now = live.world.now
    elsewhere = late.learner()
    elsewhere.last = ann.last
    await elsewhere.say("quiz me on failover")
    await elsewhere.answer(right=False)
    assert sorted(row.item for row in await ann.cards()) == [START, TRIGGER]
    items = live.world.library.moved_items
    assert [await db.run(lambda conn: following.rename(conn, items)) for _ in range(2)] == [1, 0]  # as at its reload
    await late.inbox.stop()
    (card,) = await ann.cards()
    log = await ann.log()
    assert {row.item for row in log} == {card.item} == {START}
    me = (await ann.record()).id
    ratings = [(Rating(row.rating), row.day) for row in log]
    assert card.card == replay(ratings, Memory(log[-1].retention), seed=f"{me}:{START}")
    assert card.card.reps == 2


async def test_two_former_keys_of_one_item(live: Live, ann: Person) -> None:
    """Two items that asked the same were made one: both histories are its own."""
    await ann.say("quiz me on scalability")
    for _ in range(2):
        await ann.answer(right=True)
        if "Next" in ann.labels():
            await ann.press("Next")
    assert len(await ann.cards()) == 2
    text = (live.folder / "practices" / "scalability.yaml").read_text()
    one = text[: text.index("  - id: sc-limit")].replace("id: sc-out", "id: sc-both\n    formerly: [sc-out, sc-limit]")
    await live.put_back("practices/scalability.yaml", one)
    (card,) = await ann.cards()
    assert (card.item, card.card.reps) == ("practice/scalability#sc-both", 2)
