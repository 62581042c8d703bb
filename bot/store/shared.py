"""What the conversation sees of what its learner shares with others: a group's polls, codes that join two learners."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from bot.messages import Event
from bot.records import CODE_LENGTH, CODE_LETTERS, LinkCode, SentPoll
from bot.store.queries import shared as read
from bot.store.queries.shared import Side

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.store.tx import Writes


def poll_key(event: Event) -> str:
    """The key of the poll that an event answers."""
    return f"{event.address.platform}:{event.action}"


class Shared:
    """Part of one event's `Tx`; its writes are the event's own."""

    def __init__(self, conn: Connection, event: Event, me: int, writes: Writes) -> None:
        """For `event` of the learner `me`."""
        self._conn = conn
        self._event = event
        self._me = me
        self._writes = writes
        self.poll_read: SentPoll | None = None
        self.voted_read = False

    # --- groups

    def topics_here(self) -> list[str]:
        """The topics that were talked about in this chat (and thread) lately, newest first."""
        return read.topics_said(self._conn, self._event.address.lane, self._event.address.thread)

    def items_here(self) -> list[str]:
        """The items that this chat had as polls lately, newest first."""
        return read.items_polled(self._conn, self._event.address.lane, self._event.address.thread)

    def is_said(self, key: str) -> bool:
        """Whether this chat has a message with this key, or waits for it."""
        return read.is_said(self._conn, self._event.address.lane, key)

    def poll(self) -> SentPoll | None:
        """The poll that the event answers; None if it is unknown, or the learner answered it before."""
        return None if self.voted_read else self.poll_read

    def vote(self, key: str, n: int) -> None:
        """Note that the learner answered a poll: it became the ask `n`."""
        self._writes.votes[key] = n

    # --- joining

    def new_code(self) -> str:
        """A new code for this learner, kept in place of any older one: the one thing here that nobody can foresee."""
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        self._writes.code = code
        return code

    def code(self, code: str) -> LinkCode | None:
        """Whose code this is, and since when; None if it was never given, or is used up."""
        return read.link_code(self._conn, code)

    def spoil(self, code: str) -> None:
        """This code, whosever it is, is good no more."""
        self._writes.spoilt = code

    def side(self, learner: int) -> Side:
        """What there is to join of a learner."""
        return read.side(self._conn, learner)

    def join(self, code: str) -> None:
        """Join this learner with the one whose code it is, as soon as this event is committed."""
        self._writes.join = code
