"""For front ends that read their rows themselves, and for a demo's clock."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select, update

from bot.store.tables import EVENT, OUTBOX


def last_shown(conn: Connection, lane: str) -> int:
    """The id of the newest row of a lane that was shown, 0 for none."""
    rows = select(func.max(OUTBOX.c.id)).where(OUTBOX.c.lane == lane, OUTBOX.c.status == "sent")
    return conn.execute(rows).scalar() or 0


def mark_shown(conn: Connection, lane: str, up_to: int, now: datetime) -> None:
    """Note that a lane's rows were shown, up to an id: their texts go a day later, as those of sent messages do."""
    waiting = (OUTBOX.c.lane == lane, OUTBOX.c.id <= up_to, OUTBOX.c.status == "pending")
    conn.execute(update(OUTBOX).where(*waiting).values(status="sent", sent_at=now))


def newest_event(conn: Connection) -> datetime | None:
    """When the newest event was handled: a demo's clock goes on from there, never back."""
    return conn.execute(select(func.max(EVENT.c.at))).scalar()
