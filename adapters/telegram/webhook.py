"""Updates by webhook: a route that knows Telegram by its secret token, and telling Telegram where the route is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from hmac import compare_digest

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Bot, Update

from adapters.telegram.raw import ALLOWED, parse

PATH = "/telegram/webhook"
HEADER = "X-Telegram-Bot-Api-Secret-Token"
BODY_MAX = 1 << 20  # bytes; updates are some kilobytes
CONNECTIONS = 64  # calls that Telegram may make at once: what the inbox takes as one batch

Handle = Callable[[Update], Awaitable[bool]]


def routes(handle: Handle, secret: str) -> list[Route]:
    """The route for Telegram's calls. Without the secret nothing is read, done or said.

    Answers: 200 once the update is handled, 503 where it must come again, 401 and 403 for others than Telegram, 400 and
    413 for what is no update.
    """

    async def received(request: Request) -> Response:
        given = request.headers.get(HEADER)
        if given is None:
            return Response(status_code=401)
        if not secret or not compare_digest(given.encode(), secret.encode()):
            return Response(status_code=403)
        body = await _body(request)
        if body is None:
            return Response(status_code=413)
        try:
            raw = json.loads(body)
        except (ValueError, RecursionError):
            return Response(status_code=400)
        if not isinstance(raw, dict) or type(raw.get("update_id")) is not int:
            return Response(status_code=400)
        update = parse(raw)
        if update is None:  # one that we cannot read now we cannot read later either
            return Response(status_code=200)
        return Response(status_code=200 if await handle(update) else 503)

    return [Route(PATH, received, methods=["POST"])]


async def _body(request: Request) -> bytes | None:
    """The body; None where it is too long, which is told before all of it has come."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > BODY_MAX:
        return None
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_MAX:
                return None
    except ClientDisconnect:
        return b""
    return bytes(body)


async def register(bot: Bot, public_url: str, secret: str) -> None:
    """Tell Telegram where to call, where it does not know yet.

    What Telegram tells of a webhook leaves the secret out, so a mark of it stands in the address: with another secret
    the address is another one.

    Raises:
        TelegramError: Telegram could not be told.
    """
    mark = hashlib.sha256(b"tutor webhook\0" + secret.encode()).hexdigest()[:8]
    url = f"{public_url.rstrip('/')}{PATH}?v={mark}"
    known = await bot.get_webhook_info()
    told = (known.url, set(known.allowed_updates), known.max_connections)
    if told != (url, set(ALLOWED), CONNECTIONS):
        await bot.set_webhook(url, secret_token=secret, allowed_updates=ALLOWED, max_connections=CONNECTIONS)
