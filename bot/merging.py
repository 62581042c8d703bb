"""Two learners who are one person, made one: pure, from their rows to the rows of the one.

The older learner (the lower id) stays. Which of the two asked for it makes no difference, nor does anything else hang
on the ids: sides are told apart by what their person did.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.habits import may_write, slot_on
from bot.history import counting, current_streak, streak_with
from bot.records import Ask, CardRow, Learner, Review, State
from scheduler.spacing import Memory, Rating, is_leech, learning_day, replay

INTERESTS_KEPT = 20
_SETTINGS = ("zone", "quiz_at", "days", "quiet_from", "quiet_to", "cap", "retention", "language", "consent", "paused")


@dataclass(frozen=True, slots=True)
class Person:
    """A learner with their history: reviews by seq, asks by number."""

    learner: Learner
    reviews: tuple[Review, ...] = ()
    asks: tuple[Ask, ...] = ()

    @property
    def active(self) -> datetime:
        """When they were last seen to do something."""
        ends = [self.learner.created_at, *(row.at for row in self.reviews[-1:]), *(ask.asked_at for ask in self.asks)]
        return max(ends)


@dataclass(frozen=True, slots=True)
class Merged:
    """The one learner. `asks_moved` is what was added to the numbers of the other's asks.

    `talking` is the id of the side whose conversation goes on, and with it what was heard last.
    """

    learner: Learner
    reviews: tuple[Review, ...]
    asks: tuple[Ask, ...]
    cards: tuple[CardRow, ...]
    asks_moved: int
    talking: int


def merge(one: Person, other: Person, items: Iterable[str], now: datetime) -> Merged:
    """Join two people: every review and ask of both is kept, and the cards are what the joined log leads to.

    Args:
        one: either of the two.
        other: the other.
        items: keys of the items that the base has: only those come due.
        now: aware UTC.
    """
    kept, gone = sorted((one, other), key=lambda side: side.learner.id)
    moved = kept.learner.last_ask
    first, second = sorted((kept, gone), key=lambda side: (side.learner.created_at, side.learner.id))
    reviews = _joined_log(first, second, {kept.learner.id: 0, gone.learner.id: moved})
    seqs = {(owner, was): row.seq for owner, was, row in reviews}
    log = tuple(row for _, _, row in reviews)
    cards = cards_of(log, kept.learner.id)
    learner = _learner(kept, gone, log, moved, now)
    asks = [
        replace(ask, n=ask.n + added, seq=seqs.get((side.learner.id, ask.seq), 0))
        for side, added in ((kept, 0), (gone, moved))
        for ask in side.asks
    ]
    settled = [
        replace(ask, status="skipped", answered_at=now) if ask.status == "open" and ask.n != learner.open_ask else ask
        for ask in asks
    ]
    known = set(items)
    due = min((row.card.due for row in cards if row.card.due and not row.leech and row.item in known), default=None)
    at = slot_on(learner, due, now) if due and may_write(learner) and learner.home else None
    talking = _by_activity(kept, gone)[1].learner.id
    return Merged(replace(learner, next_due_at=at), log, tuple(settled), cards, moved, talking)


def _joined_log(first: Person, second: Person, moved: Mapping[int, int]) -> list[tuple[int, int, Review]]:
    """Both logs in the order of time, each in its own order, with new numbers: (owner, former seq, row)."""
    mine, theirs = deque(first.reviews), deque(second.reviews)
    order: list[tuple[int, Review]] = []
    while mine or theirs:
        take_mine = bool(mine) and (not theirs or mine[0].at <= theirs[0].at)
        side, rows = (first, mine) if take_mine else (second, theirs)
        order.append((side.learner.id, rows.popleft()))
    seqs = {(owner, row.seq): n for n, (owner, row) in enumerate(order, 1)}
    return [
        (
            owner,
            row.seq,
            replace(
                row,
                seq=seqs[owner, row.seq],
                cancels=seqs[owner, row.cancels] if row.cancels else 0,
                ask=row.ask + moved[owner] if row.ask else 0,
            ),
        )
        for owner, row in order
    ]


def cards_of(log: Sequence[Review], learner: int) -> tuple[CardRow, ...]:
    """The cards that a log leads to, by item; due days are those of the retention in force at each one's last row."""
    by_item: defaultdict[str, list[Review]] = defaultdict(list)
    for row in counting(log):
        by_item[row.item].append(row)
    found = []
    for item, rows in sorted(by_item.items()):
        last = rows[-1]
        card = replay([(Rating(r.rating), r.day) for r in rows], Memory(last.retention), seed=f"{learner}:{item}")
        found.append(CardRow(item, last.topic, card, leech=is_leech(card) and last.rating == Rating.Again))
    return tuple(found)


