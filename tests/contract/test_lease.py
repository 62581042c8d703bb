"""A named lease where the database goes away: whoever waits goes on waiting, whoever held it asks again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import lease
from bot.store.db import Database


def now() -> datetime:
    return datetime.now(UTC)


class Flaky(Database):
    """A database that is away for some calls, or behind a network that is dead."""

    fails = 0
    silent = False

    async def run(self, work: Callable[[Any], Any]) -> Any:
        if self.fails:
            self.fails -= 1
            raise OSError("connection refused")
        if self.silent:
            await asyncio.Event().wait()
        return await super().run(work)


async def test_a_database_that_is_away_is_asked_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    db = Flaky(f"sqlite:///{tmp_path / 'tutor.db'}")
    db.upgrade()
    with contextlib.closing(db):
        db.fails = 2
        async with asyncio.timeout(5), lease.hold(db, "polling", now, ask=0.01):
            assert not db.fails
    assert "OSError" in caplog.text
    assert "refused" not in caplog.text, "what a database says may hold an address"


async def test_a_database_that_does_not_answer_loses_the_lease_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "LASTS", timedelta(seconds=0.3))
    monkeypatch.setattr(lease, "RENEW", 0.05)
    db = Flaky(f"sqlite:///{tmp_path / 'tutor.db'}")
    db.upgrade()

    async def work() -> None:
        async with asyncio.timeout(5), lease.hold(db, "polling", now):
            db.silent = True
            await asyncio.Event().wait()

    with contextlib.closing(db):
        begun = asyncio.get_running_loop().time()
        with pytest.raises(lease.Lost):
            await work()
        assert asyncio.get_running_loop().time() - begun < 1.0, "another process may hold it by then"
