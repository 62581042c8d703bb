"""A serving process dies at random moments: no event is lost or counts twice, no message is lost or out of order."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.soak.kill import database, soak


@pytest.mark.slow
@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
async def test_ten_kills_lose_nothing(store: str, server: Callable[[], str]) -> None:
    with database(store, server) as (db, url, folder):
        run = await soak(db, url, folder, rounds=10)
    assert run.failures == []
    assert len(run.done) == len(run.chats) > 1000
    assert run.unmarked, "some of the kills came between send and mark"
