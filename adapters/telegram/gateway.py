"""From an update to a receipt: translate, hand in, and tell Telegram that a press was taken."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from telegram import Bot, Update
from telegram.constants import ChatAction
from telegram.error import TelegramError

from adapters.telegram import inline
from adapters.telegram.raw import kinds
from adapters.telegram.updates import event_of, migration
from bot.messages import Event, Receipt
from knowledge.model import Library

NOTICE_MAX = 200
TYPING_AFTER = 0.3  # seconds of work before "typing…" shows: most answers are there sooner
TYPING_EVERY = 4.5  # seconds: it fades after five
PATIENCE = 3.0  # seconds for a call that only keeps a screen tidy

log = logging.getLogger(__name__)


class Gateway:
    """Takes updates, from wherever they come."""

    def __init__(
        self,
        bot: Bot,
        receive: Callable[[Event], Awaitable[Receipt]],
        library: Callable[[], Library],
        now: Callable[[], datetime],
        moved: Callable[[str, str], None] | None = None,
    ) -> None:
        """Take a bot that is initialised, the inbox's `receive`, the base that is served, and the time (aware UTC).

        `moved` is told the old and the new id of groups that became supergroups.
        """
        self._bot = bot
        self._receive = receive
        self._library = library
        self._now = now
        self._moved = moved

    async def handle(self, update: Update) -> bool:
        """Take an update. True: done with it, whatever came of it. False: it was not accepted and must come again."""
        try:
            return await self._handle(update)
        except Exception as error:
            what = ", ".join(kinds(update)) or "unknown"
            log.error("telegram: update %d (%s) failed (%s)", update.update_id, what, type(error).__name__)
            return True

    async def _handle(self, update: Update) -> bool:
        if update.inline_query is not None:
            async with _tidying():
                await inline.answer(self._bot, update.inline_query, self._library())
            return True
        if self._moved is not None and (move := migration(update)):
            self._moved(str(move[0]), str(move[1]))
        event = event_of(update, self._bot.username, self._bot.id, self._now())
        notice = ""
        if event is not None:
            async with self._typing(event):
                receipt = await self._receive(event)
            if receipt.outcome == "busy":
                return False
            notice = receipt.notice
        if update.callback_query is not None:  # unanswered, the button goes on spinning
            async with _tidying():
                await self._bot.answer_callback_query(update.callback_query.id, text=_cut(notice) or None)
        return True

    @asynccontextmanager
    async def _typing(self, event: Event) -> AsyncIterator[None]:
        """Show "typing…" where somebody who wrote has to wait."""
        if event.kind not in ("text", "command"):
            yield
            return
        task = asyncio.create_task(self._type(event), name="telegram typing")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def _type(self, event: Event) -> None:
        to = event.address
        await asyncio.sleep(TYPING_AFTER)
        while True:
            async with _tidying():
                await self._bot.send_chat_action(
                    int(to.chat), ChatAction.TYPING, message_thread_id=int(to.thread) if to.thread else None
                )
            await asyncio.sleep(TYPING_EVERY)


@asynccontextmanager
async def _tidying() -> AsyncIterator[None]:
    """For calls that change nothing that lasts: a query that is too old, a limit, a connection that dropped."""
    try:
        async with asyncio.timeout(PATIENCE):
            yield
    except (TelegramError, TimeoutError) as error:
        log.info("telegram: a screen was not kept tidy (%s)", type(error).__name__)


def _cut(text: str) -> str:
    return text if len(text) <= NOTICE_MAX else text[: NOTICE_MAX - 1].rstrip() + "…"
