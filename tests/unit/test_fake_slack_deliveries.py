"""What the fake Slack delivers: by Socket Mode to slack_sdk's real client, and by signed HTTP to a real server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack import FakeSlack, buttons, fake_slack, plain

pytestmark = pytest.mark.breaks_rules

Handler = Callable[[Any], Awaitable[Any]]
BUTTON = {"type": "button", "text": {"type": "plain_text", "text": "Go on"}, "action_id": "a", "value": "next"}
INPUT = {
    "type": "input",
    "block_id": "name",
    "label": {"type": "plain_text", "text": "Name"},
    "element": {"type": "plain_text_input", "action_id": "it"},
}
ZONES = [{"text": {"type": "plain_text", "text": text}, "value": text} for text in ("Europe/Berlin", "Asia/Tokyo")]
PICK = {
    "type": "input",
    "block_id": "zone",
    "label": {"type": "plain_text", "text": "Zone"},
    "element": {"type": "static_select", "action_id": "it2", "options": ZONES, "initial_option": ZONES[0]},
}
MODAL = {
    "type": "modal",
    "callback_id": "settings",
    "title": {"type": "plain_text", "text": "Settings"},
    "submit": {"type": "plain_text", "text": "Save"},
    "blocks": [INPUT, PICK],
}


class App:
    """A small app: `answer` is asked for each payload; what it returns is the acknowledgement's body."""

    def __init__(self, fake: FakeSlack) -> None:
        self.fake = fake
        self.client = AsyncWebClient(fake.bot_token, base_url=fake.url)
        self.got: list[Any] = []
        self.retries: list[tuple[str, str]] = []
        self.statuses: list[int] = []  # to answer with, one a request, then 200
        self.slow = 0.0

    async def answer(self, payload: Any) -> Any:
        return None

    async def handle(self, request: web.Request) -> web.Response:
        body, headers = await request.text(), request.headers
        verifier = SignatureVerifier(self.fake.signing_secret)
        if not verifier.is_valid_request(body, dict(request.headers)):
            return web.Response(status=401)
        self.retries.append((headers.get("x-slack-retry-num", ""), headers.get("x-slack-retry-reason", "")))
        if request.content_type == "application/json":
            payload = json.loads(body)
        else:
            form = dict(await request.post())
            payload = json.loads(str(form["payload"])) if "payload" in form else form
        self.got.append(payload)
        await asyncio.sleep(self.slow)
        if self.statuses:
            return web.Response(status=self.statuses.pop(0))
        if payload.get("type") == "url_verification":
            return web.Response(text=payload["challenge"])
        answer = await self.answer(payload)
        return web.Response() if answer is None else web.json_response(answer)

    async def hear(self, client: Any, request: SocketModeRequest) -> None:
        self.got.append(request.payload)
        self.retries.append((str(request.retry_attempt or ""), request.retry_reason or ""))
        answer = await self.answer(request.payload)
        await client.send_socket_mode_response(SocketModeResponse(request.envelope_id, answer))