def _learner(kept: Person, gone: Person, log: Sequence[Review], moved: int, now: datetime) -> Learner:
    """The one learner: settings as a whole from where writing was agreed to, else from where they were last."""
    sides = sorted((kept, gone), key=lambda side: (_agreed(side.learner), side.active, side.learner.created_at))
    other, chosen = (side.learner for side in sides)
    settings = {name: getattr(chosen, name) for name in _SETTINGS}
    settings["zone"] = chosen.zone or other.zone
    if chosen.consent != "yes" and "no" in (chosen.consent, other.consent):
        settings["consent"] = "no"
    elif not chosen.consent:
        settings["consent"] = other.consent
    streak = _streak(kept.learner, gone.learner, log, learning_day(now, settings["zone"] or "UTC"))
    quiz = max((kept, gone), key=_quiz_since)
    opened = quiz.learner.open_ask
    return replace(
        kept.learner,
        **settings,
        created_at=min(chosen.created_at, other.created_at),
        home=chosen.home or other.home,
        silent=0,
        silent_since=None,
        last_seq=len(log),
        last_ask=kept.learner.last_ask + gone.learner.last_ask,
        open_ask=opened + moved if opened and quiz is gone else opened,
        goal=chosen.goal or other.goal,
        streak=streak.streak,
        streak_day=streak.streak_day,
        freezes=streak.freezes,
        state=_state(kept, gone, quiz.learner.state, moved),
    )


def _agreed(learner: Learner) -> int:
    """How far one's settings say that Tutor may write."""
    return (learner.consent == "yes") + (learner.consent == "yes" and not learner.paused)


def _quiz_since(side: Person) -> tuple[datetime, datetime]:
    """Since when a quiz or a question waits there; what waits nowhere is the oldest."""
    learner, never = side.learner, min(side.learner.created_at, side.active)
    session = learner.state.session
    opened = next((ask.asked_at for ask in side.asks if ask.n == learner.open_ask and ask.status == "open"), None)
    since = max(filter(None, (session.started_at if session else None, opened)), default=None)
    return since or never.replace(year=1970, month=1, day=1), learner.created_at


def _streak(kept: Learner, gone: Learner, log: Sequence[Review], today: date) -> Learner:
    """Whoever's streak is the longest: one side's, or that of the days of both."""
    joined = replace(kept, streak=0, streak_day=None, freezes=0)
    for day in sorted({row.day for row in counting(log)}):
        joined = replace(joined, **streak_with(joined, day))
    return max((kept, gone, joined), key=lambda each: _standing(each, today))


def _standing(learner: Learner, today: date) -> tuple[int, date, int, int]:
    return current_streak(learner, today), learner.streak_day or date.min, learner.streak, learner.freezes


def _by_activity(*sides: Person) -> list[Person]:
    """The two sides, the one last used at the end."""
    return sorted(sides, key=lambda side: (side.active, side.learner.created_at))


def _state(kept: Person, gone: Person, quiz: State, moved: int) -> State:
    """The conversation goes on where they were last; what they asked about and answered today is put together."""
    older, newer = _by_activity(kept, gone)
    last, before = newer.learner.state, older.learner.state
    days = [state for state in (last, before) if state.day]
    day = max((state.day for state in days if state.day), default=None)
    guesses = max(last, before, key=lambda state: state.wrong_codes)
    rows = (*kept.learner.state.joined, *(_later(entry, moved) for entry in gone.learner.state.joined))
    return replace(
        last,
        session=quiz.session,
        on_ask=last.on_ask and (newer is gone or not gone.learner.last_ask),  # it is about the ask of the last number
        waiting="",
        interests=tuple(dict.fromkeys((*last.interests, *before.interests)))[:INTERESTS_KEPT],
        day=day,
        done_today=sum(state.done_today for state in days if state.day == day),
        reminded=max(filter(None, (last.reminded, before.reminded)), default=None),
        met=last.met or before.met,
        surface=last.surface or before.surface,
        wrong_codes=guesses.wrong_codes,
        codes_since=guesses.codes_since,
        joined=(*rows, f"{gone.learner.id}:{moved}"),
    )


def _later(entry: str, moved: int) -> str:
    """What was added to the asks of one who had been joined with the learner that goes now."""
    id, _, added = entry.partition(":")
    return f"{id}:{int(added) + moved}"
