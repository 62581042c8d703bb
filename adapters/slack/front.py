"""Slack in one process: sending, Socket Mode or HTTP, one workspace by token or many by OAuth, as settings say."""

from __future__ import annotations

import asyncio
import logging

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from starlette.routing import Route

from adapters.config import Settings
from adapters.shared.backoff import waits
from adapters.shared.insides import Insides
from adapters.slack import app, faults, http, oauth, socket
from adapters.slack.home import Screens
from adapters.slack.people import People
from adapters.slack.sender import LIMITS, SlackSender
from adapters.slack.workspaces import OneWorkspace
from bot.messages import Address
from knowledge.errors import SettingsError

# https://docs.slack.dev/reference/methods/auth.test
REFUSED = frozenset({"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"})

log = logging.getLogger(__name__)


class SlackFront:
    """The front end. Clients are made when they are needed, so nothing has to wait for a connection but Socket Mode."""

    platform = "slack"
    limits = LIMITS

    def __init__(self, settings: Settings, key: str, insides: Insides, *, by_socket: bool, by_http: bool) -> None:
        """Prepare; nothing connects before `run`.

        Args:
            settings: tokens and addresses.
            key: what tokens of many workspaces are encrypted with; "" with one workspace.
            insides: the application.
            by_socket: whether this process receives by Socket Mode.
            by_http: whether it is called over HTTP.
        """
        self._settings = settings
        self._hold = insides.hold
        self._screens = Screens(insides.lookup, insides.library, insides.now)
        self._workspaces: OneWorkspace | oauth.Installed
        flow = None
        if settings.slack_bot_token:
            self._workspaces = OneWorkspace(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
        else:
            secret = settings.slack_client_secret.get_secret_value() if settings.slack_client_secret else ""
            self._workspaces = oauth.Installed(
                insides.db, settings.slack_client_id, secret, [key], insides.now, settings.slack_api_url
            )
            language = insides.library().base.language
            flow = oauth.flow(self._workspaces, settings.public_url, language=language)
        people = People(self._workspaces)
        self.sender = SlackSender(self._workspaces, self._show_home, people)
        self._by_socket = by_socket
        self.routes: list[Route] = []
        if by_socket or by_http:
            self._bolt = app.make(
                self._workspaces,
                settings.slack_signing_secret.get_secret_value() if settings.slack_signing_secret else "",
                insides.receive,
                self._screens,
                insides.library,
                insides.now,
                api_url=settings.slack_api_url,
                oauth=flow,
                people=people,
            )
            self.routes = http.routes(self._bolt) if by_http else []

    async def run(self) -> None:
        """Connect, and receive until cancelled. Messages go out until `close`.

        Raises:
            SettingsError: Slack does not accept a token.
        """
        if isinstance(self._workspaces, OneWorkspace):
            await self._connected(self._workspaces)
        else:
            await self._workspaces.prepare()
        if self._by_socket and self._settings.slack_app_token:
            token = self._settings.slack_app_token.get_secret_value()
            await socket.serve(self._bolt, token, self._settings.slack_api_url, self._hold)
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Close the connections: not before the outbox stopped, since what is cut off on its way would go out twice."""
        await self._workspaces.close()

    async def _connected(self, workspace: OneWorkspace) -> None:
        for wait in waits():
            try:
                return await workspace.connect()
            except SlackApiError as error:
                code = str(error.response.get("error")) if isinstance(error.response.data, dict) else ""
                if code in REFUSED:
                    raise SettingsError(f"setting TUTOR_SLACK_BOT_TOKEN: Slack does not accept it ({code})") from None
                log.warning("slack: not reached (%s); trying again", code or "no answer")
                wait = max(wait, faults.retry_after(error) or 0.0)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                log.warning("slack: not reached (%s); trying again", type(error).__name__)
            await asyncio.sleep(wait)

    async def _show_home(self, client: AsyncWebClient, to: Address) -> None:
        await client.views_publish(user_id=to.chat, view=await self._screens.home(to.workspace, to.chat))
