"""Installing Tutor in workspaces by OAuth: over HTTP to a local Slack, with tokens kept on all three stores."""

from __future__ import annotations

import asyncio
import html
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from aiohttp import web
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_sdk.oauth.installation_store import Installation
from sqlalchemy import inspect, text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.slack.installations import Keyring, forget_everything
from adapters.slack.manifest import INSTALL_PATH, REDIRECT_PATH, SCOPES
from adapters.slack.oauth import Authorize, Installed, flow
from bot.messages import SendNever
from bot.store.db import Database
from bot.store.errors import StoreError
from bot.store.queries import workspace
from bot.store.tables import METADATA
from tests.fakes.slack import fake_slack

# slack_sdk's own: it signs oauth.v2.access with what aiohttp 3.14 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")

SECRET_KEY = "a long secret key of the tests"
PUBLIC = "https://tutor.example.org"
COOKIE = "slack-app-oauth-state"


@dataclass
class Slack:
    """A Web API that hands out tokens. `answers` are for oauth.v2.access, first come first served."""

    url: str = ""
    team: str = "T1"
    enterprise: str | None = None
    whole: bool = False
    rotates: bool = False
    calls: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    tokens: int = 0
    mute: bool = False

    def names(self) -> list[str]:
        return [name for name, _, _ in self.calls]

    async def call(self, request: web.Request) -> web.Response:
        name = request.match_info["method"]
        given = dict(request.query) | {key: str(value) for key, value in (await request.post()).items()}
        if request.content_type == "application/json":
            given |= {
                key: value if isinstance(value, str) else json.dumps(value)
                for key, value in (await request.json()).items()
            }
        self.calls.append((name, given, request.headers.get("Authorization", "").removeprefix("Bearer ")))
        match name:
            case "oauth.v2.access":
                if self.answers:
                    answer = self.answers.pop(0)
                    if isinstance(answer, int):
                        return web.Response(status=answer, text="<html>broken</html>")
                    return web.json_response(answer)
                return web.json_response(self.grant())
            case "auth.test":
                return web.json_response({"ok": True, "bot_id": "B1", "user_id": "UBOT", "team_id": self.team})
            case "conversations.open" if self.mute:
                return web.json_response({"ok": False, "error": "cannot_dm_bot"})
            case "conversations.open":
                return web.json_response({"ok": True, "channel": {"id": "D1"}})
            case _:
                return web.json_response({"ok": True, "ts": "1.1", "channel": "D1"})

    def grant(self) -> dict[str, Any]:
        self.tokens += 1
        turn = {"refresh_token": f"xoxe-1-refresh-{self.tokens}", "expires_in": 43200} if self.rotates else {}
        return {
            "ok": True,
            "app_id": "A1",
            "access_token": f"xoxb-bot-token-{self.tokens}",
            "token_type": "bot",
            "scope": ",".join(SCOPES),
            "bot_user_id": "UBOT",
            "team": None if self.whole else {"id": self.team, "name": "Rock & <b>Roll</b>"},
            "enterprise": {"id": self.enterprise, "name": "Org"} if self.enterprise else None,
            "is_enterprise_install": self.whole,
            "authed_user": {"id": "UINST", "access_token": "xoxp-user-token", "scope": "identify"},
            "incoming_webhook": {"url": "https://hooks.slack.com/services/T1/B1/verysecret", "channel": "c"},
            **turn,
        }


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    made = Slack()
    app = web.Application()
    app.router.add_post("/api/{method}", made.call)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    yield made
    await runner.cleanup()


@dataclass
class Place:
    """Tutor as a browser finds it."""

    installed: Installed
    browser: httpx.AsyncClient
    db: Database
    slack: Slack
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    async def begin(self, query: str = "") -> tuple[httpx.Response, str]:
        """Press "Add to Slack": where it leads, and the state that came along."""
        answer = await self.browser.get(INSTALL_PATH + query)
        assert answer.status_code == 302
        return answer, parse_qs(urlsplit(answer.headers["location"]).query)["state"][0]

    async def back(self, query: str, cookie: str) -> httpx.Response:
        """Come back from Slack."""
        return await self.browser.get(f"{REDIRECT_PATH}?{query}", headers={"Cookie": f"{COOKIE}={cookie}"})

    async def install(self) -> httpx.Response:
        _, state = await self.begin()
        return await self.back(f"code=a-code&state={state}", state)

    def raw(self) -> str:
        """Everything in the database, as it is stored."""
        with self.db.read() as conn:
            tables = inspect(conn).get_table_names()
            return "\n".join(str(row) for table in tables for row in conn.execute(text(f'SELECT * FROM "{table}"')))


