"""What the conversation sees of the store for an admin: questions asked in vain, proposals, flags, dead messages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.records import Proposal, Standing
from bot.store.queries import flags, gaps, proposals
from bot.store.queries.flags import Flagged
from bot.store.queries.gaps import OpenGap
from knowledge.workshop.grouping import Alike, by_spelling

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.store.tx import Writes


@dataclass(frozen=True, slots=True)
class Office:
    """What admins work with, beside the store.

    `admins` are accounts (`Event.account`); `alike` tells which questions ask for the same; `standing` how the base
    stands that is served.
    """

    admins: frozenset[str] = frozenset()
    alike: Alike = by_spelling
    standing: Callable[[], Standing] = Standing


class Desk:
    """Part of an admin's `Tx`; nobody else's has one. Its writes are the event's own."""

    def __init__(self, conn: Connection, writes: Writes, office: Office) -> None:
        """For an event of an admin."""
        self._conn = conn
        self._writes = writes
        self._office = office

    @property
    def alike(self) -> Alike:
        """Which questions ask for the same."""
        return self._office.alike

    def standing(self) -> Standing:
        """How the base stands that is served."""
        return self._office.standing()

    # --- questions asked in vain

    def open_gaps(self, most: int) -> Sequence[OpenGap]:
        """So many of those that nobody has dealt with, the most asked first."""
        return [gap for gap in gaps.open_gaps(self._conn, most) if not self._writes.closed.get(gap.id)]

    def count_gaps(self, without: Collection[str] = ()) -> tuple[int, int]:
        """How many are open, and how often they were asked together; some left out."""
        return gaps.count_gaps(self._conn, without)

    def count_wishes(self) -> dict[str, int]:
        """How many learners want to be told, by gap."""
        return gaps.count_wishes(self._conn)

    def close(self, ids: Collection[str]) -> None:
        """These have been dealt with; who asks one of them again opens it again."""
        self._writes.closed |= dict.fromkeys(ids, True)

    def reopen(self, ids: Collection[str]) -> None:
        """Take that back."""
        self._writes.closed |= dict.fromkeys(ids, False)

    # --- proposals

    def proposals(self) -> list[Proposal]:
        """All of them, the newest first."""
        rows: dict[str, Proposal | None] = {row.gap: row for row in proposals.proposals(self._conn)}
        rows |= self._writes.proposals
        return sorted(filter(None, rows.values()), key=lambda row: (row.at, row.gap), reverse=True)

    def propose(self, proposal: Proposal) -> None:
        """Keep a proposal, in the place of any earlier one for the same gap."""
        self._writes.proposals[proposal.gap] = proposal

    def withdraw(self, gap: str) -> None:
        """Take the proposal for a gap back."""
        self._writes.proposals[gap] = None

    # --- what else waits for somebody

    def flags(self, most: int) -> list[Flagged]:
        """Flags that nobody has seen to, the newest first."""
        settled = self._writes.settled
        return [flag for flag in flags.open_flags(self._conn, most + len(settled)) if flag.id not in settled][:most]

    def count_flags(self) -> int:
        """How many there are."""
        return flags.count_open(self._conn)

    def settle(self, flag: int) -> None:
        """A flag was seen to: it is kept, and off the list."""
        self._writes.settled.add(flag)

    def dead_messages(self) -> dict[str, int]:
        """How many messages could never be sent, by platform."""
        return proposals.dead_messages(self._conn)
