"""A learner without a past, for answers that nobody keeps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from bot.messages import Event
from bot.records import Ask, CardRow, Learner, Review, Wish

NO_GAP = "0" * 12  # the id of no question: what is not stored cannot be wished for


@dataclass(slots=True)
class Forgotten:
    """Whether the learner asked to be forgotten."""

    forgotten: bool = False


@dataclass(slots=True)
class Stranger:
    """Stands in for `bot.store.tx.Tx` where there is no database, and saves `tutor ask` the second that one takes.

    There is nothing to read but what this event wrote, and that is gone with it. A test holds it to Tx, member by
    member, and its answers to those of an empty database.
    """

    event: Event
    learner: Learner
    version: str = ""
    writes: Forgotten = field(default_factory=Forgotten)
    _asks: dict[int, Ask] = field(default_factory=dict)
    _cards: dict[str, CardRow] = field(default_factory=dict)
    _reviews: list[Review] = field(default_factory=list)
    _wishes: dict[str, Wish] = field(default_factory=dict)
    _heard: str = ""
    _gap: str | None = None

    def put(self, learner: Learner) -> None:
        """Change the learner."""
        self.learner = learner

    def ask(self, n: int) -> Ask | None:
        """The ask number `n`."""
        return self._asks.get(n)

    def put_ask(self, ask: Ask) -> None:
        """Keep an ask."""
        self._asks[ask.n] = ask

    def card(self, item: str) -> CardRow | None:
        """The card of an item."""
        return self._cards.get(item)

    def cards_of(self, items: Iterable[str]) -> dict[str, CardRow]:
        """The cards of these items, where there are any."""
        return {item: self._cards[item] for item in items if item in self._cards}

    def put_card(self, row: CardRow) -> None:
        """Keep a card."""
        self._cards[row.item] = row

    def drop_card(self, item: str) -> None:
        """Remove a card."""
        self._cards.pop(item, None)

    def cards(self) -> list[CardRow]:
        """All cards, by item."""
        return [self._cards[item] for item in sorted(self._cards)]

    def due_cards(self, day: date, limit: int) -> list[CardRow]:
        """Nothing is due: what one event made is not due on its own day."""
        return []

    def log(self, review: Review) -> None:
        """Append to the review log."""
        self._reviews.append(review)
        self.learner = replace(self.learner, last_seq=review.seq)

    def reviews_of(self, item: str) -> list[Review]:
        """The reviews of an item."""
        return [row for row in self._reviews if row.item == item]

    def reviews_since(self, at: datetime) -> list[Review]:
        """The reviews at `at` or later."""
        return [row for row in self._reviews if row.at >= at]

    def newest_reviews(self, limit: int) -> list[Review]:
        """The newest reviews, newest first."""
        return self._reviews[::-1][:limit]

    def hear(self, text: str) -> None:
        """Remember the question."""
        self._heard = text

    def heard(self) -> str:
        """The question."""
        return self._heard

    def add_gap(self, text: str, decision: str, nearest: tuple[str, ...]) -> str:
        """Note a question that the base does not answer."""
        self._gap = text
        return NO_GAP

    def gap_text(self, id: str) -> str | None:
        """The question behind a gap's id."""
        return self._gap

    def wish(self, gap: str, question: str) -> None:
        """Keep a wish."""
        self._wishes[gap] = Wish(gap, question, self.event.address)

    def unwish(self, gap: str) -> None:
        """Take a wish back."""
        self._wishes.pop(gap, None)

    def wishes(self) -> list[Wish]:
        """The wishes, by gap."""
        return [self._wishes[gap] for gap in sorted(self._wishes)]

    def flag(self, item: str, note: str) -> None:
        """Report an item: to nobody."""

    def export(self) -> dict[str, Any]:
        """Everything kept: nothing."""
        return {}

    def forget(self) -> None:
        """Forget everything."""
        self.writes.forgotten = True
