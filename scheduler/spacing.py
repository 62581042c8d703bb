"""When an item comes back: FSRS-6 spacing, counted in learning days.

A card is what a learner remembers of one item. `review` is a pure function (card, rating, day) -> card around the
`fsrs` package, which predicts recall best of the published schedulers (open-spaced-repetition's srs-benchmark). Four
things in that package would hurt a daily chat, so they are settled here and nowhere else:

- its steps repeat a card within minutes: they are empty;
- it floors elapsed time to 24 hours, so that an answer given two minutes earlier than yesterday's counts as the same
  day, and a clock change loses one: every review is moved to 12:00 UTC of its learning day;
- its fuzz draws from the global `random` and overshoots the maximum: due days are spread here, by a hash of the card's
  seed and its repetition, so that a replay of the log gives the same dates;
- a card made without an id sleeps a millisecond: ours have one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from functools import lru_cache
from hashlib import blake2b

import fsrs
from fsrs.scheduler import DEFAULT_PARAMETERS

from scheduler.slots import learning_day

__all__ = [
    "LEECH_LAPSES",
    "Card",
    "Memory",
    "Rating",
    "due_before_spreading",
    "is_leech",
    "learning_day",
    "preview",
    "rate",
    "replay",
    "retrievability",
    "review",
    "spread_band",
]

LEECH_LAPSES = 8  # Anki's threshold: from here on, more repetition of the same item has stopped helping
SPREAD_FROM = 3  # days; a day either way is too much of a shorter interval
WEIGHTS = 21  # FSRS-6; older sets (17, 19) predict with other formulas
_ANY_TIME = datetime(1970, 1, 1, 12, tzinfo=UTC)  # fsrs never reads a card's due time, but asks the clock without one


class Rating(IntEnum):
    """How well an item was recalled; the numbers are those of FSRS and Anki."""

    Again = 1
    Hard = 2
    Good = 3
    Easy = 4


@dataclass(frozen=True, slots=True)
class Card:
    """What a learner remembers of one item. `Card()` is an item never asked.

    `stability` is in days (the time after which recall falls to 90 %), `difficulty` 1..10. `due` is the learning day on
    which to ask again, after spreading; `last` the learning day of the last review. `reps` counts reviews, `lapses`
    those that failed on a card seen before.
    """

    stability: float | None = None
    difficulty: float | None = None
    due: date | None = None
    last: date | None = None
    reps: int = 0
    lapses: int = 0

    @property
    def is_new(self) -> bool:
        """Whether the item was never reviewed."""
        return self.last is None


@dataclass(frozen=True, slots=True)
class Memory:
    """How one learner's memory is modelled.

    `retention` is the probability of recall at which an item comes back, .70 to .95; `weights` the 21 FSRS-6
    parameters, None for the package's defaults; `maximum_interval` in days.

    Raises:
        ValueError: a setting is out of range.
    """

    retention: float = 0.85
    weights: tuple[float, ...] | None = None
    maximum_interval: int = 365

    def __post_init__(self) -> None:
        """Refuse what would only surface at some learner's next review."""
        if not 0.70 <= self.retention <= 0.95:
            raise ValueError(f"retention must be between 0.70 and 0.95, not {self.retention}")
        if self.maximum_interval < 1:
            raise ValueError(f"maximum_interval must be at least 1 day, not {self.maximum_interval}")
        if self.weights is not None and len(self.weights) != WEIGHTS:
            raise ValueError(f"FSRS-6 takes {WEIGHTS} weights, not {len(self.weights)}")
        _fsrs(self)


@lru_cache(maxsize=1024)
def _fsrs(memory: Memory) -> fsrs.Scheduler:
    """The fsrs scheduler for `memory`; shared, for it keeps no state. Raises ValueError on weights out of bounds."""
    return fsrs.Scheduler(
        parameters=DEFAULT_PARAMETERS if memory.weights is None else memory.weights,
        desired_retention=memory.retention,
        learning_steps=(),
        relearning_steps=(),
        maximum_interval=memory.maximum_interval,
        enable_fuzzing=False,
    )


def review(card: Card, rating: Rating, day: date, memory: Memory, *, seed: str) -> Card:
    """Return `card` after it was answered on learning day `day`.

    `seed` names the card for spreading (learner and item): the same seed gives the same dates, other seeds others.
    A day before the last review counts as the day of the last review: a learner who flies west, or a delayed event,
    would otherwise date a review before the one that it followed. A second review on a day is FSRS's same-day update.
    """
    after, today, interval = _step(card, rating, day, memory)
    reps = card.reps + 1
    return Card(
        stability=after.stability,
        difficulty=after.difficulty,
        due=today + timedelta(days=_spread(interval, memory.maximum_interval, seed, reps)),
        last=today,
        reps=reps,
        lapses=card.lapses + (rating == Rating.Again and not card.is_new),
    )


