"""One message's way to its platform: one try at a time, and what each outcome means for the row and its lane."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass

from bot.messages import MessageRef, Sender, SendLater, SendNever
from bot.store.queries.outbox import Mark, Row


@dataclass(frozen=True, slots=True)
class Timing:
    """The outbox's own times, in seconds, and how often a row is tried.

    lease: how long a claim holds. send: how long one send may take. mark: how long a sent row waits for company before
    it is marked. poll: how often to look for rows that another process committed. pace: between two transactions.
    first, factor, longest: the backoff of a row that failed without saying when to come back, halved at most by
    jitter; with eight tries it spans about half an hour.
    """

    lease: float = 15.0
    send: float = 5.0
    mark: float = 0.05
    poll: float = 0.25
    pace: float = 0.01
    first: float = 1.0
    factor: float = 4.0
    longest: float = 900.0
    tries: int = 8
    lanes: int = 256  # claimed at once on a platform without an overall limit


class Delivery:
    """Hands rows to senders and judges what comes back."""

    def __init__(self, senders: Mapping[str, Sender], timing: Timing, jitter: random.Random | None = None) -> None:
        """Take the senders by platform; `jitter` spreads retries."""
        self._senders = senders
        self._timing = timing
        self._jitter = jitter or random.Random()  # noqa: S311 - spreads retries, guards nothing

    async def deliver(self, row: Row, sent: MutableMapping[str, MessageRef]) -> tuple[Mark, float | None]:
        """Try once. Returns what to mark, and the seconds its lane must wait before it goes on (None: it goes on).

        `sent` holds what this claim of the lane has sent so far, by key, which is newer than what was looked up with
        the row; a message with a key is added to it.
        """
        tries = row.tries + 1
        try:
            async with asyncio.timeout(self._timing.send):
                return await self._send(row, tries, sent), None
        except SendNever as never:
            gone = row.learner if never.gone else None
            return Mark(row.id, row.lane, "dead", tries, error=never.reason, gone=gone), None
        except SendLater as later:
            if later.after is not None:  # the platform's order, not the message's fault: not counted as a try
                return Mark(row.id, row.lane, "pending", row.tries, error="asked to wait"), max(0.0, later.after)
            error = "asked to wait"
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            error = "CancelledError"  # the sender's own, as of a connection that was closed under it
        except Exception as failure:  # only its name: a platform's exception text can carry the bot's token
            error = type(failure).__name__
        if tries >= self._timing.tries:
            return Mark(row.id, row.lane, "dead", tries, error=error), None
        return Mark(row.id, row.lane, "pending", tries, error=error), self._backoff(tries)

    async def _send(self, row: Row, tries: int, sent: MutableMapping[str, MessageRef]) -> Mark:
        sender, reply = self._senders[row.to.platform], row.reply
        if row.kind == "refresh":
            refresh = getattr(sender, "refresh", None)  # only platforms with surfaces have it
            if refresh is not None:
                await refresh(row.to, row.surface)
            return Mark(row.id, row.lane, "sent", tries)
        if reply is None:
            return Mark(row.id, row.lane, "dead", row.tries, error="unreadable")
        newer = sent.get(reply.replaces) if isinstance(reply.replaces, str) else None
        message = await sender.send(row.to, reply, newer or row.replaced)
        if reply.key:
            sent[reply.key] = message
        return Mark(row.id, row.lane, "sent", tries, message, urgent=reply.poll is not None)

    def _backoff(self, tries: int) -> float:
        full = min(self._timing.longest, self._timing.first * self._timing.factor ** (tries - 1))
        return full * self._jitter.uniform(0.5, 1.0)
