"""Several workspaces behind one application: installed by OAuth, answered with their own tokens, removed."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from adapters.slack import http
from adapters.slack.app import make
from adapters.slack.home import Screens
from adapters.slack.oauth import Installed, flow
from adapters.slack.sender import SlackSender
from bot.lookup import Lookup
from bot.outbox import Outbox
from bot.store.db import Database
from bot.store.tables import REVIEW_LOG
from tests.contract.handing import world
from tests.contract.slack_front import LIBRARY, QUICK, counting, now
from tests.contract.telegram_front import serving, until
from tests.fakes.slack import FakeSlack, Person, fake_slack

# slack_sdk's own: it signs oauth.v2.access with what aiohttp 3.14 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")

PUBLIC = "https://tutor.example.org"


async def install(fake: FakeSlack, local: str, person: Person) -> int:
    """Walk through the pages as `person`; the status of the last one."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as browser:
        async with browser.get(f"{local}/slack/install", allow_redirects=False) as asked:
            cookie = asked.headers["Set-Cookie"].partition(";")[0]
            found = urlsplit(fake.approve(asked.headers["Location"], person))
        back = f"{local}{found.path}?{found.query}"
        async with browser.get(back, headers={"Cookie": cookie}, allow_redirects=False) as done:
            return done.status


async def test_each_workspace_is_answered_with_its_own_token(tmp_path: Path) -> None:
    async with fake_slack(rates="off") as fake, contextlib.AsyncExitStack() as stack:
        db = Database(f"sqlite:///{tmp_path / 'tutor.db'}")
        stack.callback(db.close)
        db.upgrade()
        installed = Installed(db, fake.client_id, fake.client_secret, ["a secret key"], now, fake.url)
        stack.push_async_callback(installed.close)
        await installed.prepare()
        here = await stack.enter_async_context(world(db))
        here.says, here.now = counting, datetime.now(UTC)
        outbox = Outbox(db, {"slack": SlackSender(installed)}, timing=QUICK)
        here.inbox.on_commit(outbox.wake)
        await outbox.start()
        stack.push_async_callback(outbox.stop)
        oauth = flow(installed, PUBLIC)
        screens = Screens(Lookup(db), lambda: LIBRARY, now)
        app = make(
            installed, fake.signing_secret, here.inbox.receive, screens, lambda: LIBRARY, now,
            api_url=fake.url, oauth=oauth,
        )  # fmt: skip
        local = await stack.enter_async_context(serving(http.routes(app)))
        fake.request_url = local + http.EVENTS
        teams = [fake.workspace(id) for id in ("T0000011", "T0000012")]
        people = [fake.person(f"Ann{n}", workspace=team) for n, team in enumerate(teams)]
        for person in people:
            assert await install(fake, local, person) == 200
        assert (await people[0].say("hi")).ok
        assert (await people[1].say("hi")).ok
        for person in people:
            await fake.settled(lambda person=person: fake.texts(person)[-1] == "number 1")  # type: ignore[misc]
        tokens = {call.token for call in fake.called("chat.postMessage") if call.executed}
        assert tokens == {team.token for team in teams}
        assert here.count(REVIEW_LOG) == 2

        fake.fail("chat.postMessage", "token_revoked")
        assert (await people[0].say("hi again")).ok
        await until(lambda: here.count(REVIEW_LOG) == 3 and fake.called("chat.postMessage")[-1].outcome != "ok")
        await until(lambda: any(call.method == "auth.test" for call in fake.calls))
        assert await installed.bot(teams[0].id) is not None, "the token that is stored is good: another one was meant"

        delivered = await fake.uninstall(teams[0])
        assert all(one.ok for one in delivered)
        assert await installed.bot(teams[0].id) is None
        assert await installed.bot(teams[1].id) is not None
        assert (await people[1].say("still there?")).ok
        await until(lambda: fake.texts(people[1])[-1] == "number 2")
        assert fake.refused == []
