"""Platforms: `python -m benchmarks.platforms [--seconds 20] [--messages 3000]`.

Acknowledgement: a whole `tutor run` with Slack over HTTP gets signed slash commands, presses and events, 50 a second
in all, from a client that keeps its pace whatever the answers take; the time is from request to answer, which Tutor
gives after the commit. Sending: the outbox hands rows to the senders, which call a local server over HTTP, limiters
off, in one process, beside the same calls made by the platform's own library alone, one after another and 64 at once.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp

from adapters.slack.sender import SlackSender
from adapters.slack.workspaces import OneWorkspace
from adapters.telegram.client import connect
from adapters.telegram.sender import TelegramSender
from benchmarks.measure import databases, percentile, table
from bot.messages import Address, Button, Reply, Sender
from bot.outbox import Outbox, Timing
from bot.store import codec
from bot.store.db import Database
from bot.store.queries.batch import lock_lanes
from bot.store.tables import OUTBOX
from tests.ports import free_port

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"
PACE = 50  # events a second
PEOPLE = 200
GOAL_ACK, GOAL_SENT = 300, 500
TEXT = "Right: the standby runs alongside and takes over. I'll ask again in 11 days."


@contextmanager
def answering() -> Iterator[str]:
    """The address of a server that says yes to everything."""
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.answering"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        yield str(json.loads(server.stdout.readline())["url"])
    finally:
        server.stdin.close()
        server.wait(10)
        server.stdout.close()


# --- acknowledgement


@asynccontextmanager
async def tutor(api: str, folder: Path) -> AsyncIterator[str]:
    """A whole Tutor with Slack over HTTP; gives its address."""
    port = free_port()
    settings = {
        "TUTOR_SLACK_BOT_TOKEN": "xoxb-1-2-benchmark",
        "TUTOR_SLACK_SIGNING_SECRET": SECRET,
        "TUTOR_SLACK_API_URL": f"{api}/api",
        "TUTOR_PORT": str(port),
        "TUTOR_DATABASE_URL": f"sqlite:///{folder / 'tutor.db'}",
        "TUTOR_LOG_LEVEL": "ERROR",
    }
    running = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("tutor"), "run", env=os.environ | settings, cwd=folder
    )
    try:
        async with aiohttp.ClientSession() as http:
            for _ in range(300):
                try:
                    async with http.get(f"http://127.0.0.1:{port}/readyz") as ready:
                        if ready.status == 200:
                            break
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.1)
            else:
                raise TimeoutError("tutor did not become ready")
        yield f"http://127.0.0.1:{port}/slack/events"
    finally:
        running.terminate()
        await running.wait()


def signed(body: str, kind: str) -> dict[str, str]:
    """Slack's headers: https://docs.slack.dev/authentication/verifying-requests-from-slack."""
    stamp = str(int(time.time()))
    digest = hmac.new(SECRET.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}", "Content-Type": kind}


