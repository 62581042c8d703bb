"""The webhook's route over HTTP: who is let in, what is read, and what the answer tells Telegram."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from telegram import Bot, Update

from adapters.telegram.client import connect
from adapters.telegram.raw import ALLOWED
from adapters.telegram.webhook import BODY_MAX, HEADER, PATH, register, routes
from tests.contract.telegram_front import SECRET, serving
from tests.fakes.telegram import FakeTelegram, fake_telegram
from tests.unit.adapters.telegram_updates import message

GOOD = {HEADER: SECRET}
UPDATE: dict[str, Any] = {"update_id": 7, "message": message("hi")}


class Taking:
    """A handler that says what it is told to say."""

    def __init__(self) -> None:
        self.taken: list[Update] = []
        self.says = True

    async def __call__(self, update: Update) -> bool:
        self.taken.append(update)
        return self.says


@pytest.fixture
def take() -> Taking:
    return Taking()


@pytest.fixture
async def client(take: Taking) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(routes(take, SECRET)) as url, httpx.AsyncClient(base_url=url) as made:
        yield made


async def test_an_update_is_taken(client: httpx.AsyncClient, take: Taking) -> None:
    answer = await client.post(PATH, json=UPDATE, headers=GOOD)
    assert (answer.status_code, answer.content) == (200, b"")
    assert [update.update_id for update in take.taken] == [7]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({HEADER: ""}, 403),
        ({HEADER: "wrong"}, 403),
        ({HEADER: SECRET + "x"}, 403),
        ({HEADER: SECRET[:-1]}, 403),
        ({HEADER: SECRET.upper()}, 403),
        ({HEADER: "ü".encode().decode("latin-1")}, 403),
    ],
)
async def test_without_the_secret_nothing_is_done_or_said(
    client: httpx.AsyncClient, take: Taking, headers: dict[str, str], status: int
) -> None:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    answer = await client.post(PATH, json=UPDATE, headers=raw)
    assert (answer.status_code, answer.content) == (status, b"")
    assert take.taken == []


async def test_a_body_is_not_even_read_without_the_secret(client: httpx.AsyncClient, take: Taking) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\n{HEADER}: wrong\r\nContent-Length: 900000\r\n\r\n{{"
    reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
    writer.write(head.encode())
    async with asyncio.timeout(5):
        assert b"403" in await reader.readline(), "though most of the body is still to come"
    writer.close()
    await writer.wait_closed()
    assert take.taken == []


async def test_an_empty_secret_lets_nobody_in(take: Taking) -> None:
    async with serving(routes(take, "")) as url, httpx.AsyncClient(base_url=url) as client:
        assert (await client.post(PATH, json=UPDATE, headers={HEADER: ""})).status_code == 403
    assert take.taken == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"7", b'"x"', b"{}", b'{"update_id": "7"}', b'{"update_id": true}', b"\xff\xfe", b"[" * 100_000],
    ids=range(10),
)
async def test_what_is_no_update(client: httpx.AsyncClient, take: Taking, body: bytes) -> None:
    answer = await client.post(PATH, content=body, headers=GOOD)
    assert (answer.status_code, answer.content) == (400, b"")
    assert take.taken == []


async def test_too_much(client: httpx.AsyncClient, take: Taking) -> None:
    big = json.dumps({**UPDATE, "x": "y" * BODY_MAX}).encode()

    async def chunks() -> AsyncIterator[bytes]:
        for at in range(0, len(big), 65536):
            yield big[at : at + 65536]

    assert (await client.post(PATH, content=big, headers=GOOD)).status_code == 413
    with contextlib.suppress(httpx.WriteError):  # the connection was closed before all of it was sent
        assert (await client.post(PATH, content=chunks(), headers=GOOD)).status_code == 413
    assert take.taken == []


async def test_busy_means_send_it_again(client: httpx.AsyncClient, take: Taking) -> None:
    take.says = False
    assert (await client.post(PATH, json=UPDATE, headers=GOOD)).status_code == 503
    take.says = True
    assert (await client.post(PATH, json=UPDATE, headers=GOOD)).status_code == 200


async def test_an_update_that_cannot_be_read_never_can_be(
    client: httpx.AsyncClient, take: Taking, caplog: pytest.LogCaptureFixture
) -> None:
    broken = {"update_id": 8, "message": {"text": "a secret of Ann's"}}
    assert (await client.post(PATH, json=broken, headers=GOOD)).status_code == 200
    assert take.taken == []
    assert "update 8" in caplog.text
    assert "Ann" not in caplog.text


async def test_other_methods_are_refused(client: httpx.AsyncClient, take: Taking) -> None:
    assert (await client.get(PATH, headers=GOOD)).status_code == 405
    assert take.taken == []


# --- registering --------------------------------------------------------------------------------------------------


@pytest.fixture
async def fake() -> AsyncIterator[FakeTelegram]:
    async with fake_telegram(local=True) as made:
        yield made
        assert made.refused == []


@pytest.fixture
async def bot(fake: FakeTelegram) -> AsyncIterator[Bot]:
    made = await connect(fake.token, fake.url, fake.file_url)
    yield made
    await made.shutdown()


def settings(fake: FakeTelegram) -> list[str]:
    return [call.method for call in fake.calls if call.method == "setWebhook"]


async def test_telegram_is_told_once(fake: FakeTelegram, bot: Bot) -> None:
    for _ in range(3):
        await register(bot, "https://tutor.example/", SECRET)
    assert len(settings(fake)) == 1
    assert fake.queue.webhook.partition("?")[0] == "https://tutor.example/telegram/webhook"
    assert (fake.queue.secret, fake.queue.allowed) == (SECRET, list(ALLOWED))


async def test_another_secret_or_address_is_told_too(fake: FakeTelegram, bot: Bot) -> None:
    await register(bot, "https://tutor.example", SECRET)
    await register(bot, "https://tutor.example", SECRET + "2")
    assert fake.queue.secret == SECRET + "2", "though Telegram does not tell which one it has"
    await register(bot, "https://other.example", SECRET + "2")
    assert len(settings(fake)) == 3
    assert SECRET not in fake.queue.webhook
