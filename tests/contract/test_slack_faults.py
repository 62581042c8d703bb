"""Slack's faults, each through the real sender and outbox against a local Web API.

State changes once, the message is on the screen at least once, in order, and nothing is tried sooner than told.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from adapters.slack import sender as sending
from bot.messages import Address, Answer, Button, Document, Event, MessageRef, Refresh, Reply, SendLater, SendNever
from bot.store.tx import Tx
from tests.contract.slack_front import LIMITS, front, homely
from tests.contract.telegram_front import until
from tests.fakes.slack import FakeSlack, Person, buttons, fake_slack
from tests.ports import free_port

POST = "chat.postMessage"


@pytest.fixture
async def fake() -> AsyncIterator[FakeSlack]:
    async with fake_slack(rates="off", retry_delays=(0.05, 0.1, 0.2)) as made:
        yield made
        assert made.refused == [], "a rule of the platform was broken, or a wait cut short"


@pytest.fixture(autouse=True)
def discreet(caplog: pytest.LogCaptureFixture, fake: FakeSlack) -> Iterator[None]:
    caplog.set_level(logging.DEBUG, logger="adapters")
    caplog.set_level(logging.DEBUG, logger="bot")
    yield
    for secret in (fake.bot_token, fake.signing_secret, "/commands/", "/actions/"):
        assert secret not in caplog.text


def said(fake: FakeSlack, person: Person) -> list[str]:
    return [text for text in fake.texts(person) if text.startswith("number")]


def home(fake: FakeSlack, person: Person, thread: str = "") -> Address:
    return Address("slack", fake.team, person.id, thread)


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[str, list[str]]]:
    """A web server that is not Slack's: its address, and what it was asked for."""
    heard: list[str] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        heard.append(str(request.raw_path))
        return web.Response(text="ok")

    server = web.ServerRunner(web.Server(answer))
    await server.setup()
    try:
        await web.TCPSite(server, "127.0.0.1", port := free_port()).start()
        yield f"http://127.0.0.1:{port}/", heard
    finally:
        await server.cleanup()


# --- faults that pass ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["500", "503", "drop_before", "hang", "fatal_error", "internal_error"])
async def test_what_fails_for_a_time_is_sent_again_in_order(fake: FakeSlack, tmp_path: Path, fault: str) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path) as tutor:
        fake.fail(POST, fault, times=2)
        await ann.say("one")
        await ann.say("two")
        await tutor.settled(15)
        assert said(fake, ann) == ["number 1", "number 2"]
        assert tutor.changes == 2
        assert [call.outcome for call in fake.called(POST)].count("ok") == 2
        assert len(fake.called(POST)) == 4, "once a try: slack_sdk's own retry is off"


async def test_what_may_have_arrived_is_sent_again(fake: FakeSlack, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path) as tutor:
        fake.fail(POST, "drop_after")
        await ann.say("one")
        await ann.say("two")
        await tutor.settled(15)
        assert said(fake, ann) == ["number 1", "number 1", "number 2"], "at least once, in order"
        assert tutor.changes == 2
        assert len(fake.called(POST)) == 3


async def test_a_429_is_obeyed_to_the_second(fake: FakeSlack, tmp_path: Path) -> None:
    ann, ben = fake.person("Ann"), fake.person("Ben")
    async with front(fake, tmp_path) as tutor:
        fake.fail(POST, "ratelimited", retry_after=2)
        await ann.say("one")
        await ann.say("two")
        await until(lambda: fake.called(POST))
        await ben.say("hi")
        await fake.settled(lambda: said(fake, ben), timeout=1.5)
        await tutor.settled(15)
        told, again = [call for call in fake.called(POST) if call.params["channel"] == ann.dm.id][:2]
        assert again.at - told.at >= 2.0
        assert said(fake, ann) == ["number 1", "number 2"]
        assert tutor.changes == 3
        assert tutor.rows("tries") == [(1,)] * 3, "a wait that the platform asked for is not the message's fault"


