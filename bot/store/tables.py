"""Every table of the store. Hot paths use Core statements on the `Table` objects at the end, never an ORM session.

Tables about a learner start their primary key with learner_id, so that they can be distributed by it one day.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Date, Index, MetaData, Table, Text, column
from sqlmodel import Field, SQLModel

from bot.store.types import BigId, Json, Key, UtcDateTime

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
CLUSTERED = {"sqlite_with_rowid": False}  # rows of one learner lie together, found without a second look-up
ROOMY = {"postgresql_with": {"fillfactor": 80}}  # rows rewritten all the time find room on their own page


def _index(name: str, *columns: str, where: Any = None) -> Index:
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


def _auto() -> Column[int]:
    return Column(BigId, primary_key=True, autoincrement=True)


class Base(SQLModel):
    """Holds the metadata of the store, apart from any other SQLModel tables in the process."""

    metadata = MetaData(naming_convention=NAMES)


class Account(Base, table=True):
    """A person on a platform (`Event.account`), and the learner they are."""

    __table_args__ = (Index("ix_account_learner_id", "learner_id"),)
    key: str = Field(sa_type=Key, primary_key=True)
    learner_id: int = Field(sa_type=BigId, foreign_key="learner.id")


class Learner(Base, table=True):
    """A learner; columns are the fields of `bot.records.Learner`. The row that every change of theirs locks."""

    __table_args__ = (
        _index("ix_learner_next_due_at", "next_due_at", where=column("next_due_at").is_not(None)),
        {"sqlite_autoincrement": True, **ROOMY},  # an id is never given twice, even after forgetting
    )
    id: int | None = Field(default=None, sa_column=_auto())
    created_at: datetime = Field(sa_type=UtcDateTime)
    language: str
    zone: str
    quiz_at: int
    days: int
    quiet_from: int
    quiet_to: int
    cap: int
    retention: float
    consent: str
    paused: str
    home: list[str] | None = Field(sa_type=Json)
    next_due_at: datetime | None = Field(sa_type=UtcDateTime)
    silent: int
    silent_since: datetime | None = Field(sa_type=UtcDateTime)
    last_seq: int
    last_ask: int
    open_ask: int
    goal: str
    streak: int
    streak_day: date | None = Field(sa_type=Date)
    freezes: int
    state: dict[str, Any] = Field(sa_type=Json)


class Event(Base, table=True):
    """An event that was handled, for as long as a platform may deliver it again; outcome "done" or "failed"."""

    __table_args__ = (Index("ix_event_at", "at"),)
    id: str = Field(sa_type=Key, primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    outcome: str


class Ask(Base, table=True):
    """A question put to a learner; `body` holds the question frozen as it was put, the columns what became of it."""

    learner_id: int = Field(sa_type=BigId, primary_key=True)
    n: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    item: str
    topic: str
    status: str
    outcome: str | None
    asked_at: datetime = Field(sa_type=UtcDateTime)
    answered_at: datetime | None = Field(sa_type=UtcDateTime)
    seq: int
    body: dict[str, Any] = Field(sa_type=Json)


class Card(Base, table=True):
    """A learner's memory of an item: `scheduler.spacing.Card`, and whether it is set aside."""

    __table_args__ = (Index("ix_card_learner_id_due", "learner_id", "due"), {**CLUSTERED, **ROOMY})
    learner_id: int = Field(sa_type=BigId, primary_key=True)
    item: str = Field(primary_key=True)
    topic: str
    stability: float | None
    difficulty: float | None
    due: date | None = Field(sa_type=Date)
    last: date | None = Field(sa_type=Date)
    reps: int
    lapses: int
    leech: bool


class ReviewLog(Base, table=True):
    """The append-only review log; columns are the fields of `bot.records.Review`."""

    __tablename__ = "review_log"
    __table_args__ = (CLUSTERED,)
    learner_id: int = Field(sa_type=BigId, primary_key=True)
    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=UtcDateTime)
    day: date = Field(sa_type=Date)
    item: str
    topic: str
    rating: int
    outcome: str
    guessed: bool
    hinted: bool
    easy: bool
    scheduled: bool
    ask: int
    seconds: float
    retention: float
    chosen: str
    cancels: int


class Heard(Base, table=True):
    """What a learner asked last, for "that's not it"; kept for a day."""

    learner_id: int = Field(sa_type=BigId, primary_key=True, foreign_key="learner.id")
    text: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=UtcDateTime)


class Gap(Base, table=True):
    """A question that the base does not answer, counted, without who asked; kept for 90 days."""

    id: str = Field(sa_type=Key, primary_key=True)
    text: str = Field(sa_type=Text)
    decision: str
    nearest: list[str] = Field(sa_type=Json)
    language: str
    count: int
    first_at: datetime = Field(sa_type=UtcDateTime)
    last_at: datetime = Field(sa_type=UtcDateTime)
    taught_at: datetime | None = Field(sa_type=UtcDateTime)


class Wish(Base, table=True):
    """A learner who wants to be told once a gap is closed; kept until then, or for 90 days."""

    __table_args__ = (Index("ix_wish_gap", "gap"),)
    learner_id: int = Field(sa_type=BigId, primary_key=True, foreign_key="learner.id")
    gap: str = Field(sa_type=Key, primary_key=True)
    question: str = Field(sa_type=Text)
    address: list[str] = Field(sa_type=Json)
    at: datetime = Field(sa_type=UtcDateTime)


