"""Telegram's faults, each through the real bot against a local Bot API server.

State changes once, the message is on the screen at least once, in order, and nothing is tried sooner than told.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.messages import Address, Answer, Button, Document, Event, Poll, Reply
from bot.store.tx import Tx
from tests.contract.handing import count_up, review
from tests.contract.telegram_front import Front, front, homely, until
from tests.fakes.telegram import FakeTelegram, Fault, fake_telegram
from tests.fakes.telegram.faults import too_many


@pytest.fixture
async def fake() -> AsyncIterator[FakeTelegram]:
    async with fake_telegram(local=True) as made:
        yield made
        assert made.refused == [], "a rule of the platform was broken"
        assert made.impatient == [], "something was tried sooner than told"


def texts(fake: FakeTelegram, chat: object) -> list[str]:
    return [shown.text for shown in fake.replies(chat)]  # type: ignore[arg-type]


# --- faults that pass ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["polling", "webhook"])
async def test_a_message_is_answered(fake: FakeTelegram, tmp_path: Path, way: str) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path, way) as tutor:  # type: ignore[arg-type]
        ann.say("hi")
        ann.say("you")
        await fake.settled(ann, 2)
        await tutor.settled()
        assert texts(fake, ann) == ["number 1", "number 2"]
        assert tutor.changes == 2


@pytest.mark.parametrize("fault", ["500", "502", "bad gateway", "drop", "hang"])
async def test_what_fails_for_a_time_is_sent_again_in_order(fake: FakeTelegram, tmp_path: Path, fault: str) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path) as tutor:
        fake.fail("sendMessage", fault, times=2)
        ann.say("one")
        ann.say("two")
        await fake.settled(ann, 2, within=15)
        await tutor.settled()
        assert texts(fake, ann) == ["number 1", "number 2"]
        assert tutor.changes == 2
        assert [call.outcome for call in fake.sent(ann)].count("fault") == 2


@pytest.mark.parametrize("fault", ["drop after", "hang after"])
async def test_what_may_have_arrived_is_sent_again(fake: FakeTelegram, tmp_path: Path, fault: str) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path) as tutor:
        fake.fail("sendMessage", fault)
        ann.say("one")
        ann.say("two")
        await fake.settled(ann, lambda shown: any(one.text == "number 2" for one in shown), within=15)
        await tutor.settled()
        assert list(dict.fromkeys(texts(fake, ann))) == ["number 1", "number 2"], "at least once, in order"
        assert tutor.changes == 2


async def test_a_429_is_obeyed_to_the_second(fake: FakeTelegram, tmp_path: Path) -> None:
    ann, ben = fake.person("Ann"), fake.person("Ben")
    async with front(fake, tmp_path) as tutor:
        fake.fail("sendMessage", too_many(2), chat=ann)
        ann.say("one")
        ann.say("two")
        await until(lambda: fake.sent(ann))
        ben.say("hi")
        await fake.settled(ben, 1, within=1.5)
        await fake.settled(ann, 2, within=15)
        await tutor.settled()
        told, again = fake.sent(ann)[:2]
        assert (again.at - told.at).total_seconds() >= 2.0
        assert texts(fake, ann) == ["number 1", "number 2"]
        assert tutor.changes == 3
        tries = tutor.rows("tries")
        assert tries == [(1,)] * 3, "a wait that the platform asked for is not the message's fault"


async def test_a_token_that_is_refused_for_a_time_loses_nothing(fake: FakeTelegram, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path) as tutor:
        fake.fail("sendMessage", "unauthorized")
        ann.say("one")
        await until(lambda: fake.sent(ann))
        await until(lambda: tutor.rows("status", "tries", "error") == [("pending", 0, "asked to wait")])


@pytest.mark.parametrize("status", [400, 403])
async def test_the_page_of_a_proxy_on_the_way_is_no_word_of_telegrams(
    fake: FakeTelegram, tmp_path: Path, status: int
) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path, says=homely) as tutor:
        fake.fail("sendMessage", Fault(status, body="<html>Not from this network.</html>"))
        ann.say("one")
        await fake.settled(ann, 1)
        await tutor.settled()
        assert texts(fake, ann) == ["to one"]
        assert tutor.paused() == [""], "nobody blocked us"


# --- faults that stay ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["blocked", "deactivated", "chat not found", "never started"])
async def test_somebody_who_is_gone_is_paused(fake: FakeTelegram, tmp_path: Path, fault: str) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path, says=homely) as tutor:
        fake.fail("sendMessage", fault)
        ann.say("one")
        await until(lambda: tutor.rows("status") == [("dead",)])
        await tutor.settled()
        assert tutor.paused() == ["gone"]
        assert tutor.changes == 1
        assert len(fake.sent(ann)) == 1, "and is not written to again"


async def test_a_group_that_threw_us_out_pauses_nobody(fake: FakeTelegram, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    group = fake.group("Team", [ann])
    async with front(fake, tmp_path, says=homely) as tutor:
        await fake.delivered()
        ann.say("hi")
        await fake.settled(ann, 1)
        fake.fail("sendMessage", "kicked", chat=group)
        ann.say("/quiz@tutor_bot", group)
        await until(lambda: tutor.rows("status")[-1] == ("dead",))
        await tutor.settled()
        assert tutor.paused() == [""]


async def test_a_message_that_telegram_refuses_is_dead_and_the_next_goes_out(
    fake: FakeTelegram, tmp_path: Path
) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path) as tutor:
        fake.fail("sendMessage", Fault(400, 'Bad Request: wrong thing "what Ann wrote"'))
        ann.say("one")
        ann.say("two")
        await fake.settled(ann, 1)
        await tutor.settled()
        assert texts(fake, ann) == ["number 2"]
        assert tutor.rows("status", "error")[0] == ("dead", "Wrong thing"), "without what it quotes"
        assert tutor.paused() == [""]


async def test_a_group_that_became_a_supergroup(fake: FakeTelegram, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    group = fake.group("Team", [ann], supergroup=False)
    async with front(fake, tmp_path, "none") as tutor:
        new = fake.migrate(group)
        ref = await tutor.sender.send(Address("telegram", "", str(group.id)), Reply("hello"), None)
        assert ref.chat == str(new.id)
        assert texts(fake, new) == ["hello"]
        count = len(fake.sent())
        await asyncio.sleep(1.0)
        await tutor.sender.send(Address("telegram", "", str(group.id), "7"), Reply("again"), None)
        assert len(fake.sent()) == count + 1, "it is remembered"


async def test_a_group_that_said_it_moves_is_written_to_where_it_is(fake: FakeTelegram, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    group = fake.group("Team", [ann], supergroup=False)
    async with front(fake, tmp_path) as tutor:
        new = fake.migrate(group)
        await fake.delivered()
        await tutor.sender.send(Address("telegram", "", str(group.id)), Reply("hello"), None)
        assert [call.outcome for call in fake.sent()] == ["ok"]
        assert texts(fake, new) == ["hello"]


# --- edits --------------------------------------------------------------------------------------------------------


def asking(event: Event, tx: Tx) -> Answer:
    """A question with a button; pressed, its message is edited in place."""
    tx.log(review(tx.learner.last_seq + 1))
    if event.kind == "press":
        return Answer((Reply("asked and answered", key="ask:1", replaces="ask:1"),), notice="Right.")
    return Answer((Reply("a question", (Button("an option", "a:1"),), key="ask:1"),))


async def press_and_settle(fake: FakeTelegram, tutor: Front) -> str:
    ann = next(iter(fake.people.values()))
    ann.say("quiz")
    await fake.settled(ann, 1)
    await tutor.settled()
    notice = await ann.press("an option").answered()
    await tutor.settled()
    return notice


async def test_a_press_edits_in_place(fake: FakeTelegram, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path, says=asking) as tutor:
        assert await press_and_settle(fake, tutor) == "Right."
        (shown,) = fake.replies(ann)
        assert (shown.text, shown.labels, shown.edited) == ("asked and answered", [], True)


async def test_not_modified_is_no_failure(fake: FakeTelegram, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path, says=asking) as tutor:
        fake.fail("editMessageText", "not modified")
        await press_and_settle(fake, tutor)
        assert len(fake.replies(ann)) == 1
        assert [status for (status,) in tutor.rows("status")] == ["sent", "sent"]


@pytest.mark.parametrize("fault", ["edit not found", "can't edit"])
async def test_what_cannot_be_edited_is_sent_anew(fake: FakeTelegram, tmp_path: Path, fault: str) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path, says=asking) as tutor:
        fake.fail("editMessageText", fault, times=5)
        await press_and_settle(fake, tutor)
        assert texts(fake, ann) == ["a question", "asked and answered"]
        assert tutor.changes == 2


async def test_a_message_that_the_learner_deleted_is_sent_anew(fake: FakeTelegram, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path, says=asking) as tutor:
        ann.say("quiz")
        (shown,) = await fake.settled(ann, 1)
        await tutor.settled()
        message = fake.delete(ann, shown)
        ann.press_data("a:1", message)
        await fake.settled(ann, lambda shown: [one.text for one in shown] == ["asked and answered"])
        await tutor.settled()


async def test_an_old_query_is_no_failure(fake: FakeTelegram, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path, says=asking) as tutor:
        fake.fail("answerCallbackQuery", "query too old")
        ann.say("quiz")
        await fake.settled(ann, 1)
        ann.press("an option")
        await fake.settled(ann, lambda shown: shown[0].text == "asked and answered")
        await tutor.settled()
        assert tutor.changes == 2


@pytest.mark.parametrize("fault", ["500", "drop", "hang", "429"])
async def test_a_press_whose_answer_fails_is_handled_once(fake: FakeTelegram, tmp_path: Path, fault: str) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path, says=asking) as tutor:
        fake.fail("answerCallbackQuery", fault)
        ann.say("quiz")
        await fake.settled(ann, 1)
        ann.press("an option")
        await tutor.settled()
        assert tutor.changes == 2


# --- more than one message, threads, files ------------------------------------------------------------------------


async def test_a_reply_of_several_messages_goes_on_where_it_stopped(fake: FakeTelegram, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    long = "\n\n".join(f"paragraph {n} " + "word " * 120 for n in range(20))

    def says(event: Event, tx: Tx) -> Answer:
        count_up(event, tx)
        return Answer((Reply(long, (Button("More", "more"),)), Reply("the end")))

    async with front(fake, tmp_path, says=says) as tutor:
        ann.say("tell me")
        await until(lambda: fake.replies(ann))
        fake.fail("sendMessage", "500")
        await fake.settled(ann, lambda shown: shown[-1].text == "the end", within=20)
        await tutor.settled()
        shown = texts(fake, ann)
        assert len(shown) == len(set(shown)) >= 4
        assert [text.count("paragraph") for text in shown[:-1]]
        assert " ".join(shown).count("paragraph") == 20
        assert [bool(one.buttons) for one in fake.replies(ann)][-2:] == [True, False], "the last one carries them"
        assert fake.too_fast == []


async def test_a_thread_that_is_gone(fake: FakeTelegram, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    group = fake.group("Forum", [ann], forum=True)
    topic = fake.topic(group, "Git")
    async with front(fake, tmp_path) as tutor:
        ann.say("@tutor_bot hi", group, thread=topic)
        await fake.settled(group, 1)
        await tutor.settled()
        assert [shown.thread for shown in fake.replies(group)] == [topic]
    del group.topics[topic]
    async with front(fake, tmp_path, "none") as tutor:
        await asyncio.sleep(1.0)
        await tutor.sender.send(Address("telegram", "", str(group.id), str(topic)), Reply("still here"), None)
        assert fake.replies(group)[-1].text == "still here"
        assert fake.replies(group)[-1].thread == 0
    fake.calls[:] = [call for call in fake.calls if "thread not found" not in call.description]


async def test_files_and_polls(fake: FakeTelegram, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    ann.start()
    group = fake.group("Team", [ann])
    async with front(fake, tmp_path, "none") as tutor:
        to = Address("telegram", "", str(ann.id))
        await tutor.sender.send(to, Reply("Here it is.", document=Document("tutor-export.json", '{"ä": 1}')), None)
        (shown,) = fake.replies(ann)
        assert shown.document is not None
        assert (shown.document.name, shown.document.data.decode()) == ("tutor-export.json", '{"ä": 1}')
        poll = Poll("What takes over?", ("the standby", "the backup"), 0, "It runs along.")
        ref = await tutor.sender.send(Address("telegram", "", str(group.id)), Reply("", poll=poll), None)
        asked = fake.replies(group)[-1].poll
        assert asked is not None
        assert (ref.poll, ref.chat) == (asked.id, str(group.id))
