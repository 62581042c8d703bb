"""Holding a named lease: one process at a time does what two must not, such as polling Telegram."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import uuid4

from bot.store.db import Database
from bot.store.queries.leases import drop_lease, take_lease

LASTS = timedelta(seconds=30)
RENEW = 10.0  # seconds: two renewals may fail before the lease runs out
ASK = 5.0  # seconds between two tries at a lease that another process holds

log = logging.getLogger(__name__)


class Lost(Exception):
    """The lease could not be renewed in time: another process may hold it by now."""


@asynccontextmanager
async def hold(db: Database, name: str, now: Callable[[], datetime], *, ask: float = ASK) -> AsyncIterator[None]:
    """Wait for the lease `name`, hold it while the block runs, and give it back.

    A database that is away while it waits is asked again.

    Raises:
        Lost: inside the block, where the lease could not be renewed before it ran out.
    """
    holder = uuid4().hex

    async def take() -> bool:
        moment = now()
        return await db.run(lambda conn: take_lease(conn, name, holder, moment, moment + LASTS))

    waited = False
    while True:
        try:
            if await take():
                break
            if not waited:
                log.info("lease %s: another process holds it; waiting", name)
            waited = True
        except Exception as error:
            log.warning("lease %s: cannot be asked for (%s); trying again", name, type(error).__name__)
        await asyncio.sleep(ask)
    body = asyncio.current_task()
    lost = False

    async def renew() -> None:
        nonlocal lost
        loop = asyncio.get_running_loop()
        good_until = loop.time() + LASTS.total_seconds()
        while True:
            await asyncio.sleep(RENEW)
            try:
                asked = loop.time()
                # A database behind a dead network answers nothing at all; clocks of hosts differ by some seconds.
                async with asyncio.timeout_at(good_until - RENEW / 2):
                    taken = await take()
                if taken:
                    good_until = asked + LASTS.total_seconds()
                    continue
                break  # another process holds it
            except Exception as error:
                log.warning("lease %s: not renewed (%s)", name, type(error).__name__)
                if loop.time() + RENEW >= good_until:
                    break
        lost = True
        if body is not None:
            body.cancel()

    renewing = asyncio.create_task(renew(), name=f"lease {name}")
    try:
        yield
    except asyncio.CancelledError:
        if lost and body is not None and body.uncancel() == 0:
            raise Lost(name) from None
        raise
    finally:
        renewing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await renewing
        if not lost:
            with contextlib.suppress(Exception):  # it runs out by itself
                await db.run(lambda conn: drop_lease(conn, name, holder))
