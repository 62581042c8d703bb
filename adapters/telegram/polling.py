"""Long polling: updates are acknowledged once they are committed, in order, by whoever holds the lease.

Telegram forgets an update when the next call's offset is past it. So the offset moves only past updates that are
handled; those of one batch are handled side by side, but for those of one chat or one sender.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Never

from telegram import Bot, Update
from telegram.error import Conflict, InvalidToken, RetryAfter

from adapters.shared.backoff import waits
from adapters.telegram.raw import ALLOWED, keys
from bot.lease import Lost

LEASE = "telegram-polling"
LONG = 25  # seconds that Telegram may hold a call open while there is nothing to tell
AT_ONCE = 64  # updates handled side by side: what the inbox takes as one batch
AGAIN, AGAIN_MOST = 0.2, 5.0  # seconds until an update that was not accepted is handed in again

Handle = Callable[[Update], Awaitable[bool]]
Hold = Callable[[str], AbstractAsyncContextManager[None]]

log = logging.getLogger(__name__)


async def poll(bot: Bot, handle: Handle, hold: Hold) -> Never:
    """Receive until cancelled. What was not handled by then is not acknowledged, and comes again.

    Args:
        bot: initialised.
        handle: takes an update; False means that it must be handed in again.
        hold: holds a named lease while its block runs, as `bot.lease.hold`.
    """
    while True:
        try:
            async with hold(LEASE):
                await _receive(bot, handle)
        except Lost:
            log.warning("telegram: the lease for polling was lost; waiting for it")


async def _receive(bot: Bot, handle: Handle) -> Never:
    offset, ready = 0, False
    pauses = waits()
    while True:
        try:
            if not ready:
                # While there is one, polling is refused. One that is set later is the choice of whoever comes after us.
                await bot.delete_webhook(drop_pending_updates=False)
                ready = True
            updates = await bot.get_updates(offset=offset, timeout=LONG, allowed_updates=ALLOWED)
            pauses = waits()
        except Exception as error:
            await asyncio.sleep(_pause(error, next(pauses)))
            continue
        offset = await _all(updates, handle, offset)


def _pause(error: Exception, otherwise: float) -> float:
    """Say what went wrong, and for how long to rest."""
    if isinstance(error, RetryAfter):
        wait = error.retry_after
        otherwise = float(wait) if isinstance(wait, int) else wait.total_seconds()
        log.info("telegram: asked to wait %.0f s before the next poll", otherwise)
    elif isinstance(error, Conflict):
        log.error("telegram: another program receives this bot's updates; stop it, or give it a token of its own")
    elif isinstance(error, InvalidToken):
        log.error("telegram: the token is refused (setting TUTOR_TELEGRAM_TOKEN); trying again")
    else:
        log.warning("telegram: no updates (%s); trying again", type(error).__name__)
    return otherwise


async def _all(updates: Sequence[Update], handle: Handle, offset: int) -> int:
    """Handle a batch: at once, but in order for each chat and each sender. The offset past what was handled."""
    room = asyncio.Semaphore(AT_ONCE)
    last: dict[str, asyncio.Task[None]] = {}
    begun: dict[int, asyncio.Task[None]] = {}
    async with asyncio.TaskGroup() as tasks:
        for update in updates:
            names = keys(update)
            before = [last[name] for name in names if name in last]
            task = tasks.create_task(_one(update, before, handle, room), name=f"telegram update {update.update_id}")
            last.update(dict.fromkeys(names, task))
            begun[update.update_id] = task
    left = [number for number, task in begun.items() if task.cancelled()]  # by something it waited for
    return min(left, default=max((number + 1 for number in begun), default=offset))


async def _one(update: Update, before: Sequence[asyncio.Task[None]], handle: Handle, room: asyncio.Semaphore) -> None:
    for task in before:
        await asyncio.wait([task])
    pauses = waits(AGAIN, AGAIN_MOST)
    while True:
        try:
            async with room:
                if await handle(update):
                    return
        except Exception as error:
            log.error("telegram: update %d failed (%s)", update.update_id, type(error).__name__)
            return
        await asyncio.sleep(next(pauses))
