"""Records to rows and back, by hand: these run for every event, and a mapper would cost more than the database.

Rows are tuples in the order of a table's columns on the way out, dictionaries by column name on the way in. JSON
leaves out what has its default, so that a new field needs no migration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from bot.messages import Address, Button, Document, Image, MessageRef, Poll, Reply
from bot.records import Ask, AskOption, CardRow, Learner, Review, Session, State, Wish
from bot.store.types import clean
from scheduler.spacing import Card

Row = Sequence[Any]
Values = dict[str, Any]

ASK_COLUMNS = ("n", "item", "topic", "status", "outcome", "asked_at", "answered_at", "seq", "body")
CARD_COLUMNS = ("item", "topic", "stability", "difficulty", "due", "last", "reps", "lapses", "leech")
LEARNER_COLUMNS = tuple(field.name for field in fields(Learner))
REVIEW_COLUMNS = tuple(field.name for field in fields(Review))


def address_list(address: Address) -> list[str]:
    """An address as JSON."""
    return [address.platform, address.workspace, address.chat, address.thread]


def address_of(value: Sequence[str]) -> Address:
    """The address that `address_list` wrote."""
    return Address(*value)


# --- learners


class _Shape:
    """How a record lies in JSON: an object of the fields that differ from their defaults.

    Fields that a newer version dropped are passed over, so that it reads what an older one wrote.
    """

    def __init__(self, record: type[Any], leave_out: tuple[str, ...] = ()) -> None:
        kept = [field for field in fields(record) if field.name not in leave_out]
        self._record = record
        self._names = [field.name for field in kept]
        self._known = frozenset(self._names)
        self._defaults = [field.default for field in kept]
        self._values = attrgetter(*self._names)
        self._readers = [(each.name, _READERS[str(each.type)]) for each in kept if str(each.type) in _READERS]
        self._writers = [(each.name, _WRITERS[str(each.type)]) for each in kept if str(each.type) in _WRITERS]

    def write(self, record: Any) -> Values:
        """The object of a record; dates in it become text when it is encoded."""
        each = zip(self._names, self._values(record), self._defaults, strict=True)
        found = {name: value for name, value, default in each if value is not default and value != default}
        for name, write in self._writers:
            if name in found:
                found[name] = write(found[name])
        return found

    def read(self, value: Mapping[str, Any]) -> Values:
        """The fields of a record from its object."""
        known = self._known
        found = dict(value) if value.keys() <= known else {name: part for name, part in value.items() if name in known}
        for name, read in self._readers:
            if name in found:
                found[name] = read(found[name])
        return found


# By the type that a field is declared with; the others are the same in JSON.
_READERS: dict[str, Callable[[Any], Any]] = {
    "tuple[str, ...]": tuple,
    "date | None": date.fromisoformat,
    "datetime | None": datetime.fromisoformat,
    "tuple[AskOption, ...]": lambda options: tuple(AskOption(*option) for option in options),
    "Session | None": lambda value: Session(**_SESSION.read(value)),
}
_WRITERS: dict[str, Callable[[Any], Any]] = {
    "tuple[AskOption, ...]": lambda options: [(each.id, each.text, each.right, each.why) for each in options],
    "Session | None": lambda session: _SESSION.write(session),
}
_SESSION: _Shape = _Shape(Session)
_STATE: _Shape = _Shape(State)
_ASK: _Shape = _Shape(Ask, ASK_COLUMNS)
_POLL: _Shape = _Shape(Poll)


def state_of(value: Mapping[str, Any]) -> State:
    """The conversation's memory from its JSON."""
    return State(**_STATE.read(value))


def state_json(state: State) -> Values:
    """The conversation's memory as JSON."""
    return _STATE.write(state)


def learner_of(row: Row) -> Learner:
    """A learner from the columns LEARNER_COLUMNS."""
    values = list(row)
    if values[_HOME] is not None:
        values[_HOME] = address_of(values[_HOME])
    values[_STATE_AT] = state_of(values[_STATE_AT])
    return Learner(*values)


_learner_fields = attrgetter(*LEARNER_COLUMNS)
_HOME = LEARNER_COLUMNS.index("home")
_STATE_AT = LEARNER_COLUMNS.index("state")