@asynccontextmanager
async def browsing(installed: Installed, way: AsyncOAuthFlow) -> AsyncIterator[httpx.AsyncClient]:
    """A browser before the two pages."""
    handler = AsyncSlackRequestHandler(AsyncApp(signing_secret="secret", oauth_flow=way))

    async def handle(request: Request) -> Response:
        return await handler.handle(request)

    served = Starlette(routes=[Route(path, handle) for path in (INSTALL_PATH, REDIRECT_PATH)])
    await installed.prepare()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url=PUBLIC) as browser:
        yield browser
    await installed.close()


@asynccontextmanager
async def placed(db: Database, slack: Slack, *keys: str) -> AsyncIterator[Place]:
    made: list[Place] = []
    installed = Installed(db, "12.34", "client-secret", keys or (SECRET_KEY,), lambda: made[0].now, slack.url)
    async with browsing(installed, flow(installed, PUBLIC, authorize_url="https://slack.test/authorize")) as browser:
        made.append(Place(installed, browser, db, slack))
        yield made[0]


@pytest.fixture
async def place(db: Database, slack: Slack) -> AsyncIterator[Place]:
    async with placed(db, slack) as made:
        yield made


async def test_the_way_to_slack_asks_for_the_least_and_comes_back_here(place: Place) -> None:
    answer, state = await place.begin("?team=T0123")
    found = urlsplit(answer.headers["location"])
    query = parse_qs(found.query, keep_blank_values=True)
    assert found.netloc == "slack.test"
    assert query["client_id"] == ["12.34"]
    assert query["scope"] == [",".join(SCOPES)]
    assert query["user_scope"] == [""]
    assert query["redirect_uri"] == [PUBLIC + REDIRECT_PATH]
    assert query["team"] == ["T0123"]
    assert len(state) >= 32
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}={state};")
    assert {"Secure", "HttpOnly", "Max-Age=600"} <= set(cookie.split("; "))


async def test_what_a_link_says_beside_a_workspaces_id_is_not_passed_on(place: Place) -> None:
    answer, _ = await place.begin("?team=T1%26redirect_uri%3Dhttps%3A%2F%2Fevil.test&scope=admin")
    assert "evil" not in answer.headers["location"]
    assert "admin" not in answer.headers["location"]


async def test_an_installation_is_kept_and_only_the_installer_hears_of_it(place: Place) -> None:
    answer = await place.install()
    page = html.unescape(answer.text)
    assert answer.status_code == 200
    assert "Tutor is installed in Rock & <b>Roll</b>." in page
    assert "<b>Roll" not in answer.text  # a workspace's name is no markup
    assert "https://slack.com/app_redirect?app=A1&team=T1" in page
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert place.slack.names() == ["oauth.v2.access", "auth.test", "conversations.open", "chat.postMessage"]
    _, access, _ = place.slack.calls[0]
    assert access["code"] == "a-code"
    assert access["redirect_uri"] == PUBLIC + REDIRECT_PATH
    _, opened, token = place.slack.calls[2]
    assert (opened["users"], token) == ("UINST", "xoxb-bot-token-1")
    _, message, token = place.slack.calls[3]
    assert (message["channel"], token) == ("D1", "xoxb-bot-token-1")
    assert "/tutor help" in message["blocks"]
    client = await place.installed.client("T1")
    assert client.token == "xoxb-bot-token-1"
    assert client.retry_handlers == []


