"""What the conversation sees of the store for one event: rows read ahead, writes buffered until the batch ends."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection

from bot.messages import Event
from bot.records import Ask, CardRow, Learner, Proposal, Review, Wish, private_home
from bot.store.desk import Desk, Office
from bot.store.queries import learner as read
from bot.store.shared import Shared

_SPACE = re.compile(r"[\W_]+")


def gap_id(text: str) -> str:
    """The id of a question that the base does not answer, 12 hex characters: alike but for case and punctuation."""
    folded = _SPACE.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()
    return blake2b(folded.encode("utf-8", "replace"), digest_size=6).hexdigest()


@dataclass(frozen=True, slots=True)
class GapWrite:
    """A question that the base does not answer, asked `count` times in one event."""

    text: str
    decision: str
    nearest: tuple[str, ...]
    count: int


@dataclass(slots=True)
class Writes:
    """What one event wants written, apart from the learner's own row."""

    asks: dict[int, Ask] = field(default_factory=dict)
    cards: dict[str, CardRow | None] = field(default_factory=dict)  # None: to be dropped
    reviews: list[Review] = field(default_factory=list)
    heard: str | None = None
    gaps: dict[str, GapWrite] = field(default_factory=dict)
    wishes: dict[str, str | None] = field(default_factory=dict)  # gap to question; None: to be dropped
    flags: list[tuple[str, str]] = field(default_factory=list)  # item, note
    proposals: dict[str, Proposal | None] = field(default_factory=dict)  # by gap; None: to be dropped
    closed: dict[str, bool] = field(default_factory=dict)  # gap to whether it has been dealt with, or is open again
    settled: set[int] = field(default_factory=set)  # flags
    votes: dict[str, int] = field(default_factory=dict)  # poll to ask
    code: str | None = None
    spoilt: str | None = None
    join: str | None = None
    forgotten: bool = False


