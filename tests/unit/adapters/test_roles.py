"""Which parts a process runs, and settings of which half is missing or too much."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.config import Settings
from adapters.fronts import Roles, roles
from knowledge.errors import SettingsError

TELEGRAM = {"telegram_token": "123456:" + "x" * 35}
SLACK = {"slack_bot_token": "xoxb-1-2-3"}
SOCKET = {**SLACK, "slack_app_token": "xapp-1-2-3"}
HTTP = {**SLACK, "slack_signing_secret": "signs"}
MANY = {"slack_client_id": "1.2", "slack_client_secret": "hush", "slack_signing_secret": "signs"}
PUBLIC = {"public_url": "https://tutor.example.org"}


def settings(**given: Any) -> Settings:
    return Settings(_env_file=None, **given)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("given", "parts", "does"),
    [
        (TELEGRAM, (), Roles(web=True, poll=True, send=True, schedule=True)),
        (TELEGRAM | PUBLIC, (), Roles(web=True, webhook=True, send=True, schedule=True)),
        (SOCKET, (), Roles(web=True, socket=True, send=True, schedule=True)),
        (HTTP, (), Roles(web=True, slack_http=True, send=True, schedule=True)),
        (MANY | PUBLIC, (), Roles(web=True, slack_http=True, send=True, schedule=True)),
        (TELEGRAM | SOCKET, ("web",), Roles(web=True)),
        (TELEGRAM | SOCKET, ("telegram", "slack", "sender"), Roles(poll=True, socket=True, send=True)),
        (TELEGRAM | HTTP | PUBLIC, ("web",), Roles(web=True, webhook=True, slack_http=True)),
        (TELEGRAM | HTTP | PUBLIC, ("telegram", "slack", "sender"), Roles(send=True)),
        (TELEGRAM, ("scheduler",), Roles(schedule=True)),
        ({}, (), Roles(web=True, schedule=True)),
    ],
)
def test_what_a_process_does(given: dict[str, Any], parts: tuple[str, ...], does: Roles) -> None:
    assert roles(settings(**given), parts) == does


@pytest.mark.parametrize(
    ("given", "parts", "named"),
    [
        ({}, ("telegram",), "TUTOR_TELEGRAM_TOKEN"),
        ({}, ("mail",), "'mail'"),
        (TELEGRAM | PUBLIC, ("telegram",), "come to the part `web`"),
        (HTTP, ("slack",), "Slack's events do"),
        (SLACK, (), "TUTOR_SLACK_APP_TOKEN"),
        ({"slack_app_token": "xapp-1"}, (), "TUTOR_SLACK_BOT_TOKEN"),
        (SLACK | MANY | PUBLIC, (), "TUTOR_SLACK_CLIENT_ID"),
        (MANY, (), "TUTOR_PUBLIC_URL"),
        (MANY | PUBLIC | {"slack_client_secret": None}, (), "TUTOR_SLACK_CLIENT_SECRET"),
        (MANY | PUBLIC | {"slack_app_token": "xapp-1"}, (), "TUTOR_SLACK_APP_TOKEN"),
        (TELEGRAM | {"public_url": "http://tutor.example.org"}, (), "https://"),
    ],
)
def test_halves_are_refused_with_the_setting_to_mend(given: dict[str, Any], parts: tuple[str, ...], named: str) -> None:
    with pytest.raises(SettingsError, match=named) as caught:
        roles(settings(**given), parts)
    for secret in ("xoxb-1", "xapp-1", "hush", "signs"):
        assert secret not in str(caught.value)