async def test_no_token_can_be_read_from_a_stolen_database(place: Place) -> None:
    await place.install()
    stored = place.raw()
    assert "UINST" in stored  # the dump shows what there is
    for secret in ("xoxb", "xoxp", "xoxe", "hooks.slack.com", "verysecret", "client-secret", SECRET_KEY):
        assert secret not in stored, secret
    if place.db.path:
        files = b"".join(path.read_bytes() for path in place.db.path.parent.glob(place.db.path.name + "*"))
        assert b"xoxb" not in files
        assert b"verysecret" not in files


async def test_long_tokens_fit(place: Place) -> None:
    place.slack.answers.append(place.slack.grant() | {"access_token": "xoxb-" + "x" * 250})
    await place.install()
    assert (await place.installed.client("T1")).token == "xoxb-" + "x" * 250


async def test_a_state_is_good_once(place: Place) -> None:
    _, state = await place.begin()
    assert (await place.back(f"code=a&state={state}", state)).status_code == 200
    again = await place.back(f"code=a&state={state}", state)
    assert again.status_code == 401
    assert "used already" in again.text
    assert place.slack.names().count("oauth.v2.access") == 1


async def test_a_state_is_good_once_for_two_at_once(place: Place) -> None:
    state = await place.installed.states.async_issue()
    found = await asyncio.gather(*(place.installed.states.async_consume(state) for _ in range(5)))
    assert sorted(found) == [False] * 4 + [True]


async def test_a_state_is_good_for_ten_minutes_and_then_removed(place: Place) -> None:
    _, state = await place.begin()
    place.now += timedelta(minutes=10)
    late = await place.back(f"code=a&state={state}", state)
    assert late.status_code == 401
    assert place.slack.calls == []
    _, fresh = await place.begin()
    stored = place.raw()
    assert fresh in stored
    assert state not in stored


@pytest.mark.parametrize("cookie", ["", "another"])
async def test_another_browser_is_turned_away(place: Place, cookie: str) -> None:
    _, state = await place.begin()
    answer = await place.back(f"code=a&state={state}", cookie)
    assert answer.status_code == 400
    assert place.slack.calls == []


async def test_who_cancels_is_told_so_and_nothing_is_kept(place: Place) -> None:
    answer = await place.back("error=access_denied&state=x", "x")
    assert "You cancelled, so nothing was installed." in answer.text
    assert PUBLIC + INSTALL_PATH in answer.text
    assert place.slack.calls == []
    with pytest.raises(SendNever):
        await place.installed.client("T1")


async def test_what_comes_with_a_failure_is_not_repeated(place: Place) -> None:
    answer = await place.back("error=%3Cscript%3Ealert(1)%3C%2Fscript%3E", "x")
    assert "script" not in answer.text
    assert "Slack did not say why." in answer.text


@pytest.mark.parametrize("reply", [{"ok": False, "error": "invalid_code"}, 500], ids=["refused", "down"])
async def test_a_code_that_slack_does_not_take_is_in_no_log(
    place: Place, reply: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    place.slack.answers.append(reply)
    _, state = await place.begin()
    answer = await place.back(f"code=very-secret-code&state={state}", state)
    assert answer.status_code == 401
    assert "Slack did not confirm the installation." in answer.text
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "aiohttp.access"))]
    logged = "\n".join(record.getMessage() + str(record.exc_text or "") for record in ours)
    assert "very-secret-code" not in logged
    assert "client-secret" not in logged
    assert state not in logged
    with pytest.raises(SendNever):
        await place.installed.client("T1")


async def test_a_whole_organisation_is_refused_in_words(place: Place) -> None:
    place.slack.whole, place.slack.enterprise = True, "E1"
    answer = await place.install()
    assert answer.status_code == 500
    assert "single workspaces" in answer.text
    assert "xox" not in place.raw()


async def test_a_workspace_of_an_organisation_is_found_by_its_own_id(place: Place) -> None:
    place.slack.enterprise = "E1"
    await place.install()
    assert (await place.installed.client("T1")).token == "xoxb-bot-token-1"
    found = await Authorize(place.installed)(context=None, enterprise_id="E1", team_id="T1", user_id="U1")
    assert found is not None
    assert (found.bot_token, found.bot_user_id, found.bot_id) == ("xoxb-bot-token-1", "UBOT", "B1")
    assert found.enterprise_id == "E1"
    assert place.slack.names().count("auth.test") == 1  # once, when it was installed


