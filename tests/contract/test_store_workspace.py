"""Forgetting a whole workspace, at once or some days after Tutor was removed from it, on all three stores."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from bot.messages import Address, Answer, Event, Reply
from bot.store.db import Database
from bot.store.queries import learner as read
from bot.store.queries import workspace
from bot.store.tables import ACCOUNT, EVENT, LANE, LEARNER, LINK_CODE, META, METADATA, OUTBOX, POLL, WISH
from bot.store.tx import Tx
from tests.contract.handing import NOW, World, event, fill, world

HERE = ("slack", "T1")


@pytest.fixture
async def here(db: Database) -> AsyncIterator[World]:
    async with world(db) as made:
        yield made


def said(user: str, team: str, number: int = 1, platform: str = "slack", **fields: Any) -> Event:
    address = Address(platform, team, user)
    id = f"{platform}:{team}:{user}.{number}"
    return event(user, **{"id": id, "address": address, "home": address, **fields})


async def meet(here: World, user: str, team: str, platform: str = "slack") -> int:
    """Somebody who leaves a row in every table; returns the learner's id."""

    def says(sent: Event, tx: Tx) -> Answer:
        tx.put(replace(tx.learner, home=sent.address, next_due_at=NOW))
        return fill(tx)

    assert (await here.tell(said(user, team, platform=platform), says)).outcome == "done"
    with here.db.read() as conn:
        found = read.learner_by_account(conn, f"{platform}:{team}:{user}")
    assert found is not None
    return found.id


def also(here: World, learner: int, account: str) -> None:
    """Link a further account to a learner."""
    with here.db.begin() as conn:
        conn.execute(insert(ACCOUNT).values(key=account, learner_id=learner))


async def test_a_workspace_is_forgotten_whole_and_its_neighbours_are_not(here: World) -> None:
    gone = [await meet(here, user, "T1") for user in ("U1", "U2", "U3")]
    kept = {
        await meet(here, user, team, platform)
        for user, team, platform in (("U1", "T10", "slack"), ("U1", "T2", "slack"), ("U1", "T1", "discord"))
    }
    tables = [table for table in METADATA.sorted_tables if "learner_id" in table.c]
    filled = {table.name for table in tables if here.count(table)}
    assert {"account", "ask", "card", "heard", "outbox", "review_log", "wish"} <= filled
    with here.db.begin() as conn:
        assert workspace.forget_workspace(conn, *HERE) == len(gone)
    for table in tables:
        left = {id for (id,) in here.rows(table, "learner_id")}
        assert left == (kept if table.name in filled else set()), table.name
    assert {id for (id,) in here.rows(LEARNER, "id")} == kept
    assert [key for (key,) in here.rows(EVENT, "id")] == ["discord:T1:U1.1", "slack:T10:U1.1", "slack:T2:U1.1"]
    assert [key for (key,) in here.rows(LANE, "key")] == ["discord:T1:U1", "slack:T10:U1", "slack:T2:U1"]


async def test_who_is_known_elsewhere_keeps_their_progress_and_loses_what_was_here(here: World) -> None:
    linked = await meet(here, "U1", "T1")
    also(here, linked, "telegram::42")
    with here.db.begin() as conn:
        before = read.export(conn, linked)
        assert workspace.forget_workspace(conn, *HERE) == 0
    with here.db.read() as conn:
        after, found = read.export(conn, linked), read.learner(conn, linked)
    assert found is not None
    assert (found.home, found.next_due_at) == (None, None)
    assert after["accounts"] == [{"key": "telegram::42"}]
    assert after["wishes"] == after["messages"] == []
    for subject in ("cards", "asks", "reviews", "last_question"):
        assert after[subject] == before[subject] != [], subject
    assert here.rows(LANE) == []


async def test_a_home_and_a_wish_elsewhere_stay(here: World) -> None:
    linked = await meet(here, "42", "T2")
    also(here, linked, "slack:T1:U1")
    with here.db.begin() as conn:
        workspace.forget_workspace(conn, *HERE)
    with here.db.read() as conn:
        found = read.learner(conn, linked)
    assert found is not None
    assert found.home == Address("slack", "T2", "42")
    assert found.next_due_at == NOW
    assert here.count(WISH) == 1


async def test_two_accounts_in_the_workspace_are_one_person_who_goes(here: World) -> None:
    one = await meet(here, "U1", "T1")
    also(here, one, "slack:T1:U2")
    with here.db.begin() as conn:
        assert workspace.forget_workspace(conn, *HERE) == 1
    assert here.count(LEARNER) == here.count(ACCOUNT) == 0


