"""Slack's requests over HTTP, for the one Starlette application."""

from __future__ import annotations

import re
from collections.abc import Mapping

from slack_bolt.adapter.starlette.async_handler import (
    AsyncSlackRequestHandler,
    to_async_bolt_request,
    to_starlette_response,
)
from slack_bolt.async_app import AsyncApp
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

EVENTS = "/slack/events"
BODY_MAX = 1_000_000  # bytes: Slack's largest payloads, of modals full of text, are a fifth of it

_STAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")


def routes(app: AsyncApp) -> list[Route]:
    """`/slack/events`, and with OAuth `/slack/install` and `/slack/oauth_redirect`."""
    handler = AsyncSlackRequestHandler(app)

    async def take(request: Request) -> Response:
        if not _well_formed(request.headers):  # Bolt's check raises on these
            return Response(status_code=401)
        body = await _body(request)
        if body is None:
            return Response(status_code=413)
        try:
            asked = to_async_bolt_request(request, body)
        except Exception:  # no UTF-8, no JSON, or none of its shape: nothing that Slack sends
            return Response(status_code=400)
        return to_starlette_response(await app.async_dispatch(asked))

    found = [Route(EVENTS, take, methods=["POST"])]
    flow = app.oauth_flow
    if flow is not None:
        found += [Route(path, handler.handle, methods=["GET"]) for path in (flow.install_path, flow.redirect_uri_path)]
    return found


def _well_formed(headers: Mapping[str, str]) -> bool:
    """Whether a signature and its time, where they are there at all, can be checked."""
    stamp, signature = headers.get("x-slack-request-timestamp"), headers.get("x-slack-signature")
    return (stamp is None or _STAMP.fullmatch(stamp) is not None) and (
        signature is None or _SIGNATURE.fullmatch(signature) is not None
    )


async def _body(request: Request) -> bytes | None:
    """The whole body; None where it is too long, of which no more is read."""
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > BODY_MAX:
                return None
            chunks.append(chunk)
    except ClientDisconnect:  # half a body, which no signature fits; nobody waits for the answer
        return b""
    return b"".join(chunks)
