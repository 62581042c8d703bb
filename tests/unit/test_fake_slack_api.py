"""The fake Slack's Web API, as slack_sdk's real client meets it: what it refuses, its faults, rates and tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.oauth import AuthorizeUrlGenerator
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.fakes.senders import Clock
from tests.fakes.slack import FakeSlack, fake_slack, plain

pytestmark = pytest.mark.breaks_rules


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def fake(clock: Clock) -> AsyncIterator[FakeSlack]:
    async with fake_slack(clock, retry_delays=(), ack_within=0.2) as fake:
        yield fake


def client_of(fake: FakeSlack, token: str = "") -> AsyncWebClient:
    return AsyncWebClient(token or fake.bot_token, base_url=fake.url, retry_handlers=[], timeout=2)


@pytest.fixture
def client(fake: FakeSlack) -> AsyncWebClient:
    return client_of(fake)


async def error_of(answer: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await answer
    data = caught.value.response.data
    return str(data["error"]) if isinstance(data, dict) else str(caught.value.response.status_code)


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


async def test_posts_changes_and_deletes(fake: FakeSlack, client: AsyncWebClient) -> None:
    ann = fake.person("Ann")
    opened = await client.conversations_open(users=ann.id)
    sent = await client.chat_postMessage(channel=opened["channel"]["id"], text="one")
    assert sent["message"]["bot_id"]
    await client.chat_update(channel=sent["channel"], ts=sent["ts"], text="two")
    assert fake.texts(ann) == ["two"]
    await client.chat_delete(channel=sent["channel"], ts=sent["ts"])
    assert fake.texts(ann) == []
    again = client.chat_update(channel=sent["channel"], ts=sent["ts"], text="three")
    assert await error_of(again) == "message_not_found"
    assert not fake.refused, "that it is gone is nobody's fault"


async def test_only_own_messages_and_no_ephemeral_ones(fake: FakeSlack, client: AsyncWebClient) -> None:
    ann, ben = fake.person("Ann"), fake.person("Ben")
    general = fake.channel("general", [ann])
    await ann.say("mine", general)
    theirs = fake.screen(general)[0]
    assert await error_of(client.chat_update(channel=general.id, ts=theirs.ts, text="x")) == "cant_update_message"
    assert await error_of(client.chat_delete(channel=general.id, ts=theirs.ts)) == "cant_delete_message"
    told = await client.chat_postEphemeral(channel=general.id, user=ann.id, text="psst")
    update = client.chat_update(channel=general.id, ts=told["message_ts"], text="x")
    assert await error_of(update) == "message_not_found"
    assert fake.texts(general, ann) == ["mine", "psst"]
    assert fake.texts(general, ben) == ["mine"]
    missing = client.chat_postEphemeral(channel=general.id, user=ben.id, text="psst")
    assert await error_of(missing) == "user_not_in_channel"


async def test_where_it_may_not_post(fake: FakeSlack, client: AsyncWebClient, clock: Clock) -> None:
    ann = fake.person("Ann")
    outside = fake.channel("outside", [ann], bot_in=False)
    old = fake.channel("old", [ann])
    old.archived = True
    assert await error_of(client.chat_postMessage(channel=outside.id, text="x")) == "not_in_channel"
    assert await error_of(client.chat_postMessage(channel=old.id, text="x")) == "is_archived"
    assert await error_of(client.chat_postMessage(channel="C000000000", text="x")) == "channel_not_found"
    assert await error_of(client.conversations_open(users=fake.bot_user)) == "cannot_dm_bot"
    await fake.deactivate(ann)
    assert await error_of(client.conversations_open(users=ann.id)) == "user_disabled"
    assert await error_of(client.chat_postMessage(channel=ann.dm.id, text="x")) == "channel_not_found"
    info = (await client.users_info(user=ann.id))["user"]
    assert info["deleted"]
    assert "tz" not in info


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"text": "", "blocks": []}, "no_text"),
        ({"text": "x", "blocks": [section("y" * 3001)]}, "invalid_blocks"),
        ({"text": "x", "blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"text": "x", "blocks": [section("y" * 2900)] * 5}, "msg_blocks_too_long"),
        ({"text": "x", "blocks": "nonsense"}, "invalid_blocks_format"),
        ({"text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
        ({"text": "x", "metadata": {"event": "x"}}, "invalid_metadata_format"),
    ],
)
async def test_what_it_refuses_in_a_message(
    fake: FakeSlack, client: AsyncWebClient, more: dict[str, Any], error: str
) -> None:
    ann = fake.person("Ann")
    assert await error_of(client.api_call("chat.postMessage", json={"channel": ann.id, **more})) == error
    assert [call.outcome for call in fake.refused] == [error]
    assert fake.screen(ann) == []


async def test_texts_that_slack_splits_or_will_not_change_to(fake: FakeSlack, client: AsyncWebClient) -> None:
    ann = fake.person("Ann")
    sent = await client.chat_postMessage(channel=ann.id, text="x" * 4001)
    assert fake.warned
    assert not fake.refused
    long = client.chat_update(channel=sent["channel"], ts=sent["ts"], text="x" * 4001)
    assert await error_of(long) == "msg_too_long"


async def test_calls_that_would_wake_people_are_noted(fake: FakeSlack, client: AsyncWebClient, clock: Clock) -> None:
    ann = fake.person("Ann")
    await client.chat_postMessage(channel=ann.id, text="&lt;!channel&gt; is harmless")
    assert fake.pings == []
    clock.advance(1)
    await client.chat_postMessage(channel=ann.id, text=f"<!channel> and <@{ann.id}>")
    assert fake.pings == ["!channel", f"@{ann.id}"]


async def test_scopes(fake: FakeSlack, client: AsyncWebClient) -> None:
    fake.first.scopes = {"chat:write"}
    ann = fake.person("Ann")
    with pytest.raises(SlackApiError) as caught:
        await client.users_info(user=ann.id)
    assert caught.value.response["error"] == "missing_scope"
    assert caught.value.response["needed"] == "users:read"
    assert (await client.auth_test()).headers["x-oauth-scopes"] == "chat:write"
    assert (await ann.say("hi")).skipped, "without im:history nothing is delivered"


async def test_users_and_teams(fake: FakeSlack, client: AsyncWebClient) -> None:
    ann = fake.person("Ann", tz="Asia/Tokyo", locale="ja-JP")
    user = (await client.users_info(user=ann.id, include_locale=True))["user"]
    assert (user["tz"], user["tz_offset"], user["locale"]) == ("Asia/Tokyo", 9 * 3600, "ja-JP")
    assert await error_of(client.users_info(user="U1")) == "user_not_found"
    assert (await client.auth_test())["user_id"] == fake.bot_user
    assert await error_of(client_of(fake, "xoxb-other").auth_test()) == "invalid_auth"
    assert await error_of(client_of(fake, fake.app_token).auth_test()) == "not_allowed_token_type"
    assert await error_of(client.apps_connections_open(app_token=fake.bot_token)) == "not_allowed_token_type"
    assert await error_of(client.api_call("chat.postMesage", json={"channel": "C1"})) == "unknown_method"


async def test_one_message_a_second_in_a_channel(fake: FakeSlack, client: AsyncWebClient, clock: Clock) -> None:
    ann, ben = fake.person("Ann"), fake.person("Ben")
    await client.chat_postMessage(channel=ann.id, text="1")
    await client.chat_postMessage(channel=ben.id, text="1")
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=ann.id, text="2")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "1"
    assert len(fake.hurried) == 1
    clock.advance(0.5)
    assert await error_of(client.chat_postMessage(channel=ann.id, text="2")) == "ratelimited"
    assert "sooner than Retry-After" in fake.refused[-1].rule
    clock.advance(0.5)
    await client.chat_postMessage(channel=ann.id, text="2")
    fake.rates = "record"
    await client.chat_postMessage(channel=ann.id, text="3")
    assert fake.texts(ann) == ["1", "2", "3"]
    assert len(fake.hurried) == 2


async def test_tiers_and_the_workspace(fake: FakeSlack, client: AsyncWebClient, clock: Clock) -> None:
    ann = fake.person("Ann")
    sent = await client.chat_postMessage(channel=ann.id, text="0")
    for number in range(50):
        await client.chat_update(channel=sent["channel"], ts=sent["ts"], text=str(number))
    assert await error_of(client.chat_update(channel=sent["channel"], ts=sent["ts"], text="x")) == "ratelimited"
    clock.advance(60)
    await client.chat_update(channel=sent["channel"], ts=sent["ts"], text="x")
    fake.pace.workspace_per_minute = 3
    for _ in range(3):
        clock.advance(1)
        await client.chat_postMessage(channel=ann.id, text="x")
    clock.advance(1)
    assert await error_of(client.chat_postMessage(channel=ann.id, text="x")) == "ratelimited"


async def test_faults(fake: FakeSlack, client: AsyncWebClient, clock: Clock) -> None:
    fake.rates = "off"
    ann = fake.person("Ann")

    async def post() -> Any:
        return await client.chat_postMessage(channel=ann.dm.id, text="x")

    fake.fail("chat.postMessage", "ratelimited", retry_after=7, skip=1)
    await post()
    with pytest.raises(SlackApiError) as caught:
        await post()
    assert caught.value.response.headers["Retry-After"] == "7"
    clock.advance(6)
    assert await error_of(post()) == "ratelimited"
    clock.advance(1)
    await post()
    fake.fail("chat.postMessage", "503")
    with pytest.raises(SlackApiError) as caught:
        await post()
    assert isinstance(caught.value.response.data, str)
    fake.fail("*", "token_revoked")
    assert await error_of(post()) == "token_revoked"
    before = len(fake.screen(ann))
    fake.fail("chat.postMessage", "drop_before")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await post()
    assert len(fake.screen(ann)) == before
    fake.fail("chat.postMessage", "drop_after")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await post()
    assert len(fake.screen(ann)) == before + 1
    client.timeout = 0.1  # type: ignore[assignment]
    fake.fail("chat.postMessage", "hang")
    with pytest.raises(TimeoutError):
        await post()
    assert len(fake.screen(ann)) == before + 1
    assert [call.rule for call in fake.refused] == ["1.00 s sooner than Retry-After said"]


async def test_response_urls(fake: FakeSlack, clock: Clock) -> None:
    ann = fake.person("Ann")
    general = fake.channel("general", [ann], bot_in=False)
    told = await ann.slash("/tutor", "", general)
    hook = AsyncWebhookClient(told.payload["response_url"])
    for number in range(5):
        assert (await hook.send(text=str(number))).status_code == 200
    assert (await hook.send(text="6")).status_code == 404
    assert [call.outcome for call in fake.refused] == ["used_url"]
    assert fake.texts(general, ann) == list("01234")
    assert fake.texts(general) == []
    late = (await ann.slash("/tutor", "", general)).payload["response_url"]
    clock.advance(1801)
    answer = await AsyncWebhookClient(late).send(text="late")
    assert "expired_url" in answer.body
    told = await ann.slash("/tutor", "", general)
    hook = AsyncWebhookClient(told.payload["response_url"])
    assert (await hook.send(text="x", blocks=[section("")])).status_code == 400


async def test_triggers_are_good_once_for_three_seconds(fake: FakeSlack, client: AsyncWebClient, clock: Clock) -> None:
    ann = fake.person("Ann")
    view = {"type": "modal", "title": {"type": "plain_text", "text": "Hi"}, "blocks": [section("x")]}
    trigger = (await ann.slash("/tutor")).payload["trigger_id"]
    opened = await client.views_open(trigger_id=trigger, view=view)
    assert await error_of(client.views_open(trigger_id=trigger, view=view)) == "exchanged_trigger_id"
    late = (await ann.slash("/tutor")).payload["trigger_id"]
    clock.advance(4)
    assert await error_of(client.views_open(trigger_id=late, view=view)) == "expired_trigger_id"
    assert await error_of(client.views_open(trigger_id="1.2.3", view=view)) == "invalid_trigger_id"
    changed = {**view, "blocks": [section("y")]}
    await client.views_update(view_id=opened["view"]["id"], hash=opened["view"]["hash"], view=changed)
    stale = client.views_update(view_id=opened["view"]["id"], hash=opened["view"]["hash"], view=view)
    assert await error_of(stale) == "hash_conflict"
    assert plain(fake.modal(ann) or {}) == "y"
    too_long = {**view, "title": {"type": "plain_text", "text": "x" * 25}}
    await ann.close_modal()
    trigger = (await ann.slash("/tutor")).payload["trigger_id"]
    assert await error_of(client.views_open(trigger_id=trigger, view=too_long)) == "invalid_arguments"
    wrong = client.views_publish(user_id=ann.id, view=view)
    assert await error_of(wrong) == "invalid_arguments"


async def test_files(fake: FakeSlack, client: AsyncWebClient) -> None:
    ann = fake.person("Ann")
    dm = ann.dm.id
    await client.files_upload_v2(filename="a.json", content="{}", title="Export", channel=dm, initial_comment="Here")
    assert fake.uploads[0].data == b"{}"
    assert fake.uploads[0].channels == [ann.dm.id]
    assert fake.screen(ann)[0].files[0]["title"] == "Export"
    assert fake.texts(ann) == ["Here"]
    by_user = client.files_upload_v2(filename="a", content="x", channel=ann.id)
    assert await error_of(by_user) == "invalid_arguments", "a user's id is no channel's here"
    empty = client.files_getUploadURLExternal(filename="a", length=0)
    assert await error_of(empty) == "invalid_arguments"
    asked = await client.files_getUploadURLExternal(filename="a", length=5)
    twice = client.files_completeUploadExternal(files=[{"id": asked["file_id"]}], channel_id=ann.dm.id)
    assert await error_of(twice) == "file_not_found", "nothing was uploaded"


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated")  # slack_sdk still uses it
async def test_oauth(fake: FakeSlack, clock: Clock) -> None:
    other = fake.workspace("T0000002")
    cay = fake.person("Cay", workspace=other)
    scopes = ["chat:write", "im:history"]
    page = AuthorizeUrlGenerator(
        client_id=fake.client_id,
        scopes=scopes,
        redirect_uri="http://127.0.0.1/back",
        authorization_url=f"{fake.root}/oauth/v2/authorize",
    ).generate("the-state")
    fake.visitor = cay
    async with aiohttp.ClientSession() as browser, browser.get(page, allow_redirects=False) as answer:
        assert answer.status == 302
        back = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert back["state"] == ["the-state"]
    client = AsyncWebClient(base_url=fake.url)
    given: dict[str, Any] = {
        "client_id": fake.client_id,
        "code": back["code"][0],
        "redirect_uri": "http://127.0.0.1/back",
    }
    assert await error_of(client.oauth_v2_access(client_secret="wrong", **given)) == "bad_client_secret"
    token = await client.oauth_v2_access(client_secret=fake.client_secret, **given)
    assert token["team"]["id"] == "T0000002"
    assert token["authed_user"]["id"] == cay.id
    twice = client.oauth_v2_access(client_secret=fake.client_secret, **given)
    assert await error_of(twice) == "code_already_used"
    theirs = client_of(fake, token["access_token"])
    assert (await theirs.auth_test())["bot_id"] == other.bot_id
    await theirs.chat_postMessage(channel=cay.id, text="welcome")
    assert fake.texts(cay) == ["welcome"]
    assert await error_of(theirs.chat_postMessage(channel=fake.person("Ann").dm.id, text="x")) == "channel_not_found"
    with pytest.raises(ValueError, match="invalid_scope"):
        fake.approve(page.replace("im%3Ahistory", "admin").replace("im:history", "admin"), cay)
    assert "error=access_denied" in fake.deny(page)
    await theirs.apps_uninstall(client_id=fake.client_id, client_secret=fake.client_secret)
    await fake.quiet()
    assert await error_of(theirs.auth_test()) == "account_inactive"


async def test_two_fakes_are_strangers() -> None:
    async with fake_slack() as one, fake_slack(workspace="T2") as two:
        assert await error_of(client_of(one, two.bot_token).auth_test()) == "invalid_auth"


async def test_threads_of_the_agent_view_and_of_the_older_pane(fake: FakeSlack, client: AsyncWebClient) -> None:
    ann = fake.person("Ann")
    await ann.say("hi")
    message = fake.screen(ann)[0]
    where: dict[str, str] = {"channel_id": ann.dm.id, "thread_ts": message.ts}
    prompts: list[dict[str, str]] = [{"title": "Quiz", "message": "quiz"}]
    fake.agent_view = False
    assert await error_of(client.assistant_threads_setTitle(title="x", **where)) == "invalid_thread_ts"
    fake.agent_view = True
    await client.assistant_threads_setTitle(title="x", **where)
    assert ann.dm.assistant[message.ts].title == "x"
    await client.assistant_threads_setSuggestedPrompts(channel_id=ann.dm.id, prompts=prompts)
    assert ann.dm.prompts == prompts
    many = client.assistant_threads_setSuggestedPrompts(channel_id=ann.dm.id, prompts=prompts * 5)
    assert await error_of(many) == "invalid_arguments"
