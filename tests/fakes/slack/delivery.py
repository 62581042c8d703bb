"""Deliveries to the app: Socket Mode envelopes where a socket is connected, else signed HTTP requests."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import uuid4

import aiohttp

from tests.fakes.slack.state import Attempt, Delivery, Json, Kind

if TYPE_CHECKING:
    from tests.fakes.slack.fake import FakeSlack

REASONS = {"operation_timeout": "http_timeout", "connection_failed": "connection_failed"}


class Courier:
    """Makes each try at a delivery, and the tries after it that Slack owes an event."""

    def __init__(self, fake: FakeSlack) -> None:
        self._fake = fake
        self._http: aiohttp.ClientSession | None = None

    async def stop(self) -> None:
        if self._http is not None:
            await self._http.close()

    async def send(self, delivery: Delivery, reason: str = "", acked: Callable[[], None] | None = None) -> Delivery:
        """The next try; where an event fails, further ones follow behind."""
        await self._try(delivery, reason)
        if delivery.ok and acked:
            acked()
        if not delivery.ok and delivery.kind == "events_api" and not reason:
            self._fake.in_background(self._again(delivery))
        return delivery

    async def _again(self, delivery: Delivery) -> None:
        for delay in self._fake.retry_delays:
            if "x-slack-no-retry" in delivery.attempts[-1].error:
                return
            await self._fake.sleep(delay)
            await self._try(delivery, REASONS.get(delivery.error, "http_error"))
            if delivery.ok:
                return

    async def _try(self, delivery: Delivery, reason: str) -> None:
        fake, retry = self._fake, len(delivery.attempts)
        started = time.monotonic()
        if fake.sockets.connected:
            attempt = Attempt(fake.now(), "socket", 0, error="pending", retry=retry)
            delivery.attempts.append(attempt)
            await fake.sockets.offer(delivery, attempt, reason)
        else:
            attempt = Attempt(fake.now(), "http", 0, error="pending", retry=retry)
            delivery.attempts.append(attempt)
            await self._post(delivery, attempt, reason)
        attempt.seconds = time.monotonic() - started

    async def _post(self, delivery: Delivery, attempt: Attempt, reason: str) -> None:
        if not self._fake.request_url:
            attempt.error = "connection_failed"
            return
        headers = {"x-slack-retry-num": str(attempt.retry), "x-slack-retry-reason": reason} if reason else {}
        try:
            async with asyncio.timeout(self._fake.ack_within):
                attempt.status, answered, attempt.body = await self.post(delivery.kind, delivery.payload, headers)
        except TimeoutError:
            attempt.error = "operation_timeout"
        except (aiohttp.ClientError, OSError):
            attempt.error = "connection_failed"
        else:
            attempt.error = ""
            if not 200 <= attempt.status < 300:
                no_retry = answered.get("x-slack-no-retry") == "1"
                attempt.error = "http_error, x-slack-no-retry" if no_retry else "http_error"

    async def post(
        self,
        kind: Kind,
        payload: Json,
        headers: dict[str, str],
        *,
        secret: str | None = None,
        age: float = 0.0,
        signed: bool = True,
    ) -> tuple[int, dict[str, str], Any]:
        """POST to the app: status, headers in lower case, and the body, parsed if it is JSON."""
        body, content_type = encode(kind, payload)
        stamp = str(int(time.time() - age))
        if signed:
            key = self._fake.signing_secret if secret is None else secret
            headers = {**headers, "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": sign(key, stamp, body)}
        headers = {
            **headers,
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        }
        if self._http is None:
            self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        async with self._http.post(self._fake.request_url, data=body, headers=headers) as response:
            text = await response.text()
            answered = {name.lower(): value for name, value in response.headers.items()}
            return response.status, answered, _parsed(text, response.content_type)


def encode(kind: Kind, payload: Json) -> tuple[bytes, str]:
    """The body as Slack sends it, and its content type."""
    if kind == "events_api":
        return json.dumps(payload).encode(), "application/json"
    form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
    return urlencode(form).encode(), "application/x-www-form-urlencoded"


def sign(secret: str, stamp: str, body: bytes) -> str:
    """Slack's signature, v0."""
    return "v0=" + hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()


def _parsed(text: str, content_type: str) -> Any:
    if content_type == "application/json":
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


class Socket:
    """One connection of a Socket Mode client."""

    def __init__(
        self, send: Callable[[str], Awaitable[None]], close: Callable[[], Awaitable[Any]], cut: Callable[[], None]
    ) -> None:
        self.send, self.close, self.cut = send, close, cut
        self.leaving = False


