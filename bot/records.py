"""What Tutor remembers of a learner, as frozen records. The store maps them to rows; the conversation returns them.

All instants are aware UTC; a `date` is a learning day (it rolls over at 04:00 local); times of day are minutes since
local midnight.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from bot.messages import Address, Event, Poll
from scheduler.spacing import Card

Consent = Literal["", "asked", "yes", "no"]  # "": not asked yet
Paused = Literal["", "learner", "gone", "silent"]  # gone: blocked or left; silent: two weeks without a word
AskStatus = Literal["open", "answered", "skipped"]
ProposalStatus = Literal["open", "left", "applied", "refused"]
Outcome = Literal["right", "wrong", "unknown"]  # unknown: "I don't know"
CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32 that are not taken for each other: no 0, 1, I, O
CODE_LENGTH = 8  # of 5 bits each
CODE_GOOD_FOR = timedelta(minutes=10)  # from making a code to saying yes; the joining may come later


@dataclass(frozen=True, slots=True)
class Session:
    """A quiz under way: the item keys still to come, and the count so far. Left, it waits to be resumed."""

    plan: tuple[str, ...]
    done: int = 0
    right: int = 0
    scheduled: bool = False
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class State:
    """The conversation's memory: where it is, no texts.

    topic: the last topic. on_ask: whether the last question put is nearer in mind than that topic. led: the topic that
    the last question heard led to. offered: topics offered by the last reply. interests: topics asked about, newest
    first. day, done_today: the learning day counted, and items answered on it. reminded: the learning day of the last
    reminder. waiting: what a plain reply will be taken for, "" for nothing (asked_for.take). met: has had the first
    meeting. heard_in: the lane in which the last question was heard, "" for one that nobody else reads. surface:
    has opened a surface that shows them how they are doing. wrong_codes, codes_since: guesses at codes for joining two
    learners, and when the first of them was. joined: learners that this one was joined with, "<id>:<what was added to
    the numbers of their asks>". joined_by: the code that the last join used up, for whoever presses twice.
    """

    topic: str = ""
    offered: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()
    session: Session | None = None
    day: date | None = None
    done_today: int = 0
    reminded: date | None = None
    waiting: str = ""
    on_ask: bool = False
    led: str = ""
    met: bool = False
    heard_in: str = ""
    surface: bool = False
    wrong_codes: int = 0
    codes_since: datetime | None = None
    joined: tuple[str, ...] = ()
    joined_by: str = ""


@dataclass(frozen=True, slots=True)
class Learner:
    """One person. `zone` is an IANA name, "" while unknown; `days` a bit mask, Monday = 1."""

    id: int
    created_at: datetime
    language: str = "en"
    zone: str = ""
    quiz_at: int = 9 * 60
    days: int = 0b1111111
    quiet_from: int = 22 * 60
    quiet_to: int = 7 * 60
    cap: int = 8
    retention: float = 0.85
    consent: Consent = ""
    paused: Paused = ""
    home: Address | None = None
    next_due_at: datetime | None = None
    silent: int = 0  # scheduled messages in a row without an answer
    silent_since: datetime | None = None
    last_seq: int = 0  # of the review log
    last_ask: int = 0  # number of the newest ask
    open_ask: int = 0  # number of the ask that waits for an answer, 0 for none
    goal: str = ""
    streak: int = 0
    streak_day: date | None = None
    freezes: int = 0
    state: State = State()


def private_home(event: Event, learner: Learner) -> Address | None:
    """Where the sender is alone with Tutor: this chat if it is private, else one known on this platform."""
    kept, here = learner.home, event.address
    same = kept is not None and (kept.platform, kept.workspace) == (here.platform, here.workspace)
    return event.alone or (kept if same else None)


@dataclass(frozen=True, slots=True)
class AskOption:
    """An option as it was shown."""

    id: str
    text: str
    right: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """A question that was put to a learner, frozen as it was put: grading never reads a newer library.

    `n` counts the learner's asks from 1. `chosen` is the option id or the outcome; `seq` the review it led to.
    `polled`: it was a group's poll, and belongs to no quiz of the learner's own.
    """

    n: int
    item: str
    topic: str
    kind: Literal["choice", "text", "recall"]
    stem: str
    version: str
    asked_at: datetime
    options: tuple[AskOption, ...] = ()
    answer: str = ""
    accept: tuple[str, ...] = ()
    explain: str = ""
    hint: str = ""
    title: str = ""
    status: AskStatus = "open"
    hinted: bool = False
    scheduled: bool = False
    polled: bool = False
    chosen: str = ""
    outcome: Outcome | None = None
    seq: int = 0
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CardRow:
    """A learner's memory of one item. `leech`: set aside after eight lapses, reversibly."""

    item: str
    topic: str
    card: Card
    leech: bool = False


@dataclass(frozen=True, slots=True)
class Review:
    """One row of the review log, which is append-only and the truth: cards can be rebuilt from it.

    A row with `cancels` undoes the row with that seq and counts as nothing else. `retention` is what the due day was
    computed for; `seconds` from question to answer are kept for reports, never mapped to a rating.
    """

    seq: int
    at: datetime
    day: date
    item: str
    topic: str
    rating: int
    outcome: Outcome
    guessed: bool = False
    hinted: bool = False
    easy: bool = False
    scheduled: bool = False
    ask: int = 0
    seconds: float = 0.0
    retention: float = 0.85
    chosen: str = ""
    cancels: int = 0


@dataclass(frozen=True, slots=True)
class Wish:
    """ "Tell me when you know": opt-in, deleted once answered or after 90 days."""

    gap: str
    question: str
    address: Address


@dataclass(frozen=True, slots=True)
class SentPoll:
    """A quiz poll as it was sent to a group. `key` is "<platform>:<the platform's id for it>"."""

    key: str
    lane: str
    at: datetime
    poll: Poll


@dataclass(frozen=True, slots=True)
class LinkCode:
    """A code that joins its learner with whoever types it in another chat; `address` is where it was asked for."""

    code: str
    learner: int
    at: datetime
    address: Address


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an admin would have questions lead to, until a curator writes it into the base. Nothing says which admin.

    `gap` is the id of the question `text`, the most asked of `gaps`, all of which are meant. `topic` is a full id, ""
    for what is none of the base's business. Left: nothing is to be done. `note` is the file that it was written to, or
    why it was refused.
    """

    gap: str
    gaps: tuple[str, ...]
    text: str
    topic: str
    at: datetime
    status: ProposalStatus = "open"
    note: str = ""
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How the base stands that is served: whether search is all that it can be, and what is wrong with the files.

    `problems`: a line for each that keeps the files from being served; none where they are.
    """

    settled: bool = True
    problems: tuple[str, ...] = ()
