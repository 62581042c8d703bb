"""Many workspaces: each installs Tutor by OAuth, is served with the token of its own, and may remove it at any time."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import aiohttp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.error import BoltError
from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions, AsyncFailureArgs, AsyncSuccessArgs
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError, SlackClientError, SlackTokenRotationError
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import faults, pages, render
from adapters.slack.installations import STATE_LASTS, Installations, Keyring, States, lock_tables
from adapters.slack.manifest import INSTALL_PATH, REDIRECT_PATH, SCOPES
from adapters.slack.workspaces import Web, library_log
from bot.messages import Button, SendNever
from bot.store.db import Database
from bot.wording import Words, join, words

ROTATE_MINUTES = 120  # before a token runs out, where the app has token rotation on
_TEAM = re.compile(r"[TE][A-Z0-9]{1,20}")

log = logging.getLogger(__name__)


class Installed:
    """The workspaces that installed Tutor (`adapters.slack.workspaces.Workspaces`)."""

    def __init__(
        self,
        db: Database,
        client_id: str,
        client_secret: str,
        secret_keys: Sequence[str],
        now: Callable[[], datetime],
        api_url: str = "",
    ) -> None:
        """Prepare; nothing connects before `prepare`.

        Args:
            db: where installations are kept.
            client_id: the app's, as its client_secret.
            client_secret: proves to Slack that we are the app.
            secret_keys: SECRET_KEY, and former ones whose tokens are still to be read.
            now: gives the time, aware UTC.
            api_url: the Web API, "" for Slack's own.
        """
        self.client_id = client_id
        self.client_secret = client_secret
        self.store = Installations(db, client_id, Keyring(*secret_keys))
        self.states = States(db, now)
        self.web = Web(api_url)
        self._db = db
        self._now = now
        self._reseal = len(secret_keys) > 1
        self._rotating: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def prepare(self) -> None:
        """Make the tables that are missing. Safe to do in several processes at once."""

        def work(conn: Any) -> None:
            lock_tables(conn)
            self.store.create_tables(conn)
            self.states.create_tables(conn)
            if self._reseal:
                self.store.reseal(conn)

        await self._db.run(work)

    async def client(self, team: str) -> AsyncWebClient:
        """A client with the bot token of workspace `team`. Raises SendNever where Tutor is not installed there."""
        bot = await self.bot(team)
        if bot is None:
            raise SendNever("the workspace has removed the app", gone=True)
        return self.web.client(bot.bot_token)

    async def bot(self, team: str) -> Bot | None:
        """The bot of a workspace, with a token that is still good for a while."""
        found = await self.store.bot(team)
        if found is None or not found.bot_refresh_token:
            return found
        async with self._rotating[team]:
            found = await self.store.bot(team)  # somebody may have renewed it meanwhile
            return found and await self._renewed(found, team)

    async def ended(self, team: str, at: datetime | None = None) -> None:
        """The workspace removed Tutor, or its tokens were revoked, at `at` (default: now).

        Its tokens are deleted at once, the rest some days later (`bot.store.queries.workspace`). Slack may tell late:
        where it was installed again after `at`, nothing is done. Without `at` it was a call that was refused, perhaps
        with a token that has been replaced since: the one that is stored now is tried first.
        """
        if at is None and await self._good(team):
            return
        now = self._now()
        if await self.store.end(team, now, at or now):
            log.info("slack: a workspace removed the app; its tokens are deleted")

    async def close(self) -> None:
        """Close the connections."""
        await self.web.close()

    async def _good(self, team: str) -> bool:
        """Whether the token that is stored still is, or nobody can tell: then the next call that is refused asks."""
        try:
            await (await self.client(team)).auth_test()
        except SendNever:
            return False
        except SlackApiError as error:
            return faults.code_of(error) not in faults.ENDED
        except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError):
            return True
        return True

    async def _renewed(self, bot: Bot, team: str) -> Bot:
        rotator = AsyncTokenRotator(
            client_id=self.client_id, client_secret=self.client_secret, client=self.web.client()
        )
        try:
            fresh = await rotator.perform_bot_token_rotation(bot=bot, minutes_before_expiration=ROTATE_MINUTES)
        except SlackTokenRotationError:
            now = await self.store.bot(team)  # a refresh token is good once: another process may have been faster
            if now is None or now.bot_token == bot.bot_token:
                raise
            return now
        if fresh is None:
            return bot
        await self.store.async_save_bot(fresh)
        return fresh


class Authorize(AsyncAuthorize):
    """Tells Bolt whose token goes with a request, from what is stored: Bolt's own asks Slack at every request."""

    def __init__(self, installed: Installed) -> None:
        """Look workspaces up in `installed`."""
        self._installed = installed

    async def __call__(
        self,
        *,
        context: Any,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None,
        actor_enterprise_id: str | None = None,
        actor_team_id: str | None = None,
        actor_user_id: str | None = None,
    ) -> AuthorizeResult | None:
        """The authorisation of a workspace's bot, None where Tutor is not installed there."""
        bot = await self._installed.bot(team_id) if team_id else None
        if bot is None:
            return None
        return AuthorizeResult(
            enterprise_id=bot.enterprise_id,
            team_id=bot.team_id,
            team=bot.team_name,
            bot_id=bot.bot_id,
            bot_user_id=bot.bot_user_id,
            bot_token=bot.bot_token,
            bot_scopes=bot.bot_scopes,
            user_id=user_id,
        )


