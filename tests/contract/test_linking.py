"""One person across front ends, on all three stores: a code, one question, and two learners become one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from bot import linking
from bot.due import deliver_due
from bot.history import counting
from bot.messages import Address
from bot.records import CODE_LETTERS, Learner
from bot.store.db import Database
from bot.store.queries import learner as read
from bot.store.queries.prune import prune
from bot.store.tables import LINK_CODE, LINK_WISH, METADATA, OUTBOX
from knowledge.loader import load
from knowledge.search import searchable
from scheduler.spacing import Memory, Rating, replay
from tests.contract.handing import wish_to_join
from tests.flow.talking import BASE, Person, World, learners
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
    text = await someone.say("link")
    return text.partition("link ")[2].splitlines()[0]


async def me(someone: Person) -> Learner:
    account = f"{someone.address.platform}::{someone.name}"
    found = await someone.world.db.fetch(lambda conn: read.learner_by_account(conn, account))
    assert found is not None
    return found


async def join(maker: Person, taker: Person) -> str:
    code = await code_of(maker)
    await taker.say(f"link {code}")
    return await taker.press("Join them")


async def rows(here: World, learner: int) -> dict[str, Any]:
    return await here.db.fetch(lambda conn: read.export(conn, learner))


async def studied(here: World) -> tuple[Person, Person]:
    """Two chats of one person, both with a past."""
    ann, anna = person(here, "ann"), person(here, "anna", "other")
    await ann.command("start")
    await ann.say("quiz me on failover")
    await ann.answer(right=False)
    here.now += timedelta(days=1)
    await anna.command("start")
    await anna.say("quiz me on failover")
    await anna.answer(right=True)
    await anna.press("Yes, 9:00")
    await anna.say("goal data engineer")
    await anna.say("who won the football world cup?")
    await anna.press("Tell me when you know")
    here.now += timedelta(days=1)
    await ann.say("quiz me on scalability")
    await ann.answer(right=True)
    await ann.say("undo")
    await anna.say("quiz me on failover")
    return ann, anna


async def test_a_code_joins_two_chats(here: World) -> None:
    ann, anna = await studied(here)
    kept, gone = await me(ann), await me(anna)
    before = [await rows(here, each.id) for each in (kept, gone)]
    code = await code_of(ann)
    assert set(code) <= set(CODE_LETTERS + "-")
    text = await anna.say(f"link {code}")
    assert "There: 1 item met. Here: 1 item met." in text
    assert "Done" in await anna.press("Join them")
    assert "Done" in await ann.read()
    assert await learners(here.db) == 1
    one = await me(ann)
    assert one == await me(anna)
    assert (one.id, one.consent, one.home, one.goal) == (kept.id, "yes", anna.address, gone.goal)
    assert (one.last_seq, one.last_ask) == (kept.last_seq + gone.last_seq, kept.last_ask + gone.last_ask)
    after = await rows(here, one.id)
    assert [account["key"] for account in after["accounts"]] == ["other::anna", "test::ann"]
    assert len(after["reviews"]) == sum(len(side["reviews"]) for side in before)
    assert [row["seq"] for row in after["reviews"]] == list(range(1, len(after["reviews"]) + 1))
    assert [row["at"] for row in after["reviews"]] == sorted(row["at"] for row in after["reviews"])
    assert len(after["asks"]) == sum(len(side["asks"]) for side in before)
    assert [row["gap"] for row in after["wishes"]] == [row["gap"] for row in before[1]["wishes"]]
    assert one.next_due_at is not None
    await proven(here, one)
    with here.db.read() as conn:
        for table in METADATA.sorted_tables:
            if "learner_id" in table.c:
                assert conn.execute(select(table).where(table.c.learner_id == gone.id)).first() is None, table.name


async def proven(here: World, one: Learner) -> None:
    """The cards are what the log leads to."""
    log = await here.db.fetch(lambda conn: list(reversed(read.newest_reviews(conn, one.id, 10_000))))
    cards = {row.item: row for row in await here.db.fetch(lambda conn: read.cards(conn, one.id))}
    assert set(cards) == {row.item for row in counting(log)}
    for item, row in cards.items():
        mine = [entry for entry in counting(log) if entry.item == item]
        memory = Memory(mine[-1].retention)
        assert row.card == replay([(Rating(e.rating), e.day) for e in mine], memory, seed=f"{one.id}:{item}")


@pytest.mark.parametrize("forwards", [True, False])
async def test_either_direction_gives_the_same_learner(here: World, forwards: bool) -> None:
    ann, anna = await studied(here)
    kept, gone = await me(ann), await me(anna)
    await join(*((ann, anna) if forwards else (anna, ann)))
    one = await me(ann)
    assert (one.id, one.consent, one.home, one.quiz_at) == (kept.id, "yes", anna.address, gone.quiz_at)
    assert one.streak == 2
    session = one.state.session
    assert session == gone.state.session
    assert one.open_ask == gone.open_ask + kept.last_ask


async def test_a_question_put_before_the_join_is_answered_after_it(here: World) -> None:
    ann, anna = await studied(here)
    button = anna.button(anna.right())
    await join(ann, anna)
    assert "Right." in await anna.act(button.action)
    with here.db.read() as conn:
        found = conn.execute(select(OUTBOX.c.key, OUTBOX.c.replaces).order_by(OUTBOX.c.id)).all()
    settled = [row.key for row in found if row.key and row.key == row.replaces]
    assert settled
    assert [row.key for row in found].index(settled[-1]) < len(found) - 2, "its message has its new name"
    assert "answered earlier today" in await anna.act(button.action)


async def test_joining_again_or_with_oneself_harms_nothing(here: World) -> None:
    ann, anna = await studied(here)
    await join(ann, anna)
    once = await me(ann)
    code = await code_of(ann)
    for someone in (ann, anna):
        assert "own code" in await someone.say(f"/link {code}")
        assert "joined already" in await someone.act(f"join:{code.replace('-', '')}")
    assert replace(await me(ann), state=once.state) == once
    assert (await me(ann)).last_seq == once.last_seq


async def test_a_code_works_once_and_for_ten_minutes(here: World) -> None:
    ann, bob, eve = (person(here, name) for name in ("ann", "bob", "eve"))
    code = await code_of(ann)
    for someone in (bob, eve):
        await someone.say(f"link {code}")
    await bob.press("Join them")
    assert "isn't good" in await eve.press("Join them")
    old = await code_of(ann)
    new = await code_of(ann)
    assert "isn't good" in await eve.say(f"link {old}")
    assert "Join this chat" in await eve.say(f"link {new}")
    here.now += timedelta(minutes=11)
    assert "isn't good" in await eve.say(f"link {new}")
    assert await learners(here.db) == 2


async def test_guesses_are_few(here: World) -> None:
    ann, eve = person(here, "ann"), person(here, "eve")
    code = await code_of(ann)
    for n in range(5):
        assert "isn't good" in await eve.say(f"link ABCD-234{n + 2}")
    assert "Too many" in await eve.say(f"link {code}")
    here.now += timedelta(minutes=61)
    assert "Join this chat" in await eve.say(f"link {await code_of(ann)}")


async def test_keep_apart(here: World) -> None:
    ann, eve = person(here, "ann"), person(here, "eve")
    await eve.say(f"link {await code_of(ann)}")
    assert "stay apart" in await eve.press("Keep apart")
    assert await learners(here.db) == 2


async def test_a_code_is_made_at_home_only(here: World) -> None:
    ann = person(here, "ann").within("whisper", "the-channel", home=True)
    assert await ann.command("link") == ""
    code = (await person(here, "ann").read()).partition("link ")[2].splitlines()[0]
    eve = person(here, "eve")
    await eve.say(f"link {code}")
    assert "Done" in await eve.press("Join them")
    assert "Done" in await person(here, "ann").read()


async def test_a_join_that_a_crash_cut_off_is_finished_by_the_next_tick(here: World) -> None:
    ann, anna = await studied(here)
    code = (await code_of(ann)).replace("-", "")
    wish_to_join(here.db, (await me(anna)).id, code, anna.address, here.now)
    here.now += timedelta(hours=2)
    await deliver_due(here.db, here.inbox, here.now)
    assert await learners(here.db) == 1
    assert "Done" in await anna.read()


async def test_a_join_that_fails_half_way_changes_nothing_and_is_tried_again(here: World) -> None:
    ann, anna = await studied(here)
    kept, gone = await me(ann), await me(anna)
    before = [await rows(here, each.id) for each in (kept, gone)]

    def fail(*given: Any) -> None:
        if "UPDATE account" in given[2]:
            raise RuntimeError("out of order")

    event.listen(here.db.writer, "before_cursor_execute", fail)
    await join(ann, anna)
    event.remove(here.db.writer, "before_cursor_execute", fail)
    after = [await rows(here, each.id) for each in (kept, gone)]
    for was, now in zip(before, after, strict=True):
        for name in ("accounts", "reviews", "cards", "asks", "wishes"):
            assert was[name] == now[name]
    await here.inbox.join()
    assert await learners(here.db) == 1


async def test_two_processes_join_each_way_at_once(open_store: Make) -> None:
    """Ann takes Anna's code while Anna takes Ann's, and three processes carry it out."""
    first = open_store()
    here = World(first, LIBRARY)
    await here.inbox.start()
    pairs = []
    for n in range(8):
        ann, anna = person(here, f"ann{n}"), person(here, f"anna{n}", "other")
        pairs.append((ann, anna, await code_of(ann), await code_of(anna)))
    ids = [((await me(ann)).id, (await me(anna)).id) for ann, anna, *_ in pairs]
    await here.inbox.stop()
    for (mine, other), (ann, anna, anns, annas) in zip(ids, pairs, strict=True):
        wish_to_join(first, mine, annas.replace("-", ""), ann.address, here.now)
        wish_to_join(first, other, anns.replace("-", ""), anna.address, here.now)
    databases = [open_store() for _ in range(3)]
    barrier = threading.Barrier(len(databases))

    def work(db: Database) -> None:
        barrier.wait()
        linking.join_pending(db, LIBRARY, here.now)

    async with asyncio.timeout(60):
        await asyncio.gather(*(asyncio.to_thread(work, db) for db in databases))
    assert await learners(first) == len(pairs)
    for ann, anna, *_ in pairs:
        assert (await me(ann)).id == (await me(anna)).id
        assert [await one.read() for one in (ann, anna)].count("") == 0
    with first.read() as conn:
        assert conn.execute(select(LINK_WISH)).first() is None


async def test_forgetting_after_a_join_forgets_both_chats(here: World) -> None:
    ann, anna = await studied(here)
    await join(ann, anna)
    await ann.act("forget:yes")
    assert await learners(here.db) == 0
    with here.db.read() as conn:
        for table in METADATA.sorted_tables:
            if "learner_id" in table.c and table is not OUTBOX:
                assert conn.execute(select(table)).first() is None, table.name


async def test_codes_are_not_kept(here: World) -> None:
    await code_of(person(here, "ann"))
    await prune(here.db, here.now + timedelta(hours=2))
    with here.db.read() as conn:
        assert conn.execute(select(LINK_CODE)).first() is None
