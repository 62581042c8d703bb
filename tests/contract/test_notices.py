"""Admins are told of a change once, whichever process notices first, on each kind of store."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Table, func, select

from bot.handling import Defaults
from bot.messages import Address
from bot.news import Served
from bot.notices import SLOWEST, Notices
from bot.store.db import Database
from bot.store.tables import ACCOUNT, EVENT, LEARNER, OUTBOX
from knowledge.errors import Problem
from knowledge.loader import load
from tests.contract.handing import event, world
from tests.stores import Make

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ANN, BOB = Address("telegram", "", "42"), Address("slack", "T1", "U1")
FIRST = Served(load(Path(__file__).parents[1] / "fixtures" / "base"), NOW)
BROKEN = replace(
    FIRST, problems=(Problem("error", "unknown-key", 'unknown key "titel"', "concepts/failover.yaml", 3, 1),)
)


def version(name: str) -> Served:
    """The same base under another version, which stands for other bytes."""
    return Served(replace(FIRST.library, version=name * 16), NOW)


async def process(db: Database, admins: Sequence[Address] = (ANN,)) -> Notices:
    found = Notices(db, admins, Defaults(language="en", zone="Europe/Berlin"))
    await found.start()
    return found


async def said(db: Database, to: Address = ANN) -> list[str]:
    """The first line of each message to somebody, in order."""
    rows = select(OUTBOX.c.body).where(OUTBOX.c.lane == to.lane).order_by(OUTBOX.c.id)
    found: list[dict[str, Any]] = await db.fetch(lambda conn: list(conn.execute(rows).scalars()))
    return [body["text"].partition("\n")[0] for body in found]


async def count(db: Database, table: Table) -> int:
    return int(await db.fetch(lambda conn: conn.execute(select(func.count()).select_from(table)).scalar_one()))


async def test_what_two_processes_notice_is_told_once(open_store: Make) -> None:
    db, other = open_store(), open_store()
    one, two = await process(db), await process(other)
    assert await one.tell(FIRST, version("a"), NOW) == {ANN.lane}
    assert await two.tell(FIRST, version("a"), NOW + timedelta(seconds=3)) == frozenset()
    assert await two.tell(version("a"), version("b"), NOW) == {ANN.lane}
    assert await one.tell(version("a"), version("b"), NOW) == frozenset()
    assert len(await said(db)) == 2


async def test_of_many_at_the_same_moment_one_tells(open_store: Make) -> None:
    processes = [await process(open_store()) for _ in range(4)]
    for n in range(10):
        found = await asyncio.gather(*(each.tell(FIRST, version(str(n)), NOW) for each in processes))
        assert sorted(map(len, found)) == [0, 0, 0, 1]
    assert len(await said(open_store())) == 10


async def test_back_and_forth_is_told_each_time(open_store: Make) -> None:
    db = open_store()
    one, two = await process(db), await process(open_store())
    way = [FIRST, BROKEN, FIRST, BROKEN, FIRST, version("a"), FIRST]
    for before, after in itertools.pairwise(way):
        for each in (one, two):
            await each.tell(before, after, NOW)
    assert [line.partition(",")[0].partition(".")[0] for line in await said(db)] == [
        "Knowledge not reloaded",
        "Knowledge in order again",
        "Knowledge not reloaded",
        "Knowledge in order again",
        "Knowledge reloaded",
        "Knowledge reloaded",
    ]


async def test_a_process_that_comes_late_repeats_nothing(open_store: Make) -> None:
    """It sees all that the first one saw, some of it, or only the end."""
    db = open_store()
    first, whole, part, end = [await process(db) for _ in range(4)]
    way = [FIRST, version("a"), BROKEN, version("b")]
    for before, after in itertools.pairwise(way):
        await first.tell(before, after, NOW)
    for before, after in itertools.pairwise(way):
        assert not await whole.tell(before, after, NOW)
    assert not await part.tell(FIRST, BROKEN, NOW)
    assert not await part.tell(BROKEN, version("b"), NOW)
    assert not await end.tell(FIRST, version("b"), NOW)
    assert await end.tell(version("b"), version("a"), NOW), "a step back is news"
    assert not await first.tell(version("b"), version("a"), NOW)


async def test_what_was_told_long_ago_is_told_again(open_store: Make) -> None:
    db = open_store()
    one, two = await process(db), await process(db)
    await one.tell(FIRST, BROKEN, NOW)
    assert await two.tell(FIRST, BROKEN, NOW + SLOWEST)


async def test_a_process_that_starts_takes_what_was_told_as_known(open_store: Make) -> None:
    db = open_store()
    await (await process(db)).tell(FIRST, BROKEN, NOW)
    late = await process(db)
    assert await late.tell(FIRST, BROKEN, NOW), "it started on a base in order: the files broke again"


async def test_the_record_stays_short(db: Database) -> None:
    one = await process(db)
    for n in range(120):
        assert await one.tell(FIRST, version(f"{n:x}"), NOW)
    two = await process(db)
    assert await two.tell(FIRST, version("x"), NOW)
    assert not await one.tell(FIRST, version("x"), NOW)


async def test_nobody_becomes_a_learner_and_no_event_is_noted(db: Database) -> None:
    one = await process(db, (ANN, BOB))
    assert await one.tell(FIRST, BROKEN, NOW) == {ANN.lane, BOB.lane}
    assert [await count(db, table) for table in (LEARNER, ACCOUNT, EVENT, OUTBOX)] == [0, 0, 0, 2]
    assert await said(db) == await said(db, BOB)


async def test_without_admins_nothing_is_kept(db: Database) -> None:
    one = await process(db, ())
    assert await one.tell(FIRST, BROKEN, NOW) == frozenset()
    assert await count(db, OUTBOX) == 0


async def test_an_admin_who_learns_reads_it_on_their_own_clock(db: Database) -> None:
    async with world(db, defaults=Defaults()) as here:
        await here.tell(event("42", address=ANN, zone="Asia/Tokyo"))
    learner = await db.fetch(lambda conn: conn.execute(select(LEARNER)).one())
    await (await process(db)).tell(FIRST, BROKEN, NOW)
    assert (await said(db))[-1].startswith("Knowledge not reloaded, still serving the version of 18:00.")
    assert await db.fetch(lambda conn: conn.execute(select(LEARNER)).one()) == learner
    await (await process(db)).tell(BROKEN, FIRST, NOW + timedelta(days=1))
    assert (await said(db))[-1].endswith("still serving the version of 2026-11-23 18:00.")
