"""What admins see and decide, on all three stores."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import insert

from bot.handling import Defaults
from bot.records import Proposal
from bot.store.db import Database
from bot.store.desk import Desk, Office
from bot.store.queries.gaps import close_gaps, gaps_of, open_gaps
from bot.store.queries.proposals import mark_proposal, proposals, put_proposals
from bot.store.queries.prune import prune
from bot.store.tables import FLAG, GAP, OUTBOX, PROPOSAL
from bot.store.tx import Tx, gap_id
from tests.contract.handing import NOW, World, do, event, fill, full, world

DAY = timedelta(days=1)
ADMINS = frozenset({"telegram::boss", "telegram::chief"})


@pytest.fixture
async def here(db: Database) -> AsyncIterator[World]:
    async with world(db, defaults=Defaults(office=Office(ADMINS))) as made:
        yield made


def desk(tx: Tx) -> Desk:
    assert tx.desk is not None
    return tx.desk


def proposal(text: str, topic: str = "a/b", **fields: Any) -> Proposal:
    id = gap_id(text)
    return Proposal(**{"gap": id, "gaps": (id,), "text": text, "topic": topic, "at": NOW, **fields})


async def asked(here: World, *texts: str) -> None:
    """Let somebody ask these in vain."""
    for text in texts:
        await do(here, partial(_ask, text))


def _ask(text: str, tx: Tx) -> None:
    tx.add_gap(text, "unknown", ("a/b",))


def stored(here: World) -> list[Proposal]:
    with here.db.read() as conn:
        return proposals(conn)


async def test_only_admins_have_a_desk(here: World) -> None:
    assert await do(here, lambda tx: tx.desk) is None
    assert await do(here, lambda tx: tx.desk, "boss") is not None
    slack = event("boss").address
    other = replace(slack, platform="slack", workspace="T")
    assert await do(here, lambda tx: tx.desk, "boss", address=other) is None, "the same number on another platform"


async def test_every_field_of_a_proposal_comes_back_and_the_newest_counts(here: World) -> None:
    first, whole = proposal("one"), full(Proposal, gap=gap_id("one"), gaps=(gap_id("one"), "x"), status="refused")
    await do(here, lambda tx: desk(tx).propose(first), "boss")
    assert stored(here) == [first]
    await do(here, lambda tx: desk(tx).propose(whole), "chief")
    assert stored(here) == [whole]
    assert await do(here, lambda tx: desk(tx).proposals(), "boss") == [whole]
    await do(here, lambda tx: desk(tx).withdraw(whole.gap), "boss")
    await do(here, lambda tx: desk(tx).withdraw(whole.gap), "boss")
    assert stored(here) == []


async def test_what_was_decided_is_seen_at_once(here: World) -> None:
    await asked(here, "one", "two")
    one, two = gap_id("one"), gap_id("two")

    def work(tx: Tx) -> None:
        mine = desk(tx)
        mine.propose(proposal("one"))
        mine.propose(proposal("two", at=NOW + DAY))
        assert [row.text for row in mine.proposals()] == ["two", "one"]
        mine.withdraw(two)
        assert [row.text for row in mine.proposals()] == ["one"]
        mine.close([one])
        assert [gap.id for gap in mine.open_gaps(9)] == [two]
        mine.reopen([one])
        assert len(mine.open_gaps(9)) == 2
        mine.close([two])

    await do(here, work, "boss")
    with here.db.read() as conn:
        assert [gap.id for gap in open_gaps(conn)] == [one]
        assert {gap.id for gap in gaps_of(conn, [one, two, "gone"])} == {one, two}
    await do(here, lambda tx: desk(tx).reopen([two]), "boss")
    with here.db.read() as conn:
        assert len(open_gaps(conn)) == 2


async def test_two_admins_at_the_same_moment(here: World) -> None:
    """In one batch or in two: one row, and one of them; nobody's event fails."""

    def says(sent: Any, tx: Tx) -> None:
        text = "left" if sent.sender == "boss" else "right"
        desk(tx).propose(proposal("one", topic=text))
        desk(tx).close([gap_id("one"), gap_id("two")] if text == "left" else [gap_id("two"), gap_id("one")])

    await asked(here, "one", "two")
    here.says = says
    for _ in range(5):
        receipts = await asyncio.gather(*(here.tell(event(who)) for who in ("boss", "chief")))
        assert {receipt.outcome for receipt in receipts} == {"done"}
        (row,) = stored(here)
        assert row.topic in ("left", "right")


