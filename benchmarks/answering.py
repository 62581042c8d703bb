"""A server that says yes to every call of the Bot API and the Slack Web API, and does nothing else.

`python -m benchmarks.answering` prints its address and serves until its input ends. A process of its own, so that the
senders under measurement do not share a processor with it.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys

from aiohttp import web

_ids = itertools.count(1)


def _telegram(method: str, number: int) -> object:
    if method == "getMe":
        return {"id": 1, "is_bot": True, "first_name": "Tutor", "username": "tutor_bot"}
    if method.startswith(("send", "edit")) and method != "sendChatAction":
        return {"message_id": number, "date": 1_700_000_000, "chat": {"id": 1, "type": "private", "first_name": "A"}}
    return True


async def telegram(request: web.Request) -> web.Response:
    """Any method of the Bot API."""
    await request.read()
    return web.json_response({"ok": True, "result": _telegram(request.match_info["method"], next(_ids))})


async def slack(request: web.Request) -> web.Response:
    """Any method of the Slack Web API."""
    await request.read()
    method = request.match_info["method"]
    found: dict[str, object] = {"ok": True, "ts": f"{next(_ids)}.0001", "channel": "D1"}
    if method == "auth.test":
        found |= {
            "user_id": "UBOT",
            "team_id": "T1",
            "bot_id": "B1",
            "user": "tutor",
            "team": "Team",
            "url": "https://x/",
        }
    if method == "conversations.open":
        found["channel"] = {"id": "D1"}
    if method == "users.info":
        found["user"] = {"id": "U1", "tz": "Europe/Berlin", "locale": "en-US", "is_bot": False, "deleted": False}
    return web.json_response(found)


async def serve() -> None:
    """Serve until the input ends."""
    app = web.Application()
    app.router.add_route("*", "/bot{token}/{method}", telegram)
    app.router.add_route("*", "/api/{method}", slack)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    sys.stdout.write(json.dumps({"url": f"http://127.0.0.1:{port}"}) + "\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve())
