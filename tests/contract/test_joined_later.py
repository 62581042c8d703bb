"""What follows a join, and what overlaps with one, on all three stores."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.history import counting
from bot.messages import Address
from bot.store.db import Database
from bot.store.queries import learner as read
from bot.store.tables import FLAG, LINK_CODE
from knowledge.loader import load
from knowledge.search import searchable
from tests.flow.talking import BASE, Person, World
from tests.stores import Make

LIBRARY = searchable(load(BASE))


@pytest.fixture
async def here(db: Database) -> AsyncIterator[World]:
    made = World(db, LIBRARY)
    await made.inbox.start()
    yield made
    await made.inbox.stop()


def person(here: World, name: str, platform: str = "test") -> Person:
    return Person(here, name, Address(platform, "", name), "Europe/Berlin")


async def code_of(someone: Person) -> str:
    return (await someone.say("link")).partition("link ")[2].splitlines()[0]


async def join(maker: Person, taker: Person) -> None:
    await taker.say(f"link {await code_of(maker)}")
    assert "Done" in await taker.press("Join them")
    await maker.read()


async def answered(here: World) -> tuple[Person, Person]:
    """Ann, who came first, answered last."""
    ann, anna = person(here, "ann"), person(here, "anna", "other")
    await ann.command("start")
    await anna.command("start")
    await anna.say("quiz me on failover")
    await anna.answer(right=True)
    await anna.say("quit")
    here.now += timedelta(minutes=5)
    await ann.say("quiz me on scalability")
    await ann.answer(right=True)
    await ann.say("quit")
    return ann, anna


async def test_i_guessed_is_about_the_newest_answer_of_both(here: World) -> None:
    ann, anna = await answered(here)
    (mine,) = await ann.log()
    await join(ann, anna)
    await ann.say("i guessed")
    log = await here.db.fetch(lambda conn: list(reversed(read.newest_reviews(conn, 1, 100))))
    assert [(row.item, row.guessed) for row in log if row.cancels or row.guessed][-1] == (mine.item, True)
    assert {row.item for row in counting(log) if row.guessed} == {mine.item}


async def test_why_after_a_join_explains_no_other_question(here: World) -> None:
    ann, anna = await answered(here)
    await join(ann, anna)
    assert "Failover" not in await ann.say("why")


async def test_a_flag_begun_before_a_join_is_about_its_own_question(here: World) -> None:
    ann, anna = await answered(here)
    (theirs,) = [row for row in await here.db.fetch(lambda conn: read.newest_reviews(conn, 2, 10))]
    await anna.say("flag")
    button = anna.button("It is unclear")
    await join(ann, anna)
    assert "flagged" in await anna.act(button.action)
    with here.db.read() as conn:
        assert conn.execute(select(FLAG.c.item)).scalars().all() == [theirs.item]


@pytest.mark.parametrize("home", [True, False])
@pytest.mark.parametrize("place", ["group", "channel"])
async def test_a_code_that_others_could_read_is_good_no_more(here: World, place: str, home: bool) -> None:
    ann, anna, eve = person(here, "ann"), person(here, "anna", "other"), person(here, "eve")
    code = await code_of(ann)
    said = await anna.within(place, "the-group", home=home).say(f"link {code}")  # type: ignore[arg-type]
    assert "items met" not in said
    assert "isn't good" in await eve.say(f"link {code}")
    with here.db.read() as conn:
        assert code.replace("-", "") not in conn.execute(select(LINK_CODE.c.code)).scalars().all()


async def test_what_goes_home_from_a_group_waits_for_nobody(open_store: Make, caplog: pytest.LogCaptureFixture) -> None:
    """Two processes: one hears people in a group, and answers at home; the other hears them at home."""
    worlds = [World(open_store(), LIBRARY) for _ in range(2)]
    people = [f"ann{n}" for n in range(6)]
    for made in worlds:
        await made.inbox.start()
    for name in people:
        ann = person(worlds[0], name)
        await ann.say("quiz me on failover")
        await ann.answer(right=False)
        await ann.press("Yes, 9:00")
    caplog.set_level(logging.WARNING)

    async def in_group(name: str) -> None:
        for _ in range(8):
            await person(worlds[0], name).within("group", f"the-{name}").say("progress")

    async def at_home(name: str) -> None:
        for n in range(8):
            await person(worlds[1], name).event("text", text="progress", id=f"home:{name}:{n}")

    async with asyncio.timeout(60):
        await asyncio.gather(*(talk(name) for name in people for talk in (in_group, at_home)))
    for made in worlds:
        await made.inbox.stop()
    assert not [record.message for record in caplog.records if record.name == "bot.handling"]


async def test_a_yes_pressed_twice_is_no_wrong_guess(here: World) -> None:
    ann, anna = person(here, "ann"), person(here, "anna", "other")
    await anna.say(f"link {await code_of(ann)}")
    button = anna.button("Join them")
    await asyncio.gather(*(anna.act(button.action) for _ in range(2)))
    assert anna.receipt.notice in ("Joining them…", "These two are joined already.")
    (found,) = await ann._learners()
    assert (found.state.wrong_codes, found.state.joined_by) == (0, button.action.removeprefix("join:"))
    here.now += timedelta(hours=2)
    assert await anna.act(button.action) == ""


@pytest.mark.parametrize("forwards", [True, False])
async def test_what_was_asked_in_private_is_not_brought_up_in_a_group_after_a_join(here: World, forwards: bool) -> None:
    ann, anna = await answered(here)
    group = ann.within("group", "the-group")
    await group.say("scalability")
    button = group.button("Not what I meant")
    here.now += timedelta(minutes=1)
    await anna.say("what is a quantum annealer?")
    await join(*((ann, anna) if forwards else (anna, ann)))
    await group.act(button.action)
    await ann.say("tell me when you know")
    with here.db.read() as conn:
        found = {wish.question for id in (1, 2) for wish in read.wishes(conn, id)}
    assert not any("quantum" in question for question in found), "it went with the conversation that it was part of"