async def test_messages_in_channels_go_too_and_those_who_asked_elsewhere_stay(here: World) -> None:
    channel = Address("slack", "T1", "C1", "17.5")
    mine = await meet(here, "U1", "T2")

    def says(_event: Event, tx: Tx) -> Answer:
        return Answer((Reply("in the channel"),))

    also(here, mine, "slack:T1:U1")
    await here.tell(said("U1", "T1", 7, address=channel), says)
    assert here.count(OUTBOX, OUTBOX.c.chat == "C1") == 1
    with here.db.begin() as conn:
        workspace.forget_workspace(conn, *HERE)
    assert here.count(OUTBOX, OUTBOX.c.workspace == "T1") == 0
    assert here.count(OUTBOX, OUTBOX.c.learner_id == mine) == 2


async def test_polls_of_its_groups_and_codes_asked_for_in_it_go_too(here: World) -> None:
    linked = await meet(here, "U1", "T1")
    also(here, linked, "telegram::42")
    poll = {"item": "x", "body": {}, "at": NOW}
    code = {"learner_id": linked, "at": NOW}
    with here.db.begin() as conn:
        lanes = [{"key": "slack:1", "lane": "slack:T1:U1"}, {"key": "slack:2", "lane": "slack:T2:C1"}]
        conn.execute(insert(POLL), [poll | lane for lane in lanes])
        conn.execute(insert(LINK_CODE).values(code="AAAAAAAA", address=["slack", "T1", "U1", ""], **code))
        conn.execute(insert(LINK_CODE).values(code="BBBBBBBB", address=["telegram", "", "42", ""], **code))
        workspace.forget_workspace(conn, *HERE)
    assert here.rows(POLL, "key") == [("slack:2",)]
    assert here.rows(LINK_CODE, "code") == [("BBBBBBBB",)]


async def test_many_learners_and_lanes_go_in_short_steps(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        await meet(here, f"U{number}", "T1")
    await meet(here, "U1", "T2")
    monkeypatch.setattr(workspace, "STEP", 2)
    assert await workspace.forget_whole(here.db, *HERE) == 5
    assert await workspace.forget_whole(here.db, *HERE) == 0
    assert here.count(LEARNER) == here.count(LANE) == 1


async def test_an_ended_workspace_is_forgotten_after_thirteen_days(here: World) -> None:
    await meet(here, "U1", "T1")
    await here.db.run(lambda conn: workspace.note_ended(conn, *HERE, NOW))
    await here.db.run(lambda conn: workspace.note_ended(conn, *HERE, NOW + timedelta(days=5)))  # a second notice
    assert await here.db.fetch(workspace.ended) == {HERE: NOW}
    assert await workspace.forget_ended(here.db, NOW + timedelta(days=12, hours=23)) == 0
    assert here.count(LEARNER) == 1
    assert await workspace.forget_ended(here.db, NOW + timedelta(days=13)) == 1
    assert here.count(LEARNER) == here.count(META) == 0
    assert timedelta(days=13) + timedelta(days=1) <= timedelta(days=14)  # a daily look may be a day late


async def test_a_workspace_that_comes_back_in_time_keeps_everything(here: World) -> None:
    await meet(here, "U1", "T1")
    await here.db.run(lambda conn: workspace.note_ended(conn, *HERE, NOW))
    await here.db.run(lambda conn: workspace.note_back(conn, *HERE))
    assert await workspace.forget_ended(here.db, NOW + timedelta(days=400)) == 0
    assert here.count(LEARNER) == 1


@pytest.mark.parametrize("name", [("telegram", ""), ("", "T1"), ("slack", "T1:U1"), ("slack:T1", "U1")])
async def test_no_name_means_everybody(here: World, name: tuple[str, str]) -> None:
    await meet(here, "42", "", "telegram")
    with here.db.begin() as conn, pytest.raises(ValueError, match="a workspace is named by"):
        workspace.forget_workspace(conn, *name)
    assert here.count(LEARNER) == 1


async def test_another_fact_about_the_installation_is_no_workspace(here: World) -> None:
    with here.db.begin() as conn:
        conn.execute(insert(META).values(key="ended", value=1))
        conn.execute(insert(META).values(key="endings", value=1))
    assert await here.db.fetch(workspace.ended) == {}


async def test_odd_signs_in_an_id_are_no_pattern(here: World) -> None:
    linked = await meet(here, "U1", "T_1")
    also(here, linked, "slack:T%:U1")
    with here.db.begin() as conn:
        conn.execute(update(WISH).values(address=["slack", "TX1", "U1", ""]))
        workspace.forget_workspace(conn, "slack", "T%")
    with here.db.read() as conn:
        assert conn.execute(select(WISH.c.learner_id)).scalars().all() == [linked]
