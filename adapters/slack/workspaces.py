"""The workspaces that Tutor is installed in, and the clients to call their Web API with."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.messages import SendNever

SLACK = "https://slack.com/api/"
HOOKS = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})  # where response_urls lead
TIMEOUT = 4.5  # seconds a call may take; the outbox gives a send five

log = logging.getLogger(__name__)


class Workspaces(Protocol):
    """Where Tutor is installed."""

    async def client(self, team: str) -> AsyncWebClient:
        """A client with the bot token of workspace `team`. Raises SendNever where there is none."""
        ...

    async def ended(self, team: str, at: datetime | None = None) -> None:
        """Slack no longer accepts the token of `team`, since `at`: it was revoked, or the app was uninstalled."""
        ...


class _WhereOnly(logging.Filter):
    """Keeps the place and the type of what a library logs, not its words: they may hold texts, addresses or tickets."""

    def filter(self, record: logging.LogRecord) -> bool:
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        record.msg, record.args = f"{record.module}.{record.funcName}, line {record.lineno} {kind}".rstrip(), ()
        record.exc_info = record.exc_text = None
        return True


def library_log() -> logging.Logger:
    """What slack_bolt and slack_sdk are to log with: warnings and errors, without a word of their own."""
    quiet = logging.getLogger("adapters.slack.library")
    quiet.setLevel(logging.WARNING)
    if not quiet.filters:
        quiet.addFilter(_WhereOnly())
    return quiet


class Web:
    """Makes clients that share one HTTP session, which is opened on first use, in the loop that runs then.

    They never try a call again by themselves: slack_sdk's own retry after a dropped connection posts messages twice.
    """

    def __init__(self, api_url: str = "", timeout: float = TIMEOUT) -> None:
        """Call the Web API at `api_url` ("" for Slack's own); give up after `timeout` seconds."""
        self.api_url = api_url or SLACK
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._session: aiohttp.ClientSession | None = None

    def client(self, token: str | None = None) -> AsyncWebClient:
        """A client for `token`. Call it where a loop runs."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(timeout=self._timeout)
        return AsyncWebClient(
            token, base_url=self.api_url, session=self._session, retry_handlers=[], logger=library_log()
        )

    async def close(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()


def in_session(client: AsyncWebClient) -> aiohttp.ClientSession:
    """The session of a client that `Web` made."""
    if client.session is None:
        raise TypeError("a client of the Web API without a session")
    return client.session


def is_slacks(url: str, api_url: str) -> bool:
    """Whether a response_url leads to Slack, or to the server that stands for it: nothing is sent anywhere else."""
    try:
        there, ours = urlsplit(url), urlsplit(api_url)
    except ValueError:
        return False
    same = (there.scheme, there.netloc) == (ours.scheme, ours.netloc)
    return same or (there.scheme == "https" and there.netloc in HOOKS)


class OneWorkspace:
    """The one workspace that a bot token belongs to."""

    def __init__(self, token: str, api_url: str = "") -> None:
        """Take the token; nothing connects before the first call."""
        self._token = token
        self._web = Web(api_url)
        self._lock = asyncio.Lock()
        self._teams: frozenset[str] = frozenset()
        self.bot_user = ""

    async def connect(self) -> None:
        """Ask Slack, once, whose token this is. Raises SlackApiError where Slack refuses it."""
        async with self._lock:
            if not self._teams:
                found = await self._web.client(self._token).auth_test()
                self.bot_user = str(found.get("user_id") or "")
                # Where a whole Enterprise Grid organisation installed the app, events may carry its id alone.
                self._teams = frozenset(str(found.get(key)) for key in ("team_id", "enterprise_id") if found.get(key))

    async def client(self, team: str) -> AsyncWebClient:
        """The client, if `team` is the token's own workspace."""
        if not self._teams:
            await self.connect()
        if team not in self._teams:
            raise SendNever("another workspace's")
        return self._web.client(self._token)

    async def ended(self, team: str, at: datetime | None = None) -> None:
        """Say so in the log: nobody but the operator can help."""
        log.error("slack: the bot token is no longer accepted; install the app again and set the new token")

    async def close(self) -> None:
        """Close the connections."""
        await self._web.close()
