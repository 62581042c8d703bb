"""What an admin sees first is at hand before it is asked for: nobody's answer waits while the model reads."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from adapters.config import Settings
from adapters.fronts import Roles
from adapters.wiring import build
from bot.records import Proposal
from bot.store.db import Database
from bot.store.queries.proposals import put_proposals
from knowledge.workshop.grouping import by_spelling
from tests.flow.test_cli_workshop import ask_in_vain
from tests.unit.adapters.program import BASE

VAIN, OTHER = "my hamster escaped again", "zebra crossing zebra"
BOSS = "telegram:1"


@pytest.mark.parametrize(
    ("roles", "admins", "reads"),
    [
        (Roles(slack_http=True), (BOSS,), True),
        (Roles(schedule=True), (BOSS,), True),
        (Roles(slack_http=True), (), False),
        (Roles(send=True), (BOSS,), False),
    ],
    ids=["receives", "ticks", "no admins", "sends only"],
)
async def test_who_may_open_the_desk_need_not_wait_for_the_model(
    tmp_path: Path, roles: Roles, admins: tuple[str, ...], reads: bool
) -> None:
    """Each process that receives has read what was asked in vain, and not only the one that ticks."""
    await ask_in_vain(tmp_path / "t.db", BASE, VAIN, OTHER)
    db = Database(f"sqlite:///{tmp_path / 't.db'}")
    row = Proposal("x", ("x",), "written long ago", "practice/scalability", datetime(2026, 11, 23, tzinfo=UTC))
    with db.begin() as conn:
        put_proposals(conn, [row, replace(row, gap="y", text="closed", status="applied")])
    db.close()
    settings = Settings(database_url=f"sqlite:///{tmp_path / 't.db'}", knowledge_dir=BASE, admins=admins)
    app = build(settings, roles=roles)
    read: list[str] = []
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def alike(texts: Sequence[str]) -> NDArray[np.bool_]:
        read.extend(texts)
        loop.call_soon_threadsafe(done.set)
        return by_spelling(texts)

    app.office = replace(app.office, alike=alike)
    async with app.running():
        with suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), 20 if reads else 1)
    assert sorted(read) == sorted(["written long ago", VAIN, OTHER] if reads else ())
