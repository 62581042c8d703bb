"""How far a reply of several messages got, so that the next try goes on where the last one stopped.

The outbox releases one message at a time, and platforms allow a chat one a second. A reply that is longer than one
message is therefore sent over several tries: after each message but the last, the sender asks for a second's pause.
What was sent is remembered in this process only; another one begins anew, which is what "at least once" means.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.messages import Address, MessageRef, Reply

PAUSE = 1.0  # seconds between two messages of one reply: what Telegram and Slack allow a chat
FRESH = 120.0  # seconds: what was left longer was finished by another process or given up, and sent again is whole
_KEPT = 1024  # replies under way; one is out within seconds, so the oldest of more was given up

_Name = tuple[Address, str, str, tuple[object, ...]]


@dataclass(slots=True)
class Unfinished:
    """The messages sent so far of each reply that is not complete."""

    monotonic: Callable[[], float] = time.monotonic
    _sent: OrderedDict[_Name, tuple[float, list[MessageRef]]] = field(default_factory=OrderedDict)

    def sent(self, to: Address, reply: Reply) -> list[MessageRef]:
        """What was sent of this reply, in order."""
        at, sent = self._sent.get(_name(to, reply), (0.0, []))
        return list(sent) if self.monotonic() - at < FRESH else []

    def note(self, to: Address, reply: Reply, message: MessageRef) -> None:
        """Another message of it was sent, and more are to come."""
        self._sent[_name(to, reply)] = self.monotonic(), [*self.sent(to, reply), message]
        while len(self._sent) > _KEPT:
            self._sent.popitem(last=False)

    def done(self, to: Address, reply: Reply) -> None:
        """It is complete, or given up."""
        self._sent.pop(_name(to, reply), None)


def _name(to: Address, reply: Reply) -> _Name:
    return to, reply.key, reply.text, reply.buttons
