"""Putting the Bolt application together: nothing is taken from the environment, nothing told in a log."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import http
from adapters.slack.app import make
from adapters.slack.workspaces import Web, library_log
from bot.messages import Event, Receipt, SendNever

PAYLOAD = {
    "type": "event_callback", "team_id": "T1", "event_id": "Ev1",
    "event": {"type": "message", "channel_type": "im", "channel": "D1", "user": "U1", "text": "what ann wrote"},
}  # fmt: skip


class Nowhere:
    """Workspaces of which none has installed the app."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def client(self, team: str) -> AsyncWebClient:
        raise self.error

    async def ended(self, team: str, at: datetime | None = None) -> None:
        raise AssertionError

    async def settings(self, team: str, user: str) -> dict[str, Any]:
        raise AssertionError


async def receive(event: Event) -> Receipt:
    raise AssertionError("what ann wrote")


def app(secret: str, error: Exception) -> AsyncApp:
    nowhere = Nowhere(error)
    return make(nowhere, secret, receive, nowhere, lambda: None, lambda: datetime.now(UTC))  # type: ignore[arg-type, return-value]


def signed(secret: str) -> AsyncBoltRequest:
    body, stamp = json.dumps(PAYLOAD), str(int(time.time()))
    signature = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    headers: dict[str, str | Sequence[str]] = {
        "content-type": "application/json",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": f"v0={signature}",
    }
    return AsyncBoltRequest(body=body, headers=headers)


async def test_without_a_signing_secret_nothing_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_SIGNING_SECRET", "from-the-environment")
    made = app("", SendNever("gone"))
    for secret in ("", "from-the-environment"):
        assert (await made.async_dispatch(signed(secret))).status == 401


async def test_the_environment_adds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_CLIENT_ID", "1.2")
    monkeypatch.setenv("SLACK_CLIENT_SECRET", "secret")
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-from-the-environment")
    assert [route.path for route in http.routes(app("s", SendNever("gone")))] == [http.EVENTS]


async def test_a_workspace_without_the_app_is_acknowledged(caplog: pytest.LogCaptureFixture) -> None:
    assert (await app("s", SendNever("gone")).async_dispatch(signed("s"))).status == 200
    assert "ann" not in caplog.text


async def test_what_could_not_be_looked_up_is_to_come_again(caplog: pytest.LogCaptureFixture) -> None:
    found = await app("s", ConnectionError("what ann wrote")).async_dispatch(signed("s"))
    assert (found.status, found.body) == (500, "")
    assert "event_callback/message was not taken (ConnectionError" in caplog.text
    assert "what ann wrote" not in caplog.text


def test_libraries_log_where_and_what_not_which_words(caplog: pytest.LogCaptureFixture) -> None:
    quiet = library_log()
    try:
        raise ValueError("wss://host/?ticket=secret")
    except ValueError as error:
        quiet.exception("Failed to connect (error: %s)", error)
    quiet.info("nothing of this")
    quiet.log(logging.WARNING, "signature of %s", "ann")
    assert "ValueError" in caplog.text
    assert "secret" not in caplog.text
    assert "ann" not in caplog.text
    assert len(caplog.records) == 2


async def test_clients_never_try_again_by_themselves() -> None:
    web = Web("https://slack.test/api")
    try:
        client = web.client("xoxb-1")
        assert client.retry_handlers == []
        assert client.base_url == "https://slack.test/api/"
        assert web.client("xoxb-2").session is client.session
    finally:
        await web.close()
