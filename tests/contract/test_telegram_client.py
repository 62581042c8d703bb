"""Connecting, and the token: it is in every address, and must be in no log and no traceback."""

from __future__ import annotations

import logging
import traceback
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from telegram.error import NetworkError, TelegramError

from adapters.telegram.client import connect
from knowledge.errors import SettingsError
from tests.contract.telegram_front import front, until
from tests.fakes.telegram import FakeTelegram, Fault, fake_telegram
from tests.fakes.telegram.faults import drop, hang, too_many


@pytest.fixture
async def fake() -> AsyncIterator[FakeTelegram]:
    async with fake_telegram(local=True) as made:
        yield made


async def test_any_bot_api_server(fake: FakeTelegram) -> None:
    for address in (fake.url, fake.url + "/"):
        bot = await connect(fake.token, address, fake.file_url)
        assert (bot.username, bot.id) == ("tutor_bot", fake.id)
        await bot.shutdown()


@pytest.mark.parametrize(
    "token",
    ["", "x", "123", "123:with blank", "123:a/b", "123:ü", "123:line\nend", " 123:abc", "7654321:WRONG" + "x" * 30],
)
async def test_a_wrong_token_is_a_clear_line_without_it(fake: FakeTelegram, token: str) -> None:
    with pytest.raises(SettingsError, match="TUTOR_TELEGRAM_TOKEN") as caught:
        await connect(token, fake.url)
    told = "".join(traceback.format_exception(caught.value))
    assert "\n" not in str(caught.value)
    if len(token) > 5:
        assert token not in told


async def test_a_server_that_is_not_there_is_no_fault_of_the_settings(fake: FakeTelegram) -> None:
    await fake.stop()
    with pytest.raises(NetworkError) as caught:
        await connect(fake.token, fake.url)
    assert fake.token not in "".join(traceback.format_exception(caught.value))


FAULTS = [
    *(too_many(1), drop(), drop(after=True), hang(0.1), Fault(500, "Internal Server Error")),
    *(Fault(200, body="<html>not JSON</html>"), Fault(200, body="[]"), Fault(502, body="[1]")),
    *(Fault(401, "Unauthorized"), Fault(403, "Forbidden: x"), Fault(404, "Not Found"), Fault(409, "Conflict: x")),
    *(Fault(400, "Bad Request: x"), Fault(400, "Bad Request: x", {"migrate_to_chat_id": -100123})),
]


async def test_no_fault_tells_the_token(fake: FakeTelegram, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.DEBUG)  # connecting sees to it, however logging was set up
    ann, text = fake.person("Ann"), "".join(["what ", "Ann ", "reads"])
    ann.start()
    bot = await connect(fake.token, fake.url, fake.file_url)
    try:
        for fault in FAULTS:
            fake.fail("sendMessage", fault)
            try:
                await bot.send_message(ann.id, text)
            except TelegramError as error:
                told = "".join(traceback.format_exception(error)) + repr(error)
                assert fake.token not in told, fault
                logging.getLogger("tests").error("a fault", exc_info=error)
            else:
                assert fault.after or fault.status == 200, fault
    finally:
        await bot.shutdown()
    assert "a fault" in caplog.text
    assert fake.token not in caplog.text
    assert text not in caplog.text


async def test_nothing_of_a_conversation_is_logged(
    fake: FakeTelegram, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "adapters")
    caplog.set_level(logging.DEBUG, "bot")
    ann = fake.person("Annabella")
    async with front(fake, tmp_path) as tutor:
        for fault in ("429", "drop", "bad gateway", "unauthorized"):
            fake.fail("sendMessage", fault)
        for fault in ("502", "drop"):
            fake.fail("getUpdates", fault)
        fake.fail("sendChatAction", "blocked")
        ann.say("my private question")
        fake.push("message", {"text": "a half message", "message_id": "x"})
        fake.push("message", {**ann.say("another one").body["message"], "chat": {"id": "x"}})
        await fake.delivered(10)
        await until(lambda: tutor.changes == 2)
        await until(lambda: len(fake.sent(ann)) > 2)
    for hidden in (fake.token, "private question", "half message", "Annabella", str(ann.id)):
        assert hidden not in caplog.text


async def test_answers_that_are_no_json_are_not_logged(fake: FakeTelegram, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    bot = await connect(fake.token, fake.url, fake.file_url)
    fake.fail("getMe", Fault(200, body="<p>Ann's number</p>"))
    with pytest.raises(TelegramError):
        await bot.get_me()
    await bot.shutdown()
    assert "number" not in caplog.text