class Flow(AsyncOAuthFlow):
    """Bolt's OAuth flow, which tells nothing of what passes through it, and takes single workspaces only."""

    def __init__(self, installed: Installed, settings: AsyncOAuthSettings) -> None:
        """Install into `installed`."""
        super().__init__(logger=library_log(), settings=settings)
        self._installed = installed

    @property
    def client(self) -> AsyncWebClient:
        """A client without a token, made where a loop runs."""
        return self._installed.web.client()

    async def build_authorize_url(self, state: str, request: AsyncBoltRequest) -> str:
        """Where Slack asks the installer; of the request only a workspace's id is passed on."""
        team = request.query.get("team", [""])[0]
        known = team if _TEAM.fullmatch(team) else None
        return str(self.settings.authorize_url_generator.generate(state=state, team=known))

    async def run_installation(self, code: str) -> Installation | None:
        """Trade the code for tokens; None where Slack refuses it or cannot be reached."""
        try:
            return await super().run_installation(code)
        except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError) as error:
            log.warning("slack: an installation was not confirmed (%s)", type(error).__name__)
            return None

    async def store_installation(self, request: AsyncBoltRequest, installation: Installation) -> None:
        """Keep the installation. Raises BoltError where that is impossible, with what to tell the installer."""
        if installation.is_enterprise_install or not installation.team_id:
            raise BoltError(pages.WHOLE_ORGANISATION)
        try:
            await super().store_installation(request, installation)
        except Exception as error:
            log.exception("slack: an installation could not be kept")
            raise BoltError(type(error).__name__) from None


def flow(installed: Installed, public_url: str, *, language: str = "en", authorize_url: str = "") -> AsyncOAuthFlow:
    """The way workspaces install Tutor: `/slack/install` leads to Slack, which comes back to `/slack/oauth_redirect`.

    Args:
        installed: where installations are kept.
        public_url: Tutor's own address, such as https://tutor.example.org.
        language: of the pages, and of the first words to the installer.
        authorize_url: where Slack asks the installer, "" for Slack's own.
    """
    say, base = words(language), public_url.rstrip("/")

    async def success(args: AsyncSuccessArgs) -> BoltResponse:
        await _welcome(installed, args.installation, say)
        found = args.installation
        return _page(args.settings, 200, pages.installed(say, found.team_name or "", found.app_id, found.team_id))

    async def failure(args: AsyncFailureArgs) -> BoltResponse:
        reason = str(args.error) if args.error and str(args.error) == pages.WHOLE_ORGANISATION else args.reason
        return _page(args.settings, args.suggested_status_code, pages.failed(say, reason, base + INSTALL_PATH))

    settings = AsyncOAuthSettings(
        client_id=installed.client_id,
        client_secret=installed.client_secret,
        scopes=list(SCOPES),
        user_scopes=[],
        redirect_uri=base + REDIRECT_PATH,
        install_path=INSTALL_PATH,
        install_page_rendering_enabled=False,  # straight to Slack, whose own page says what is asked for
        redirect_uri_path=REDIRECT_PATH,
        callback_options=AsyncCallbackOptions(success, failure),
        authorization_url=authorize_url or None,
        installation_store=installed.store,
        installation_store_bot_only=True,
        state_store=installed.states,
        state_expiration_seconds=int(STATE_LASTS.total_seconds()),
        logger=library_log(),
    )
    settings.authorize = Authorize(installed)
    return Flow(installed, settings)


def _page(settings: AsyncOAuthSettings, status: int, html: str) -> BoltResponse:
    return BoltResponse(
        status=status,
        headers={**pages.HEADERS, "Set-Cookie": settings.state_utils.build_set_cookie_for_deletion()},
        body=html,
    )


async def _welcome(installed: Installed, installation: Installation, say: Words) -> None:
    """Write to the installer, and to nobody else: Tutor is there, and how to begin."""
    if not installation.team_id or not installation.user_id:
        return
    text = join(
        [
            say("Thanks for adding Tutor. Nobody else has heard from me: I write only to those who write to me first."),
            say("Ask me anything right here, type “/tutor help” anywhere, or mention me in a channel I'm in."),
        ],
        "\n\n",
    )
    buttons = (Button(say.label("Quiz me"), "quiz"), Button(say.label("Browse topics"), "browse"))
    try:
        client = await installed.client(installation.team_id)
        opened = await client.conversations_open(users=installation.user_id)
        channel: dict[str, Any] = opened["channel"]
        blocks = [*render.blocks(text), *render.actions(buttons)]
        await client.chat_postMessage(
            channel=channel["id"], text=say.label("Tutor is ready."), blocks=blocks, unfurl_links=False
        )
    except Exception as error:  # the app is installed all the same, and the page says how to go on
        log.warning("slack: no welcome to an installer (%s)", type(error).__name__)
