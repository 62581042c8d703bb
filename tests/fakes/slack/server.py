"""The HTTP side: the Web API's methods, uploads, response URLs, OAuth's page and the sockets."""

from __future__ import annotations

import asyncio
import base64
import json
import math
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from tests.fakes.slack import chat, directory, oauth, views
from tests.fakes.slack.api import METHODS, Context, Method, Refused
from tests.fakes.slack.delivery import Socket
from tests.fakes.slack.pace import Fault
from tests.fakes.slack.state import Call, Json, Workspace

if TYPE_CHECKING:
    from tests.fakes.slack.fake import FakeSlack

__all__ = ["Server", "chat", "directory", "oauth", "views"]

# Faults that are the state of a token or a place: answered as Slack's errors, whatever the call was.
_IN_WORDS = {"500": 500, "502": 502, "503": 503, "504": 504}


class Server:
    """Answers what the app calls."""

    def __init__(self, fake: FakeSlack) -> None:
        self._fake = fake
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def start(self, port: int, routes: list[web.RouteDef]) -> int:
        """Serve on 127.0.0.1; the port."""
        app = web.Application(client_max_size=64 * 2**20)
        app.add_routes(
            [
                web.route("*", "/api/{method}", self.api),
                web.post("/upload/{id}", self.upload),
                web.post("/actions/{key:.+}", self.response_url),
                web.post("/commands/{key:.+}", self.response_url),
                web.get("/oauth/v2/authorize", self.authorize),
                web.get("/link/", self.link),
                *routes,
            ]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=0.5, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        self._closing.set()
        await self._fake.sockets.dismiss("drop")
        if self._runner is not None:
            await self._runner.cleanup()

    async def api(self, request: web.Request) -> web.StreamResponse:
        """A call of the Web API."""
        name = request.match_info["method"]
        known = METHODS.get(name)
        params = await _params(request, json_too=known is None or known.json)
        token = _token(request, params)
        call = Call(name, params, token, self._fake.now())
        self._fake.calls.append(call)
        context = Context(self._fake, call, params)
        early = self._too_early(call)
        fault = None if early else self._fake.faults.take(name)
        if cut := await self._before(request, call, fault):
            return cut
        try:
            if early:
                broken = f"{early:.2f} s sooner than Retry-After said"
                raise Refused("ratelimited", broken, retry_after=max(1, math.ceil(early)))
            if fault is not None and fault.kind != "drop_after":
                self._tell_later(call, fault)
                raise Refused(fault.kind, retry_after=fault.retry_after)
            if known is None:
                raise Refused("unknown_method", f"no such method: {name}")
            context.given = self._authorised(name, known, token)
            self._paced(known, context)
            answer: Json = {"ok": True, **known.handler(context)}
            call.executed, call.outcome = True, "ok"
            if call.warnings:
                answer["response_metadata"] = {"warnings": call.warnings}
        except Refused as refused:
            call.outcome, call.rule = refused.error, refused.rule
            answer = {"ok": False, "error": refused.error, **refused.more}
        call.answer = answer
        for after in context.after if call.executed else ():
            after()
        if fault is not None and fault.kind == "drop_after":
            call.outcome = "drop_after"
            return _cut(request)
        return self._answered(context, known, answer)

    async def _before(self, request: web.Request, call: Call, fault: Fault | None) -> web.StreamResponse | None:
        """Faults that answer before anything is looked at."""
        if fault is None:
            return None
        call.outcome = fault.kind
        if fault.kind == "hang":
            await self._closing.wait()
            return _cut(request)
        if fault.kind == "drop_before":
            return _cut(request)
        if fault.kind in _IN_WORDS:
            return web.Response(status=_IN_WORDS[fault.kind], text="upstream connect error or disconnect/reset")
        return None

    def _too_early(self, call: Call) -> float:
        """Seconds by which the call disobeys a Retry-After."""
        workspace = self._fake.by_token(call.token)
        team = workspace.id if workspace else ""
        return self._fake.pace.too_soon(team, call.method, _where(call), self._fake.now())

    def _tell_later(self, call: Call, fault: Fault) -> None:
        if fault.kind == "ratelimited":
            workspace = self._fake.by_token(call.token)
            until = self._fake.now() + fault.retry_after
            self._fake.pace.told(workspace.id if workspace else "", call.method, _where(call), until)

    def _authorised(self, name: str, known: Method, token: str) -> Workspace | None:
        """The token's workspace, if the token may call this."""
        if known.token == "none":
            return None
        if not token:
            raise Refused("not_authed", "no token")
        if known.token == "app":
            if token == self._fake.app_token:
                return None
            wrong = "a bot token" if token.startswith("xoxb-") else "a wrong token"
            raise Refused("not_allowed_token_type" if token.startswith("xoxb-") else "invalid_auth", wrong)
        if token == self._fake.app_token:
            raise Refused("not_allowed_token_type", f"{name} takes a bot token")
        workspace = self._fake.by_token(token)
        if workspace is None:
            raise Refused(self._fake.dead_tokens.get(token, "invalid_auth"))
        if workspace.token_state:
            raise Refused(workspace.token_state)
        if known.scopes and not workspace.scopes.intersection(known.scopes):
            needed, provided = ",".join(known.scopes), ",".join(sorted(workspace.scopes))
            raise Refused("missing_scope", f"{name} needs {needed}", needed=needed, provided=provided)
        return workspace

    def _paced(self, known: Method, c: Context) -> None:
        """Slack's rates, and the waits that it has ordered."""
        fake, call = self._fake, c.call
        team = c.given.id if c.given else ""
        where = _where(call)
        if fake.rates == "off":
            return
        if call.method == "chat.postMessage":
            wait = fake.pace.posted(team, where, fake.now())
        else:
            wait = fake.pace.called(team, call.method, known.tier, fake.now()) if known.tier else 0
        if wait:
            fake.hurried.append(call)
            if fake.rates == "enforce":
                fake.pace.told(team, call.method, where, fake.now() + wait)
                raise Refused("ratelimited", f"too fast for {call.method} {where}".rstrip(), retry_after=wait)

    def _answered(self, c: Context, known: Method | None, answer: Json) -> web.Response:
        headers = {"x-slack-req-id": f"req-{len(self._fake.calls)}"}
        if c.given is not None:
            headers["x-oauth-scopes"] = ",".join(sorted(c.given.scopes))
            headers["x-accepted-oauth-scopes"] = ",".join(known.scopes if known else ())
        retry_after = answer.pop("retry_after", None)
        if answer.get("error") == "ratelimited":
            return web.json_response(answer, status=429, headers={**headers, "Retry-After": str(retry_after)})
        return web.json_response(answer, headers=headers)

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """A file's bytes: as the body, or as a part of a form."""
        upload = next((u for u in self._fake.uploads if u.id == request.match_info["id"]), None)
        call = Call("upload", {"id": request.match_info["id"]}, "", self._fake.now())
        self._fake.calls.append(call)
        if early := await self._before(request, call, self._fake.faults.take("upload")):
            return early
        if request.content_type == "multipart/form-data":
            parts = [part async for part in await request.multipart()]
            data = await parts[0].read(decode=True) if parts else b""  # type: ignore[union-attr]
        else:
            data = await request.read()
        if upload is None or upload.data is not None or len(data) != upload.length:
            call.outcome = call.rule = "not the file that was announced"
            return web.Response(status=400, text="400 Bad Request")
        upload.data, call.outcome, call.executed = bytes(data), "ok", True
        return web.Response(text=f"OK - {len(data)}")

    async def response_url(self, request: web.Request) -> web.StreamResponse:
        """An answer by response_url."""
        url = f"{self._fake.root}{request.path}"
        to = self._fake.response_urls.get(url)
        params = await _params(request)
        call = Call("response_url", params, "", self._fake.now())
        self._fake.calls.append(call)
        fault = self._fake.faults.take("response_url")
        if early := await self._before(request, call, fault):
            return early
        if fault is not None and fault.kind == "ratelimited":
            return web.Response(status=429, text="rate_limited", headers={"Retry-After": str(fault.retry_after)})
        if to is None:
            call.outcome = call.rule = "no such response_url"
            return web.Response(status=404, text="no_service")
        context = Context(self._fake, call, params, to.channel.workspace)
        try:
            if fault is not None and fault.kind != "drop_after":
                raise Refused(fault.kind)
            chat.respond(context, to)
        except Refused as refused:
            call.outcome, call.rule = refused.error, refused.rule
            status = 404 if refused.error in ("used_url", "expired_url") else 400
            return web.json_response({"ok": False, "error": refused.error}, status=status)
        call.executed, call.outcome = True, "ok"
        for after in context.after:
            after()
        if fault is not None:
            call.outcome = "drop_after"
            return _cut(request)
        return web.Response(text="ok", content_type="text/plain")

    async def authorize(self, request: web.Request) -> web.StreamResponse:
        """The page that asks whether the app may be added: `fake.visitor` says yes at once."""
        if self._fake.visitor is None:
            return web.Response(status=403, text="Nobody is signed in: set fake.visitor")
        try:
            raise web.HTTPFound(oauth.approve(self._fake, str(request.url), self._fake.visitor))
        except ValueError as error:
            return web.Response(status=400, text=str(error))

    async def link(self, request: web.Request) -> web.StreamResponse:
        """A connection of Socket Mode."""
        if not self._fake.sockets.admit(request.query.get("ticket", "")):
            return web.Response(status=404, text="unknown ticket")
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        socket = Socket(ws.send_str, ws.close, lambda: _abort(request))
        try:
            await self._fake.sockets.join(socket)
            async for message in ws:
                if message.type == WSMsgType.TEXT:
                    self._fake.sockets.heard(message.data)
        finally:
            self._fake.sockets.gone(socket)
        return ws


def _where(call: Call) -> str:
    return str(call.params.get("channel", "")) if call.method == "chat.postMessage" else ""


def _cut(request: web.Request) -> web.Response:
    """Cut the connection without an answer."""
    _abort(request)
    return web.Response()


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


async def _params(request: web.Request, *, json_too: bool = True) -> Json:
    """Parameters of the address, and of a body in a form or in JSON."""
    params: Json = dict(request.query)
    if request.content_type == "application/json":
        body = await request.text()
        if json_too and body:
            try:
                given = json.loads(body)
            except ValueError:
                given = None
            if isinstance(given, dict):
                params |= {name: value for name, value in given.items() if value is not None}
    elif request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        params |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    return params


def _token(request: web.Request, params: Json) -> str:
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        client, _, secret = base64.b64decode(rest).decode().partition(":")
        params |= {"client_id": client, "client_secret": secret}
        return ""
    given: Any = params.pop("token", "")
    return rest.strip() if scheme.lower() == "bearer" else str(given)