class Proposal(Base, table=True):
    """What an admin would have questions lead to: columns are the fields of `bot.records.Proposal`; nothing about who.

    Kept as long as its gap, and for 90 days at most.
    """

    gap: str = Field(sa_type=Key, primary_key=True)
    gaps: list[str] = Field(sa_type=Json)
    text: str = Field(sa_type=Text)
    topic: str
    status: str
    note: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=UtcDateTime)
    done_at: datetime | None = Field(sa_type=UtcDateTime)


class Flag(Base, table=True):
    """A learner's word that an item is wrong, and when a curator dealt with it; nothing about who."""

    __table_args__ = ({"sqlite_autoincrement": True},)
    id: int | None = Field(default=None, sa_column=_auto())
    item: str
    note: str = Field(sa_type=Text)
    version: str
    at: datetime = Field(sa_type=UtcDateTime)
    settled_at: datetime | None = Field(sa_type=UtcDateTime)


class Lane(Base, table=True):
    """A chat's queue of messages. `next_at`: when to look next (NULL: nothing waits); `token`: who holds it, or ""."""

    __table_args__ = (
        _index("ix_lane_platform_next_at", "platform", "next_at", where=column("next_at").is_not(None)),
        ROOMY,
    )
    key: str = Field(sa_type=Key, primary_key=True)
    platform: str
    workspace: str
    chat: str
    next_at: datetime | None = Field(sa_type=UtcDateTime)
    token: str


class Outbox(Base, table=True):
    """A message to send (`kind` reply or refresh), in id order within its lane; `body` is cleared once it is old."""

    __table_args__ = (
        Index("ix_outbox_lane_status_id", "lane", "status", "id"),
        _index("ix_outbox_lane_key_id", "lane", "key", "id", where=column("key") != ""),
        _index("ix_outbox_learner_id", "learner_id", where=column("learner_id").is_not(None)),
        _index("ix_outbox_created_at", "created_at", where=column("body").is_not(None)),
        _index("ix_outbox_platform", "platform", where=column("status") == "dead"),
        {"sqlite_autoincrement": True},  # a page remembers the last id it read
    )
    id: int | None = Field(default=None, sa_column=_auto())
    lane: str = Field(sa_type=Key)
    platform: str
    workspace: str
    chat: str
    thread: str
    learner_id: int | None = Field(sa_type=BigId)
    kind: str
    surface: str
    body: dict[str, Any] | None = Field(sa_type=Json)
    key: str
    replaces: str | list[str] | None = Field(sa_type=Json)
    audience: str | None
    created_at: datetime = Field(sa_type=UtcDateTime)
    status: str
    tries: int
    sent_at: datetime | None = Field(sa_type=UtcDateTime)
    message: list[str] | None = Field(sa_type=Json)
    error: str


class Poll(Base, table=True):
    """A quiz poll that a group was sent, for grading its answers; `key` names the platform and its poll."""

    __table_args__ = (Index("ix_poll_lane_at", "lane", "at"), Index("ix_poll_at", "at"))
    key: str = Field(sa_type=Key, primary_key=True)
    lane: str = Field(sa_type=Key)
    item: str
    body: dict[str, Any] = Field(sa_type=Json)
    at: datetime = Field(sa_type=UtcDateTime)


class Vote(Base, table=True):
    """A learner's answer to a poll, so that it counts once; `n` is the ask that it became."""

    __table_args__ = (Index("ix_vote_at", "at"),)
    learner_id: int = Field(sa_type=BigId, primary_key=True)
    poll: str = Field(sa_type=Key, primary_key=True)
    n: int
    at: datetime = Field(sa_type=UtcDateTime)


class LinkCode(Base, table=True):
    """A code, good for minutes and for once, that joins its learner with whoever types it in another chat."""

    __tablename__ = "link_code"
    __table_args__ = (Index("ix_link_code_learner_id", "learner_id"), Index("ix_link_code_at", "at"))
    code: str = Field(sa_type=Key, primary_key=True)
    learner_id: int = Field(sa_type=BigId)
    address: list[str] = Field(sa_type=Json)
    at: datetime = Field(sa_type=UtcDateTime)


class LinkWish(Base, table=True):
    """A learner who said yes to being joined with the one whose code this is; done in a transaction of its own."""

    __tablename__ = "link_wish"
    learner_id: int = Field(sa_type=BigId, primary_key=True)
    code: str
    address: list[str] = Field(sa_type=Json)
    at: datetime = Field(sa_type=UtcDateTime)


class Lease(Base, table=True):
    """A name that one process at a time may hold, until it runs out."""

    name: str = Field(sa_type=Key, primary_key=True)
    holder: str
    until: datetime = Field(sa_type=UtcDateTime)


class Meta(Base, table=True):
    """Small facts about the installation."""

    key: str = Field(sa_type=Key, primary_key=True)
    value: Any = Field(sa_type=Json)


def _table(model: type[SQLModel]) -> Table:
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table


METADATA = Base.metadata
ACCOUNT = _table(Account)
LEARNER = _table(Learner)
EVENT = _table(Event)
ASK = _table(Ask)
CARD = _table(Card)
REVIEW_LOG = _table(ReviewLog)
HEARD = _table(Heard)
GAP = _table(Gap)
WISH = _table(Wish)
PROPOSAL = _table(Proposal)
FLAG = _table(Flag)
LANE = _table(Lane)
OUTBOX = _table(Outbox)
POLL = _table(Poll)
VOTE = _table(Vote)
LINK_CODE = _table(LinkCode)
LINK_WISH = _table(LinkWish)
LEASE = _table(Lease)
META = _table(Meta)
