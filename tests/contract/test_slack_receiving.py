"""What Slack delivers, over HTTP and Socket Mode, through the real inbox: one effect, acknowledged when committed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from bot.messages import Address, Answer, Button, Event, MessageRef, Reply
from bot.store.tx import Tx
from tests.contract.handing import review
from tests.contract.slack_front import Way, counting, front
from tests.contract.telegram_front import until
from tests.fakes.slack import FakeSlack, fake_slack

WAYS = pytest.mark.parametrize("way", ["http", "socket"])


@pytest.fixture
async def fake() -> AsyncIterator[FakeSlack]:
    async with fake_slack(rates="off", retry_delays=(0.05, 0.1, 0.2)) as made:
        yield made
        assert made.refused == [], "a rule of the platform was broken"


@pytest.fixture(autouse=True)
def discreet(caplog: pytest.LogCaptureFixture, fake: FakeSlack) -> Iterator[None]:
    caplog.set_level(logging.DEBUG, logger="adapters")
    caplog.set_level(logging.DEBUG, logger="bot")
    yield
    for secret in (fake.bot_token, fake.app_token, fake.signing_secret, "/commands/", "/actions/", "ticket="):
        assert secret not in caplog.text


# --- what is taken ------------------------------------------------------------------------------------------------


@WAYS
async def test_a_direct_message_is_answered_in_place(fake: FakeSlack, tmp_path: Path, way: Way) -> None:
    ann = fake.person("Ann", tz="Europe/Berlin", locale="de-DE")
    async with front(fake, tmp_path, way) as tutor:
        delivery = await ann.say("hi")
        assert delivery.ok
        await fake.settled(lambda: fake.texts(ann)[-1] == "number 1")
        await ann.press("Again")
        await fake.settled(lambda: fake.texts(ann)[-1] == "number 2")
        assert len(fake.said(ann)) == 1, "edited in place"
        [said, press] = tutor.got
        assert said.address == said.home == Address("slack", fake.team, ann.id)
        assert (said.zone, said.language, said.text) == ("Europe/Berlin", "de-DE", "hi")
        assert press.message == MessageRef(ann.dm.id, fake.said(ann)[0].ts)


@WAYS
async def test_a_mention_is_answered_in_its_thread(fake: FakeSlack, tmp_path: Path, way: Way) -> None:
    ann = fake.person("Ann")
    general = fake.channel("general", [ann])
    async with front(fake, tmp_path, way) as tutor:
        await ann.mention("what is <git> & why?", general)
        await fake.settled(lambda: fake.said(general))
        asked, answer = fake.screen(general)
        assert answer.thread_ts == asked.ts
        [event] = tutor.got
        assert (event.place, event.text) == ("channel", "what is <git> & why?")
        await ann.press("Again", where=general)
        await fake.settled(lambda: fake.texts(general, ann)[-1] == "counted 2")
        await tutor.settled()
        seen_by = sorted(message.seen_by for message in fake.said(general, ann))
        assert seen_by == ["", ann.id, ann.id], "a notice is for whoever mentioned Tutor, or pressed"
        assert fake.texts(general)[1] == "number 2"


@WAYS
async def test_a_command_is_whispered_but_not_in_the_persons_own_chat(
    fake: FakeSlack, tmp_path: Path, way: Way
) -> None:
    ann, ben = fake.person("Ann"), fake.person("Ben")
    general = fake.channel("general", [ann, ben])
    async with front(fake, tmp_path, way) as tutor:
        delivery = await ann.slash("/tutor", "", general)
        assert delivery.body == {"response_type": "ephemeral", "text": "counted 1"}
        await fake.settled(lambda: "number 1" in fake.texts(general, ann))
        assert fake.texts(general, ben) == []
        assert tutor.got[0].text == "help"
        await ann.press("Again", where=general)
        await fake.settled(lambda: "number 2" in fake.texts(general, ann))
        assert "number 1" not in fake.texts(general, ann), "over the one that was pressed"
        await ann.slash("/tutor", "quiz me on git")
        await fake.settled(lambda: "number 3" in fake.texts(ann))
        own = tutor.got[2]
        assert (own.place, own.text, own.address) == ("private", "quiz me on git", Address("slack", fake.team, ann.id))


@WAYS
async def test_ask_tutor_asks_about_a_message_in_private(fake: FakeSlack, tmp_path: Path, way: Way) -> None:
    ann, ben = fake.person("Ann"), fake.person("Ben")
    general = fake.channel("general", [ann, ben], bot_in=False)
    async with front(fake, tmp_path, way) as tutor:
        await ben.say("what is failover?", general)
        await ann.shortcut("ask_tutor", fake.screen(general)[0])
        await fake.settled(lambda: "number 1" in fake.texts(general, ann))
        assert "number 1" not in fake.texts(general, ben)
        assert tutor.got[0].text == "what is failover?"


@WAYS
async def test_home_opens_and_its_button_opens_the_settings(fake: FakeSlack, tmp_path: Path, way: Way) -> None:
    ann = fake.person("Ann")

    def says(event: Event, tx: Tx) -> Answer:
        tx.log(review(tx.learner.last_seq + 1))
        if event.kind == "submit" and event.fields["cap"] == "7":
            return Answer(errors={"cap": "Not seven."})
        return Answer()

    async with front(fake, tmp_path, way, says=says) as tutor:
        assert (await ann.open_messages()).ok
        await ann.open_home()
        assert [(e.kind, e.action) for e in tutor.got] == [("opened", "home")]
        await tutor.sender.refresh(tutor.got[0].address, "home")
        assert fake.home(ann) is not None
        assert (await ann.press_home("Change settings|Settings|settings")).ok
        assert fake.modal(ann) is not None, "opened beside the inbox"
        assert len(tutor.got) == 1
        wrong = await ann.submit({"cap": "7"})
        assert wrong.errors == {"cap": "Not seven."}
        again = await fake.redeliver(wrong)
        assert again.errors == {"cap": "Not seven."}, "the same again, and nothing done twice"
        first, second = await asyncio.gather(ann.submit({"cap": "8"}), ann.submit())
        assert first.ok
        assert second.ok
        assert fake.modal(ann) is None
        assert tutor.changes == 3
        assert {e.kind for e in tutor.got[1:]} == {"submit"}


async def test_settings_that_cannot_be_opened_are_answered_in_words(fake: FakeSlack, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path) as tutor:
        await ann.open_home()
        await tutor.sender.refresh(tutor.got[0].address, "home")
        fake.fail("views.open", "fatal_error")
        assert (await ann.press_home("Change settings|Settings|settings")).ok
        assert (tutor.got[-1].kind, tutor.got[-1].action) == ("press", "settings")
        await fake.settled(lambda: fake.said(ann))


@WAYS
async def test_what_is_no_question_is_acknowledged_and_left_alone(fake: FakeSlack, tmp_path: Path, way: Way) -> None:
    ann = fake.person("Ann")
    general = fake.channel("general", [ann])
    fake.subscribed |= {"member_joined_channel", "message.channels", "user_change"}
    fake.first.scopes |= {"channels:read", "channels:history"}
    async with front(fake, tmp_path, way) as tutor:
        await ann.say("hi")
        await fake.settled(lambda: len(fake.said(ann)) == 1)
        await tutor.settled()
        mine = fake.screen(ann)[0]
        assert (await ann.edit(mine, "ho")).ok
        assert (await ann.delete(mine)).ok
        assert (await ann.join(general)).ok
        assert (await ann.say("nobody is asked", general)).ok
        assert (await ann.shortcut(next(iter(fake.shortcuts)), fake.said(ann)[0])).ok
        assert (await fake.deactivate(ann)).ok
        await tutor.settled()
        assert len(tutor.got) == 2
        assert all(delivery.ok for delivery in fake.deliveries if not delivery.skipped)


async def test_files_come_with_their_words_or_without(fake: FakeSlack, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path) as tutor:
        await ann.say("look", files=["a.png"])
        await ann.say("", files=["b.png"])
        assert [event.text for event in tutor.got] == ["look", ""]


# --- once ---------------------------------------------------------------------------------------------------------


@WAYS
async def test_what_comes_twice_counts_once(fake: FakeSlack, tmp_path: Path, way: Way) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path, way) as tutor:
        delivery = await ann.say("hi")
        for reason in ("http_timeout", "http_error"):
            assert (await fake.redeliver(delivery, reason)).ok
        await fake.settled(lambda: fake.said(ann))
        pressed = await ann.press("Again")
        assert (await fake.redeliver(pressed)).ok
        await tutor.settled()
        assert tutor.changes == 2
        assert fake.texts(ann)[1:] == ["number 2"]


@WAYS
async def test_a_double_press_is_two_presses_of_one_message(fake: FakeSlack, tmp_path: Path, way: Way) -> None:
    ann = fake.person("Ann")

    def once(event: Event, tx: Tx) -> Answer:
        """As the conversation grades: the second press finds the question answered."""
        if event.kind == "press" and tx.learner.streak > 1:
            return Answer(notice="Answered already.")
        return counting(event, tx)

    async with front(fake, tmp_path, way, says=once) as tutor:
        await ann.say("hi")
        await fake.settled(lambda: fake.said(ann))
        await asyncio.gather(ann.press("Again"), ann.press("Again"))
        await tutor.settled()
        assert tutor.changes == 2
        assert fake.texts(ann)[1:] == ["number 2"]


@WAYS
async def test_a_busy_inbox_leaves_an_event_unacknowledged_until_it_is_taken(
    fake: FakeSlack, tmp_path: Path, way: Way
) -> None:
    ann = fake.person("Ann")
    refusals = iter([False, False, True])
    fake.ack_within = 0.3
    async with front(fake, tmp_path, way, accepts=lambda event: next(refusals, True)) as tutor:
        delivery = await ann.say("hi")
        assert delivery.attempts[0].status != 200
        await until(lambda: delivery.ok)
        if way == "http":
            assert [attempt.status for attempt in delivery.attempts] == [503, 503, 200]
        await fake.settled(lambda: fake.said(ann))
        await tutor.settled()
        assert tutor.changes == 1


async def test_a_busy_command_is_told_to_try_again(fake: FakeSlack, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path, accepts=lambda event: False) as tutor:
        delivery = await ann.slash("/tutor", "quiz")
        assert delivery.ok
        assert "try again" in delivery.body["text"]
        assert tutor.changes == 0


async def test_late_and_out_of_order(fake: FakeSlack, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path) as tutor:
        fake.hold()
        first, second = await ann.say("one"), await ann.say("two")
        await fake.release(second, first)
        await fake.release()
        await fake.redeliver(second)
        await tutor.settled()
        assert tutor.changes == 2
        assert fake.texts(ann)[2:] == ["number 1", "number 2"]


# --- nobody else --------------------------------------------------------------------------------------------------


async def test_what_slack_did_not_sign_is_refused(fake: FakeSlack, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path) as tutor:
        payload = (await ann.say("hi")).payload
        await tutor.settled()
        before = tutor.changes
        for settings in ({"secret": "guessed"}, {"age": 400.0}, {"age": -400.0}, {"signed": False}, {"secret": ""}):
            payload["event_id"] += "x"
            status, body = await fake.forge(payload, **settings)
            assert status == 401
            assert ann.id not in body
        assert await fake.verify_url()
        assert (tutor.changes, len(tutor.got)) == (before, 1)


async def test_what_no_slack_sends_is_refused(fake: FakeSlack, tmp_path: Path) -> None:
    async with front(fake, tmp_path) as tutor, aiohttp.ClientSession() as session:
        for headers, body, status in (
            ({"X-Slack-Request-Timestamp": "soon", "X-Slack-Signature": "v0=" + "0" * 64}, b"{}", 401),
            ({"X-Slack-Request-Timestamp": "1", "X-Slack-Signature": "v0=é"}, b"{}", 401),
            ({"Content-Type": "application/json"}, b"{", 400),
            ({"Content-Type": "application/json"}, b"\xff\xfe", 400),
            ({"Content-Type": "application/json"}, b"[]", 400),
            ({"Content-Type": "application/json"}, b'{"event": [], "team": 1}', 400),
            ({"Content-Type": "application/json"}, b" " * 1_000_001, 413),
        ):
            async with session.post(fake.request_url, data=body, headers=headers) as answer:
                assert answer.status == status, (headers, body[:10])
        async with session.get(fake.request_url) as answer:
            assert answer.status == 405
        assert tutor.got == []


async def test_who_hangs_up_half_way_makes_no_noise(
    fake: FakeSlack, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with front(fake, tmp_path) as tutor:
        there = urlsplit(fake.request_url)
        _, writer = await asyncio.open_connection(there.hostname, there.port)
        writer.write(b"POST /slack/events HTTP/1.1\r\nHost: tutor\r\nContent-Length: 1000\r\n\r\n{")
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.close()
        await writer.wait_closed()
        await asyncio.sleep(0.1)
        assert tutor.got == []
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_a_removed_app_ends_its_workspace(fake: FakeSlack, tmp_path: Path) -> None:
    async with front(fake, tmp_path) as tutor:
        first, second = await fake.uninstall()
        assert first.ok
        assert second.ok
        assert tutor.workspace.over == [fake.team, fake.team]
        assert tutor.got == []


# --- around it ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["500", "hang", "user_not_found", "ratelimited"])
async def test_an_event_is_answered_though_slack_says_nothing_of_its_sender(
    fake: FakeSlack, tmp_path: Path, fault: str
) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path) as tutor:
        fake.fail("users.info", fault, retry_after=30)
        assert (await ann.say("hi")).seconds < 2.0
        await ann.say("ho")
        await tutor.settled()
        assert [(event.zone, event.language) for event in tutor.got] == [("", "")] * 2
        assert len(fake.called("users.info")) == 1, "not asked again so soon"


async def test_deactivated_people_and_bots_are_not_answered(fake: FakeSlack, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path) as tutor:
        ann.is_bot = True
        assert (await ann.say("hi")).ok
        assert tutor.got == []


async def test_the_assistant_pane(fake: FakeSlack, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    fake.subscribed |= {"assistant_thread_started", "assistant_thread_context_changed"}
    waits = iter([0.6, 0.0])
    async with front(fake, tmp_path, delay=lambda: next(waits, 0.0)) as tutor:
        thread = await ann.open_assistant()
        assert 1 <= len(thread.prompts) <= 4
        await ann.say("what happens when a server dies?", thread=thread)
        await fake.settled(lambda: fake.said(ann))
        assert "is thinking…" in thread.statuses
        assert fake.said(ann)[0].thread_ts == thread.ts
        await fake.settled(lambda: thread.title == "what happens when a server dies?")
        await ann.say("and then?", thread=thread)
        await tutor.settled()
        assert thread.title == "what happens when a server dies?"
        assert tutor.got[0].address == Address("slack", fake.team, ann.id, thread.ts)
        assert [r.address.lane for r in tutor.got] == [f"slack:{fake.team}:{ann.id}"] * 2


async def test_the_agent_view(fake: FakeSlack, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path):
        assert (await ann.open_messages()).ok
        await fake.settled(lambda: ann.dm.prompts)
        assert ann.dm.prompts_title == "Ask me anything, or try one of these:"
        assert not fake.texts(ann), "looking is no reason to write"


async def test_the_assistant_pane_is_only_an_extra(fake: FakeSlack, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    fake.subscribed |= {"assistant_thread_started"}
    async with front(fake, tmp_path, delay=lambda: 0.4) as tutor:
        for method in ("setSuggestedPrompts", "setStatus", "setTitle"):
            fake.fail(f"assistant.threads.{method}", "500")
        thread = await ann.open_assistant()
        assert (await ann.say("hi", thread=thread)).ok
        await tutor.settled()
        assert [text for text in fake.texts(ann) if text == "number 1"]


async def test_replies_of_many_buttons_and_words(fake: FakeSlack, tmp_path: Path) -> None:
    ann = fake.person("Ann")

    def says(event: Event, tx: Tx) -> Answer:
        return Answer((Reply("**Bold** <!channel> & `code`", tuple(Button(f"b{n}", f"n:{n}") for n in range(30))),))

    async with front(fake, tmp_path, says=says) as tutor:
        await ann.say("hi")
        await tutor.settled()
        assert fake.texts(ann)[-1] == "Bold <!channel> & code"
        assert fake.pings == []
