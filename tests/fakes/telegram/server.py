"""A local server that speaks the Bot API and refuses what the real one refuses."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web

from tests.fakes.telegram import methods_more
from tests.fakes.telegram.faults import NAMED, Fault
from tests.fakes.telegram.people import Person
from tests.fakes.telegram.rates import adds, whole
from tests.fakes.telegram.request import parameters
from tests.fakes.telegram.rules import Refusal
from tests.fakes.telegram.stage import Stage
from tests.fakes.telegram.world import Call, Chat, Json
from tests.fakes.watch import used

TOKEN = "7654321:FAKE-fake_FAKE-fake_FAKE-fake_FAKE0"  # of the form of a real one, good nowhere


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class _Order:
    """A fault that was ordered."""

    method: str
    fault: Fault
    times: int
    chat: int


class FakeTelegram(Stage):
    """One bot's Telegram: people, chats, and the HTTP server that the bot talks to.

    `clock` is the fake's own (aware UTC): times of messages and calls, and the rates. `rates` False only records what
    goes too fast, in `too_fast`, in place of a 429. `burst` is how many messages a chat takes at once (1: strict),
    `privacy` the group privacy mode, `local` whether webhooks may be plain HTTP on any port; `queue.reach` maps a
    public address to where it is found here.
    """

    def __init__(
        self,
        token: str = TOKEN,
        *,
        username: str = "tutor_bot",
        clock: Callable[[], datetime] = _now,
        rates: bool = True,
        burst: int = 1,
        privacy: bool = True,
        local: bool = False,
    ) -> None:
        super().__init__(token, username, clock, burst, privacy=privacy)
        self.rates = rates
        self.local = local
        self.too_fast: list[Call] = []
        self.impatient: list[Call] = []  # calls that came sooner than their chat was told to wait
        self.url = ""  # the value for TUTOR_TELEGRAM_API_URL, once started: http://127.0.0.1:<port>/bot
        self.file_url = ""  # the value for TUTOR_TELEGRAM_FILE_URL: http://127.0.0.1:<port>/file/bot
        self._orders: list[_Order] = []
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0, routes: Iterable[web.RouteDef] = ()) -> None:
        """Listen on a port of this machine (0: any free one), with further routes beside the API's."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.add_routes([web.route("*", r"/bot{token:[^/]+}/{method}", self._answer), *routes])
        app.add_routes([web.get(r"/file/bot{token:[^/]+}/{folder}/{id}", self._file)])
        # no access log: the token is in every path
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self.url, self.file_url = f"{base}/bot", f"{base}/file/bot"

    async def stop(self) -> None:
        """Stop listening; open requests are cut."""
        await self.queue.stop()
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    @property
    def refused(self) -> list[Call]:
        """The calls that broke a rule. A test of a bot that obeys the rules asserts that there are none."""
        return [call for call in self.calls if call.outcome == "refused"]

    def sent(self, chat: Chat | Person | None = None) -> list[Call]:
        """The calls that put a message into a chat, in order, whatever came of them."""
        wanted = self.chat_of(chat).id if chat else None
        return [call for call in self.calls if adds(call.method) and wanted in (None, call.chat)]

    def fail(self, method: str, fault: Fault | str, times: int = 1, chat: Chat | Person | int | None = None) -> None:
        """Order a fault for the next calls of a method ("*": any but getUpdates), in a chat where one is given."""
        chosen = NAMED[fault] if isinstance(fault, str) else fault
        self._orders.append(_Order(method.lower(), chosen, times, self.chat_of(chat).id if chat else 0))

    def _ordered(self, call: Call) -> Fault | None:
        for order in self._orders:
            name = call.method.lower()
            if order.method != name and (order.method != "*" or name == "getupdates"):
                continue
            if order.chat in (0, call.chat):
                order.times -= 1
                if order.times <= 0:
                    self._orders.remove(order)
                return order.fault
        return None

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        token, method = request.match_info["token"], request.match_info["method"]
        if not re.fullmatch(r"\d+:[\w-]{20,}", token):
            return _error(404, "Not Found")
        if token != self.token:
            return _error(401, "Unauthorized")
        call = Call(method, {}, self.clock())
        try:
            call.params = await parameters(request, self)
        except Refusal as refusal:
            self.calls.append(call)
            return _refused(call, refusal)
        self.calls.append(call)
        fault = self._ordered(call)
        if fault is None:
            return await self._carry_out(call)
        if fault.status == 429:
            self.rate_limits.tell(call, fault.parameters["retry_after"])
        answer = await self._carry_out(call) if fault.after else None
        if answer is None or fault.drop:
            call.outcome, call.status, call.description = "fault", fault.status, fault.description
        if fault.hang:
            await asyncio.sleep(fault.hang)
        if fault.drop:
            assert request.transport
            request.transport.abort()
            return web.Response()
        if answer is not None:
            return answer
        if fault.body:
            return web.Response(status=fault.status, text=fault.body, content_type="text/html")
        return _error(fault.status, fault.description, fault.parameters)

    async def _carry_out(self, call: Call) -> web.StreamResponse:
        function = methods_more.METHODS.get(call.method.lower())
        try:
            if function is None:
                raise Refusal("Not Found: method not found", 404)
            self._check_rates(call)
            result = function(self, call.params)
            call.result = await result if inspect.isawaitable(result) else result
        except Refusal as refusal:
            return _refused(call, refusal)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            return _refused(call, Refusal(f"Bad Request: can't parse the request: {type(error).__name__}: {error}"))
        self.rate_limits.take(call)
        return web.json_response({"ok": True, "result": call.result})

    def _check_rates(self, call: Call) -> None:
        told = self.rate_limits.told_to_wait(call)
        wait = max(self.rate_limits.wait(call), told)
        if not wait:
            return
        if told:
            self.impatient.append(call)
        self.too_fast.append(call)
        if self.rates:
            seconds = whole(wait)
            self.rate_limits.tell(call, seconds)
            raise Refusal(f"Too Many Requests: retry after {seconds}", 429, {"retry_after": seconds})

    async def _file(self, request: web.Request) -> web.StreamResponse:
        file = self.files.get(request.match_info["id"])
        if request.match_info["token"] != self.token or file is None:
            return _error(404, "Not Found")
        return web.Response(body=file.data, content_type=file.mime)


def _refused(call: Call, refusal: Refusal) -> web.Response:
    conflict = "conflict" if refusal.status == 409 else "failed"
    call.outcome = "refused" if refusal.rule and refusal.status != 409 else conflict
    call.status, call.description = refusal.status, refusal.description
    return _error(refusal.status, refusal.description, refusal.parameters)


def _error(status: int, description: str, parameters: Json | None = None) -> web.Response:
    body: Json = {"ok": False, "error_code": status, "description": description}
    if parameters:
        body["parameters"] = parameters
    return web.json_response(body, status=status)


@asynccontextmanager
async def fake_telegram(
    token: str = TOKEN,
    *,
    username: str = "tutor_bot",
    clock: Callable[[], datetime] = _now,
    rates: bool = True,
    burst: int = 1,
    privacy: bool = True,
    local: bool = False,
    port: int = 0,
) -> AsyncIterator[FakeTelegram]:
    """A fake that is started, and stopped at the end."""
    fake = FakeTelegram(token, username=username, clock=clock, rates=rates, burst=burst, privacy=privacy, local=local)
    used.append(fake)
    await fake.start(port)
    try:
        yield fake
    finally:
        await fake.stop()
