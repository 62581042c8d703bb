"""The page to chat through: what it is told, and what it does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack import FakeSlack, fake_slack
from tests.fakes.slack.page import ChatPage
from tests.unit.test_fake_slack_deliveries import BUTTON, MODAL, App, by_socket

pytestmark = pytest.mark.breaks_rules


class Browser:
    def __init__(self, fake: FakeSlack, http: aiohttp.ClientSession) -> None:
        self.fake, self.http = fake, http

    async def do(self, what: str, **more: Any) -> Any:
        async with self.http.post(f"{self.fake.root}/do", json={"what": what, **more}) as answer:
            assert answer.status == 200
            return await answer.json()

    async def screen(self, place: str = "") -> Any:
        async with self.http.get(f"{self.fake.root}/screen", params={"place": place}) as answer:
            return await answer.json()


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[Browser, App]]:
    page = ChatPage()
    async with fake_slack(routes=page.routes()) as fake, aiohttp.ClientSession() as http, by_socket(fake) as app:
        you = fake.person("You")
        fake.channel("team", [you])
        page.shows(fake, you)
        yield Browser(fake, http), app


async def test_the_page_needs_nothing_from_elsewhere() -> None:
    async with opened() as (browser, _), browser.http.get(f"{browser.fake.root}/") as answer:
        text = await answer.text()
    assert "<!doctype html>" in text
    assert "src=" not in text.replace("src: ", "")
    assert "http://" not in text
    assert "https://" not in text


async def test_chatting_through_the_page() -> None:
    async with opened() as (browser, app):
        dm, team = (each["id"] for each in (await browser.screen())["places"])
        assert (await browser.do("say", place=dm, text="hello"))["ok"]
        assert (await browser.do("say", place=team, text="@Tutor hello"))["ok"]
        assert (await browser.do("say", place=team, text="/tutor help me"))["ok"]
        assert [each.get("command") or each["event"]["type"] for each in app.got] == [
            "message",
            "app_mention",
            "/tutor",
        ]
        assert app.got[2]["text"] == "help me"
        assert "threads" in (await browser.do("say", place=team, text="/tutor", thread="1"))["why"]
        assert "not tell" in (await browser.do("say", place=team, text="just us"))["why"]
        blocks = [{"type": "actions", "elements": [BUTTON]}]
        sent = await app.client.chat_postMessage(channel=dm, text="?", blocks=blocks)
        assert (await browser.do("press", place=dm, ts=sent["ts"], action="a"))["ok"]
        assert app.got[-1]["actions"][0]["value"] == "next"
        shown = (await browser.screen(dm))["messages"][-1]
        assert (shown["who"], shown["blocks"][0]["elements"][0]["text"]["text"]) == ("Tutor", "Go on")
        assert (await browser.do("shortcut", place=dm, ts=sent["ts"], name="ask_tutor"))["ok"]
        assert not (await browser.do("press", place=dm, ts=sent["ts"], action="gone"))["ok"]


async def test_home_and_modal_through_the_page() -> None:
    async with opened() as (browser, app):
        assert (await browser.do("home"))["ok"]

        async def answer(payload: Any) -> Any:
            if payload["type"] == "view_submission":
                return {"response_action": "errors", "errors": {"name": "Too short"}}
            await AsyncWebClient(app.fake.bot_token, base_url=app.fake.url).views_open(
                trigger_id=payload["trigger_id"], view=MODAL
            )
            return None

        app.answer = answer  # type: ignore[method-assign]
        person = next(p for p in app.fake.first.people.values() if p.name == "You")
        await app.client.views_publish(
            user_id=person.id, view={"type": "home", "blocks": [{"type": "actions", "elements": [BUTTON]}]}
        )
        assert (await browser.do("press home", action="a"))["ok"]
        assert (await browser.screen())["modal"]["callback_id"] == "settings"
        assert (await browser.do("submit", values={"name": "A", "zone": "Asia/Tokyo"}))["ok"]
        seen = await browser.screen()
        assert seen["errors"] == {"name": "Too short"}
        assert seen["modal"]["state"]["values"]["zone"]["it2"]["selected_option"]["value"] == "Asia/Tokyo"
        await browser.do("close")
        seen = await browser.screen()
        assert (seen["modal"], seen["errors"]) == (None, {})


async def test_forms_from_other_pages_are_not_taken() -> None:
    async with opened() as (browser, _), browser.http.post(f"{browser.fake.root}/do", data={"what": "home"}) as answer:
        assert answer.status == 415
