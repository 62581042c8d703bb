"""How fast a platform lets messages out: token buckets for the whole bot, a chat, a group and a workspace.

Pure: the clock is a number that the caller passes in, in seconds, never running backwards.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from bot.messages import Address

_EVICT_AT = 10_000  # buckets held before the full ones, which know nothing worth keeping, are dropped
_LOOK_AGAIN = 0.02  # seconds until it is worth asking again where everything is under way
_EPSILON = 1e-9  # a wait that was slept exactly must not come out a rounding error short


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` messages in any `seconds`, `burst` of them at once."""

    count: int
    seconds: float
    burst: int = 1

    def __post_init__(self) -> None:
        """Refuse a rate that lets nothing out, or more than it says."""
        if not 1 <= self.burst <= self.count or self.seconds <= 0:
            raise ValueError(f"a rate needs 1 <= burst <= count and seconds > 0, not {self}")

    @property
    def refill(self) -> float:
        """Tokens a second that keep the promise: a full bucket and what drips into it make `count` in any `seconds`."""
        return (self.count - self.burst + 1) / self.seconds


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one platform; None where it has none.

    overall: the whole bot. workspace: all chats of one workspace. chat: one chat. group: one chat whose id starts with
    `group_prefix`, on top of `chat`. An edit in place adds no message to a chat: it counts for overall and workspace.
    """

    overall: Rate | None = None
    workspace: Rate | None = None
    chat: Rate | None = None
    group: Rate | None = None
    group_prefix: str = "-"


class _Bucket:
    """Tokens now, how many sends were planned against those to come, and the sends that may still be arriving.

    The platform counts a message when it arrives, somewhere between the begin of a send and its end. Sends that stall
    would arrive together, so those under way count with those that ended within the window: whatever the network does,
    no more than `count` arrive in any `seconds`.
    """

    __slots__ = ("at", "ended", "planned", "rate", "tokens", "under_way")

    def __init__(self, rate: Rate, now: float) -> None:
        self.rate = rate
        self.tokens = float(rate.burst)
        self.at = now
        self.planned = 0
        self.under_way = 0
        self.ended: deque[float] = deque()

    def fill(self, now: float) -> None:
        if now > self.at:
            self.tokens = min(float(self.rate.burst), self.tokens + (now - self.at) * self.rate.refill)
            self.at = now

    def wait(self, now: float) -> float:
        """Seconds until a token is there and the window has room, 0.0 if so now."""
        self.fill(now)
        missing = 1.0 - self.tokens
        return max(missing / self.rate.refill if missing > _EPSILON else 0.0, self._window(now))

    def _window(self, now: float) -> float:
        while self.ended and self.ended[0] + self.rate.seconds <= now + _EPSILON:
            self.ended.popleft()
        if self.under_way + len(self.ended) < self.rate.count:
            return 0.0
        return self.ended[0] + self.rate.seconds - now if self.ended else _LOOK_AGAIN

    @property
    def idle(self) -> bool:
        """Whether it knows nothing worth keeping."""
        return not (self.planned or self.under_way or self.ended) and self.tokens >= self.rate.burst

    def room(self, now: float, within: float) -> int:
        """Sends that `within` seconds release, beyond those planned."""
        self.fill(now)
        return math.floor(self.tokens + within * self.rate.refill + _EPSILON) - self.planned

    def until_room(self, now: float, within: float) -> float:
        """Seconds until `within` seconds from then release one more than is planned."""
        self.fill(now)
        missing = 1.0 + self.planned - self.tokens - within * self.rate.refill
        return max(0.0, missing / self.rate.refill)


class Limiter:
    """The buckets of one platform.

    A send is planned first (`plan`: will it be released within `within` seconds?), then taken (`take`) and, once it is
    over, ended (`end`); or it is given up (`drop`). Plans are what keeps a process from claiming more than it may send
    before its claim runs out.
    """

    def __init__(self, limits: Limits, within: float) -> None:
        """Start with full buckets. `within`: the seconds that a plan may lie ahead."""
        self._limits = limits
        self._within = within
        self._buckets: dict[tuple[str, str, str], _Bucket] = {}
        self._evict_at = _EVICT_AT

    def room(self, now: float) -> int | None:
        """How many more sends the whole bot may plan now; None: as many as it likes."""
        if self._limits.overall is None:
            return None
        return max(0, self._bucket(("overall", "", ""), self._limits.overall, now).room(now, self._within))

    def plan(self, to: Address, now: float, *, edit: bool = False) -> float:
        """Plan one send to `to`. 0.0: planned. Else nothing was, and it is worth asking again after so many seconds."""
        if len(self._buckets) >= self._evict_at:
            self._evict(now)
        buckets = self._of(to, now, edit)
        wait = max((b.until_room(now, self._within) for b in buckets if b.room(now, self._within) < 1), default=0.0)
        if wait == 0.0:
            for bucket in buckets:
                bucket.planned += 1
        return wait

    def drop(self, to: Address, now: float, *, edit: bool = False) -> None:
        """Give up a planned send."""
        for bucket in self._of(to, now, edit):
            bucket.planned -= 1

    def wait(self, to: Address, now: float, *, edit: bool = False) -> float:
        """Seconds until the chat itself takes another message, whatever the rest of the bot is sending."""
        return 0.0 if edit else max((bucket.wait(now) for bucket in self._own(to, now)), default=0.0)

    def take(self, to: Address, now: float, *, edit: bool = False) -> float:
        """Take a planned send's tokens. 0.0: taken, send now. Else nothing was: seconds until it may be tried again."""
        buckets = self._of(to, now, edit)
        wait = max((bucket.wait(now) for bucket in buckets), default=0.0)
        if wait == 0.0:
            for bucket in buckets:
                bucket.tokens -= 1.0
                bucket.planned -= 1
                bucket.under_way += 1
        return wait

    def end(self, to: Address, now: float, *, edit: bool = False) -> None:
        """A send whose tokens were taken has ended, well or not."""
        for bucket in self._of(to, now, edit):
            bucket.under_way -= 1
            bucket.ended.append(now)

    def _of(self, to: Address, now: float, edit: bool) -> list[_Bucket]:
        """The buckets that a send draws from."""
        return [*(() if edit else self._own(to, now)), *self._shared(to, now)]

    def _own(self, to: Address, now: float) -> Iterator[_Bucket]:
        limits = self._limits
        if limits.chat is not None:
            yield self._bucket(("chat", to.workspace, to.chat), limits.chat, now)
        if limits.group is not None and to.chat.startswith(limits.group_prefix):
            yield self._bucket(("group", to.workspace, to.chat), limits.group, now)

    def _shared(self, to: Address, now: float) -> Iterator[_Bucket]:
        limits = self._limits
        if limits.workspace is not None:
            yield self._bucket(("workspace", to.workspace, ""), limits.workspace, now)
        if limits.overall is not None:
            yield self._bucket(("overall", "", ""), limits.overall, now)

    def _bucket(self, key: tuple[str, str, str], rate: Rate, now: float) -> _Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(rate, now)
        return bucket

    def _evict(self, now: float) -> None:
        for key, bucket in list(self._buckets.items()):
            if not bucket.wait(now) and bucket.idle:
                del self._buckets[key]
        self._evict_at = max(_EVICT_AT, 2 * len(self._buckets))  # so that a sweep costs little per plan