@pytest.mark.parametrize("method", ["conversations.open", "chat.update"])
async def test_a_wait_for_a_whole_workspace_holds_for_everybody(fake: FakeSlack, method: str, tmp_path: Path) -> None:
    ann, ben = fake.person("Ann"), fake.person("Ben")
    async with front(fake, tmp_path, way="none") as tutor:
        old = {who: None for who in (ann, ben)}
        if method == "chat.update":
            old = {who: await tutor.send(Reply("old"), home(fake, who)) for who in (ann, ben)}  # type: ignore[misc]
        fake.fail(method, "ratelimited", retry_after=1)
        for who in (ann, ben):
            with pytest.raises(SendLater) as told:
                await tutor.send(Reply("new"), home(fake, who), old[who])
            assert 0.5 < float(told.value.after or 0) <= 1.0
        assert len([call for call in fake.called(method) if call.outcome == "ratelimited"]) == 1


async def test_the_rates_are_kept(fake: FakeSlack, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    fake.rates = "enforce"
    async with front(fake, tmp_path, limits=LIMITS) as tutor:
        for text in ("one", "two", "three"):
            await ann.say(text)
        await tutor.settled(15)
        assert said(fake, ann) == ["number 1", "number 2", "number 3"]
        assert fake.hurried == []


async def test_a_long_reply_goes_on_where_it_broke_off(
    fake: FakeSlack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = fake.person("Ann")
    monkeypatch.setattr(sending, "APART", 0.0)
    long = "\n\n".join(f"paragraph {n} " + "word " * 400 for n in range(16))
    fake.fail(POST, "ratelimited", skip=1)
    async with front(fake, tmp_path, says=lambda event, tx: Answer((Reply(long, (Button("Go", "go"),)),))) as tutor:
        await ann.say("tell")
        await tutor.settled(15)
        shown = fake.said(ann)
        assert len(shown) >= 3
        assert [len(buttons(message)) for message in shown] == [0] * (len(shown) - 1) + [1]
        text = "\n".join(fake.texts(ann))
        assert [text.count(f"paragraph {n} ") for n in range(16)] == [1] * 16, "each once"


async def test_a_long_reply_keeps_the_pace_of_a_channel(fake: FakeSlack, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    fake.rates = "enforce"
    async with front(fake, tmp_path, way="none") as tutor:
        long = "\n\n".join("word " * 400 for _ in range(8))
        await tutor.send(Reply(long), home(fake, ann))
        assert len(fake.said(ann)) == 2
        assert fake.hurried == []


# --- messages that are gone ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["message_not_found", "cant_update_message", "edit_window_closed"])
async def test_what_cannot_be_edited_is_sent_anew(fake: FakeSlack, tmp_path: Path, fault: str) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path) as tutor:
        await ann.say("one")
        await fake.settled(lambda: fake.said(ann))
        fake.fail("chat.update", fault)
        await ann.press("Again")
        await tutor.settled()
        assert said(fake, ann) == ["number 1", "number 2"]
        assert tutor.changes == 2


async def test_a_chat_that_was_closed_is_opened_again(fake: FakeSlack, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path, way="none") as tutor:
        await tutor.send(Reply("one"), home(fake, ann))
        fake.fail(POST, "channel_not_found")
        await tutor.send(Reply("two"), home(fake, ann))
        assert fake.texts(ann) == ["one", "two"]
        assert len(fake.called("conversations.open")) == 2


# --- faults that stay ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "fault"),
    [
        ("conversations.open", "user_disabled"),
        ("conversations.open", "user_not_found"),
        (POST, "user_disabled"),
        (POST, "channel_not_found"),
        (POST, "is_archived"),
    ],
)
async def test_somebody_who_is_gone_is_paused(fake: FakeSlack, tmp_path: Path, method: str, fault: str) -> None:
    ann = fake.person("Ann")
    fake.fail(method, fault, times=2)
    async with front(fake, tmp_path, says=homely) as tutor:
        await ann.open_home()
        await tutor.settled()
        assert tutor.rows("status", "error") == [("dead", fault)]
        assert tutor.paused() == ["gone"]
        assert tutor.changes == 1
        assert fake.said(ann) == []


async def test_a_channel_that_threw_us_out_pauses_nobody(fake: FakeSlack, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    general = fake.channel("general", [ann])
    async with front(fake, tmp_path) as tutor:
        fake.fail(POST, "not_in_channel")
        await ann.mention("hi", general)
        await tutor.settled()
        assert tutor.rows("status", "error") == [("dead", "not_in_channel")]
        assert tutor.paused() == [""]
        assert len(fake.called(POST)) == 1


async def test_a_token_that_is_refused_for_a_time_loses_nothing(fake: FakeSlack, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path) as tutor:
        fake.fail(POST, "invalid_auth")
        await ann.say("one")
        await until(lambda: tutor.rows("status", "tries", "error") == [("pending", 0, "asked to wait")])
        assert tutor.workspace.over == [], "it may as well be our address that is not allowed"


@pytest.mark.parametrize("fault", ["token_revoked", "account_inactive"])
async def test_a_token_that_is_refused_ends_the_workspace(fake: FakeSlack, tmp_path: Path, fault: str) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path) as tutor:
        fake.fail(POST, fault)
        await ann.say("one")
        await tutor.settled()
        assert tutor.workspace.over == [fake.team]
        assert tutor.rows("status", "error") == [("dead", fault)]
        assert tutor.paused() == [""]
        assert tutor.changes == 1


async def test_another_workspaces_message_is_never_sent(fake: FakeSlack, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path, way="none") as tutor:
        with pytest.raises(SendNever) as never:
            await tutor.send(Reply("hi"), Address("slack", "T0000009", ann.id))
        assert not never.value.gone


# --- for one person's eyes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["expired_url", "used_url"])
async def test_a_response_url_that_ran_out_leads_to_the_persons_own_chat(
    fake: FakeSlack, tmp_path: Path, fault: str
) -> None:
    ann = fake.person("Ann")
    general = fake.channel("general", [ann])
    async with front(fake, tmp_path) as tutor:
        fake.fail("response_url", fault)
        await ann.slash("/tutor", "quiz", general)
        await tutor.settled()
        assert said(fake, ann) == ["number 1"]
        assert "number 1" not in fake.texts(general, ann)
        assert tutor.changes == 1


async def test_a_response_url_is_used_five_times(fake: FakeSlack, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    general = fake.channel("general", [ann])

    def says(event: Event, tx: Tx) -> Answer:
        return Answer(tuple(Reply(f"number {n}", audience=event.sender) for n in range(7)))

    async with front(fake, tmp_path, says=says) as tutor:
        await ann.slash("/tutor", "quiz", general)
        await tutor.settled()
        assert fake.texts(general, ann) == [f"number {n}" for n in range(5)]
        assert fake.texts(ann) == ["number 5", "number 6"]


@pytest.mark.parametrize("fault", ["500", "drop_before", "ratelimited"])
async def test_a_response_url_that_fails_for_a_time_is_used_again(fake: FakeSlack, tmp_path: Path, fault: str) -> None:
    ann = fake.person("Ann")
    general = fake.channel("general", [ann])
    async with front(fake, tmp_path) as tutor:
        fake.fail("response_url", fault)
        await ann.slash("/tutor", "quiz", general)
        await tutor.settled()
        assert "number 1" in fake.texts(general, ann)
        first, second = fake.called("response_url")
        assert fault != "ratelimited" or second.at - first.at >= 1.0
        assert tutor.changes == 1


async def test_nothing_is_sent_to_a_response_url_that_is_not_slacks(fake: FakeSlack, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    general = fake.channel("general", [ann])
    async with listening() as (elsewhere, heard), front(fake, tmp_path, way="none") as tutor:
        for url in (elsewhere, "http://hooks.slack.com/commands/1", "https://hooks.slack.com.evil.test/1", "http://["):
            to = Address("slack", fake.team, general.id, url)
            await tutor.send(Reply(f"for {url}", audience=ann.id), to)
        assert heard == []
        assert len(fake.texts(ann)) == 4, "it goes into their own chat"


async def test_a_proxy_that_the_environment_names_is_used(
    fake: FakeSlack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = fake.person("Ann")
    general = fake.channel("general", [ann])
    async with listening() as (proxy, heard), front(fake, tmp_path, way="none") as tutor:
        await tutor.send(Reply("connected"), home(fake, ann))
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        url = fake.new_response_url(ann, general)
        await tutor.send(Reply("number 1", audience=ann.id), Address("slack", fake.team, general.id, url))
        assert heard == [url]


async def test_one_person_in_a_channel(fake: FakeSlack, tmp_path: Path) -> None:
    ann, ben = fake.person("Ann"), fake.person("Ben")
    general = fake.channel("general", [ann, ben])
    async with front(fake, tmp_path, way="none") as tutor:
        to = Address("slack", fake.team, general.id)
        found = await tutor.send(Reply("psst", audience=ann.id), to)
        assert found == MessageRef(general.id, "")
        assert (fake.texts(general, ann), fake.texts(general, ben)) == (["psst"], [])
        fake.fail("chat.postEphemeral", "user_not_in_channel")
        await tutor.send(Reply("psst again", audience=ann.id), to)
        assert fake.texts(ann) == ["psst again"]
        await tutor.send(Reply("edited", replaces="k"), home(fake, ann), found)
        assert fake.texts(ann) == ["psst again", "edited"], "an ephemeral message cannot be edited"


# --- files, and App Home ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["", "upload:500", "files.completeUploadExternal:500", f"{POST}:500"])
async def test_a_file_arrives_with_its_message(fake: FakeSlack, tmp_path: Path, fault: str) -> None:
    ann = fake.person("Ann")
    method, _, kind = fault.partition(":")
    if fault:
        fake.fail(method, kind)
    reply = Reply("Here it is.", document=Document("tutor.json", '{"ü": 1}'))
    async with front(fake, tmp_path, says=lambda event, tx: Answer((reply,))) as tutor:
        await ann.say("export")
        await tutor.settled()
        shared = [upload for upload in fake.uploads if upload.done]
        assert [(upload.name, upload.data) for upload in shared] == [("tutor.json", '{"ü": 1}'.encode())]
        assert shared[0].channels == [ann.dm.id]
        assert fake.texts(ann).count("Here it is.") == 1


async def test_a_file_for_one_person_goes_to_their_own_chat(fake: FakeSlack, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    general = fake.channel("general", [ann])
    async with front(fake, tmp_path, way="none") as tutor:
        reply = Reply("Here.", document=Document("a.txt", "a"), audience=ann.id)
        await tutor.send(reply, Address("slack", fake.team, general.id))
        await tutor.send(Reply("", document=Document("b.txt", "b")), home(fake, ann))
        assert [upload.channels for upload in fake.uploads] == [[ann.dm.id]] * 2
        assert "Here." in fake.texts(general, ann)


async def test_home_is_drawn_anew_on_change(fake: FakeSlack, tmp_path: Path) -> None:
    ann = fake.person("Ann")

    def says(event: Event, tx: Tx) -> Answer:
        return Answer((Refresh("home"),))

    async with front(fake, tmp_path, says=says) as tutor:
        fake.fail("views.publish", "500")
        await ann.open_home()
        await tutor.settled()
        assert fake.home(ann) is not None
        assert len(fake.called("views.publish")) == 2
        await tutor.sender.refresh(home(fake, ann), "scoreboard")
        assert len(fake.called("views.publish")) == 2
