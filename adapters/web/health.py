"""What an operator's tools ask: is the process alive, should traffic come here, and what is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

# A check says in a word or two that all is well ("53 topics"), or raises.
Check = Callable[[], Awaitable[str]]
PATIENCE = 2.0  # seconds for each check


def routes(checks: Mapping[str, Check]) -> list[Route]:
    """/livez, /readyz and /healthz. What an exception says stays inside: it may quote an address with a password."""

    async def livez(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_: Request) -> Response:
        failing = [name for name, found in (await _asked(checks)).items() if not found["ok"]]
        if failing:
            return PlainTextResponse(f"not ready: {', '.join(failing)}\n", status_code=503)
        return PlainTextResponse("ready\n")

    async def healthz(_: Request) -> Response:
        found = await _asked(checks)
        ok = all(part["ok"] for part in found.values())
        return JSONResponse({"ok": ok, "checks": found}, status_code=200 if ok else 503)

    return [Route("/livez", livez), Route("/readyz", readyz), Route("/healthz", healthz)]


async def _asked(checks: Mapping[str, Check]) -> dict[str, dict[str, object]]:
    found = await asyncio.gather(*(_one(check) for check in checks.values()))
    return dict(zip(checks, found, strict=True))


async def _one(check: Check) -> dict[str, object]:
    try:
        async with asyncio.timeout(PATIENCE):
            return {"ok": True, "is": await check()}
    except Exception as error:
        return {"ok": False, "is": type(error).__name__}
