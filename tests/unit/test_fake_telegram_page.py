"""The page to chat through: what it shows, and what is done there."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from telegram import Bot, BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity

from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram.page import PAGE, ChatPage

pytestmark = pytest.mark.breaks_rules


@dataclass
class Site:
    fake: FakeTelegram
    http: httpx.AsyncClient
    bot: Bot
    group: int

    async def screen(self, chat: int = 1001) -> dict[str, Any]:
        return dict((await self.http.get("/screen", params={"chat": chat})).json())

    async def do(self, what: str, chat: int = 1001, **more: Any) -> dict[str, Any]:
        return dict((await self.http.post("/do", json={"what": what, "chat": chat, **more})).json())


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    fake = FakeTelegram(rates=False)
    you = fake.person("You", id=1001)
    group = fake.group("Team", [you])
    await fake.start(0, ChatPage(fake, you, [group]).routes())
    try:
        async with (
            httpx.AsyncClient(base_url=fake.url.removesuffix("/bot")) as http,
            Bot(fake.token, base_url=fake.url) as bot,
        ):
            yield Site(fake, http, bot, group.id)
    finally:
        await fake.stop()


async def test_the_page_needs_nothing_from_elsewhere(site: Site) -> None:
    page = (await site.http.get("/")).text
    assert page == PAGE.read_text(encoding="utf-8")
    assert not re.findall(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", page)
    assert "innerHTML" not in page


async def test_a_chat_through_the_page(site: Site) -> None:
    assert not (await site.screen())["started"]
    await site.bot.set_my_commands([BotCommand("quiz", "Ask me")])
    assert (await site.do("start", payload="topic_x"))["ok"]
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Go", callback_data="go")]])
    sent = await site.bot.send_message(1001, "Some bold", entities=[MessageEntity("bold", 5, 4)], reply_markup=keyboard)
    await site.bot.send_chat_action(1001, "typing")
    screen = await site.screen()
    assert screen["commands"] == [{"command": "quiz", "description": "Ask me"}]
    assert screen["typing"]
    mine, reply = screen["messages"]
    assert (mine["text"], mine["mine"]) == ("/start topic_x", True)
    assert (reply["entities"][0]["type"], reply["buttons"][0][0]["label"]) == ("bold", "Go")
    pressing = asyncio.create_task(site.do("press", message=sent.message_id, data="go"))
    query = None
    while query is None:
        query = next((u.callback_query for u in await site.bot.get_updates() if u.callback_query), None)
    await query.answer("Gone")
    assert await pressing == {"ok": True, "toast": "Gone", "alert": False}
    for what in ("sticker", "photo", "voice", "block"):
        assert (await site.do(what))["ok"]
    assert (await site.screen())["blocked"]
    refused = await site.do("say", text="hello?")
    assert (refused["ok"], "blocked the bot" in refused["error"]) == (False, True)


async def test_a_poll_in_the_group(site: Site) -> None:
    sent = await site.bot.send_poll(
        site.group, "Q?", ["a", "b"], type="quiz", correct_option_ids=[1], is_anonymous=False, explanation="So."
    )
    before = (await site.screen(site.group))["messages"][-1]["poll"]
    assert (before["counts"], before["right"], before["explanation"]) == (None, None, "")
    assert (await site.do("vote", site.group, message=sent.message_id, option=0))["ok"]
    after = (await site.screen(site.group))["messages"][-1]["poll"]
    assert (after["counts"], after["right"], after["mine"], after["explanation"]) == ([1, 0], [1], 0, "So.")
    again = await site.do("vote", site.group, message=sent.message_id, option=1)
    assert not again["ok"]


async def test_files_come_down(site: Site) -> None:
    await site.do("start")
    await site.bot.send_document(1001, b"data", filename="ex;port.json")
    file = (await site.screen())["messages"][-1]["file"]
    answer = await site.http.get(f"/download/{file['id']}")
    assert (answer.content, answer.headers["Content-Disposition"]) == (b"data", 'attachment; filename="ex_port.json"')
    assert (await site.http.get("/download/nothing")).status_code == 404


async def test_it_starts_from_the_command_line() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fakes.telegram", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    try:
        lines = [(await asyncio.wait_for(process.stdout.readline(), 20)).decode() for _ in range(6)]
        settings = dict(re.findall(r"export (\w+)=(\S+)", "".join(lines)))
        assert set(settings) == {"TUTOR_TELEGRAM_TOKEN", "TUTOR_TELEGRAM_API_URL"}
        async with Bot(settings["TUTOR_TELEGRAM_TOKEN"], base_url=settings["TUTOR_TELEGRAM_API_URL"]) as bot:
            assert bot.username == "tutor_bot"
    finally:
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 10) == 0
