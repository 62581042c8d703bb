"""Long polling against a local Bot API server: what is acknowledged, in which order, and by whom."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from telegram import Bot, Update

from adapters.telegram.client import connect
from adapters.telegram.polling import LEASE, poll
from adapters.telegram.raw import ALLOWED
from bot.lease import Lost, hold
from bot.store.db import Database
from tests.contract.telegram_front import accepted, front, now, running, until
from tests.fakes.telegram import FakeTelegram, fake_telegram
from tests.fakes.telegram.faults import hang, too_many


@pytest.fixture
async def fake() -> AsyncIterator[FakeTelegram]:
    async with fake_telegram(local=True) as made:
        yield made


@pytest.fixture
async def bot(fake: FakeTelegram) -> AsyncIterator[Bot]:
    made = await connect(fake.token, fake.url, fake.file_url)
    yield made
    await made.shutdown()


@asynccontextmanager
async def at_once(name: str) -> AsyncIterator[None]:
    """A lease that nobody else wants."""
    assert name == LEASE
    yield


class Taking:
    """A handler: what it was handed, and when it is to say no."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.done: list[int] = []
        self.refuse: Counter[int] = Counter()
        self.hold: dict[int, asyncio.Event] = {}

    async def __call__(self, update: Update) -> bool:
        self.begun.append(update.update_id)
        if update.update_id in self.hold:
            await self.hold[update.update_id].wait()
        if self.refuse[update.update_id] > 0:
            self.refuse[update.update_id] -= 1
            return False
        self.done.append(update.update_id)
        return True


def polls(fake: FakeTelegram) -> list[object]:
    return [call.params.get("offset") for call in fake.calls if call.method == "getUpdates"]


async def test_only_what_is_read_is_asked_for(fake: FakeTelegram, bot: Bot) -> None:
    with running(poll(bot, accepted, at_once)):
        await until(lambda: polls(fake))
        assert fake.queue.allowed == list(ALLOWED)


async def test_nothing_is_acknowledged_before_it_is_handled(fake: FakeTelegram, bot: Bot) -> None:
    ann, take = fake.person("Ann"), Taking()
    with running(poll(bot, take, at_once)):
        await until(lambda: polls(fake))
        fake.hold()
        first, second = ann.say("one"), ann.say("two")
        take.hold[first.id] = asyncio.Event()
        fake.release()
        await until(lambda: take.begun)
        await asyncio.sleep(0.1)
        assert (first.confirmed, second.confirmed, len(polls(fake))) == (False, False, 1)
        take.hold[first.id].set()
        await fake.delivered()
        assert take.done == [first.id, second.id]


async def test_what_was_under_way_at_the_end_comes_again(fake: FakeTelegram, bot: Bot) -> None:
    ann, take = fake.person("Ann"), Taking()
    update = ann.say("one")
    take.hold[update.id] = asyncio.Event()
    with running(poll(bot, take, at_once)) as task:
        await until(lambda: take.begun)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not update.confirmed
    take.hold.clear()
    with running(poll(bot, take, at_once)):
        await fake.delivered()
    assert take.done == [update.id]


async def test_a_busy_update_is_handed_in_again_before_those_behind_it(fake: FakeTelegram, bot: Bot) -> None:
    ann, ben, take = fake.person("Ann"), fake.person("Ben"), Taking()
    one, two, other = ann.say("one"), ann.say("two"), ben.say("hi")
    take.refuse[one.id] = 2
    with running(poll(bot, take, at_once)):
        await fake.delivered()
    assert take.begun.count(one.id) == 3
    assert take.done.index(one.id) < take.done.index(two.id)
    assert take.done[0] == other.id, "another chat does not wait"


