"""Which front ends a process runs, and what each needs. `adapters.wiring` puts them to work."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from starlette.routing import Route

from adapters.config import Settings
from adapters.secret import derived, secret_key
from adapters.shared.insides import Insides
from bot.limits import Limits
from bot.messages import Sender
from bot.store.db import Database
from knowledge.errors import SettingsError

PARTS = ("web", "telegram", "slack", "sender", "scheduler")


class Front(Protocol):
    """A platform in this process: where its messages go out, what calls it, and what it does all the time."""

    platform: str
    limits: Limits

    @property
    def sender(self) -> Sender:
        """Delivers its messages."""
        ...

    @property
    def routes(self) -> Sequence[Route]:
        """What the platform calls."""
        ...

    async def run(self) -> None:
        """Connect, and receive until cancelled. Raises SettingsError where the platform refuses the settings."""
        ...

    async def close(self) -> None:
        """Close the connections, once the last message is out."""
        ...


@dataclass(frozen=True, slots=True)
class Roles:
    """What a process does.

    poll, socket: receives from Telegram by polling, from Slack by Socket Mode. web: serves HTTP, with the routes that
    Telegram (webhook) and Slack call. send: delivers messages. schedule: ticks.
    """

    web: bool = False
    poll: bool = False
    webhook: bool = False
    socket: bool = False
    slack_http: bool = False
    send: bool = False
    schedule: bool = False

    @property
    def receives(self) -> bool:
        """Whether people's messages come to this process."""
        return self.poll or self.webhook or self.socket or self.slack_http


def roles(settings: Settings, parts: Collection[str] = ()) -> Roles:
    """What a process named with `parts` does; with none, all that is configured.

    Raises:
        SettingsError: a part is unknown, or none of the named ones has what it needs.
    """
    for part in parts:
        if part not in PARTS:
            raise SettingsError(f"run: there is no part {part!r}. The parts are: {', '.join(PARTS)}.")
    _refuse_halves(settings)
    named = set(parts or PARTS)
    telegram = settings.telegram_token is not None
    slack = settings.slack_bot_token is not None or bool(settings.slack_client_id)
    socket = slack and settings.slack_app_token is not None
    hooked = bool(settings.public_url)
    usable = {
        "web": True,
        "telegram": telegram,
        "slack": slack,
        "sender": telegram or slack,
        "scheduler": True,
    }
    if not any(usable[part] for part in named):
        missing = "; ".join(_NEEDS[part] for part in PARTS if part in named)
        raise SettingsError(f"run: nothing to do. {missing}.")
    found = Roles(
        web="web" in named,
        poll="telegram" in named and telegram and not hooked,
        webhook="web" in named and telegram and hooked,
        socket="slack" in named and socket,
        slack_http="web" in named and slack and not socket,
        send="sender" in named and (telegram or slack),
        schedule="scheduler" in named,
    )
    if found == Roles():
        raise SettingsError(
            f"run {' '.join(parts)}: nothing to do. With TUTOR_PUBLIC_URL, Telegram's updates come to the part `web`; "
            "without TUTOR_SLACK_APP_TOKEN, Slack's events do."
        )
    return found


_NEEDS = {
    "telegram": "Telegram needs TUTOR_TELEGRAM_TOKEN, from @BotFather",
    "slack": "Slack needs TUTOR_SLACK_BOT_TOKEN and TUTOR_SLACK_APP_TOKEN, or TUTOR_SLACK_CLIENT_ID for many teams",
    "sender": "The sender needs a platform to send to",
}


def _refuse_halves(settings: Settings) -> None:
    """Say which setting of a pair is missing, before a platform does so in words of its own."""
    one_team, many = settings.slack_bot_token is not None, bool(settings.slack_client_id)
    if one_team and many:
        raise SettingsError(
            "settings TUTOR_SLACK_BOT_TOKEN and TUTOR_SLACK_CLIENT_ID: one workspace by token, or many by OAuth"
        )
    if many and settings.slack_app_token is not None:  # by Socket Mode there would be no page to install from
        raise SettingsError(
            "settings TUTOR_SLACK_APP_TOKEN and TUTOR_SLACK_CLIENT_ID: many workspaces are served over HTTP; "
            "leave the app token out and set TUTOR_SLACK_SIGNING_SECRET"
        )
    if many and settings.slack_client_secret is None:
        raise SettingsError("setting TUTOR_SLACK_CLIENT_SECRET: needed with TUTOR_SLACK_CLIENT_ID")
    if many and not settings.public_url:
        raise SettingsError("setting TUTOR_PUBLIC_URL: needed with TUTOR_SLACK_CLIENT_ID, to install Tutor from")
    if settings.slack_app_token is not None and not (one_team or many):
        raise SettingsError("setting TUTOR_SLACK_BOT_TOKEN: needed with TUTOR_SLACK_APP_TOKEN")
    if (one_team or many) and settings.slack_app_token is None and settings.slack_signing_secret is None:
        raise SettingsError(
            "setting TUTOR_SLACK_APP_TOKEN (Socket Mode) or TUTOR_SLACK_SIGNING_SECRET (HTTP): Slack needs one of them"
        )
    if settings.public_url and not settings.public_url.startswith("https://") and not _is_local(settings.public_url):
        raise SettingsError("setting TUTOR_PUBLIC_URL: must begin with https://, or the platforms will not call it")


def _is_local(url: str) -> bool:
    return url.startswith(("http://127.0.0.1", "http://localhost", "http://[::1]"))


def fronts(settings: Settings, roles: Roles, insides: Insides) -> list[Front]:
    """The front ends that this process needs for its roles; their libraries are loaded only then."""
    found: list[Front] = []
    if settings.telegram_token and (roles.poll or roles.webhook or roles.send):
        from adapters.telegram.front import TelegramFront

        secret = ""
        if roles.webhook:
            given = settings.telegram_webhook_secret
            secret = given.get_secret_value() if given else derived(_key(settings, insides.db), "telegram-webhook")
        found.append(
            TelegramFront(
                settings.telegram_token.get_secret_value(),
                settings.telegram_api_url,
                settings.telegram_file_url,
                insides,
                poll=roles.poll,
                webhook=(settings.public_url, secret) if roles.webhook else None,
            )
        )
    if (settings.slack_bot_token or settings.slack_client_id) and (roles.socket or roles.slack_http or roles.send):
        from adapters.slack.front import SlackFront

        key = _key(settings, insides.db) if settings.slack_client_id else ""
        found.append(SlackFront(settings, key, insides, by_socket=roles.socket, by_http=roles.slack_http))
    return found


def _key(settings: Settings, db: Database) -> str:
    return secret_key(settings, db.path.parent if db.path else None)