class Tx:
    """One event's view of its learner's rows.

    Reads see the event's own writes. Writes are buffered and reach the database with the whole batch, or not at all
    where the event raises. After `forget()` writes about the learner are dropped silently: nothing may bring them back.
    """

    def __init__(
        self,
        conn: Connection,
        event: Event,
        learner: Learner,
        now: datetime,
        version: str = "",
        office: Office = Office(),  # noqa: B008 - frozen
    ) -> None:
        """A view for `event` of `learner`, whose row `conn` holds locked; `version` is the library's."""
        self._conn = conn
        self.event = event
        self._learner = learner
        self._now = now
        self.version = version
        self.loaded = learner
        self.asks_read: dict[int, Ask | None] = {}
        self.cards_read: dict[str, CardRow | None] = {}
        self.writes = Writes()
        self.shared = Shared(conn, event, learner.id, self.writes)
        self.desk = Desk(conn, self.writes, office) if event.account in office.admins else None

    # --- the learner

    @property
    def learner(self) -> Learner:
        """The learner as they are now, this event's changes included."""
        return self._learner

    def put(self, learner: Learner) -> None:
        """Change the learner. The id cannot change."""
        if learner.id != self._learner.id:
            raise ValueError(f"put() got learner {learner.id} in a transaction of learner {self._learner.id}")
        self._learner = learner

    # --- asks

    def ask(self, n: int) -> Ask | None:
        """The learner's ask number `n`; the open one and the one that the event names are read ahead."""
        if n in self.writes.asks:
            return self.writes.asks[n]
        if n not in self.asks_read:
            self.asks_read[n] = read.ask(self._conn, self.loaded.id, n)
        return self.asks_read[n]

    def put_ask(self, ask: Ask) -> None:
        """Store an ask, new or changed."""
        self.writes.asks[ask.n] = ask

    # --- cards

    def card(self, item: str) -> CardRow | None:
        """The learner's card of an item; those of the asks read ahead and of the next items of a quiz are at hand."""
        return self.cards_of((item,)).get(item)

    def cards_of(self, items: tuple[str, ...] | list[str]) -> dict[str, CardRow]:
        """The learner's cards of these items; items without a card are left out."""
        missing = [item for item in items if item not in self.writes.cards and item not in self.cards_read]
        if missing:
            found = read.cards_of(self._conn, self.loaded.id, missing)
            for item in missing:
                self.cards_read[item] = found.get(item)
        rows = self.cards_read | self.writes.cards
        return {item: row for item in items if (row := rows[item]) is not None}

    def put_card(self, row: CardRow) -> None:
        """Store a card, new or changed."""
        self.writes.cards[row.item] = row

    def drop_card(self, item: str) -> None:
        """Remove a card, as when its only review is undone."""
        self.writes.cards[item] = None

    def cards(self) -> list[CardRow]:
        """All cards of the learner, by item."""
        rows = {row.item: row for row in read.cards(self._conn, self.loaded.id)}
        for item, row in self.writes.cards.items():
            if row is None:
                rows.pop(item, None)
            else:
                rows[item] = row
        return [rows[item] for item in sorted(rows)]

    def due_cards(self, day: date, limit: int) -> list[CardRow]:
        """The cards due on learning day `day` or before, the longest due first, leeches left out."""
        own = self.writes.cards
        if not own:
            return read.due_cards(self._conn, self.loaded.id, day, limit)
        stored = read.due_cards(self._conn, self.loaded.id, day, limit + len(own))
        written = [row for row in own.values() if row and row.card.due and row.card.due <= day and not row.leech]
        rows = [*(row for row in stored if row.item not in own), *written]
        return sorted(rows, key=lambda row: (row.card.due or day, row.item))[:limit]

    # --- the review log

    def log(self, review: Review) -> None:
        """Append to the review log; counts `learner.last_seq` up.

        Raises:
            ValueError: `review.seq` is not the next number.
        """
        if review.seq != self._learner.last_seq + 1:
            raise ValueError(f"review {review.seq} does not follow {self._learner.last_seq}")
        self.writes.reviews.append(review)
        self._learner = replace(self._learner, last_seq=review.seq)

    def reviews_of(self, item: str) -> list[Review]:
        """All reviews of an item in order, rows that cancel one included."""
        own = [row for row in self.writes.reviews if row.item == item]
        return read.reviews_of(self._conn, self.loaded.id, item) + own

    def reviews_since(self, at: datetime) -> list[Review]:
        """All reviews at `at` (aware UTC) or later, in order."""
        own = [row for row in self.writes.reviews if row.at >= at]
        return read.reviews_since(self._conn, self.loaded.id, at) + own

    def newest_reviews(self, limit: int) -> list[Review]:
        """The newest reviews, newest first."""
        own = self.writes.reviews[::-1][:limit]
        more = limit - len(own)
        return own + (read.newest_reviews(self._conn, self.loaded.id, more) if more > 0 else [])

    # --- questions

    def hear(self, text: str) -> None:
        """Remember the learner's question for a day, so that "that's not it" can log it."""
        self.writes.heard = text

    def heard(self) -> str:
        """The learner's last question, "" if there is none."""
        return read.heard(self._conn, self.loaded.id) if self.writes.heard is None else self.writes.heard

    def add_gap(self, text: str, decision: str, nearest: tuple[str, ...]) -> str:
        """Count a question that the base does not answer; returns its id. Nothing about who asked is kept."""
        id = gap_id(text)
        count = self.writes.gaps[id].count + 1 if id in self.writes.gaps else 1
        self.writes.gaps[id] = GapWrite(text, decision, nearest, count)
        return id

    def gap_text(self, id: str) -> str | None:
        """The question behind a gap's id, None once it is pruned."""
        return self.writes.gaps[id].text if id in self.writes.gaps else read.gap_text(self._conn, id)

    def wish(self, gap: str, question: str) -> None:
        """Tell the learner, where nobody else reads it, once the gap is closed."""
        self.writes.wishes[gap] = question

    def unwish(self, gap: str) -> None:
        """Take a wish back, or mark it as fulfilled."""
        self.writes.wishes[gap] = None

    def wishes(self) -> list[Wish]:
        """The learner's wishes, by gap."""
        rows = {wish.gap: wish for wish in read.wishes(self._conn, self.loaded.id)}
        for gap, question in self.writes.wishes.items():
            if question is None:
                rows.pop(gap, None)
            else:
                rows[gap] = Wish(gap, question, private_home(self.event, self._learner) or self.event.address)
        return [rows[gap] for gap in sorted(rows)]

    def flag(self, item: str, note: str) -> None:
        """Report an item as wrong; nothing about who is kept."""
        self.writes.flags.append((item, note))

    # --- everything

    def export(self) -> dict[str, Any]:
        """Everything kept about the learner, ready for JSON. Shows the state before this event's own writes."""
        return read.export(self._conn, self.loaded.id)

    def forget(self) -> None:
        """Remove every row about the learner, messages not yet sent included; this event's replies still go out."""
        self.writes.forgotten = True