def due_before_spreading(card: Card, rating: Rating, day: date, memory: Memory) -> date:
    """Return the learning day that FSRS itself would choose after this answer: `review` without the spreading."""
    _, today, interval = _step(card, rating, day, memory)
    return today + timedelta(days=interval)


def preview(card: Card, day: date, memory: Memory, seed: str) -> dict[Rating, int]:
    """Return, for each rating, the days from `day` until the card would be due: what `review` is going to give."""
    shown = {}
    for rating in Rating:
        _, today, interval = _step(card, rating, day, memory)
        shown[rating] = (today - day).days + _spread(interval, memory.maximum_interval, seed, card.reps + 1)
    return shown


def replay(reviews: Iterable[tuple[Rating, date]], memory: Memory, seed: str) -> Card:
    """Rebuild a card from its log, oldest review first: equal to having reviewed it step by step.

    Undo is a replay without the cancelled review. Stability and difficulty do not depend on the retention; `due`
    follows the `memory` given here, also where the log was written under another retention.
    """
    card = Card()
    for rating, day in reviews:
        card = review(card, rating, day, memory, seed=seed)
    return card


def retrievability(card: Card, day: date, memory: Memory) -> float:
    """Return the probability, 0..1, that the item would be recalled on `day`; 0 for a card never reviewed."""
    if card.is_new:
        return 0.0
    return _fsrs(memory).get_card_retrievability(_to_fsrs(card), _noon(day))


def rate(*, right: bool, guessed: bool = False, hint: bool = False, easy: bool = False) -> Rating:
    """Return the rating for an answer. "I don't know" is not right; no answer at all is no review, and has no rating.

    A failure is always Again, never Hard: FSRS reads Hard as a success. So is a declared guess, for one in three blind
    answers hits, and counting them as Good cost a simulated learner 12 of 281 items. Where two marks disagree (right
    after a hint, yet "too easy") the more careful wins.
    """
    if not right or guessed:
        return Rating.Again
    if hint:
        return Rating.Hard
    return Rating.Easy if easy else Rating.Good


def is_leech(card: Card) -> bool:
    """Whether the card lapsed so often (8 times) that it should be set aside, with a pointer to its topic."""
    return card.lapses >= LEECH_LAPSES


def spread_band(interval: int, maximum_interval: int = 365) -> tuple[int, int]:
    """Return the shortest and longest interval, in days, that spreading makes of `interval`.

    Items taught together would stay due together for good; spreading parts them. The width is Anki's (1 day, plus 15 %
    of days 2.5 to 7, 10 % of days 7 to 20, 5 % beyond: 3 ± 1, 10 ± 2, 46 ± 4, 163 ± 10), but the same to both sides, so
    that the mean interval, and with it the retention asked for, stays that of FSRS. Only the maximum cuts it: there
    cards come earlier rather than not being parted. Intervals under 3 days are left alone.
    """
    if interval < SPREAD_FROM:
        return interval, interval
    width = 1 + 0.15 * (min(interval, 7) - 2.5) + 0.1 * max(min(interval, 20) - 7, 0) + 0.05 * max(interval - 20, 0)
    half = round(width)
    return max(interval - half, 1), min(interval + half, maximum_interval)


def _spread(interval: int, maximum_interval: int, seed: str, reps: int) -> int:
    """The interval of this card's repetition, in days, within the band.

    One hash picks the place within the band whatever its width, so that a better rating never previews as sooner.
    """
    low, high = spread_band(interval, maximum_interval)
    if low == high:
        return interval
    digest = blake2b(f"{seed}\n{reps}".encode(), digest_size=8).digest()
    return low + (int.from_bytes(digest) * (high - low + 1) >> 64)


def _step(card: Card, rating: Rating, day: date, memory: Memory) -> tuple[fsrs.Card, date, int]:
    """FSRS's card after one review, the learning day it counts for, and the interval in days, not spread."""
    today = day if card.last is None else max(day, card.last)
    now = _noon(today)
    after, _ = _fsrs(memory).review_card(_to_fsrs(card), fsrs.Rating(rating), now)
    return after, today, (after.due - now).days


def _to_fsrs(card: Card) -> fsrs.Card:
    """The card as fsrs knows it. With empty steps a card is in Learning until its first review, then in Review."""
    return fsrs.Card(
        card_id=0,
        state=fsrs.State.Learning if card.last is None else fsrs.State.Review,
        stability=card.stability,
        difficulty=card.difficulty,
        due=_ANY_TIME,
        last_review=None if card.last is None else _noon(card.last),
    )


def _noon(day: date) -> datetime:
    """A learning day as the instant given to fsrs, which takes no zone but `timezone.utc` itself."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