async def test_counts_are_of_what_is_open(here: World) -> None:
    await asked(here, "one", "one", "two", "three")
    await do(here, lambda tx: tx.wish(gap_id("one"), "one"))

    def both(tx: Tx) -> None:
        tx.wish(gap_id("one"), "one")
        tx.wish(gap_id("two"), "two")

    await do(here, both, "bob")
    with here.db.begin() as conn:
        close_gaps(conn, [gap_id("three")], NOW)

    def work(tx: Tx) -> None:
        assert desk(tx).count_gaps() == (2, 3)
        assert desk(tx).count_wishes() == {gap_id("one"): 2, gap_id("two"): 1}
        assert [(gap.text, gap.count) for gap in desk(tx).open_gaps(1)] == [("one", 2)]
        assert (desk(tx).count_flags(), desk(tx).flags(5), desk(tx).dead_messages()) == (0, [], {})

    await do(here, work, "boss")


async def test_flags_go_once_they_were_seen_to(here: World) -> None:

    def flagged(n: int, tx: Tx) -> None:
        tx.flag(f"item{n}", f"note {n}")

    for n in range(3):
        await do(here, partial(flagged, n))
    found = await do(here, lambda tx: desk(tx).flags(2), "boss")
    assert [(flag.about, flag.note, flag.version, flag.at) for flag in found] == [
        ("item2", "note 2", "cafe", NOW),
        ("item1", "note 1", "cafe", NOW),
    ]

    def work(tx: Tx) -> None:
        desk(tx).settle(found[0].id)
        assert [flag.about for flag in desk(tx).flags(2)] == ["item1", "item0"]

    await do(here, work, "boss")
    await do(here, lambda tx: desk(tx).settle(found[0].id), "boss")
    assert here.rows(FLAG, "item", "settled_at") == [("item0", None), ("item1", None), ("item2", NOW)]
    assert await do(here, lambda tx: desk(tx).count_flags(), "boss") == 2


async def test_dead_messages_are_counted_by_platform_with_the_index(here: World) -> None:
    row = dict.fromkeys(("lane", "workspace", "chat", "thread", "surface", "key", "error"), "")
    rows = [
        {**row, "platform": platform, "kind": "reply", "created_at": NOW, "status": status, "tries": 1}
        for platform, status in (("slack", "dead"), ("slack", "dead"), ("telegram", "dead"), ("slack", "sent"))
    ]
    with here.db.begin() as conn:
        conn.execute(insert(OUTBOX), rows)
    assert await do(here, lambda tx: desk(tx).dead_messages(), "boss") == {"slack": 2, "telegram": 1}
    if here.db.dialect == "sqlite":
        query = "EXPLAIN QUERY PLAN SELECT platform, count(*) FROM outbox WHERE status = 'dead' GROUP BY platform"
        with here.db.read() as conn:
            assert "ix_outbox_platform" in str(conn.exec_driver_sql(query).all())


async def test_a_mark_counts_only_for_what_was_seen(here: World) -> None:
    row = proposal("one")
    with here.db.begin() as conn:
        put_proposals(conn, [row])
        for other in (replace(row, at=NOW + DAY), replace(row, topic=""), replace(row, gap="x")):
            assert not mark_proposal(conn, other, "applied", "x", NOW)
        assert mark_proposal(conn, row, "applied", "zero \0 and half \ud83d", NOW + DAY)
        assert not mark_proposal(conn, row, "refused", "twice", NOW)
        assert proposals(conn) == [replace(row, status="applied", note="zero  and half ?", done_at=NOW + DAY)]


async def test_odd_texts_do_no_harm(here: World) -> None:
    odd = replace(proposal("one"), text="zero \0 half \ud83d 😀", note="\0")
    await do(here, lambda tx: desk(tx).propose(odd), "boss")
    assert [(row.text, row.note) for row in stored(here)] == [("zero  half ? 😀", "")]


async def test_proposals_go_with_their_question_and_after_90_days(here: World) -> None:
    await asked(here, "one", "two")
    with here.db.begin() as conn:
        put_proposals(conn, [proposal("one"), proposal("two", at=NOW + 30 * DAY), proposal("gone")])
    await prune(here.db, NOW + DAY)
    assert {row.text for row in stored(here)} == {"one", "two"}, "without its question, no text of it is kept"
    here.now = NOW + 60 * DAY
    await asked(here, "one", "two")
    await prune(here.db, NOW + 90 * DAY)
    assert {row.text for row in stored(here)} == {"one", "two"}
    await prune(here.db, NOW + 91 * DAY)
    assert {row.text for row in stored(here)} == {"two"}
    await prune(here.db, NOW + 151 * DAY)
    assert (here.count(PROPOSAL), here.count(GAP)) == (0, 0)


async def test_nothing_is_kept_about_who(here: World) -> None:
    assert {column.name for column in PROPOSAL.c} == {
        "gap", "gaps", "text", "topic", "status", "note", "at", "done_at"
    }  # fmt: skip
    await asked(here, "one")
    await do(here, lambda tx: desk(tx).propose(proposal("one")), "boss")
    await here.tell(event("boss"), lambda _event, tx: fill(tx))
    await do(here, lambda tx: tx.forget(), "boss")
    assert len(stored(here)) == 1
    export = await do(here, lambda tx: tx.export(), "chief")
    assert "proposal" not in str(export)
