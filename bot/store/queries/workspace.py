"""A workspace that Tutor was removed from: noted at once, forgotten some days later, or at once where somebody asks.

A learner belongs to a workspace by an account in it. One who has accounts elsewhere, too, keeps their progress and
loses only what was in the workspace.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, Text, delete, select, type_coerce, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.messages import Address
from bot.store.bulk import DIALECTS, dialect_of
from bot.store.db import Database
from bot.store.queries import batch, flush
from bot.store.tables import ACCOUNT, EVENT, LANE, LEARNER, META, METADATA
from bot.store.types import to_json

KEPT = timedelta(days=13)  # platforms give 14 days; one is left for a process that was down
STEP = 100  # learners or lanes of one transaction, so that learners elsewhere do not wait

_ENDED = "ended:"
_note = dict(
    zip(DIALECTS, (module.insert(META).on_conflict_do_nothing() for module in (sqlite, postgresql)), strict=True)
)
# What lies in a chat, or names the workspace itself; whatever is about a learner goes with the learner.
_IN_LANES = tuple(table for table in METADATA.sorted_tables if "lane" in table.c)
_TO_ADDRESSES = tuple(table for table in METADATA.sorted_tables if {"learner_id", "address"} <= set(table.c.keys()))
_IN_WORKSPACES = tuple(
    table for table in METADATA.sorted_tables if {"platform", "workspace"} <= set(table.c.keys()) and table is not LANE
)


@dataclass(frozen=True, slots=True)
class _Workspace:
    """Where keys of accounts, lanes and events begin: all three are "<platform>:<workspace>:…"."""

    platform: str
    workspace: str

    def __post_init__(self) -> None:
        if not self.platform or not self.workspace or ":" in self.platform + self.workspace:
            raise ValueError("a workspace is named by a platform and an id, neither empty nor with a colon")

    @property
    def name(self) -> str:
        return f"{self.platform}:{self.workspace}"

    def holds(self, column: ColumnElement[str]) -> ColumnElement[bool]:
        """Whether a key begins with the workspace; a range, so that the key's index finds it."""
        return (column >= f"{self.name}:") & (column < f"{self.name};")  # ";" is the character after ":"

    def is_home(self, home: Address | None) -> bool:
        return home is not None and (home.platform, home.workspace) == (self.platform, self.workspace)


def note_ended(conn: Connection, platform: str, workspace: str, now: datetime) -> None:
    """Note that Tutor was removed from a workspace; said again, the first time counts."""
    key = _ENDED + _Workspace(platform, workspace).name
    conn.execute(_note[dialect_of(conn)], {"key": key, "value": now.isoformat()})


def note_back(conn: Connection, platform: str, workspace: str) -> None:
    """Tutor was added again in time: nothing will be forgotten."""
    conn.execute(delete(META).where(META.c.key == _ENDED + _Workspace(platform, workspace).name))


def ended(conn: Connection) -> dict[tuple[str, str], datetime]:
    """The workspaces that Tutor was removed from and has not forgotten yet, (platform, id), with since when."""
    rows = conn.execute(select(META.c.key, META.c.value).where(META.c.key >= _ENDED, META.c.key < "ended;"))
    found: dict[tuple[str, str], datetime] = {}
    for key, since in rows:
        platform, _, workspace = key.removeprefix(_ENDED).partition(":")
        found[platform, workspace] = datetime.fromisoformat(since)
    return found


def forget_workspace(conn: Connection, platform: str, workspace: str) -> int:
    """Remove everything in a workspace, in the transaction of `conn`; returns how many learners are gone.

    Learners with an account elsewhere lose this one, and their home if it was here. Ids of events that do not name
    the workspace cannot be told apart; they say nothing about anybody, and are pruned by age.

    Raises:
        ValueError: no workspace is named.
    """
    place, gone, more = _Workspace(platform, workspace), 0, True
    while more:
        learners, more = _step(place, conn)
        gone += learners
    return gone


async def forget_whole(db: Database, platform: str, workspace: str) -> int:
    """The same in short transactions, so that learners elsewhere do not wait. Safe to repeat where it was cut off."""
    place, gone, more = _Workspace(platform, workspace), 0, True
    while more:
        learners, more = await db.run(partial(_step, place))
        gone += learners
    return gone


async def forget_ended(db: Database, now: datetime) -> int:
    """Forget the workspaces that ended `KEPT` ago or earlier; returns how many. Daily is enough."""
    due = [name for name, since in (await db.run(ended)).items() if since <= now - KEPT]
    for platform, workspace in sorted(due):
        await forget_whole(db, platform, workspace)
    return len(due)


def _step(place: _Workspace, conn: Connection) -> tuple[int, bool]:
    """Some learners, or once there are none some lanes, or the rest; how many learners are gone, and whether to go on.

    Lanes come before learners wherever both are locked; here no step locks both.
    """
    found = select(ACCOUNT.c.learner_id).where(place.holds(ACCOUNT.c.key)).distinct().limit(STEP)
    if ids := conn.execute(found).scalars().all():
        return _learners(place, conn, ids), True
    lanes = select(LANE.c.key).where(place.holds(LANE.c.key)).order_by(LANE.c.key).limit(STEP).with_for_update()
    if keys := conn.execute(lanes).scalars().all():
        for table in (*_IN_LANES, LANE):
            column = LANE.c.key if table is LANE else table.c.lane
            conn.execute(delete(table).where(column.in_(keys)))
        return 0, True
    for table in _IN_WORKSPACES:
        conn.execute(delete(table).where(*_named(table, place)))
    conn.execute(delete(EVENT).where(place.holds(EVENT.c.id)))
    note_back(conn, place.platform, place.workspace)
    return 0, False


def _named(table: Table, place: _Workspace) -> tuple[Any, ...]:
    return table.c.platform == place.platform, table.c.workspace == place.workspace


def _learners(place: _Workspace, conn: Connection, ids: Sequence[int]) -> int:
    """Forget these learners, or take from them what is in the workspace; returns how many were forgotten."""
    locked = batch.lock_learners(conn, ids)
    elsewhere: dict[int, bool] = defaultdict(bool)
    mine = ACCOUNT.c.learner_id.in_(sorted(locked))
    rows = select(ACCOUNT.c.learner_id, place.holds(ACCOUNT.c.key)).where(mine)  # read under the locks
    for id, here in conn.execute(rows):
        elsewhere[id] |= not here
    conn.execute(delete(ACCOUNT).where(mine, place.holds(ACCOUNT.c.key)))
    prefix = to_json([place.platform, place.workspace]).removesuffix("]") + ","
    for id, learner in locked.items():
        if not elsewhere[id]:
            flush.forget(conn, id)
            continue
        for table in _TO_ADDRESSES:
            address = type_coerce(table.c.address, Text)
            conn.execute(delete(table).where(table.c.learner_id == id, address.startswith(prefix, autoescape=True)))
        if place.is_home(learner.home):  # nothing can be sent there: they are written to again once they say where
            conn.execute(update(LEARNER).where(LEARNER.c.id == id).values(home=None, next_due_at=None))
    return sum(not elsewhere[id] for id in locked)
