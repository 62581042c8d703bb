"""A sender that delivers to a list, with faults to order; and a clock that stands until it is told to go on."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.messages import Address, MessageRef, Reply

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


class Clock:
    """Aware UTC, moved by hand."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class Sent:
    """One message as the platform got it; `at` by the monotonic clock."""

    to: Address
    reply: Reply
    replaced: MessageRef | None
    message: MessageRef
    at: float


class Hang(Exception):
    """As a fault: the send does not come back."""


class Gone(Exception):
    """As a fault: the message to edit is not there any more, so that the sender sends anew, as real ones do."""


@dataclass
class FakeSender:
    """Stands where Telegram's and Slack's senders stand. `faults` by chat are raised one a try, then all is well."""

    latency: float = 0.0
    sent: list[Sent] = field(default_factory=list)
    tried: list[tuple[str, str]] = field(default_factory=list)
    faults: defaultdict[str, deque[BaseException]] = field(default_factory=lambda: defaultdict(deque))
    now: int = 0
    most: int = 0

    async def send(self, to: Address, reply: Reply, replaced: MessageRef | None) -> MessageRef:
        self.tried.append((to.chat, reply.text))
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            if self.latency:
                await asyncio.sleep(self.latency)
            if self.faults[to.chat]:
                fault = self.faults[to.chat].popleft()
                if isinstance(fault, Hang):
                    await asyncio.sleep(3600)
                if not isinstance(fault, Gone):
                    raise fault
                replaced = None
            message = replaced or MessageRef(to.chat, f"m{len(self.sent) + 1}")
            self.sent.append(Sent(to, reply, replaced, message, time.monotonic()))
            return message
        finally:
            self.now -= 1

    def texts(self, chat: str) -> list[str]:
        """What the chat got, in order."""
        return [sent.reply.text for sent in self.sent if sent.to.chat == chat]


@dataclass
class RefreshingSender(FakeSender):
    """A sender of a platform with surfaces to draw anew."""

    refreshed: list[tuple[Address, str]] = field(default_factory=list)

    async def refresh(self, to: Address, surface: str) -> None:
        self.refreshed.append((to, surface))
