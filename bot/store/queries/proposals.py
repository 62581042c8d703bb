"""What admins propose for questions asked in vain, and messages that were set aside: what admins see."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import fields, replace
from datetime import datetime

from sqlalchemy import Connection, delete, func, literal_column, select, update

from bot.records import Proposal, ProposalStatus
from bot.store.bulk import Row, Upsert
from bot.store.tables import OUTBOX, PROPOSAL
from bot.store.types import clean

COLUMNS = tuple(field.name for field in fields(Proposal))

_write = Upsert(PROPOSAL, COLUMNS, ("gap",))
_all = select(*(PROPOSAL.c[name] for name in COLUMNS)).order_by(PROPOSAL.c.at.desc(), PROPOSAL.c.gap)
# The literal lets the partial index serve it.
_dead = select(OUTBOX.c.platform, func.count()).where(OUTBOX.c.status == literal_column("'dead'"))


def proposals(conn: Connection) -> list[Proposal]:
    """All of them, the newest first."""
    return [_proposal(row) for row in conn.execute(_all)]


def _proposal(row: Sequence[object]) -> Proposal:
    found = Proposal(*row)  # type: ignore[arg-type]
    return replace(found, gaps=tuple(found.gaps))


def put_proposals(conn: Connection, rows: Collection[Proposal]) -> None:
    """Write proposals; each takes the place of an earlier one for the same gap."""
    _write(conn, [_values(row) for row in sorted(rows, key=lambda row: row.gap)])


def _values(proposal: Proposal) -> Row:
    values = {name: getattr(proposal, name) for name in COLUMNS}
    return values | {"gaps": list(proposal.gaps), "text": clean(proposal.text), "note": clean(proposal.note)}


def drop_proposals(conn: Connection, gaps: Collection[str]) -> None:
    """Take proposals back."""
    conn.execute(delete(PROPOSAL).where(PROPOSAL.c.gap.in_(sorted(gaps))))


def mark_proposal(conn: Connection, seen: Proposal, status: ProposalStatus, note: str, now: datetime) -> bool:
    """Note what became of an open proposal; False where it has been changed or taken back since it was `seen`."""
    same = (PROPOSAL.c.gap == seen.gap, PROPOSAL.c.at == seen.at, PROPOSAL.c.topic == seen.topic)
    change = update(PROPOSAL).where(*same, PROPOSAL.c.status == "open")
    return conn.execute(change.values(status=status, note=clean(note), done_at=now)).rowcount == 1


def dead_messages(conn: Connection) -> dict[str, int]:
    """How many messages could never be sent, by platform; each is kept for 30 days."""
    return {platform: count for platform, count in conn.execute(_dead.group_by(OUTBOX.c.platform))}
