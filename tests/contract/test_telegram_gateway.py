"""The gateway against a local Bot API server: groups, threads, what is wordless, blocks, polls, typing, inline mode."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.messages import Answer, Event, Poll, Reply
from bot.store.tx import Tx
from knowledge.loader import load
from knowledge.model import Library
from knowledge.search import searchable
from tests.contract.handing import review
from tests.contract.telegram_front import front, until
from tests.fakes.telegram import FakeTelegram, fake_telegram
from tests.flow.talking import BASE


@pytest.fixture
async def fake() -> AsyncIterator[FakeTelegram]:
    async with fake_telegram(local=True) as made:
        yield made
        assert made.refused == []


@pytest.fixture(scope="module")
def library() -> Library:
    return searchable(load(BASE))


class Hearing:
    """A conversation that repeats what it heard."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event, tx: Tx) -> Answer:
        self.events.append(event)
        tx.log(review(tx.learner.last_seq + 1))
        if event.kind in ("joined", "left", "poll"):
            return Answer()
        return Answer((Reply(f"{event.kind} {event.action} {event.text}".strip()),), notice="x" * 300)


@pytest.fixture
def heard() -> Hearing:
    return Hearing()


async def test_a_group_with_privacy_mode_on(fake: FakeTelegram, tmp_path: Path, heard: Hearing) -> None:
    ann, ben = fake.person("Ann"), fake.person("Ben")
    group = fake.group("Team", [ann, ben])
    async with front(fake, tmp_path, says=heard) as tutor:
        assert ann.say("lunch?", group).withheld
        ann.say("@tutor_bot what is git?", group)
        (shown,) = await fake.settled(group, 1)
        await tutor.settled()
        ben.say("tell me more", group, reply_to=shown)
        await fake.settled(group, 2)
        await tutor.settled()
        ben.say("/topics@tutor_bot", group)
        await fake.settled(group, 3)
        await tutor.settled()
        assert [shown.text for shown in fake.replies(group)] == [
            *("text  what is git?", "text  tell me more", "command topics"),
        ]
        assert {event.place for event in heard.events} == {"group"}
        assert fake.replies(ann) == fake.replies(ben) == []


async def test_with_privacy_mode_off_a_group_is_not_listened_to_either(
    fake: FakeTelegram, tmp_path: Path, heard: Hearing
) -> None:
    fake.privacy = False
    ann = fake.person("Ann")
    group = fake.group("Team", [ann])
    async with front(fake, tmp_path, says=heard):
        await fake.delivered()
        heard.events.clear()
        ann.say("lunch?", group)
        ann.sticker(group)
        ann.photo("a cat", group)
        await fake.delivered()
        assert heard.events == []


async def test_forum_threads(fake: FakeTelegram, tmp_path: Path, heard: Hearing) -> None:
    ann = fake.person("Ann")
    group = fake.group("Forum", [ann], forum=True)
    topic = fake.topic(group, "Git")
    async with front(fake, tmp_path, says=heard) as tutor:
        ann.say("@tutor_bot here", group, thread=topic)
        await fake.settled(group, 1)
        await tutor.settled()
        assert [shown.thread for shown in fake.replies(group)] == [topic]


async def test_what_holds_no_words_and_what_is_forwarded_or_edited(
    fake: FakeTelegram, tmp_path: Path, heard: Hearing
) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path, says=heard):
        ann.sticker()
        ann.voice()
        ann.photo()
        ann.photo("what is this?")
        ann.say("/forget", forwarded=True)
        typed = ann.say("wat is git")
        ann.edit(typed, "what is git?")
        ann.edit(ann.say("the standby"), "the standby server")
        await fake.delivered()
        assert [(event.kind, event.text) for event in heard.events] == [
            *(("text", ""), ("text", ""), ("text", ""), ("text", "what is this?"), ("text", "/forget")),
            *(("text", "wat is git"), ("text", "what is git?"), ("text", "the standby")),
        ]


async def test_blocked_and_back(fake: FakeTelegram, tmp_path: Path, heard: Hearing) -> None:
    ann = fake.person("Ann")
    group = fake.group("Team", [ann])
    async with front(fake, tmp_path, says=heard):
        ann.start()
        ann.block()
        ann.unblock()
        fake.kick(group)
        await fake.delivered()
        by_place = [(event.kind, event.place) for event in heard.events]
        assert by_place == [
            *(("joined", "group"), ("command", "private"), ("left", "private"), ("joined", "private")),
            ("left", "group"),
        ]