class Sockets:
    """The connections of Socket Mode, and what they have not acknowledged yet."""

    def __init__(self, fake: FakeSlack) -> None:
        self._fake = fake
        self._sockets: list[Socket] = []
        self._tickets: set[str] = set()
        self._waiting: dict[str, tuple[asyncio.Future[Any], Socket]] = {}
        self._turn = 0
        self._lost = 0

    @property
    def connected(self) -> int:
        """How many connections take deliveries."""
        return sum(not socket.leaving for socket in self._sockets)

    def ticket(self) -> str:
        """An address to connect to, once."""
        ticket = uuid4().hex
        self._tickets.add(ticket)
        return f"{self._fake.root.replace('http', 'ws')}/link/?ticket={ticket}&app_id={self._fake.app_id}"

    def admit(self, ticket: str) -> bool:
        """Whether the address is one that was given out, and not used yet."""
        known = ticket in self._tickets
        self._tickets.discard(ticket)
        return known

    async def join(self, socket: Socket) -> None:
        """Say hello; from then on the connection takes deliveries."""
        self._sockets.append(socket)
        hello = {
            "type": "hello", "num_connections": self.connected, "connection_info": {"app_id": self._fake.app_id},
            "debug_info": {"host": "applink-1", "build_number": 1, "approximate_connection_time": 18060},
        }  # fmt: skip
        await socket.send(json.dumps(hello))

    def gone(self, socket: Socket) -> None:
        """The connection ended: what it did not acknowledge, it never will."""
        if socket in self._sockets:
            self._sockets.remove(socket)
        for future, holder in list(self._waiting.values()):
            if holder is socket and not future.done():
                future.set_exception(ConnectionError())
                future.exception()  # it may be that nobody waits for it yet

    def lose(self, times: int) -> None:
        """Let acknowledgements go unheard."""
        self._lost += times

    def heard(self, message: str) -> None:
        """What came in: an acknowledgement, or nothing of meaning."""
        try:
            told = json.loads(message)
        except ValueError:
            return
        waiting = self._waiting.get(told.get("envelope_id", "")) if isinstance(told, dict) else None
        if waiting is None:
            return
        if self._lost > 0:
            self._lost -= 1
            return
        if not waiting[0].done():
            waiting[0].set_result(told.get("payload", ""))

    async def offer(self, delivery: Delivery, attempt: Attempt, reason: str) -> None:
        """Send an envelope by one of the connections, by another if that one goes; wait for its acknowledgement."""
        envelope: Json = {
            "envelope_id": str(uuid4()), "type": delivery.kind, "payload": delivery.payload,
            "accepts_response_payload": delivery.kind != "events_api",
        }  # fmt: skip
        if delivery.kind == "events_api":
            envelope |= {"retry_attempt": attempt.retry if reason else 0, "retry_reason": reason.replace("http_", "")}
        try:
            async with asyncio.timeout(self._fake.ack_within):
                while open_now := [socket for socket in self._sockets if not socket.leaving]:
                    self._turn += 1
                    with contextlib.suppress(ConnectionError, RuntimeError):
                        attempt.body = await self._hand_over(open_now[self._turn % len(open_now)], envelope)
                        attempt.status, attempt.error = 200, ""
                        return
                    await asyncio.sleep(0)
            attempt.error = "connection_failed"
        except TimeoutError:
            attempt.error = "operation_timeout"

    async def _hand_over(self, socket: Socket, envelope: Json) -> Any:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = future, socket
        try:
            await socket.send(json.dumps(envelope))
            return await future
        except ConnectionError:
            self.gone(socket)
            raise
        finally:
            del self._waiting[envelope["envelope_id"]]

    async def dismiss(self, reason: str) -> None:
        """Tell the connections to go. They are given a second to leave; a warning lets them stay."""
        for socket in list(self._sockets):
            socket.leaving = reason != "warning"
            if reason == "drop":
                socket.cut()
                self.gone(socket)
                continue
            told = {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-1"}}
            with contextlib.suppress(ConnectionError):
                await socket.send(json.dumps(told))
            if reason != "warning":
                self._fake.in_background(self._see_off(socket))

    async def _see_off(self, socket: Socket) -> None:
        await asyncio.sleep(1.0)
        with contextlib.suppress(ConnectionError):
            await socket.close()
        self.gone(socket)
