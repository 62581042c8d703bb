"""The outbox on every store: what is sent, in what order, and what becomes of the rows."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert

from bot.limits import Limits, Rate
from bot.messages import Address, Button, MessageRef, Poll, Refresh, Reply, SendLater
from bot.outbox import Outbox, Timing
from bot.store.db import Database
from bot.store.queries.outbox import rows_after, take_turn
from bot.store.tables import LANE, OUTBOX
from tests.contract.outgoing import all_settled, chat, lane, pending, put, rows, sending, until
from tests.fakes.senders import START, Clock, FakeSender, Gone, RefreshingSender

POLL = Reply("", poll=Poll("Which one?", ("this", "that"), 0))


async def test_rows_go_out_in_order_and_are_marked(db: Database) -> None:
    sender = FakeSender()
    put(db, chat("1"), Reply("one", (Button("Go", "go:1"),), key="k"), "two", "three")
    async with sending(db, sender):
        await all_settled(db)
    assert sender.texts("1") == ["one", "two", "three"]
    assert sender.sent[0].reply.buttons == (Button("Go", "go:1"),)
    assert rows(db, "status", "tries", "message", "sent_at") == [("sent", 1, ["1", f"m{n}"], START) for n in (1, 2, 3)]
    assert lane(db, chat("1")) == (None, "")


async def test_a_commit_wakes_it_and_marks_follow_within_a_tenth_of_a_second(db: Database) -> None:
    sender = FakeSender()
    marked: list[float] = []
    async with sending(db, sender, timing=Timing(poll=30.0)) as outbox:
        await asyncio.sleep(0.05)
        for n in range(9):
            put(db, chat("1"), f"text {n}")
            outbox.wake([chat("1").lane])
            await until(lambda n=n: len(sender.sent) == n + 1)  # type: ignore[misc]
            marked.append(await until(lambda n=n: rows(db, "status")[n] == "sent"))  # type: ignore[misc]
    assert statistics.median(marked) < 0.1, f"marked after {marked}"


async def test_a_poll_is_marked_at_once(db: Database) -> None:
    sender = FakeSender()
    put(db, chat("1"), "plain")
    put(db, chat("2"), POLL)
    async with sending(db, sender, timing=Timing(mark=30.0, poll=30.0)):
        await until(lambda: "sent" in rows(db, "status"), 5.0)
        assert sender.sent[1].reply.poll == POLL.poll


async def test_lanes_run_side_by_side_each_in_order(db: Database) -> None:
    sender = FakeSender(latency=0.05)
    for text in "abcde":
        for n in range(20):
            put(db, chat(str(n)), text)
    start = time.monotonic()
    async with sending(db, sender):
        await all_settled(db)
    assert all(sender.texts(str(n)) == list("abcde") for n in range(20))
    assert sender.most == 20
    assert time.monotonic() - start < 100 * 0.05, "one after the other it takes five seconds"


async def test_a_long_lane_is_sent_to_its_end(db: Database) -> None:
    sender = FakeSender()
    put(db, chat("1"), *(f"{n}" for n in range(95)))
    async with sending(db, sender):
        await all_settled(db)
    assert sender.texts("1") == [f"{n}" for n in range(95)]


async def test_what_arrives_during_a_send_follows_it(db: Database) -> None:
    sender = FakeSender(latency=0.1)
    put(db, chat("1"), "one")
    async with sending(db, sender, timing=Timing(poll=30.0)) as outbox:
        await until(lambda: sender.now)
        put(db, chat("1"), "two")
        outbox.wake([chat("1").lane])
        assert await until(lambda: len(sender.sent) == 2) < 2.0
        await all_settled(db)
    assert sender.texts("1") == ["one", "two"]


async def test_platforms_without_a_sender_are_left_to_their_readers(db: Database) -> None:
    sender = FakeSender()
    page = chat("session", "web")
    put(db, page, "first", "second")
    put(db, chat("me", "terminal"), "for the terminal")
    put(db, chat("1"), "for Telegram")
    async with sending(db, sender):
        await until(lambda: sender.sent)
    assert [sent.to.platform for sent in sender.sent] == ["telegram"]
    read = await rows_after(db, page.lane, 0)
    assert [row.reply.text for row in read if row.reply] == ["first", "second"]
    assert [row.id for row in await rows_after(db, page.lane, read[0].id)] == [read[1].id]
    assert await rows_after(db, page.lane, read[1].id) == []


async def test_a_key_is_resolved_when_it_is_sent(db: Database) -> None:
    sender = FakeSender()
    put(db, chat("2"), Reply("another chat's question", key="q"))
    put(db, chat("1"), Reply("question", key="q"), Reply("settled in the same claim", key="q", replaces="q"))
    async with sending(db, sender):
        await all_settled(db)
        put(db, chat("1"), Reply("settled later", replaces="q"), Reply("never sent before", replaces="other"))
        await all_settled(db)
        put(db, chat("1"), Reply("the pressed one", replaces=MessageRef("1", "m77")))
        await all_settled(db)
    first, same, later, other, pressed = (sent for sent in sender.sent if sent.to.chat == "1")
    assert first.replaced is None
    assert same.replaced == later.replaced == first.message
    assert other.replaced is None, "sent anew"
    assert pressed.replaced == MessageRef("1", "m77")


async def test_a_replaced_message_that_is_gone_is_sent_anew_and_is_the_newest_from_then_on(db: Database) -> None:
    sender = FakeSender()
    put(db, chat("1"), Reply("board", key="board"))
    async with sending(db, sender):
        await all_settled(db)
        sender.faults["1"].append(Gone())
        put(db, chat("1"), Reply("board 2", key="board", replaces="board"))
        await all_settled(db)
        put(db, chat("1"), Reply("board 3", key="board", replaces="board"))
        await all_settled(db)
    old, new, edited = sender.sent
    assert new.message != old.message
    assert edited.replaced == new.message


async def test_refresh_rows_reach_senders_that_have_surfaces(db: Database) -> None:
    sender, plain = RefreshingSender(), FakeSender()
    put(db, chat("U1", "slack", "T1"), Refresh("home"))
    put(db, chat("1"), Refresh("home"), "text")
    outbox = Outbox(db, {"slack": sender, "telegram": plain}, now=Clock())
    await outbox.start()
    await all_settled(db)
    await outbox.stop()
    assert sender.refreshed == [(chat("U1", "slack", "T1"), "home")]
    assert plain.texts("1") == ["text"], "a platform without surfaces has nothing to draw"
    assert rows(db, "status", "message")[:2] == [("sent", None)] * 2


async def test_it_claims_no_more_than_its_limits_release(db: Database) -> None:
    sender = FakeSender()
    for n in range(40):
        put(db, chat(str(n)), "text")
    claims: list[int] = []
    timing = Timing(lease=3.0, send=0.5, poll=0.02)  # a third of the lease: one second
    async with sending(db, sender, timing=timing, limits={"telegram": Limits(overall=Rate(10, 1))}):
        while pending(db):
            with db.read() as conn:
                held = conn.execute(LANE.select().where(LANE.c.token != "")).all()
            claims.append(len(held))
            await asyncio.sleep(0.02)
    assert max(claims) <= 12, "what a second releases, and what was sent but is not yet marked"
    times = [sent.at for sent in sender.sent]
    assert all(later - earlier > 0.95 for earlier, later in zip(times, times[10:], strict=False))
    assert len(times) == 40
    assert times[-1] - times[0] < 6.0


async def test_a_chat_at_its_limit_does_not_hold_up_the_others(db: Database) -> None:
    sender = FakeSender()
    put(db, chat("-100"), *("to the group" for _ in range(9)))
    for n in range(20):
        put(db, chat(str(n)), "text")
    clock = Clock()
    limits = Limits(group=Rate(3, 60, burst=3))
    async with sending(db, sender, clock=clock, limits={"telegram": limits}) as outbox:
        await until(lambda: len(sender.sent) == 23)
        await until(lambda: outbox.counts["sent"] == 23 and not lane(db, chat("-100"))[1])
        next_at, _ = lane(db, chat("-100"))
    assert len(sender.texts("-100")) == 3
    assert next_at is not None
    assert next_at > clock.at + timedelta(seconds=10), "looked at again when the group takes the next"


@pytest.mark.parametrize("blocked", ["later", "held"])
async def test_a_hundred_blocked_lanes_do_not_slow_a_claim(db: Database, blocked: str) -> None:
    later = START + timedelta(seconds=600)
    texts = [f"text {n}" for n in range(50)]
    for n in range(100):
        put(db, chat(f"blocked {n}"), *texts)
    with db.begin() as conn:
        token = "another" if blocked == "held" else ""
        conn.execute(LANE.update().values(next_at=later, token=token))
    took: list[float] = []
    for n in range(30):
        put(db, chat(f"free {n}"), "text")
        start = time.perf_counter()
        turn = await db.run(lambda conn: _claim_one(conn))
        took.append(time.perf_counter() - start)
        assert list(turn) == [chat(f"free {n}").lane]
    assert statistics.median(took) < 0.02, f"{statistics.median(took) * 1000:.1f} ms"


def _claim_one(conn: Connection) -> dict[str, Any]:
    until_ = START + timedelta(seconds=15)
    return take_turn("me", [], [], {"telegram": 256}, START, until_, conn).claimed


async def test_a_claim_that_died_is_claimed_again_after_its_lease(open_store: Callable[[], Database]) -> None:
    one, two = open_store(), open_store()
    clock = Clock()
    put(one, chat("1"), "text", "more")
    assert list(await one.run(lambda conn: _claim_one(conn))) == [chat("1").lane]  # and then its process dies
    sender = FakeSender()
    async with sending(two, sender, clock=clock):
        clock.advance(14.9)
        await asyncio.sleep(0.3)
        assert not sender.sent
        clock.advance(0.2)
        await all_settled(two)
    assert sender.texts("1") == ["text", "more"]


async def test_a_lane_that_was_taken_over_is_not_handed_back_but_its_rows_are_marked(db: Database) -> None:
    clock = Clock()
    sender = FakeSender(latency=0.3)
    put(db, chat("1"), "one")
    async with sending(db, sender, clock=clock, timing=Timing(poll=30.0)):
        await until(lambda: sender.now)
        until_ = START + timedelta(seconds=30)
        with db.begin() as conn:  # the lease ran out, as it does for a process that was suspended
            conn.execute(LANE.update().values(token="another", next_at=until_))
        await until(lambda: rows(db, "status") == ["sent"])
    assert lane(db, chat("1")) == (until_, "another")


async def test_two_outboxes_share_the_lanes(open_store: Callable[[], Database]) -> None:
    one, two = open_store(), open_store()
    senders = FakeSender(latency=0.01), FakeSender(latency=0.01)
    for text in "abc":
        for n in range(60):
            put(one, chat(str(n)), text)
    timing = Timing(poll=0.02, lanes=8)
    async with sending(one, senders[0], timing=timing), sending(two, senders[1], timing=timing):
        await all_settled(one)
    tried = senders[0].tried + senders[1].tried
    assert sorted(tried) == sorted((str(n), text) for n in range(60) for text in "abc"), "each once"
    assert all(sender.sent for sender in senders), "both took part"
    merged = sorted(senders[0].sent + senders[1].sent, key=lambda sent: sent.at)
    for n in range(60):
        assert [sent.reply.text for sent in merged if sent.to.chat == str(n)] == list("abc")


async def test_stopping_lets_sends_end_and_hands_lanes_back(db: Database) -> None:
    sender = FakeSender(latency=0.2)
    put(db, chat("1"), "one", "two", "three")
    async with sending(db, sender):
        await until(lambda: sender.now)
    assert rows(db, "status") == ["sent", "pending", "pending"]
    assert lane(db, chat("1")) == (START, "")
    async with sending(db, sender):
        await all_settled(db)
    assert sender.texts("1") == ["one", "two", "three"]


async def test_a_database_that_was_away_loses_no_marks(db: Database) -> None:
    sender = FakeSender()
    failing = False

    @event.listens_for(db.writer, "begin")
    def fail(_conn: Connection) -> None:
        if failing:
            raise ConnectionError("the server went away")

    put(db, chat("1"), "one")
    async with sending(db, sender, timing=Timing(poll=0.05, mark=0.2)):
        await until(lambda: sender.sent)
        failing = True
        await asyncio.sleep(0.5)
        assert rows(db, "status") == ["pending"]
        failing = False
        await all_settled(db)
    assert sender.texts("1") == ["one"]
    assert rows(db, "status", "tries") == [("sent", 1)]


async def test_a_row_that_cannot_be_read_is_dead_and_the_next_goes_out(db: Database) -> None:
    sender = FakeSender()
    put(db, chat("1"), "pruned", "strange", "fine")
    first, second, _ = rows(db, "id")
    with db.begin() as conn:
        conn.execute(OUTBOX.update().where(OUTBOX.c.id == first).values(body=None))
        conn.execute(OUTBOX.update().where(OUTBOX.c.id == second).values(body={"buttons": 3}))
    async with sending(db, sender):
        await all_settled(db)
    assert sender.texts("1") == ["fine"]
    assert rows(db, "status", "error") == [("dead", "unreadable"), ("dead", "unreadable"), ("sent", "")]


async def test_a_lane_without_rows_is_put_to_rest(db: Database) -> None:
    to = chat("1")
    with db.begin() as conn:
        values = {"key": to.lane, "platform": to.platform, "workspace": "", "chat": to.chat, "token": ""}
        conn.execute(insert(LANE), {**values, "next_at": START})
    async with sending(db, FakeSender()):
        await until(lambda: lane(db, to) == (None, ""))


async def test_threads_and_audiences_reach_the_sender(db: Database) -> None:
    sender = FakeSender()
    to = replace(chat("C1", workspace="T1"), thread="17.3")
    put(db, to, Reply("only for you", audience="U7"))
    async with sending(db, sender):
        await all_settled(db)
    assert sender.sent[0].to == to
    assert sender.sent[0].reply.audience == "U7"


async def test_stopping_does_not_wait_for_limits(db: Database) -> None:
    sender = FakeSender()
    put(db, chat("1"), "one", "two", "three")
    async with sending(db, sender, limits={"telegram": Limits(chat=Rate(1, 4))}):
        await until(lambda: sender.sent)
        start = time.monotonic()
    assert time.monotonic() - start < 2.0
    assert rows(db, "status") == ["sent", "pending", "pending"]
    assert lane(db, chat("1")) == (START, "")


@dataclass
class InParts(FakeSender):
    """A process's sender of replies of four messages: it asks for a pause between two, and knows how far it got."""

    begun: Counter[tuple[str, str]] = field(default_factory=Counter)

    async def send(self, to: Address, reply: Reply, replaced: MessageRef | None) -> MessageRef:
        name = to.chat, reply.text
        self.begun[name] += 1
        message = await super().send(to, replace(reply, text=f"{reply.text}, part {self.begun[name]}"), replaced)
        if self.begun[name] < 4:
            raise SendLater(0.1)
        return message


async def test_a_reply_in_parts_stays_with_the_process_that_began_it(open_store: Callable[[], Database]) -> None:
    db = open_store()
    for name in range(5):
        put(db, chat(str(name)), "long")
    here, there = InParts(), InParts()
    clock = Clock(datetime.now(UTC))
    timing = Timing(poll=0.02)
    async with sending(db, here, timing=timing, clock=clock), sending(open_store(), there, timing=timing, clock=clock):
        while pending(db):
            await asyncio.sleep(0.02)
            clock.at = datetime.now(UTC)
        await all_settled(db)
    for name in range(5):
        parts = here.texts(str(name)) + there.texts(str(name))
        assert parts == [f"long, part {n}" for n in (1, 2, 3, 4)]