async def test_chats_are_handled_beside_each_other(fake: FakeTelegram, bot: Bot) -> None:
    take = Taking()
    updates = [fake.person(f"P{n}").say("hi") for n in range(80)]
    for update in updates:
        take.hold[update.id] = asyncio.Event()
    with running(poll(bot, take, at_once)):
        await until(lambda: len(take.begun) == 64)
        await asyncio.sleep(0.05)
        assert len(take.begun) == 64, "no more than the inbox takes at once"
        for gate in take.hold.values():
            gate.set()
        await fake.delivered()
    assert sorted(take.done) == [update.id for update in updates]


async def test_what_cannot_be_handled_does_not_end_it(
    fake: FakeTelegram, bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[int] = []

    async def handle(update: Update) -> bool:
        seen.append(update.update_id)
        raise ValueError("what Ann wrote")

    with running(poll(bot, handle, at_once)):
        broken = fake.push("message", {"text": "half of it"})
        update = fake.person("Ann").say("hi")
        await fake.delivered()
    assert seen == [broken.id, update.id]
    assert str(update.id) in caplog.text
    assert "wrote" not in caplog.text
    assert "half" not in caplog.text


async def test_a_webhook_is_deleted_and_what_waited_is_kept(fake: FakeTelegram, bot: Bot) -> None:
    await bot.set_webhook("http://127.0.0.1:9/nowhere")
    update = fake.person("Ann").say("hi")
    take = Taking()
    with running(poll(bot, take, at_once)):
        await fake.delivered()
    assert take.done == [update.id]


@pytest.mark.parametrize("fault", ["502", "bad gateway", "drop", "hang"])
async def test_a_call_that_fails_is_made_again(fake: FakeTelegram, bot: Bot, fault: str) -> None:
    fake.fail("getUpdates", hang(0.2) if fault == "hang" else fault)
    update = fake.person("Ann").say("hi")
    take = Taking()
    with running(poll(bot, take, at_once)):
        await fake.delivered()
    assert take.done == [update.id]


async def test_polling_waits_as_long_as_it_is_told(fake: FakeTelegram, bot: Bot) -> None:
    fake.fail("getUpdates", too_many(2))
    fake.person("Ann").say("hi")
    with running(poll(bot, accepted, at_once)):
        await fake.delivered()
    first, second = [call.at for call in fake.calls if call.method == "getUpdates"][:2]
    assert (second - first).total_seconds() >= 2.0


async def test_another_program_that_polls_is_named_in_the_log(
    fake: FakeTelegram, bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    other = await connect(fake.token, fake.url, fake.file_url)
    try:
        with running(poll(bot, accepted, at_once)):
            await until(lambda: polls(fake))
            await other.get_updates(timeout=0)
            await until(lambda: "another program receives" in caplog.text)
            update = fake.person("Ann").say("hi")
            await fake.delivered()
            assert update.confirmed, "and it goes on"
    finally:
        await other.shutdown()
    assert fake.token not in caplog.text


async def test_a_webhook_that_is_set_meanwhile_stays(fake: FakeTelegram, bot: Bot) -> None:
    other = await connect(fake.token, fake.url, fake.file_url)
    try:
        with running(poll(bot, accepted, at_once)):
            await until(lambda: polls(fake))
            await other.set_webhook("https://tutor.example.org/telegram/webhook")
            await until(lambda: [call for call in fake.calls if call.method == "getUpdates"][-1].status == 409)
            await asyncio.sleep(2.0)
        assert (await other.get_webhook_info()).url, "a process that is about to end must not undo what follows it"
    finally:
        await other.shutdown()


async def test_of_two_processes_one_polls_and_the_other_takes_over(fake: FakeTelegram, tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path / 'tutor.db'}")
    db.upgrade()

    def holding(name: str) -> AbstractAsyncContextManager[None]:
        return hold(db, name, now, ask=0.05)

    bots = [await connect(fake.token, fake.url, fake.file_url) for _ in range(2)]
    takes = [Taking(), Taking()]
    ann = fake.person("Ann")
    try:
        with running(poll(bots[0], takes[0], holding)) as polling:
            await until(lambda: polls(fake))
            with running(poll(bots[1], takes[1], holding)):
                first = ann.say("one")
                await until(lambda: first.id in takes[0].done)
                await asyncio.sleep(0.2)
                assert not [call for call in fake.calls if call.outcome == "conflict"]
                polling.cancel()
                second = ann.say("two")
                await until(lambda: second.id in takes[1].done)
                await fake.delivered()
        assert (takes[0].done, takes[1].done[-1]) == ([first.id], second.id)
    finally:
        for made in bots:
            await made.shutdown()
        await asyncio.sleep(0.1)
        db.close()


async def test_a_lost_lease_is_waited_for(fake: FakeTelegram, bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    times = 0

    @asynccontextmanager
    async def slipping(_name: str) -> AsyncIterator[None]:
        nonlocal times
        times += 1
        if times == 1:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    yield
            raise Lost(LEASE)
        yield

    update = fake.person("Ann").say("hi")
    take = Taking()
    take.hold[update.id] = asyncio.Event()
    with running(poll(bot, take, slipping)):
        await until(lambda: times == 2)
        take.hold[update.id].set()
        await fake.delivered()
    assert take.done == [update.id], "what was under way was given up, and came again"
    assert "lease" in caplog.text


# --- with an inbox ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["polling", "webhook"])
async def test_an_update_that_comes_twice_changes_state_once(fake: FakeTelegram, tmp_path: Path, way: str) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path, way) as tutor:  # type: ignore[arg-type]
        update = ann.say("hi")
        await fake.settled(ann, 1)
        await tutor.settled()
        for _ in range(3):
            fake.redeliver(update)
        await tutor.settled()
        assert len(update.deliveries) >= 4
        assert tutor.changes == 1
        assert len(fake.replies(ann)) == 1


@pytest.mark.parametrize("way", ["polling", "webhook"])
async def test_updates_that_come_late_and_out_of_order(fake: FakeTelegram, tmp_path: Path, way: str) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path, way) as tutor:  # type: ignore[arg-type]
        await asyncio.sleep(0.1)
        fake.hold()
        for text in ("one", "two", "three"):
            ann.say(text)
        fake.release(lambda updates: [updates[2], updates[0], updates[1], updates[0]])
        await fake.settled(ann, 3)
        await tutor.settled()
        assert tutor.changes == 3
        assert [shown.text for shown in fake.replies(ann)] == ["number 1", "number 2", "number 3"]


@pytest.mark.parametrize("way", ["polling", "webhook"])
async def test_a_press_that_comes_twice_stops_spinning_twice(fake: FakeTelegram, tmp_path: Path, way: str) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path, way) as tutor:  # type: ignore[arg-type]
        ann.say("hi")
        await fake.settled(ann, 1)
        await tutor.settled()
        press = ann.press_data("next", ann.chat.messages[-1])
        assert await press.answered() == "counted"
        fake.redeliver(press.update)
        await tutor.settled()
        assert [call.method for call in fake.calls].count("answerCallbackQuery") == 2
        assert tutor.changes == 2


@pytest.mark.parametrize("way", ["polling", "webhook"])
async def test_a_busy_inbox_gets_it_again(fake: FakeTelegram, tmp_path: Path, way: str) -> None:
    ann = fake.person("Ann")
    left = 3

    def accepts(_event: object) -> bool:
        nonlocal left
        left -= 1
        return left < 0

    async with front(fake, tmp_path, way, accepts=accepts) as tutor:  # type: ignore[arg-type]
        ann.say("hi")
        await fake.settled(ann, 1, within=10)
        await tutor.settled()
        assert tutor.changes == 1


async def test_what_came_while_nobody_polled_is_answered(fake: FakeTelegram, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path) as tutor:
        ann.say("one")
        await fake.settled(ann, 1)
        await tutor.settled()
    await asyncio.sleep(1.0)  # a new process takes longer to start, and knows nothing of the second before
    ann.say("two")
    async with front(fake, tmp_path) as tutor:
        await fake.settled(ann, 2)
        await tutor.settled()
        assert tutor.changes == 2, "a restart handles nothing twice"