@asynccontextmanager
async def by_http(fake: FakeSlack) -> AsyncIterator[App]:
    app = App(fake)
    site = web.Application()
    site.router.add_post("/slack/events", app.handle)
    runner = web.AppRunner(site, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    try:
        yield app
    finally:
        await runner.cleanup()


@asynccontextmanager
async def by_socket(fake: FakeSlack) -> AsyncIterator[App]:
    app = App(fake)
    client = SocketModeClient(fake.app_token, web_client=app.client, ping_interval=0.2)
    client.socket_mode_request_listeners.append(app.hear)
    await client.connect()  # type: ignore[no-untyped-call]
    try:
        yield app
    finally:
        await client.close()  # type: ignore[no-untyped-call]


@pytest.fixture(params=["socket", "http"])
async def app(request: pytest.FixtureRequest) -> AsyncIterator[App]:
    way = by_socket if request.param == "socket" else by_http
    async with fake_slack(retry_delays=(0.0, 0.02, 0.05)) as fake, way(fake) as app:
        yield app


@pytest.fixture
async def http() -> AsyncIterator[App]:
    async with fake_slack(retry_delays=(0.0, 0.02, 0.05)) as fake, by_http(fake) as app:
        yield app


async def test_direct_messages_and_the_echo_of_the_answer(app: App) -> None:
    ann = app.fake.person("Ann", tz="Europe/Berlin")
    told = await ann.say("a < b & c, see https://example.org")
    assert told.ok
    assert told.status == 200
    event = app.got[0]["event"]
    assert event["type"] == "message"
    assert event["channel_type"] == "im"
    assert event["text"] == "a &lt; b &amp; c, see <https://example.org>"
    assert app.got[0]["event_id"] == told.event_id
    assert app.fake.texts(ann) == ["a < b & c, see https://example.org"]
    await app.client.chat_postMessage(channel=event["channel"], text="hi")
    await app.fake.settled(lambda: len(app.got) == 2)
    assert app.got[1]["event"]["bot_id"], "Slack tells an app of its own messages"
    assert not app.fake.refused


async def test_mentions_arrive_where_the_bot_is(app: App) -> None:
    ann = app.fake.person("Ann")
    inside = app.fake.channel("general", [ann])
    outside = app.fake.channel("random", [ann], bot_in=False)
    told = await ann.mention("hello", inside)
    assert told.payload["event"]["type"] == "app_mention"
    assert told.payload["event"]["text"] == f"<@{app.fake.bot_user}> hello"
    assert (await ann.mention("hello", outside)).skipped
    assert (await ann.say("not for the bot", inside)).skipped, "the manifest does not subscribe to message.channels"
    thread = app.fake.screen(inside)[0]
    await ann.mention("and then?", inside, thread)
    assert app.got[-1]["event"]["thread_ts"] == thread.ts


async def test_slash_command_answers_and_response_urls(app: App) -> None:
    ann, ben = app.fake.person("Ann"), app.fake.person("Ben")
    general = app.fake.channel("general", [ann, ben], bot_in=False)

    async def answer(payload: Any) -> Any:
        return {"text": f"You said {payload['text']}"}

    app.answer = answer  # type: ignore[method-assign]
    told = await ann.slash("/tutor", "<@U1> & co", general)
    assert told.ok
    assert told.seconds < 1
    assert app.got[0]["text"] == "<@U1> & co"
    assert app.fake.texts(general, ann) == ["You said <@U1> & co".replace("<@U1>", "@U1")]
    assert app.fake.texts(general, ben) == [], "what the command answers is for one person"
    with pytest.raises(AssertionError):
        await ann.slash("/other")


async def test_press_replaces_the_message(app: App) -> None:
    ann = app.fake.person("Ann")
    await app.client.chat_postMessage(channel=ann.id, text="?", blocks=[{"type": "actions", "elements": [BUTTON]}])
    assert buttons(app.fake.screen(ann)[0]) == [("Go on", "a", "next")]
    told = await ann.press("Go")
    assert told.ok
    pressed = told.payload
    assert pressed["actions"][0]["value"] == "next"
    assert pressed["message"]["ts"] == app.fake.screen(ann)[0].ts
    await app.client.chat_update(
        channel=pressed["channel"]["id"],
        ts=pressed["message"]["ts"],
        text="done",
        blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": "done"}}],
    )
    assert [plain(message) for message in app.fake.screen(ann)] == ["done"]
    with pytest.raises(AssertionError):
        await ann.press("Go")


async def test_ephemeral_press_carries_no_message(app: App) -> None:
    ann = app.fake.person("Ann")
    general = app.fake.channel("general", [ann])
    blocks = [{"type": "actions", "elements": [BUTTON]}]
    await app.client.chat_postEphemeral(channel=general.id, user=ann.id, text="psst", blocks=blocks)
    told = await ann.press("Go", where=general)
    assert "message" not in told.payload
    assert told.payload["container"]["is_ephemeral"]


async def test_home_and_modal(app: App) -> None:
    ann = app.fake.person("Ann")
    opened = await ann.open_home()
    assert opened.payload["event"]["type"] == "app_home_opened"
    assert "view" not in opened.payload["event"]
    home = {"type": "home", "blocks": [{"type": "actions", "elements": [BUTTON]}]}
    await app.client.views_publish(user_id=ann.id, view=home)
    assert (await ann.open_home()).payload["event"]["view"]["hash"]

    async def open_modal(payload: Any) -> None:
        if payload["type"] == "block_actions":
            await app.client.views_open(trigger_id=payload["trigger_id"], view=MODAL)

    app.answer = open_modal  # type: ignore[method-assign]
    told = await ann.press_home("Go on")
    assert told.payload["container"]["type"] == "view"
    assert app.fake.modal(ann)["callback_id"] == "settings"  # type: ignore[index]
    with pytest.raises(AssertionError):
        await ann.submit()

    async def refuse(payload: Any) -> Any:
        return {"response_action": "errors", "errors": {"name": "Too short"}}

    app.answer = refuse  # type: ignore[method-assign]
    told = await ann.submit({"Name": "A", "zone": "Asia/Tokyo"}, "settings")
    assert told.errors == {"name": "Too short"}
    values = told.payload["view"]["state"]["values"]
    assert values["name"]["it"]["value"] == "A"
    assert values["zone"]["it2"]["selected_option"]["value"] == "Asia/Tokyo"
    assert app.fake.modal(ann), "it stays open"

    async def accept(payload: Any) -> None:
        return None

    app.answer = accept  # type: ignore[method-assign]
    again = await ann.submit()
    assert again.payload["view"]["hash"] == told.payload["view"]["hash"]
    assert app.fake.modal(ann) is None
    assert not app.fake.refused


async def test_errors_for_unknown_fields_are_refused(app: App) -> None:
    ann = app.fake.person("Ann")

    async def answer(payload: Any) -> Any:
        if payload.get("type") == "view_submission":
            return {"response_action": "errors", "errors": {"nobody": "?"}}
        await app.client.views_open(trigger_id=payload["trigger_id"], view=MODAL)
        return None

    app.answer = answer  # type: ignore[method-assign]
    await ann.slash("/tutor", "settings")
    told = await ann.submit({"name": "A"})
    assert "nobody" in told.refused
    assert app.fake.refused


async def test_shortcut_and_assistant(app: App) -> None:
    app.fake.subscribed |= {"assistant_thread_started", "assistant_thread_context_changed"}
    ann = app.fake.person("Ann")
    general = app.fake.channel("general", [ann], bot_in=False)
    await ann.say("what is failover?", general)
    told = await ann.shortcut("ask_tutor", app.fake.screen(general)[0])
    assert told.payload["type"] == "message_action"
    assert told.payload["message"]["text"] == "what is failover?"
    thread = await ann.open_assistant(general)
    assert app.got[-1]["event"]["assistant_thread"]["thread_ts"] == thread.ts
    prompts: list[dict[str, str]] = [{"title": "Quiz", "message": "quiz"}]
    await app.client.assistant_threads_setSuggestedPrompts(channel_id=ann.dm.id, thread_ts=thread.ts, prompts=prompts)
    await app.client.assistant_threads_setTitle(channel_id=ann.dm.id, thread_ts=thread.ts, title="Failover")
    await app.client.assistant_threads_setStatus(channel_id=ann.dm.id, thread_ts=thread.ts, status="is thinking")
    assert (thread.title, thread.status, thread.prompts) == ("Failover", "is thinking", prompts)
    await ann.say("quiz", thread=thread)
    assert app.got[-1]["event"]["thread_ts"] == thread.ts
    await app.client.chat_postMessage(channel=ann.dm.id, thread_ts=thread.ts, text="1 of 5")
    assert thread.status == "", "an answer ends the status"


async def test_what_is_not_acknowledged_comes_again(http: App) -> None:
    http.statuses = [500, 503, 200]
    ann = http.fake.person("Ann")
    told = await ann.say("hi")
    assert not told.ok
    assert told.error == "http_error"
    await http.fake.settled(lambda: told.ok)
    assert http.retries == [("", ""), ("1", "http_error"), ("2", "http_error")]
    assert len({each["event_id"] for each in http.got}) == 1
    http.statuses = [500] * 10
    gone = await ann.say("lost")
    await http.fake.settled(lambda: len(gone.attempts) == 4)
    await http.fake.quiet()
    assert len(gone.attempts) == 4, "three times again, then never"
    press = http.fake.new_delivery("interactive", {"type": "block_actions"}, http.fake.first)
    await http.fake.deliver(press)
    await http.fake.quiet()
    assert len(press.attempts) == 1, "presses are not sent again"


async def test_three_seconds_and_no_more(http: App) -> None:
    http.fake.ack_within, http.slow = 0.05, 0.2
    told = await http.fake.person("Ann").slash("/tutor")
    assert told.error == "operation_timeout"
    assert http.fake.screen(http.fake.first.people[told.payload["user_id"]]) == []


async def test_signatures(http: App) -> None:
    assert await http.fake.verify_url()
    payload = {"type": "event_callback", "event_id": "Ev1"}
    assert (await http.fake.forge(payload))[0] == 200
    assert (await http.fake.forge(payload, secret="wrong"))[0] == 401
    assert (await http.fake.forge(payload, age=400))[0] == 401
    assert (await http.fake.forge(payload, signed=False))[0] == 401


async def test_late_and_out_of_order(app: App) -> None:
    ann = app.fake.person("Ann")
    app.fake.hold()
    first, second = await ann.say("one"), await ann.say("two")
    await app.fake.release(second)
    await app.fake.release(first)
    assert [each["event"]["text"] for each in app.got] == ["two", "one"]
    await app.fake.release()
    await app.fake.redeliver(first)
    assert app.got[-1]["event_id"] == first.event_id
    assert app.retries[-1][0] == "1"


async def test_lost_acknowledgements_come_again_by_socket() -> None:
    async with fake_slack(retry_delays=(0.0,), ack_within=0.2) as fake, by_socket(fake) as app:
        fake.lose_acks()
        told = await fake.person("Ann").say("hi")
        assert told.error == "operation_timeout"
        await fake.settled(lambda: told.ok)
        assert len(app.got) == 2
        assert app.retries == [("", ""), ("1", "timeout")]


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "drop"])
async def test_sockets_come_back(reason: str) -> None:
    async with fake_slack(retry_delays=(0.05, 0.1, 0.2)) as fake, by_socket(fake) as app:
        await fake.disconnect(reason)
        await fake.settled(lambda: fake.sockets.connected and len(fake.called("apps.connections.open")) > 1)
        told = await fake.person("Ann").say("hi")
        await fake.settled(lambda: told.ok)
        assert app.got[0]["event_id"] == told.event_id


async def test_two_sockets_share_the_work() -> None:
    async with fake_slack() as fake, by_socket(fake) as one, by_socket(fake) as two:
        ann = fake.person("Ann")
        for number in range(6):
            await ann.say(str(number))
        assert len(one.got) == len(two.got) == 3


async def test_uninstalling_and_revoking(app: App) -> None:
    revoked = await app.fake.revoke_tokens()
    assert revoked.payload["event"]["tokens"]["bot"] == [app.fake.bot_user]
    other = app.fake.workspace("T2", installed=True)
    client = AsyncWebClient(other.token, base_url=app.fake.url)
    assert (await client.auth_test())["team_id"] == "T2"
    told = await app.fake.uninstall(other)
    assert [each.payload["event"]["type"] for each in told] == ["app_uninstalled", "tokens_revoked"]
    assert (await app.fake.person("Cay", workspace=other).say("hi")).skipped
    with pytest.raises(Exception, match="account_inactive"):
        await client.auth_test()
    with pytest.raises(Exception, match="token_revoked"):
        await app.client.auth_test()
