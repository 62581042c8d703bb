"""Delivers replies: the calls that `render` makes of them, in order, and what Telegram's refusals mean.

A reply of several messages that fails half way goes on where it stopped, as long as this process lives; after a crash,
or with another process, all of it is sent again: at least once, in order.
"""

from __future__ import annotations

import asyncio
import logging
import math
import re
from collections import OrderedDict
from dataclasses import replace
from datetime import timedelta

from telegram import Bot, Message
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter

from adapters.shared.unfinished import PAUSE, Unfinished
from adapters.telegram.render import Call, calls
from bot.limits import Limits, Rate
from bot.messages import Address, MessageRef, Reply, SendLater, SendNever

# 30 a second in all, 1 a second in a chat, 20 a minute in a group: https://core.telegram.org/bots/faq.
LIMITS = Limits(overall=Rate(30, 1, burst=5), chat=Rate(1, 1), group=Rate(20, 60, burst=5))
REFUSED_TOKEN = 60.0  # seconds until the next try while Telegram refuses the token: no message's fault

SHORT = 0.5  # seconds that are waited out on the spot; longer ones give the lane back

_TURNS = 4  # a group that moved, a message and a thread that are gone, each found out by a refusal
_KEPT = 10_000  # groups whose new id is kept, and chats whose last message's time is
_REASON_MAX = 80

_SAME = ("message is not modified",)
_NO_MESSAGE = (
    *("message to edit not found", "message can't be edited", "message_id_invalid", "message identifier"),
    *("there is no text in the message", "message to be edited", "message not found"),
)
_NO_THREAD = ("message thread not found", "topic_closed", "topic_deleted", "topic_id_invalid")
_NO_CHAT = ("chat not found", "peer_id_invalid", "user_deactivated", "is deactivated", "was deactivated")

log = logging.getLogger(__name__)


class TelegramSender:
    """Sends through a bot. Telegram has no messages for one reader in a group: those are plain replies there."""

    def __init__(self, bot: Bot) -> None:
        """Take a bot that is initialised."""
        self._bot = bot
        self._last: OrderedDict[str, tuple[float, bool]] = OrderedDict()
        self._unfinished = Unfinished()
        self._moved: OrderedDict[str, str] = OrderedDict()

    def moved(self, old: str, new: str) -> None:
        """A group became a supergroup, with another id."""
        self._moved[old] = new
        while len(self._moved) > _KEPT:
            self._moved.popitem(last=False)

    async def send(self, to: Address, reply: Reply, replaced: MessageRef | None) -> MessageRef:
        """Send a reply, editing `replaced` where there is one; the reference is the last message's.

        Raises:
            SendLater: Telegram said when to come back, or more of this reply is to come.
            SendNever: it cannot be delivered.
            TelegramError: anything that may be over soon.
        """
        here, planned = to, replaced is None
        for _ in range(_TURNS):
            if here.chat in self._moved:  # nothing of the old group can be edited in the new one
                here, replaced = replace(here, chat=self._moved[here.chat], thread=""), None
            try:
                return await self._next(to, here, reply, replaced, planned)
            except ChatMigrated as told:
                if str(told.new_chat_id) != here.chat:  # else it was the message to edit that is in the old one
                    self.moved(here.chat, str(told.new_chat_id))
                replaced = None
            except RetryAfter as told:
                raise SendLater(_seconds(told.retry_after)) from None
            except InvalidToken:
                log.error("telegram: the token is refused; messages wait (setting TUTOR_TELEGRAM_TOKEN)")
                raise SendLater(REFUSED_TOKEN) from None
            except (Forbidden, BadRequest) as error:
                if error.__cause__ is not None:  # no words of Telegram's, but the page of a proxy on the way
                    raise
                if isinstance(error, Forbidden):
                    raise self._never(to, reply, error, gone=True) from None
                if _says(error, _NO_MESSAGE) and replaced is not None:
                    replaced = None
                elif _says(error, _NO_THREAD) and here.thread:
                    here = replace(here, thread="")
                else:
                    raise self._never(to, reply, error, gone=_says(error, _NO_CHAT)) from None
        raise SendLater

    async def _next(
        self, to: Address, here: Address, reply: Reply, replaced: MessageRef | None, planned: bool
    ) -> MessageRef:
        """Make the next call of a reply; ask for a pause where more are to come."""
        steps = calls(here, reply, replaced, self._bot.username)
        n = min(len(self._unfinished.sent(to, reply)), len(steps) - 1)
        adds = not steps[n].method.startswith("edit_")
        if adds:
            await self._rest(here.chat, planned)
        message = await self._call(here, steps[n], replaced)
        if adds:
            self._note(message.chat, planned)
        if n < len(steps) - 1:
            self._unfinished.note(to, reply, message)
            raise SendLater(PAUSE)
        self._unfinished.done(to, reply)
        return message

    async def _call(self, here: Address, call: Call, replaced: MessageRef | None) -> MessageRef:
        try:
            shown = await getattr(self._bot, call.method)(**call.params)
        except BadRequest as error:
            if replaced is not None and _says(error, _SAME):
                return replaced
            raise
        if isinstance(shown, Message):
            return MessageRef(str(shown.chat_id), str(shown.message_id), shown.poll.id if shown.poll else "")
        return replaced or MessageRef(here.chat, "")

    async def _rest(self, chat: str, planned: bool) -> None:
        """Wait until the chat takes another message.

        The outbox sees to that where it planned both, but for the time that the last call was under way. It did not
        plan a message in place of an edit that failed.
        """
        last, was_planned = self._last.get(chat, (-math.inf, True))
        wait = last + PAUSE - asyncio.get_running_loop().time()
        if wait > SHORT:
            if planned and was_planned:
                return  # as with an outbox that keeps no limits
            raise SendLater(wait)
        if wait > 0:
            await asyncio.sleep(wait)

    def _note(self, chat: str, planned: bool) -> None:
        self._last[chat] = asyncio.get_running_loop().time(), planned
        self._last.move_to_end(chat)
        while len(self._last) > _KEPT:
            self._last.popitem(last=False)

    def _never(self, to: Address, reply: Reply, error: Exception, *, gone: bool) -> SendNever:
        self._unfinished.done(to, reply)
        return SendNever(_reason(error), gone=gone)


def _says(error: BadRequest, parts: tuple[str, ...]) -> bool:
    said = error.message.casefold()
    return any(part in said for part in parts)


def _reason(error: Exception) -> str:
    """Telegram's words, without what they quote."""
    return re.split(r"[\"'“:]", str(error), maxsplit=1)[0].strip()[:_REASON_MAX] or type(error).__name__


def _seconds(wait: int | float | timedelta) -> float:
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
