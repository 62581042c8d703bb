"""The outbox against senders that fail: when it tries again, when it gives up, and whom it pauses."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from bot.messages import Address, SendLater, SendNever
from bot.outbox import Timing
from bot.records import Learner
from bot.store.codec import learner_values
from bot.store.db import Database
from bot.store.tables import LEARNER
from tests.contract.outgoing import all_settled, chat, lane, pending, put, rows, sending, until
from tests.fakes.senders import START, Clock, FakeSender, Hang

TIMING = Timing(poll=0.02)


def add_learner(db: Database, home: Address | None, paused: str = "") -> int:
    learner = Learner(id=7, created_at=START, consent="yes", home=home, next_due_at=START)
    with db.begin() as conn:
        conn.execute(insert(LEARNER), {**learner_values(learner), "paused": paused})
    return learner.id


def learner_row(db: Database) -> tuple[object, ...]:
    with db.read() as conn:
        return tuple(conn.execute(select(LEARNER.c.paused, LEARNER.c.next_due_at)).one())


async def test_nothing_is_sent_sooner_than_the_platform_asked(db: Database) -> None:
    clock, sender = Clock(), FakeSender()
    sender.faults["1"].append(SendLater(after=30.0))
    put(db, chat("1"), "one", "two")
    put(db, chat("2"), "another chat")
    async with sending(db, sender, clock=clock, timing=TIMING):
        await until(lambda: lane(db, chat("1")) == (START + timedelta(seconds=30), ""))
        assert sender.texts("2") == ["another chat"]
        clock.advance(29.9)
        await asyncio.sleep(0.3)
        assert sender.tried.count(("1", "one")) == 1
        assert ("1", "two") not in sender.tried, "what follows waits, too"
        clock.advance(0.2)
        await all_settled(db)
    assert sender.texts("1") == ["one", "two"]
    assert rows(db, "tries")[0] == 1, "a wait that the platform asked for is not the message's fault"


async def test_being_asked_to_wait_never_kills_a_message(db: Database) -> None:
    clock, sender = Clock(), FakeSender()
    sender.faults["1"].extend(SendLater(after=5.0) for _ in range(12))
    put(db, chat("1"), "one")
    async with sending(db, sender, clock=clock, timing=TIMING):
        for n in range(12):
            await until(lambda n=n: lane(db, chat("1")) == (clock.at + timedelta(seconds=5), ""))  # type: ignore[misc]
            clock.advance(5.0)
        await all_settled(db)
    assert sender.texts("1") == ["one"]


@pytest.mark.parametrize(
    "fault",
    [SendLater(), ConnectionResetError("reset by peer"), ValueError("odd"), TimeoutError(), asyncio.CancelledError()],
)
async def test_a_failed_send_is_tried_again_after_a_growing_wait(db: Database, fault: BaseException) -> None:
    clock, sender = Clock(), FakeSender()
    sender.faults["1"].extend([fault, fault, fault])
    put(db, chat("1"), "one", "two")
    waits: list[float] = []
    async with sending(db, sender, clock=clock, timing=TIMING):
        for n in (1, 2, 3):
            await until(lambda n=n: rows(db, "tries")[0] == n and not lane(db, chat("1"))[1])  # type: ignore[misc]
            next_at, _ = lane(db, chat("1"))
            assert next_at is not None
            waits.append((next_at - clock.at).total_seconds())
            clock.at = next_at
        await all_settled(db)
    assert sender.texts("1") == ["one", "two"]
    for n, wait in enumerate(waits):
        assert 4**n / 2 <= wait <= 4**n, f"backoff with jitter: {waits}"


async def test_a_send_that_hangs_is_given_up_and_tried_again(db: Database) -> None:
    clock, sender = Clock(), FakeSender()
    sender.faults["1"].append(Hang())
    put(db, chat("1"), "one")
    put(db, chat("2"), "meanwhile")
    async with sending(db, sender, clock=clock, timing=replace(TIMING, send=0.3)):
        await until(lambda: sender.texts("2") == ["meanwhile"])
        await until(lambda: rows(db, "tries", "error")[0] == (1, "TimeoutError"))
        clock.advance(1.0)
        await all_settled(db)
    assert sender.texts("1") == ["one"]


async def test_a_row_past_its_last_try_is_dead_and_the_next_goes_out(db: Database) -> None:
    clock, sender = Clock(), FakeSender()
    sender.faults["1"].extend(ConnectionError("https://api/bot123:SECRET/send") for _ in range(8))
    put(db, chat("1"), "one", "two")
    async with sending(db, sender, clock=clock, timing=TIMING):
        for n in range(1, 8):
            await until(lambda n=n: rows(db, "tries")[0] == n and not lane(db, chat("1"))[1])  # type: ignore[misc]
            clock.at = lane(db, chat("1"))[0] or clock.at
        await all_settled(db)
    assert sender.texts("1") == ["two"]
    assert rows(db, "status", "tries", "error")[0] == ("dead", 8, "ConnectionError"), "and the token is not in it"


async def test_a_learner_who_blocked_us_is_paused(db: Database) -> None:
    sender = FakeSender()
    learner = add_learner(db, home=chat("1"))
    sender.faults["1"].append(SendNever("bot was blocked by the user", gone=True))
    put(db, chat("1"), "one", learner=learner)
    async with sending(db, sender, timing=TIMING):
        await all_settled(db)
    assert rows(db, "status", "error") == [("dead", "bot was blocked by the user")]
    assert learner_row(db) == ("gone", None)


async def test_being_shut_out_of_a_group_does_not_pause_a_learner_at_home_elsewhere(db: Database) -> None:
    sender = FakeSender()
    learner = add_learner(db, home=chat("1"))
    sender.faults["-100"].append(SendNever("bot was kicked", gone=True))
    put(db, chat("-100"), "one", learner=learner)
    async with sending(db, sender, timing=TIMING):
        await all_settled(db)
    assert rows(db, "status") == ["dead"]
    assert learner_row(db) == ("", START)


async def test_a_pause_of_the_learners_own_is_kept(db: Database) -> None:
    sender = FakeSender()
    learner = add_learner(db, home=chat("1"), paused="learner")
    sender.faults["1"].append(SendNever("blocked", gone=True))
    put(db, chat("1"), "one", learner=learner)
    async with sending(db, sender, timing=TIMING):
        await all_settled(db)
    assert learner_row(db)[0] == "learner", "else coming back would undo it"


async def test_a_message_that_the_platform_refuses_is_dead_at_once(db: Database) -> None:
    sender = FakeSender()
    learner = add_learner(db, home=chat("1"))
    sender.faults["1"].append(SendNever("message is too long"))
    put(db, chat("1"), "one", "two", learner=learner)
    async with sending(db, sender, timing=TIMING):
        await all_settled(db)
    assert sender.texts("1") == ["two"]
    assert rows(db, "status", "tries", "error")[0] == ("dead", 1, "message is too long")
    assert learner_row(db)[0] == ""


async def test_failing_lanes_do_not_slow_the_others(db: Database) -> None:
    clock, sender = Clock(), FakeSender()
    for n in range(100):
        sender.faults[f"bad {n}"].extend(SendLater(after=3600.0) for _ in range(3))
        put(db, chat(f"bad {n}"), *(f"text {m}" for m in range(5)))
    put(db, chat("good"), "one")
    async with sending(db, sender, clock=clock, timing=TIMING) as outbox:
        await until(lambda: outbox.counts["retried"] == 100)
        for n in range(20):
            put(db, chat(f"good {n}"), "text")
        outbox.wake([chat("good 0").lane])
        assert await until(lambda: outbox.counts["sent"] == 21) < 5.0
        assert len([text for name, text in sender.tried if name.startswith("bad")]) == 100, "none was tried again"
    assert pending(db) == 500
