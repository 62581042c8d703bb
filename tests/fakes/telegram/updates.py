"""The queue of updates: handed out by long polling, or posted to a webhook again and again until it answers 2xx."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aiohttp

from tests.fakes.telegram.rules import Refusal
from tests.fakes.telegram.world import Json, Update

CONFLICT_WEBHOOK = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
CONFLICT_POLLING = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
CONFLICT_SET = "Conflict: terminated by setWebhook request"
_NOT_BY_DEFAULT = {"chat_member", "message_reaction", "message_reaction_count"}


@dataclass(eq=False, slots=True)
class _Waiting:
    """An update in the queue. `late`: it came out of its order, so that an offset confirms it only once it was sent."""

    update: Update
    late: bool = False
    sent: bool = False
    flying: bool = False
    not_before: float = 0.0
    tries: int = 0

    @property
    def lane(self) -> str:
        """Updates of one chat are posted one after the other, those of several chats beside each other."""
        content: Json = self.update.body[self.update.kind]
        message = content.get("message") or content
        chat = message.get("chat") or content.get("from") or content.get("user") or {}
        return str(chat.get("id", ""))


@dataclass
class Queue:
    """The updates that wait. `clock` is the fake's own; waiting itself takes real time."""

    clock: Callable[[], datetime]
    retry: float = 0.3  # seconds until a webhook is tried again, doubled each time, up to 5
    reach: dict[str, str] = field(default_factory=dict)  # where a public address is really found
    waiting: list[_Waiting] = field(default_factory=list)
    allowed: list[str] | None = None
    webhook: str = ""
    secret: str = ""
    max_connections: int = 40
    posts: list[tuple[int, int, datetime]] = field(default_factory=list)  # update id, status (0: no answer), when
    last_error: tuple[int, str] = (0, "")
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _poll: asyncio.Future[str] | None = None
    _task: asyncio.Task[None] | None = None

    def takes(self, kind: str) -> bool:
        """Whether updates of this kind are wanted."""
        return kind in self.allowed if self.allowed else kind not in _NOT_BY_DEFAULT

    def put(self, update: Update, *, late: bool = False) -> None:
        """Queue an update."""
        self.waiting.append(_Waiting(update, late))
        self._wake()

    def _wake(self) -> None:
        self._changed.set()

    def allow(self, given: Any) -> None:
        """Keep `allowed_updates` of a call, where it has any; an empty list means the default."""
        if isinstance(given, list):
            self.allowed = [str(kind) for kind in given] or None

    def _confirm(self, offset: int) -> None:
        kept: list[_Waiting] = []
        for one in self.waiting:
            if one.update.id < offset and (one.sent or not one.late):
                one.update.confirmed = True
            else:
                kept.append(one)
        self.waiting[:] = kept

    async def get(self, params: Json) -> list[Json]:
        """One getUpdates."""
        if self.webhook:
            raise Refusal(CONFLICT_WEBHOOK, 409)
        if self._poll and not self._poll.done():
            self._poll.set_result(CONFLICT_POLLING)
        mine: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._poll = mine
        self.allow(params.get("allowed_updates"))
        offset = int(params.get("offset") or 0)
        limit = min(max(int(params.get("limit") or 100), 1), 100)
        if offset < 0:
            offset = self.waiting[offset].update.id if len(self.waiting) >= -offset else 0
        self._confirm(offset)
        try:
            await self._until_some(mine, float(params.get("timeout") or 0))
        finally:
            if self._poll is mine:
                self._poll = None
        if mine.done():
            raise Refusal(mine.result(), 409)
        batch = self.waiting[:limit]
        for one in batch:
            one.sent = True
            one.update.deliveries.append(self.clock())
        return [one.update.body for one in batch]

    async def _until_some(self, ended: asyncio.Future[str], seconds: float) -> None:
        end = asyncio.get_running_loop().time() + min(seconds, 50.0)
        while not self.waiting and not ended.done():
            left = end - asyncio.get_running_loop().time()
            if left <= 0:
                return
            self._changed.clear()
            news = asyncio.ensure_future(self._changed.wait())
            both: set[asyncio.Future[Any]] = {news, ended}
            try:
                await asyncio.wait(both, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            finally:
                news.cancel()

    async def set_webhook(self, url: str, params: Json) -> None:
        """Post updates to an address from now on, or ("") no longer."""
        if url and self._poll and not self._poll.done():
            self._poll.set_result(CONFLICT_SET)
        if params.get("drop_pending_updates"):
            self.waiting.clear()
        self.allow(params.get("allowed_updates"))
        await self.stop()
        self.webhook, self.secret = url, str(params.get("secret_token") or "")
        self.max_connections = int(params.get("max_connections") or 40)
        if url:
            self._task = asyncio.create_task(self._post_all())

    async def stop(self) -> None:
        """End posting and every long poll."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        for one in self.waiting:
            one.flying = False

    def _ready(self) -> list[_Waiting]:
        now = asyncio.get_running_loop().time()
        flying = {one.lane for one in self.waiting if one.flying}
        ready: list[_Waiting] = []
        for one in self.waiting:
            if len(flying) >= self.max_connections:
                break
            if one.lane not in flying:
                flying.add(one.lane)  # what comes behind it in its lane waits, also while it is held back
                if one.not_before <= now:
                    ready.append(one)
        return ready

    async def _post_all(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session:
            running: set[asyncio.Task[None]] = set()
            try:
                while True:
                    self._changed.clear()
                    for one in self._ready():
                        one.flying = True
                        task = asyncio.create_task(self._post(session, one))
                        running.add(task)
                        task.add_done_callback(running.discard)
                    with suppress(TimeoutError):
                        async with asyncio.timeout(0.05 if self.waiting else None):
                            await self._changed.wait()
            finally:
                for task in running:
                    task.cancel()
                await asyncio.gather(*running, return_exceptions=True)

    def _found_at(self) -> str:
        for public, local in self.reach.items():
            if self.webhook.startswith(public):
                return local + self.webhook.removeprefix(public)
        return self.webhook

    async def _post(self, session: aiohttp.ClientSession, one: _Waiting) -> None:
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.secret} if self.secret else {}
        one.update.deliveries.append(self.clock())
        status, again = 0, 0.0
        try:
            async with session.post(self._found_at(), json=one.update.body, headers=headers) as response:
                await response.read()
                status = response.status
                again = float(response.headers.get("Retry-After") or 0)
        except (aiohttp.ClientError, TimeoutError) as error:
            self.last_error = (int(self.clock().timestamp()), f"Connection failed: {type(error).__name__}")
        finally:
            one.flying = False
        self.posts.append((one.update.id, status, self.clock()))
        if 200 <= status < 300:
            one.update.confirmed = True
            if one in self.waiting:
                self.waiting.remove(one)
        else:
            if status:
                self.last_error = (int(self.clock().timestamp()), f"Wrong response from the webhook: {status}")
            one.tries += 1
            pause = again or min(self.retry * 2 ** (one.tries - 1), 5.0)
            one.not_before = asyncio.get_running_loop().time() + pause
        self._wake()

    def info(self) -> Json:
        """The answer to getWebhookInfo."""
        result: Json = {
            "url": self.webhook,
            "has_custom_certificate": False,
            "pending_update_count": len(self.waiting),
        }
        if self.webhook:
            result |= {"max_connections": self.max_connections, "ip_address": "127.0.0.1"}
        if self.allowed:
            result["allowed_updates"] = self.allowed
        if self.last_error[1]:
            result |= {"last_error_date": self.last_error[0], "last_error_message": self.last_error[1]}
        return result