def requests() -> Iterator[tuple[str, str, dict[str, str]]]:
    """What arrives: kind, body, headers; a third each of events, presses and slash commands."""
    form, plain = "application/x-www-form-urlencoded", "application/json"
    for n in itertools.count():
        user = f"U{n % PEOPLE:05d}"
        which = n % 3
        if which == 0:
            event = {
                "type": "message", "channel_type": "im", "channel": f"D{n % PEOPLE:05d}", "user": user,
                "text": ("what is failover", "whats fault tolerence", "quiz me on git", "progress")[n // 3 % 4],
                "ts": f"{1_700_000_000 + n}.0001", "team": "T1",
            }  # fmt: skip
            body = json.dumps(
                {
                    "type": "event_callback", "team_id": "T1", "api_app_id": "A1", "event_id": f"Ev{n}", "event": event,
                    "event_time": int(time.time()),
                    "authorizations": [{"team_id": "T1", "user_id": "UBOT", "is_bot": True}],
                }
            )  # fmt: skip
            yield "event", body, signed(body, plain)
        elif which == 1:
            chat, stamp = f"D{n % PEOPLE:05d}", f"{1_700_000_000 + n}.0002"
            press = {
                "type": "block_actions", "team": {"id": "T1", "domain": "t"}, "user": {"id": user, "team_id": "T1"},
                "api_app_id": "A1", "trigger_id": f"{n}.1.press", "channel": {"id": chat, "name": "directmessage"},
                "container": {"type": "message", "message_ts": stamp, "channel_id": chat},
                "message": {"ts": stamp, "text": "x"}, "response_url": "https://hooks.slack.com/actions/x",
                "actions": [
                    {"type": "button", "action_id": "act:0", "block_id": "b", "value": "quiz", "action_ts": f"{n}.1"}
                ],
            }  # fmt: skip
            body = urlencode({"payload": json.dumps(press)})
            yield "press", body, signed(body, form)
        else:
            command = {
                "command": "/tutor", "text": "what is redundancy", "team_id": "T1", "team_domain": "t", "user_id": user,
                "channel_id": "C1", "channel_name": "general", "trigger_id": f"{n}.1.slash", "api_app_id": "A1",
                "response_url": "https://hooks.slack.com/commands/x",
            }  # fmt: skip
            body = urlencode(command)
            yield "slash command", body, signed(body, form)


async def acknowledgement(seconds: float) -> dict[str, list[float]]:
    """Times in ms by kind; raises where one was not acknowledged with 200."""
    took: defaultdict[str, list[float]] = defaultdict(list)
    refused: list[int] = []
    with answering() as api, tempfile.TemporaryDirectory(prefix="tutor-bench-") as folder:
        async with tutor(api, Path(folder)) as url, aiohttp.ClientSession() as http:

            async def one(kind: str, body: str, headers: dict[str, str]) -> None:
                start = time.perf_counter()
                async with http.post(url, data=body, headers=headers) as answer:
                    await answer.read()
                    took[kind].append(1000 * (time.perf_counter() - start))
                    if answer.status != 200:
                        refused.append(answer.status)

            begin, sent = time.perf_counter(), 0
            async with asyncio.TaskGroup() as tasks:
                for made in requests():
                    due = begin + sent / PACE
                    if due - begin > seconds:
                        break
                    await asyncio.sleep(max(0.0, due - time.perf_counter()))
                    tasks.create_task(one(*made))
                    sent += 1
    if refused:
        raise AssertionError(f"{len(refused)} not acknowledged: {sorted(set(refused))}")
    return dict(took)


# --- sending


def fill(db: Database, platform: str, messages: int, chats: int) -> None:
    """`messages` rows to send, over `chats` lanes."""
    now = datetime.now(UTC)
    workspace = "T1" if platform == "slack" else ""
    to = [Address(platform, workspace, f"U{n:05d}" if platform == "slack" else str(1000 + n)) for n in range(chats)]
    reply = Reply(TEXT, (Button("I guessed", "guess:1-1"), Button("Too easy", "easy:1-1"), Button("Next", "next")))
    empty = {"workspace": workspace, "thread": "", "learner_id": None, "created_at": now, "status": "pending"}
    with db.begin() as conn:
        lock_lanes(conn, to, now)
        rows: list[dict[str, Any]] = [
            {
                "lane": to[n % chats].lane, "platform": platform, "chat": to[n % chats].chat, "kind": "reply",
                "surface": "", "tries": 0, "error": "", **empty, **codec.reply_values(reply),
            }
            for n in range(messages)
        ]  # fmt: skip
        conn.execute(OUTBOX.insert(), rows)


async def drained(db: Database, sender: Sender, platform: str, messages: int) -> float:
    """Messages a second through the outbox."""
    outbox = Outbox(db, {platform: sender}, timing=Timing())
    start = time.perf_counter()
    await outbox.start()
    while outbox.counts["sent"] < messages:
        if outbox.counts["dead"] or outbox.counts["retried"]:
            raise AssertionError(dict(outbox.counts))
        await asyncio.sleep(0.01)
    took = time.perf_counter() - start
    await outbox.stop()
    return messages / took


async def sending(messages: int) -> list[list[str]]:
    """Rows of the table: the outbox beside the library alone."""
    rows = []
    with answering() as api, databases(["sqlite"]) as make:
        bot = await connect(TOKEN, f"{api}/bot", f"{api}/file/bot")
        try:
            db = make("sqlite")
            fill(db, "telegram", messages, 100)
            through = await drained(db, TelegramSender(bot), "telegram", messages)
            alone = await _alone(messages, lambda n: bot.send_message(1000 + n % 100, TEXT))
        finally:
            await bot.shutdown()
        rows.append(["Telegram", f"{through:.0f}", f"{alone:.0f}", f"{through / alone:.2f} x"])
        workspaces = OneWorkspace("xoxb-1-2-benchmark", f"{api}/api")
        db = make("sqlite")
        fill(db, "slack", messages, 100)
        through = await drained(db, SlackSender(workspaces, None), "slack", messages)
        client = await workspaces.client("T1")
        alone = await _alone(messages, lambda n: client.chat_postMessage(channel=f"U{n % 100:05d}", text=TEXT))
        await workspaces.close()
        rows.append(["Slack", f"{through:.0f}", f"{alone:.0f}", f"{through / alone:.2f} x"])
    return rows


async def _alone(messages: int, call: Any, width: int = 64) -> float:
    left = iter(range(messages))

    async def worker() -> None:
        for n in left:
            await call(n)

    start = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(width)))
    return messages / (time.perf_counter() - start)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--messages", type=int, default=3000)
    given = parser.parse_args()
    took = asyncio.run(acknowledgement(given.seconds))
    table(
        f"Acknowledged while {PACE} events a second arrive (goal: p99 {GOAL_ACK} ms)",
        ["", "count", "p50 ms", "p99 ms"],
        [
            [kind, str(len(ms)), f"{percentile(ms, 0.5):.0f}", f"{percentile(ms, 0.99):.0f}"]
            for kind, ms in took.items()
        ],
    )
    table(
        f"Messages a second over HTTP, limiters off, one process (goal: {GOAL_SENT})",
        ["", "through the outbox", "library alone", "ratio"],
        asyncio.run(sending(given.messages)),
    )


if __name__ == "__main__":
    main()
