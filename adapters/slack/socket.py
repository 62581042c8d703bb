"""Slack's envelopes over Socket Mode: one process at a time holds the connection, and the rest wait for its lease.

An envelope is acknowledged on the connection it came by, once its event is committed; what is not, Slack delivers
again. slack_sdk's own client is left out: where a connection cannot be made it tries the same ticket for ever, and a
ticket is good for one connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Never

import aiohttp
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app
from slack_bolt.async_app import AsyncApp
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.request import SocketModeRequest

from adapters.shared.backoff import waits
from adapters.slack import faults
from adapters.slack.workspaces import Web, in_session
from bot.lease import Lost

LEASE = "slack-socket"
HEARTBEAT = 10.0  # seconds between pings; a connection that answers none for half of it is given up
GREETING = 10.0  # seconds until Slack must have said hello
LONGEST = 60.0  # seconds between two tries to connect

Hold = Callable[[str], AbstractAsyncContextManager[None]]
log = logging.getLogger(__name__)


async def serve(app: AsyncApp, app_token: str, api_url: str, hold: Hold) -> Never:
    """Receive under the lease "slack-socket" until cancelled; connect again whenever the connection ends.

    Args:
        app: takes what comes.
        app_token: the app-level token, with the scope connections:write.
        api_url: the Web API, "" for Slack's own.
        hold: holds a named lease while its block runs (`bot.lease.hold`).
    """
    while True:
        try:
            async with hold(LEASE):
                await _Socket(app, app_token, Web(api_url)).run()
        except Lost:
            log.warning("slack: another process may hold the connection by now")


class _Socket:
    """The connections of one holder of the lease: one, or two while one takes over from the other."""

    def __init__(self, app: AsyncApp, app_token: str, web: Web) -> None:
        self._app, self._token, self._web = app, app_token, web
        self._tries = waits(longest=LONGEST)

    async def run(self) -> Never:
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    await self._connect(group)
        finally:
            await self._web.close()
        raise AssertionError  # the loop ends by cancellation only

    async def _connect(self, group: asyncio.TaskGroup) -> None:
        """Connect, and return when the next connection is wanted."""
        try:
            client = self._web.client()
            found = await client.apps_connections_open(app_token=self._token)
            socket = await in_session(client).ws_connect(str(found["url"]), heartbeat=HEARTBEAT, proxy=client.proxy)
        except Exception as error:  # no answer, a refusal, or an answer that is none
            await self._rest(error)
            return
        replace = asyncio.Event()
        group.create_task(self._read(socket, replace, group), name="slack socket")
        await replace.wait()

    async def _rest(self, error: Exception) -> None:
        """Wait before the next try: as long as Slack says, else longer each time."""
        code = faults.code_of(error) if isinstance(error, SlackApiError) else ""
        wait = faults.retry_after(error)
        if wait is None:
            wait = next(self._tries)
        log.warning("slack: not connected (%s); trying again in %.0f s", code or type(error).__name__, wait)
        await asyncio.sleep(wait)

    async def _read(
        self, socket: aiohttp.ClientWebSocketResponse, replace: asyncio.Event, group: asyncio.TaskGroup
    ) -> None:
        """Take what comes until Slack closes; told to go, read on while the next connection is made."""
        try:
            async with asyncio.timeout(GREETING) as greeting:
                async for said in socket:
                    message = _parsed(said)
                    kind = message.get("type")
                    if kind == "hello":
                        greeting.reschedule(None)
                        self._tries = waits(longest=LONGEST)
                        log.info("slack: connected")
                    elif kind == "disconnect":
                        replace.set()
                    elif message.get("envelope_id"):
                        group.create_task(self._take(socket, message), name="slack envelope")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("slack: the connection broke (%s)", type(error).__name__)
        finally:
            with contextlib.suppress(Exception):
                await socket.close()
        if not replace.is_set():  # it ended without a word, and the next one may, too
            await asyncio.sleep(next(self._tries))
            replace.set()

    async def _take(self, socket: aiohttp.ClientWebSocketResponse, message: dict[str, Any]) -> None:
        try:
            request = SocketModeRequest.from_dict(message)
            if request is None:
                return
            response = await run_async_bolt_app(self._app, request)
            if response.status == 200:
                await socket.send_json(_acknowledgement(request.envelope_id, response))
        except Exception as error:  # not acknowledged: it comes again
            log.warning("slack: an envelope was not acknowledged (%s)", type(error).__name__)


def _parsed(said: aiohttp.WSMessage) -> dict[str, Any]:
    if said.type is not aiohttp.WSMsgType.TEXT:
        return {}
    with contextlib.suppress(ValueError):
        found = json.loads(said.data)
        if isinstance(found, dict):
            return found
    return {}


def _acknowledgement(envelope: str, response: BoltResponse) -> dict[str, Any]:
    """An envelope's acknowledgement, with what is to be shown for it."""
    if not response.body:
        return {"envelope_id": envelope}
    if response.body.startswith("{"):
        return {"envelope_id": envelope, "payload": json.loads(response.body)}
    return {"envelope_id": envelope, "payload": {"text": response.body}}
