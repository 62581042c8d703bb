"""A process begins and ends: it waits for platforms that are busy, and lets what is on its way arrive, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from adapters.clock import Clock
from tests.fakes.slack import FakeSlack, fake_slack
from tests.fakes.telegram import fake_telegram
from tests.fakes.telegram.faults import Fault, slow, too_many
from tests.fronts.drivers import connected, serving, settings
from tests.ports import free_port

UNDER_WAY = 1.0  # seconds that the platform takes with its answer


@asynccontextmanager
async def _tutor(folder: Path, **given: Any) -> AsyncIterator[None]:
    async with serving(settings(folder, **({"port": free_port()} | given)), clock=Clock()):
        yield


async def test_a_message_on_its_way_is_not_sent_again_after_a_restart(tmp_path: Path) -> None:
    async with fake_telegram() as fake:
        given = {"telegram_token": fake.token, "telegram_api_url": fake.url, "telegram_file_url": fake.file_url}
        ann = fake.person("Ann")
        async with _tutor(tmp_path, **given):
            ann.start()
            await fake.settled(ann, 1, within=20)
            fake.fail("sendMessage", slow(UNDER_WAY))
            ann.say("help")
            await fake.settled(ann, 2, within=20)
        async with _tutor(tmp_path, **given):
            ann.say("topics")
            await fake.settled(ann, 3, within=20)
        texts = [shown.text for shown in fake.replies(ann)]
        assert len(texts) == len(set(texts)) == 3, texts


@asynccontextmanager
async def _slow_slack(fake: FakeSlack) -> AsyncIterator[str]:
    """The Web API by way of a server that passes posted messages on at once, and their answers late."""

    async def relay(request: web.Request) -> web.Response:
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers}
        url = f"{fake.root}{request.rel_url}"
        async with session.post(url, data=await request.read(), headers=headers) as answer:
            found = await answer.read()
        if request.path.endswith("chat.postMessage"):
            await asyncio.sleep(UNDER_WAY)
        return web.Response(status=answer.status, body=found, content_type="application/json")

    app = web.Application()
    app.router.add_post("/{tail:.*}", relay)
    runner = web.AppRunner(app)
    await runner.setup()
    async with aiohttp.ClientSession() as session:
        try:
            await web.TCPSite(runner, "127.0.0.1", port := free_port()).start()
            yield f"http://127.0.0.1:{port}/api/"
        finally:
            await runner.cleanup()


async def test_a_message_on_its_way_to_slack_is_not_sent_again_either(tmp_path: Path) -> None:
    async with fake_slack(rates="off") as fake, _slow_slack(fake) as url:
        given = {"slack_bot_token": fake.bot_token, "slack_app_token": fake.app_token, "slack_api_url": url}
        ann = fake.person("Ann")
        async with _tutor(tmp_path, **given):
            await connected(fake)
            await ann.say("help")
            await fake.settled(lambda: len(fake.called("chat.postMessage")) == 1, timeout=20)
        async with _tutor(tmp_path, **given):
            await fake.settled(lambda: len(fake.called("apps.connections.open")) == 2, timeout=20)
            await fake.settled(lambda: len(fake.called("chat.postMessage")) > 1, timeout=20)  # what was still to come
            await asyncio.sleep(UNDER_WAY)
        sent = [str(call.params["blocks"]) for call in fake.called("chat.postMessage")]
        assert len(sent) == len(set(sent)), "each message once"


async def test_telegram_asks_to_wait_at_the_start(tmp_path: Path) -> None:
    async with fake_telegram() as fake:
        fake.fail("getMe", too_many(2))
        fake.fail("getMe", Fault(200, body="<html>Please sign in.</html>"))
        given = {"telegram_token": fake.token, "telegram_api_url": fake.url, "telegram_file_url": fake.file_url}
        ann = fake.person("Ann")
        async with _tutor(tmp_path, **given):
            ann.start()
            await fake.settled(ann, 1, within=20)
        assert fake.impatient == []


async def test_a_webhook_that_telegram_cannot_reach_yet_is_set_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.telegram.front.ADDRESS_WAIT", 0.1)
    async with fake_telegram(local=True) as fake:
        unknown = "Bad Request: bad webhook: Failed to resolve host: Name or service not known"
        fake.fail("setWebhook", Fault(400, unknown))
        given = {"telegram_token": fake.token, "telegram_api_url": fake.url, "telegram_file_url": fake.file_url}
        ann, port = fake.person("Ann"), free_port()
        async with _tutor(tmp_path, port=port, public_url=f"http://127.0.0.1:{port}", **given):
            ann.start()
            await fake.settled(ann, 1, within=20)


async def test_slack_asks_to_wait_at_the_start(tmp_path: Path) -> None:
    async with fake_slack() as fake:
        fake.fail("auth.test", "ratelimited", retry_after=3)
        given = {"slack_bot_token": fake.bot_token, "slack_app_token": fake.app_token, "slack_api_url": fake.url}
        async with _tutor(tmp_path, **given):
            await connected(fake)
        first, second = fake.called("auth.test")[:2]
        assert second.at - first.at >= 3.0
