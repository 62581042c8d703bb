"""What the outbox's contract tests share: rows as the inbox commits them, and waiting for what becomes of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from bot.limits import Limits
from bot.messages import Address, Refresh, Reply, Sender
from bot.outbox import Outbox, Timing
from bot.store.codec import reply_values
from bot.store.db import Database
from bot.store.tables import LANE, OUTBOX
from tests.fakes.senders import START, Clock


def chat(name: str, platform: str = "telegram", workspace: str = "") -> Address:
    return Address(platform, workspace, name)


def put_rows(
    conn: Connection, to: Address, *contents: Reply | Refresh, learner: int | None = None, at: datetime = START
) -> None:
    """Commit rows as the inbox does: the lane locked first, due at once unless something was waiting already."""
    if conn.execute(select(LANE.c.key).where(LANE.c.key == to.lane).with_for_update()).first() is None:
        lane = {"key": to.lane, "platform": to.platform, "workspace": to.workspace, "chat": to.chat}
        conn.execute(insert(LANE), {**lane, "next_at": None, "token": ""})
    rest = {"learner_id": learner, "created_at": at, "status": "pending", "tries": 0, "error": ""}
    address = {"lane": to.lane, "platform": to.platform, "workspace": to.workspace, "chat": to.chat}
    rows: list[dict[str, Any]] = []
    for content in contents:
        if isinstance(content, Refresh):
            own: dict[str, Any] = {
                "body": {},
                "key": "",
                "replaces": None,
                "audience": None,
                "surface": content.surface,
            }
        else:
            own = {**reply_values(content), "surface": ""}
        kind = "refresh" if isinstance(content, Refresh) else "reply"
        rows.append({**address, "thread": to.thread, **rest, **own, "kind": kind})
    conn.execute(insert(OUTBOX), rows)
    due = update(LANE).where(LANE.c.key == to.lane, LANE.c.next_at.is_(None)).values(next_at=at)
    conn.execute(due)


def put(db: Database, to: Address, *contents: Reply | Refresh | str, learner: int | None = None) -> None:
    """Put rows of one chat, texts standing for plain replies."""
    replies = [Reply(content) if isinstance(content, str) else content for content in contents]
    with db.begin() as conn:
        put_rows(conn, to, *replies, learner=learner)


def rows(db: Database, *columns: str) -> list[Any]:
    """Columns of all rows by id; a single column bare."""
    with db.read() as conn:
        found = conn.execute(select(*(OUTBOX.c[name] for name in columns)).order_by(OUTBOX.c.id)).all()
    return [row[0] if len(columns) == 1 else tuple(row) for row in found]


def lane(db: Database, to: Address) -> tuple[datetime | None, str]:
    """A lane's next_at and token."""
    with db.read() as conn:
        row = conn.execute(select(LANE.c.next_at, LANE.c.token).where(LANE.c.key == to.lane)).one()
    return row.next_at, row.token


def pending(db: Database) -> int:
    with db.read() as conn:
        return conn.execute(select(func.count()).where(OUTBOX.c.status == "pending")).scalar_one()


async def until(true: Callable[[], object], seconds: float = 20.0) -> float:
    """Wait until `true()`; returns the seconds it took."""
    start = time.monotonic()
    while not true():
        if time.monotonic() - start > seconds:
            raise AssertionError(f"still not so after {seconds} s")
        await asyncio.sleep(0.005)
    return time.monotonic() - start


async def all_settled(db: Database) -> None:
    """Wait until no row is pending and every lane is handed back."""

    def settled() -> bool:
        with db.read() as conn:
            waiting = select(func.count()).select_from(LANE).where(LANE.c.next_at.is_not(None))
            return conn.execute(waiting).scalar_one() == 0

    await until(lambda: pending(db) == 0 and settled())


@asynccontextmanager
async def sending(
    db: Database,
    sender: Sender,
    *,
    clock: Clock | None = None,
    timing: Timing | None = None,
    limits: Mapping[str, Limits] | None = None,
    platforms: tuple[str, ...] = ("telegram",),
) -> AsyncIterator[Outbox]:
    """An outbox at work."""
    outbox = Outbox(
        db, dict.fromkeys(platforms, sender), now=clock or Clock(), timing=timing or Timing(poll=0.05), limits=limits
    )
    await outbox.start()
    try:
        yield outbox
    finally:
        await outbox.stop()
