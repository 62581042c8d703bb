"""Two processes at once: who locks what first, and that nobody's change is lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial

import pytest
from sqlalchemy import Connection, text

from bot.messages import Address, Answer, Event
from bot.records import Learner
from bot.store.db import Database
from bot.store.queries import batch
from bot.store.tables import EVENT, LANE, LEARNER
from bot.store.tx import Tx
from tests.contract.handing import NOW, Gate, event, put, world
from tests.stores import Make

Lock = Callable[[Connection, list[int]], object]


def lanes(conn: Connection, keys: list[int]) -> object:
    return batch.lock_lanes(conn, [Address("x", "", str(key)) for key in keys], NOW)


def learners(conn: Connection, keys: list[int]) -> object:
    return batch.lock_learners(conn, keys)


def events(conn: Connection, keys: list[int]) -> object:
    return batch.new_events(conn, [str(key) for key in keys], NOW)


@pytest.mark.parametrize("empty_store", ["postgresql"], indirect=True)  # SQLite has one writer at a time
@pytest.mark.parametrize("lock", [lanes, learners, events])
@pytest.mark.parametrize("order", [[1, 2, 3], [3, 2, 1], [2, 3, 1]], ids=str)
async def test_rows_are_locked_in_the_order_of_their_keys(open_store: Make, lock: Lock, order: list[int]) -> None:
    """While somebody holds the second row, whoever wants all three must not hold the third yet."""
    one, two = open_store(), open_store()
    with one.begin() as conn:
        for n in (1, 2, 3):
            if lock is learners:
                batch.add_learner(conn, str(n), _newcomer())
    with one.begin() as conn:
        lock(conn, [2])
        waiting = asyncio.create_task(two.run(partial(_locked, lock, order)))
        await asyncio.to_thread(_until_somebody_waits, one)
        conn.execute(text("SET LOCAL lock_timeout = '500ms'"))
        lock(conn, [3])  # a deadlock, if the other held it
    await waiting


def _locked(lock: Lock, keys: list[int], conn: Connection) -> None:
    lock(conn, keys)


def _until_somebody_waits(db: Database) -> None:
    with db.read() as conn:
        while not conn.execute(text("SELECT 1 FROM pg_locks WHERE NOT granted")).first():
            time.sleep(0.01)


def _newcomer() -> Learner:
    return Learner(0, NOW)


def add_one(_event: Event, tx: Tx) -> Answer:
    """A change that nothing but the lock protects: the review log would refuse a second row of one number."""
    put(tx, streak=tx.learner.streak + 1)
    return Answer()


async def test_two_accounts_of_a_learner_in_two_processes_lose_nothing(open_store: Make) -> None:
    async with AsyncExitStack() as stack:
        one, two = [await stack.enter_async_context(world(open_store(), patience=30)) for _ in range(2)]
        await one.tell(event("ann"), add_one)
        with one.db.begin() as conn:
            conn.execute(text("INSERT INTO account (key, learner_id) SELECT 'slack:T:U1', learner_id FROM account"))
        gate = Gate(add_one)
        first = asyncio.create_task(one.tell(event("ann"), gate))
        await gate.reached()
        slack = event("U1", address=Address("slack", "T", "D1"))
        second = asyncio.create_task(two.tell(slack, add_one))
        done, _ = await asyncio.wait([second], timeout=1)
        assert not done  # it waits for the learner's row
        gate.open.set()
        assert [(await receipt).outcome for receipt in (first, second)] == ["done", "done"]
        assert one.rows(LEARNER, "streak") == [(3,)]
        assert (one.count(EVENT), one.count(LANE)) == (3, 2)
