"""Rates, and the faults that tests order."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from dataclasses import dataclass

TOLERANCE = 0.05  # seconds: two clocks never agree exactly
CHANNEL_PAUSE = 1.0  # seconds between two messages of a channel
MINUTE = 60.0


@dataclass
class Fault:
    """A fault to come: `skip` calls go well first, then `times` fail."""

    kind: str
    times: int
    retry_after: int
    skip: int


class Faults:
    """The faults that were ordered, by method."""

    def __init__(self) -> None:
        self._queues: defaultdict[str, deque[Fault]] = defaultdict(deque)

    def order(self, method: str, fault: Fault) -> None:
        self._queues[method].append(fault)

    def take(self, method: str) -> Fault | None:
        """The fault of this call, if one is due."""
        for name in (method, "*"):
            queue = self._queues[name]
            if not queue:
                continue
            fault = queue[0]
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.times -= 1
            if fault.times <= 0:
                queue.popleft()
            return fault
        return None

    def clear(self) -> None:
        self._queues.clear()


class Pace:
    """How fast calls come: Slack's limits, and the waits that it has ordered with Retry-After."""

    def __init__(self, workspace_per_minute: int) -> None:
        self.workspace_per_minute = workspace_per_minute
        self._last: dict[tuple[str, str], float] = {}
        self._calls: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._not_before: dict[tuple[str, str, str], float] = {}

    def posted(self, workspace: str, channel: str, now: float) -> int:
        """Seconds a new message in the channel must wait, 0 if it may go; then it counts."""
        last = self._last.get((workspace, channel), -math.inf)
        wait = last + CHANNEL_PAUSE - TOLERANCE - now
        if wait > 0:
            return max(1, math.ceil(wait))
        wait = self.called(workspace, "messages", self.workspace_per_minute, now)
        if not wait:
            self._last[workspace, channel] = now
        return wait

    def called(self, workspace: str, method: str, per_minute: int, now: float) -> int:
        """Seconds a call of a method must wait, 0 if it may go; then it counts."""
        calls = self._calls[workspace, method]
        while calls and calls[0] <= now - MINUTE:
            calls.popleft()
        if len(calls) >= per_minute:
            return max(1, math.ceil(calls[0] + MINUTE - now))
        calls.append(now)
        return 0

    def told(self, workspace: str, method: str, where: str, until: float) -> None:
        """A 429 was answered: no call before `until`."""
        self._not_before[workspace, method, where] = until

    def too_soon(self, workspace: str, method: str, where: str, now: float) -> float:
        """Seconds by which a call disobeys a Retry-After, 0.0 if it does not."""
        until = self._not_before.get((workspace, method, where), -math.inf)
        if now < until - TOLERANCE:
            return until - now
        self._not_before.pop((workspace, method, where), None)
        return 0.0
