"""What is kept for a time only, and leases, on all three stores."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from bot.messages import Address, Answer, Event, Reply
from bot.store.db import Database
from bot.store.queries.leases import drop_lease, take_lease
from bot.store.queries.prune import STEP, prune
from bot.store.tables import EVENT, GAP, HEARD, LANE, LEARNER, OUTBOX, REVIEW_LOG, WISH
from bot.store.tx import Tx
from tests.contract.handing import NOW, World, event, review, world
from tests.stores import Make

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
async def here(db: Database) -> AsyncIterator[World]:
    async with world(db) as made:
        yield made


def leave(_event: Event, tx: Tx) -> Answer:
    """Leave something of everything that is pruned."""
    tx.log(review(tx.learner.last_seq + 1))
    tx.hear("my question")
    gap = tx.add_gap("a gap", "unknown", ())
    tx.wish(gap, "a gap")
    return Answer((Reply("with a key", key="ask:1"), Reply("without")))


def send_all(here: World, when: datetime) -> None:
    with here.db.begin() as conn:
        conn.execute(OUTBOX.update().values(status="sent", sent_at=when, message=["chat", "77"]))
        conn.execute(LANE.update().values(next_at=None))


async def kept(here: World, now: datetime) -> dict[str, int]:
    await prune(here.db, now)
    return {table.name: here.count(table) for table in (HEARD, OUTBOX, EVENT, WISH, GAP, LANE, LEARNER, REVIEW_LOG)}


async def test_everything_goes_in_its_time_and_no_sooner(here: World) -> None:
    await here.tell(event(), leave)
    send_all(here, NOW)
    full = {"heard": 1, "outbox": 2, "event": 1, "wish": 1, "gap": 1, "lane": 1, "learner": 1, "review_log": 1}
    assert await kept(here, NOW + DAY) == full
    assert {body and body["text"] for (body,) in here.rows(OUTBOX, "body")} == {"with a key", "without"}

    assert await kept(here, NOW + DAY + HOUR) == {**full, "heard": 0, "outbox": 1}
    assert here.rows(OUTBOX, "body", "key", "message") == [(None, "ask:1", ["chat", "77"])]

    assert (await kept(here, NOW + 14 * DAY))["event"] == 1
    assert (await kept(here, NOW + 14 * DAY + HOUR))["event"] == 0
    assert (await kept(here, NOW + 30 * DAY))["outbox"] == 1
    last = await kept(here, NOW + 30 * DAY + HOUR)
    assert (last["outbox"], last["lane"]) == (0, 0)
    assert (await kept(here, NOW + 90 * DAY))["gap"] == 1
    assert await kept(here, NOW + 91 * DAY) == {**dict.fromkeys(full, 0), "learner": 1, "review_log": 1}


async def test_messages_that_wait_keep_their_texts_except_on_pages(here: World) -> None:
    await here.tell(event("ann"), leave)
    await here.tell(event("tab", address=Address("web", "", "tab")), leave)
    await prune(here.db, NOW + 2 * DAY)
    assert {lane for (lane,) in here.rows(OUTBOX, "lane")} == {"telegram::chat-ann", "web::tab"}
    texts = {(lane, body and body["text"]) for lane, body in here.rows(OUTBOX, "lane", "body")}
    assert texts == {("telegram::chat-ann", "with a key"), ("telegram::chat-ann", "without"), ("web::tab", None)}
    await prune(here.db, NOW + 31 * DAY)
    assert here.count(OUTBOX) == 0
    assert [key for key, *_ in here.rows(LANE)] == ["telegram::chat-ann"]  # its sender takes it off


async def test_asking_again_keeps_a_question(here: World) -> None:
    await here.tell(event(), leave)
    here.now = NOW + 60 * DAY
    await here.tell(event(), leave)
    await prune(here.db, NOW + 100 * DAY)
    assert (here.count(GAP), here.count(WISH)) == (1, 1)


async def test_many_rows_go_in_steps(here: World) -> None:
    size = STEP * 2 + 7
    with here.db.begin() as conn:
        conn.execute(EVENT.insert(), [{"id": f"e{n}", "at": NOW, "outcome": "done"} for n in range(size)])
        conn.execute(
            LANE.insert(),
            [
                {
                    "key": f"{n:05}",
                    "platform": "x",
                    "workspace": "",
                    "chat": str(n),
                    "token": "",
                    "next_at": NOW if n % 2 else None,
                }
                for n in range(size)
            ],
        )
    counts = await prune(here.db, NOW + 20 * DAY)
    assert counts == {"events": size, "lanes": size - size // 2}
    assert here.count(LANE) == size // 2


async def test_pruning_does_not_disturb_an_inbox_at_work(here: World) -> None:
    here.says = leave
    stop = asyncio.Event()

    async def keep_pruning() -> None:
        while not stop.is_set():
            await prune(here.db, NOW + 200 * DAY)

    pruning = asyncio.create_task(keep_pruning())
    for _ in range(10):
        receipts = await asyncio.gather(*(here.tell(event(f"u{n}")) for n in range(20)))
        assert {receipt.outcome for receipt in receipts} == {"done"}
    stop.set()
    await pruning
    assert here.count(REVIEW_LOG) == 200


def test_a_lease_has_one_holder(open_store: Make) -> None:
    one, two = open_store(), open_store()

    def take(db: Database, holder: str, now: datetime, until: datetime) -> bool:
        with db.begin() as conn:
            return take_lease(conn, "telegram", holder, now, until)

    assert take(one, "a", NOW, NOW + HOUR)
    assert not take(two, "b", NOW, NOW + HOUR)
    assert not take(two, "b", NOW + HOUR - timedelta(seconds=1), NOW + 2 * HOUR)
    assert take(one, "a", NOW + HOUR / 2, NOW + 2 * HOUR)  # prolonged
    assert not take(two, "b", NOW + HOUR, NOW + 3 * HOUR)
    assert take(two, "b", NOW + 2 * HOUR, NOW + 3 * HOUR)
    assert not take(one, "a", NOW + 2 * HOUR, NOW + 3 * HOUR)
    with one.begin() as conn:
        drop_lease(conn, "telegram", "a")  # not theirs any more
    assert not take(one, "a", NOW + 2 * HOUR, NOW + 3 * HOUR)
    with two.begin() as conn:
        drop_lease(conn, "telegram", "b")
    assert take(one, "a", NOW + 2 * HOUR, NOW + 3 * HOUR)
    with one.begin() as conn:
        assert take_lease(conn, "another name", "b", NOW, NOW + HOUR)