async def test_requests_of_a_workspace_without_tutor_are_not_authorised(place: Place) -> None:
    assert await Authorize(place.installed)(context=None, enterprise_id=None, team_id="T9", user_id="U1") is None
    assert await Authorize(place.installed)(context=None, enterprise_id="E1", team_id=None, user_id="U1") is None


async def test_workspaces_are_apart_and_a_second_installation_replaces_the_first(place: Place) -> None:
    await place.install()
    place.slack.team = "T2"
    await place.install()
    place.slack.team = "T1"
    await place.install()
    assert (await place.installed.client("T1")).token == "xoxb-bot-token-3"
    assert (await place.installed.client("T2")).token == "xoxb-bot-token-2"
    with place.db.read() as conn:
        for table in ("slack_bots", "slack_installations"):
            assert conn.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 2


async def test_a_workspace_that_ends_loses_its_tokens_at_once_and_the_rest_later(place: Place) -> None:
    await place.install()
    place.now = datetime.now(UTC)
    await place.installed.ended("T1", place.now)
    await place.installed.ended("T1", place.now)  # app_uninstalled and tokens_revoked both come
    with pytest.raises(SendNever) as caught:
        await place.installed.client("T1")
    assert caught.value.gone
    with place.db.read() as conn:
        assert conn.execute(text("SELECT count(*) FROM slack_bots")).scalar() == 0
        assert conn.execute(text("SELECT count(*) FROM slack_installations")).scalar() == 0
    assert await place.db.fetch(workspace.ended) == {("slack", "T1"): place.now}


async def test_a_workspace_that_comes_back_is_not_forgotten(place: Place) -> None:
    await place.install()
    await place.installed.ended("T1", datetime.now(UTC))
    await place.install()
    assert await place.db.fetch(workspace.ended) == {}
    assert (await place.installed.client("T1")).token == "xoxb-bot-token-2"


async def test_a_late_word_of_an_end_does_not_undo_a_new_installation(place: Place) -> None:
    removed = datetime.now(UTC) - timedelta(minutes=5)
    await place.install()
    await place.installed.ended("T1", removed)
    assert (await place.installed.client("T1")).token == "xoxb-bot-token-1"
    assert await place.db.fetch(workspace.ended) == {}


async def short_lived(place: Place) -> None:
    """An installation whose token runs out soon."""
    grant = place.slack.grant()
    installation = Installation(
        app_id="A1",
        user_id="UINST",
        team_id="T1",
        bot_token=grant["access_token"],
        bot_id="B1",
        bot_user_id="UBOT",
        bot_refresh_token=grant["refresh_token"],
        bot_token_expires_in=600,
    )
    await place.installed.store.async_save(installation)


async def test_a_token_is_renewed_before_it_runs_out_once_for_all_who_wait(place: Place) -> None:
    place.slack.rotates = True
    await short_lived(place)
    found = await asyncio.gather(*(place.installed.client("T1") for _ in range(4)))
    assert {client.token for client in found} == {"xoxb-bot-token-2"}
    assert place.slack.names() == ["oauth.v2.access"]
    assert place.slack.calls[0][1]["refresh_token"] == "xoxe-1-refresh-1"
    assert (await place.installed.client("T1")).token == "xoxb-bot-token-2"
    assert "xox" not in place.raw()


async def test_two_processes_that_renew_a_token_both_go_on(open_store: Callable[[], Database], slack: Slack) -> None:
    slack.rotates = True
    async with placed(open_store(), slack) as one, placed(open_store(), slack) as two:
        await short_lived(one)
        bot = await two.installed.store.bot("T1")
        assert bot is not None
        assert (await one.installed.client("T1")).token == "xoxb-bot-token-2"
        slack.answers.append({"ok": False, "error": "invalid_refresh_token"})
        renewed = await two.installed._renewed(bot, "T1")  # it had read the old token
        assert renewed.bot_token == "xoxb-bot-token-2"


