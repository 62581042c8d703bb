"""How fast the platform takes messages: 30 a second in all, 1 a second a chat, 20 a minute a group."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field

from tests.fakes.telegram.world import Call

OVERALL = ((30, 1.0), (300, 10.0))  # messages, in so many seconds
GROUP = ((20, 60.0),)
# Two calls that were sent a second apart may arrive less than that apart, on a busy machine above all. What is too
# fast on the whole shows in the longer windows.
JITTER = 0.2
EARLY = 0.02  # who was told to wait counts from the answer, and so is late rather than early
_QUIET = {"sendchataction", "sendmessagedraft"}


def adds(method: str) -> bool:
    """Whether a method puts a message into a chat."""
    return method.lower().startswith(("send", "copymessage", "forwardmessage")) and method.lower() not in _QUIET


def counts(method: str) -> bool:
    """Whether a method counts for the whole bot: what adds or edits messages."""
    return adds(method) or method.lower().startswith("editmessage")


@dataclass
class Rates:
    """Sliding windows over the fake's own clock. `burst` messages at once are taken in each chat."""

    burst: int = 1
    overall: deque[float] = field(default_factory=deque)
    chats: defaultdict[int, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    groups: defaultdict[int, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    told: dict[int, float] = field(default_factory=dict)  # chats that were told to wait, until when

    def wait(self, call: Call) -> float:
        """Seconds that this call comes too early; 0.0 when it is in time."""
        if not counts(call.method):
            return 0.0
        now = call.at.timestamp()
        waits = [_over(self.overall, now, OVERALL)]
        if adds(call.method) and call.chat:
            one_a_second = ((self.burst, float(self.burst)), (self.burst + 9, 10.0))
            waits.append(_over(self.chats[call.chat], now, one_a_second))
            if call.chat < 0:
                waits.append(_over(self.groups[call.chat], now, GROUP))
        return max(waits)

    def take(self, call: Call) -> None:
        """Count a call that was accepted."""
        if not counts(call.method):
            return
        now = call.at.timestamp()
        self.overall.append(now)
        if adds(call.method) and call.chat:
            self.chats[call.chat].append(now)
            if call.chat < 0:
                self.groups[call.chat].append(now)

    def tell(self, call: Call, seconds: float) -> None:
        """Remember that a chat was told to wait."""
        self.told[call.chat] = max(self.told.get(call.chat, 0.0), call.at.timestamp() + seconds)

    def told_to_wait(self, call: Call) -> float:
        """Seconds that are left of what the chat of this call was told to wait."""
        left = self.told.get(call.chat, 0.0) - call.at.timestamp() - EARLY
        return left if counts(call.method) and left > 0 else 0.0


def _over(times: deque[float], now: float, limits: tuple[tuple[int, float], ...]) -> float:
    while times and times[0] <= now - limits[-1][1]:
        times.popleft()
    wait = 0.0
    for count, seconds in limits:
        # the message that must be out of the window before another one goes in
        if len(times) >= count and times[-count] > now - seconds + JITTER:
            wait = max(wait, times[-count] + seconds - now)
    return wait


def whole(seconds: float) -> int:
    """A wait as the platform tells it: whole seconds, at least one."""
    return max(1, math.ceil(seconds))