async def test_a_poll_in_a_group_is_answered_by_each(fake: FakeTelegram, tmp_path: Path, heard: Hearing) -> None:
    ann, ben = fake.person("Ann"), fake.person("Ben", language="")
    group = fake.group("Team", [ann, ben])

    def says(event: Event, tx: Tx) -> Answer:
        answer = heard(event, tx)
        poll = Poll("What takes over?", ("the standby", "the backup"), 0, "It runs along.")
        return Answer((Reply("", poll=poll),)) if event.kind == "command" else answer

    async with front(fake, tmp_path, says=says) as tutor:
        ann.say("/quiz@tutor_bot", group)
        (shown,) = await fake.settled(group, 1)
        await tutor.settled()
        ann.answer_poll(shown, "the standby")
        ben.answer_poll(shown, 1)
        await fake.delivered()
        answers = [event for event in heard.events if event.kind == "poll"]
        assert shown.poll is not None
        assert [(event.sender, event.text) for event in answers] == [(str(ann.id), "0"), (str(ben.id), "1")]
        assert {event.action for event in answers} == {shown.poll.id}


async def test_a_notice_is_cut_to_what_telegram_takes(fake: FakeTelegram, tmp_path: Path, heard: Hearing) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path, says=heard) as tutor:
        ann.say("hi")
        await fake.settled(ann, 1)
        await tutor.settled()
        notice = await ann.press_data("next", ann.chat.messages[-1]).answered()
        assert notice == "x" * 199 + "…"


# --- typing -------------------------------------------------------------------------------------------------------


async def test_typing_shows_where_the_answer_takes_time(fake: FakeTelegram, tmp_path: Path, heard: Hearing) -> None:
    ann = fake.person("Ann")
    group = fake.group("Forum", [ann], forum=True)
    topic = fake.topic(group, "Git")

    def says(event: Event, tx: Tx) -> Answer:
        if event.text == "slow":
            time.sleep(0.6)
        return heard(event, tx)

    async with front(fake, tmp_path, says=says) as tutor:
        ann.say("quick")
        await fake.settled(ann, 1)
        await tutor.settled()
        assert fake.typing == []
        fake.fail("sendChatAction", "500")
        ann.say("slow")
        await fake.settled(ann, 2)
        await tutor.settled()
        ann.say("@tutor_bot slow", group, thread=topic)
        await fake.settled(group, 1)
        assert [(chat, action) for chat, action, _ in fake.typing] == [(group.id, "typing")]
        action = [call for call in fake.calls if call.method == "sendChatAction"][-1]
        assert str(action.params["message_thread_id"]) == str(topic)
        count = len(fake.calls)
        await asyncio.sleep(0.5)
        later = [call.method for call in fake.calls[count:]]
        assert "sendChatAction" not in later, "it ends with the work"


# --- inline mode --------------------------------------------------------------------------------------------------


async def test_inline_mode_finds_topics(fake: FakeTelegram, tmp_path: Path, library: Library, heard: Hearing) -> None:
    ann = fake.person("Ann")
    group = fake.group("Team", [ann])
    async with front(fake, tmp_path, says=heard, library=library):
        await fake.delivered()
        heard.events.clear()
        query = ann.inline("fault tol")
        found = await query.results()
        assert found[0]["id"] == "practice/fault-tolerance"
        ann.choose(query, str(found[0]["id"]), group)
        posted = fake.screen(group)[-1]
        assert posted.text.startswith("Fault Tolerance (practice)")
        assert posted.buttons[0][0].url == "https://t.me/tutor_bot?start=topic_practice__fault-tolerance"
        ann.follow("Ask Tutor", group)
        await fake.delivered()
        assert [(event.kind, event.text) for event in heard.events] == [("command", "topic_practice__fault-tolerance")]


@pytest.mark.parametrize("text", ["", "a", "prometheus", "what happens when a server dies?", "x" * 256, "🐈", "zzz"])
async def test_inline_mode_takes_anything(
    fake: FakeTelegram, tmp_path: Path, library: Library, heard: Hearing, text: str
) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path, says=heard, library=library) as tutor:
        found = await ann.inline(text).results()
        assert len(found) <= 50
        assert len({result["id"] for result in found}) == len(found)
        if text == "":
            assert str(found[0]["id"]).startswith("skill/")
            assert not any(str(result["id"]).startswith("concept/") for result in found)
        assert heard.events == []
        assert tutor.changes == 0


async def test_an_inline_query_that_is_too_old_is_no_failure(
    fake: FakeTelegram, tmp_path: Path, library: Library, heard: Hearing
) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path, says=heard, library=library):
        fake.fail("answerInlineQuery", "query too old")
        ann.inline("git")
        await until(lambda: [call for call in fake.calls if call.method == "answerInlineQuery"])
        ann.say("hi")
        await fake.settled(ann, 1)