async def test_a_former_key_still_reads_and_tokens_move_to_the_new_one(db: Database, slack: Slack) -> None:
    async with placed(db, slack) as place:
        await place.install()
    async with placed(db, slack, "the new key of the tests", SECRET_KEY) as place:
        assert (await place.installed.client("T1")).token == "xoxb-bot-token-1"
    async with placed(db, slack, "the new key of the tests") as place:
        assert (await place.installed.client("T1")).token == "xoxb-bot-token-1"


async def test_with_a_lost_key_the_remedy_is_named_and_works(db: Database, slack: Slack) -> None:
    async with placed(db, slack) as place:
        await place.install()
    async with placed(db, slack, "another key of the tests") as place:
        with pytest.raises(StoreError, match="install Tutor in the workspace once more") as caught:
            await place.installed.client("T1")
        assert "xox" not in str(caught.value)
        await place.install()
        assert (await place.installed.client("T1")).token == "xoxb-bot-token-2"


async def test_tables_are_made_by_several_processes_at_once(open_store: Callable[[], Database], slack: Slack) -> None:
    async with placed(open_store(), slack) as one, placed(open_store(), slack) as two:
        await asyncio.gather(one.installed.prepare(), two.installed.prepare(), one.installed.prepare())
        await one.install()
        assert (await two.installed.client("T1")).token == "xoxb-bot-token-1"


async def test_our_own_tables_are_left_alone(place: Place) -> None:
    place.db.check()
    place.db.upgrade()
    with place.db.read() as conn:
        names = set(inspect(conn).get_table_names())
    assert names - set(METADATA.tables) - {"alembic_version", "sqlite_sequence"} == {
        "slack_bots",
        "slack_installations",
        "slack_oauth_states",
    }


async def test_everything_about_a_workspace_goes_at_once_where_somebody_asks(place: Place, db: Database) -> None:
    await place.install()
    assert forget_everything(db, "T1") == 0
    with pytest.raises(SendNever):
        await place.installed.client("T1")
    assert "UINST" not in place.raw()


def test_a_workspace_is_forgotten_where_nobody_ever_installed(db: Database) -> None:
    assert forget_everything(db, "T1") == 0


async def test_an_installer_who_cannot_be_written_to_sees_the_page_all_the_same(place: Place) -> None:
    place.slack.mute = True
    assert (await place.install()).status_code == 200
    assert "chat.postMessage" not in place.slack.names()
    assert (await place.installed.client("T1")).token == "xoxb-bot-token-1"


def test_a_sealed_token_differs_each_time_and_opens() -> None:
    ring = Keyring(SECRET_KEY)
    assert ring.seal("xoxb-1") != ring.seal("xoxb-1")
    assert ring.open(ring.seal("xoxb-1")) == "xoxb-1"
    with pytest.raises(StoreError):
        Keyring("another").open(ring.seal("xoxb-1"))


async def test_an_installation_without_a_bot_token_is_no_bot(place: Place) -> None:
    await place.installed.store.async_save(Installation(app_id="A1", user_id="U1", team_id="T5", installed_at=time()))
    with pytest.raises(SendNever):
        await place.installed.client("T5")


async def test_the_whole_way_through_a_slack_that_checks_every_step(db: Database) -> None:
    async with fake_slack() as fake:
        team = fake.workspace("T7777777", installed=False)
        boss, other = fake.person("boss", workspace=team), fake.person("other", workspace=team)
        installed = Installed(db, fake.client_id, fake.client_secret, [SECRET_KEY], lambda: datetime.now(UTC), fake.url)
        async with browsing(installed, flow(installed, PUBLIC)) as browser:
            begun = await browser.get(INSTALL_PATH)
            there = begun.headers["location"]
            state = parse_qs(urlsplit(there).query)["state"][0]
            back = fake.approve(there, boss)
            answer = await browser.get(back, headers={"Cookie": f"{COOKIE}={state}"})
            assert answer.status_code == 200
            assert fake.refused == []
            assert len(fake.screen(boss)) == 1
            assert fake.screen(other) == []
            client = await installed.client(team.id)
            assert (await client.auth_test())["team_id"] == team.id
