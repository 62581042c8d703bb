"""What Slack tells of the people who write: where they are, their language, and their direct messages with Tutor."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from adapters.slack.faults import Unavailable, retry_after
from adapters.slack.workspaces import Workspaces

KEPT = 6 * 3600.0  # seconds: somebody who travels or changes their language is noticed within a day
FAILED = 60.0  # seconds until a question that failed is asked again
PEOPLE_MAX = 10_000
PATIENCE = 0.4  # seconds that an event waits for what Slack says of its sender; it must be acknowledged within three

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody's IANA zone and BCP 47 language, "" where not known. `absent`: a bot, or a deactivated account."""

    zone: str = ""
    language: str = ""
    absent: bool = False


class Kept(Generic[Key, Value]):
    """Remembers the newest values for a while."""

    def __init__(self, monotonic: Callable[[], float], most: int = PEOPLE_MAX) -> None:
        """Keep `most` values at most."""
        self._monotonic, self._most = monotonic, most
        self._kept: OrderedDict[Key, tuple[float, Value]] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        """What was put, if that was not too long ago."""
        until, value = self._kept.get(key, (0.0, None))
        return value if self._monotonic() < until else None

    def put(self, key: Key, value: Value, seconds: float = KEPT) -> None:
        """Remember for so many seconds."""
        self._kept[key] = self._monotonic() + seconds, value
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def drop(self, key: Key) -> bool:
        """Forget; returns whether there was anything."""
        return self._kept.pop(key, None) is not None


class People:
    """Asks Slack, and remembers."""

    def __init__(self, workspaces: Workspaces, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Ask with the clients of `workspaces`."""
        self._workspaces = workspaces
        self._monotonic = monotonic
        self._known: Kept[tuple[str, str], Known] = Kept(monotonic)
        self._rooms: Kept[tuple[str, str], str] = Kept(monotonic)
        self._closed: Kept[str, bool] = Kept(monotonic)  # workspaces that asked to wait
        self._asking: dict[tuple[str, str], asyncio.Task[Known]] = {}

    async def known(self, team: str, user: str) -> Known:
        """What Slack says of `user`, if it says so soon; an answer that comes later serves the next event."""
        found = self._known.get((team, user))
        if found is not None:
            return found
        if self._closed.get(team):
            return Known()
        asking = self._asking.get((team, user))
        if asking is None:
            asking = self._asking[team, user] = asyncio.create_task(self._ask(team, user))
        done, _ = await asyncio.wait({asking}, timeout=PATIENCE)
        return asking.result() if done else Known()

    async def _ask(self, team: str, user: str) -> Known:
        known, seconds = Known(), FAILED
        try:
            client = await self._workspaces.client(team)
            answer = await client.users_info(user=user, include_locale=True)
            known = _read(answer.get("user") or {})
            seconds = FAILED if known.absent else KEPT
        except Exception as error:  # an event is answered without it, too
            log.info("slack: users.info failed (%s)", type(error).__name__)
            wait = retry_after(error)
            if wait is not None:
                self._closed.put(team, True, wait)
                seconds = wait
        finally:
            del self._asking[team, user]
        self._known.put((team, user), known, seconds)
        return known

    async def room(self, team: str, user: str) -> str:
        """The direct messages of `user` with Tutor, a channel. Raises what the call raises."""
        room = self._rooms.get((team, user))
        if room is None:
            client = await self._workspaces.client(team)
            answer = await client.conversations_open(users=user)
            room = str((answer.get("channel") or {}).get("id") or "")
            if not room:
                raise Unavailable
            self._rooms.put((team, user), room)
        return room

    def learn(self, team: str, user: str, room: str) -> None:
        """Take note of somebody's direct messages."""
        if room:
            self._rooms.put((team, user), room)

    def forget(self, team: str, user: str) -> bool:
        """Forget the direct messages, which Slack no longer knows; returns whether they had been remembered."""
        return self._rooms.drop((team, user))


def _read(user: dict[str, Any]) -> Known:
    absent = bool(user.get("deleted") or user.get("is_bot") or user.get("id") == "USLACKBOT")
    return Known(str(user.get("tz") or ""), str(user.get("locale") or ""), absent)