def learner_values(learner: Learner) -> Values:
    """A learner's columns."""
    values = dict(zip(LEARNER_COLUMNS, _learner_fields(learner), strict=True))
    values["home"] = None if learner.home is None else address_list(learner.home)
    values["state"] = state_json(learner.state)
    values["goal"] = clean(learner.goal)
    return values


# --- asks, cards, reviews


def ask_of(row: Row) -> Ask:
    """An ask from the columns ASK_COLUMNS."""
    n, item, topic, status, outcome, asked_at, answered_at, seq, body = row
    state = {"status": status, "outcome": outcome, "answered_at": answered_at, "seq": seq}
    return Ask(n=n, item=item, topic=topic, asked_at=asked_at, **state, **_ASK.read(body))


def ask_values(learner_id: int, ask: Ask) -> Values:
    """An ask's columns."""
    return {
        "learner_id": learner_id, "n": ask.n, "item": ask.item, "topic": ask.topic, "status": ask.status,
        "outcome": ask.outcome, "asked_at": ask.asked_at, "answered_at": ask.answered_at, "seq": ask.seq,
        "body": _ASK.write(ask),
    }  # fmt: skip


def card_of(row: Row) -> CardRow:
    """A card from the columns CARD_COLUMNS."""
    item, topic, stability, difficulty, due, last, reps, lapses, leech = row
    return CardRow(item, topic, Card(stability, difficulty, due, last, reps, lapses), leech)


def card_values(learner_id: int, row: CardRow) -> Values:
    """A card's columns."""
    card = row.card
    return {
        "learner_id": learner_id, "item": row.item, "topic": row.topic, "stability": card.stability,
        "difficulty": card.difficulty, "due": card.due, "last": card.last, "reps": card.reps, "lapses": card.lapses,
        "leech": row.leech,
    }  # fmt: skip


def review_of(row: Row) -> Review:
    """A row of the review log from the columns REVIEW_COLUMNS."""
    return Review(*row)


_review_fields = attrgetter(*REVIEW_COLUMNS)


def review_values(learner_id: int, review: Review) -> Values:
    """The columns of a row of the review log."""
    values: Values = dict(zip(REVIEW_COLUMNS, _review_fields(review), strict=True))
    values["learner_id"] = learner_id
    values["rating"] = int(review.rating)
    values["chosen"] = clean(review.chosen)
    return values


def wish_of(row: Row) -> Wish:
    """A wish from its columns gap, question, address."""
    return Wish(row[0], row[1], address_of(row[2]))


# --- messages


def reply_values(reply: Reply) -> Values:
    """The columns of `outbox` that hold a reply: body, key, replaces, audience."""
    body: Values = {"text": str(reply.text)}
    if reply.buttons:
        body["buttons"] = [(button.label, button.action) for button in reply.buttons]
    if reply.image:
        body["image"] = {"kind": reply.image.kind, "data": dict(reply.image.data), "alt": reply.image.alt}
    if reply.poll:
        body["poll"] = _POLL.write(reply.poll)
    if reply.document:
        body["document"] = {"name": reply.document.name, "text": reply.document.text}
    if reply.topics:
        body["topics"] = reply.topics
    replaces = reply.replaces
    return {
        "body": body,
        "key": clean(reply.key),
        "replaces": [replaces.chat, replaces.id] if isinstance(replaces, MessageRef) else replaces,
        "audience": reply.audience,
    }


def reply_of(body: Mapping[str, Any], key: str, replaces: Any, audience: str | None) -> Reply:
    """The reply that `reply_values` wrote."""
    image, poll, document = body.get("image"), body.get("poll"), body.get("document")
    return Reply(
        text=body["text"],
        buttons=tuple(Button(label, action) for label, action in body.get("buttons", ())),
        image=Image(**image) if image else None,
        poll=poll_of(poll) if poll else None,
        document=Document(**document) if document else None,
        key=key,
        replaces=MessageRef(*replaces) if isinstance(replaces, list) else replaces,
        audience=audience,
        topics=tuple(body.get("topics", ())),
    )


def message_list(message: MessageRef) -> list[str]:
    """A reference to a sent message as JSON."""
    return [message.chat, message.id, *([message.poll] if message.poll else [])]


def poll_of(value: Mapping[str, Any]) -> Poll:
    """The poll that `reply_values` wrote."""
    return Poll(**_POLL.read(value))


def message_of(value: Sequence[str]) -> MessageRef:
    """The reference that `message_list` wrote."""
    return MessageRef(*value)
