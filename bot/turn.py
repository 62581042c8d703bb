"""One event on its way to an answer: what every part of the conversation is handed, and small helpers to reply."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.messages import Address, Answer, Button, Event, Reply
from bot.records import CardRow, Learner, private_home
from bot.understand import Intent, understand
from bot.wording import Words
from knowledge.markup import Md
from knowledge.model import Library, Topic
from scheduler.spacing import learning_day

if TYPE_CHECKING:  # the conversation needs no SQL, and answering one question should not load any
    from bot.store.desk import Desk
    from bot.store.shared import Shared
    from bot.store.tx import Tx

ALL = 1_000_000  # cards: more than anybody has
HANDFUL = 8
INTERESTS_KEPT = 20  # topics asked about, newest first: enough to choose quiz items from


@dataclass(frozen=True, slots=True)
class Turn:
    """An event, the rows it may read and write (`tx`), the library and the clock of this moment, and the words."""

    event: Event
    tx: Tx
    library: Library
    now: datetime
    say: Words

    @property
    def learner(self) -> Learner:
        """The learner as they are now, changes of this turn included."""
        return self.tx.learner

    @property
    def zone(self) -> str:
        """The learner's IANA zone; UTC while it is unknown."""
        return self.learner.zone or "UTC"

    @property
    def today(self) -> date:
        """The learner's learning day (it rolls over at 04:00 local)."""
        return _day(self.now, self.zone)

    @property
    def local(self) -> datetime:
        """The moment on the learner's own clock."""
        return self.now.astimezone(ZoneInfo(self.zone))

    @property
    def home(self) -> Address | None:
        """Where the learner is alone with Tutor, as far as that is known."""
        return private_home(self.event, self.learner)

    @property
    def shared(self) -> Shared | None:
        """What the learner shares with others; None for one who exists for a single question."""
        return getattr(self.tx, "shared", None)

    @property
    def desk(self) -> Desk | None:
        """What admins work with; None for everybody else."""
        return getattr(self.tx, "desk", None)

    @property
    def topic(self) -> Topic | None:
        """The topic the conversation is on."""
        return self.library.topic(self.learner.state.topic)

    def meant(self, text: str) -> Intent:
        """What a typed message asks for."""
        return understand(text, self.say, admin=self.desk is not None)

    def change(self, **fields: Any) -> None:
        """Change fields of the learner."""
        self.tx.put(replace(self.learner, **fields))

    def remember(self, **fields: Any) -> None:
        """Change fields of the learner's conversation state."""
        self.change(state=replace(self.learner.state, **fields))

    def turn_to(self, topic: Topic) -> None:
        """Make `topic` the one the conversation is on, and note the interest."""
        state = self.learner.state
        interests = (topic.id, *(id for id in state.interests if id != topic.id))[:INTERESTS_KEPT]
        if state.topic != topic.id or state.interests != interests or state.on_ask:
            self.remember(topic=topic.id, interests=interests, on_ask=False)

    @property
    def left_today(self) -> int:
        """How many more items the daily cap allows on this learning day."""
        state = self.learner.state
        return max(0, self.learner.cap - (state.done_today if state.day == self.today else 0))

    def due(self, limit: int | None = None) -> list[CardRow]:
        """Cards that are due today, the longest due first. Items that the base no longer has count for nothing."""
        rows = [row for row in self.tx.due_cards(self.today, ALL) if self.library.item(row.item)]
        return rows[:limit]

    def next_due_day(self) -> date | None:
        """The earliest learning day on which a card is due whose item the base still has."""
        first = self.tx.due_cards(date.max, HANDFUL)
        live = next((row for row in first if self.library.item(row.item)), None)
        if live is None and len(first) == HANDFUL:  # the oldest are all retired: look at everything
            live = next((row for row in self.tx.due_cards(date.max, ALL) if self.library.item(row.item)), None)
        return live.card.due if live else None


@lru_cache(maxsize=1024)
def _day(now: datetime, zone: str) -> date:
    """The learning day; a batch has one `now`, and most learners few zones, so it is computed once for many."""
    return learning_day(now, zone)


def answer(*replies: Reply, notice: str = "") -> Answer:
    """An answer of these replies."""
    return Answer(replies=replies, notice=notice)


def reply(text: Md, *buttons: Button | None, **fields: Any) -> Answer:
    """An answer of one message."""
    return Answer(replies=(Reply(text, tuple(button for button in buttons if button), **fields),))
