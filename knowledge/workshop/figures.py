"""What learners' answers say of each quiz item: classical item analysis, from rows to figures. No database here.

An item's figures are of its present text. What a learner answered first is what counts, as in a test: later answers
have been taught. An answer to an older text (another stem, other options, another key, other accepted answers) belongs
to another question, whatever its option ids are; it is counted as `older`, and tells only how much the learner knows.

- difficulty: the share of learners who knew it at first sight. Right by a declared guess is not known.
- discrimination: the corrected item-rest correlation (point-biserial), over learners: does who knows this one know
  the rest? Learners do not meet the same items, so "the rest" is the mean, over a learner's other first answers, of
  known (1 or 0) minus that item's own difficulty. Where all answer all, this is exactly the classical coefficient.
- lean of an option: the same correlation, of having chosen it (Tarrant, Ware and Mohammed 2009, BMC Medical Education
  9:40: a distractor that works is chosen by those who know less).
- lapses: of later answers by learners who had known it, the share that did not; and the share that the spacing had
  reckoned with (1 - retention).
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from knowledge.model import Item, Library
from knowledge.workshop.intervals import Correlation, Share

FEW = 5  # learners: below this nothing is told of an item, since a share would tell of persons
# Downing and Yudkowsky (Assessment in Health Professions Education) find item analysis of use from about 30 examinees
# on; with 10 to 15, one item was "poor" and "excellent" by turns (Young, Cummings and St-Onge 2017, Perspectives on
# Medical Education 6).
LEARNERS_MIN = 30
REST_MIN = 10  # other first answers, before a learner's rest says more than chance (ours)
SECONDS_MAX = 3600  # longer ones are counted as this: the chat was left open

Floats = NDArray[np.float64]
Ints = NDArray[np.intc]


class Wording(NamedTuple):
    """What makes an answer right, and what was seen before giving it; texts folded, in no order."""

    stem: str
    options: frozenset[tuple[str, bool]]
    answers: frozenset[str]


class Answer(NamedTuple):
    """One review that counts.

    `chosen` is the folded text of the chosen option, "" for none. `put` is how the item read then; it is looked at in
    a learner's first answer to an item, and None where nobody knows.
    """

    item: str
    outcome: str
    guessed: bool
    hinted: bool
    chosen: str
    seconds: float
    retention: float
    put: Wording | None

    @property
    def known(self) -> bool:
        """Right, and not by a declared guess."""
        return self.outcome == "right" and not self.guessed


@dataclass(frozen=True, slots=True)
class OptionFigures:
    """How an option does: who chose it at first sight, among all who answered; and how far they know more."""

    text: str
    right: bool
    chosen: Share
    lean: Correlation | None


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of an item.

    `answers` are all that count, whatever its text was; `learners` those who met it first as it reads now, `older`
    those who met it first with another text. None stands where too few answered; `seconds` is a median.
    """

    answers: int = 0
    learners: int = 0
    older: int = 0
    known: Share | None = None
    unknown: Share | None = None
    guessed: Share | None = None
    hinted: Share | None = None
    seconds: int | None = None
    lapsed: Share | None = None
    expected: float = 0.0
    discrimination: Correlation | None = None
    options: tuple[OptionFigures, ...] = ()


def fold(text: str) -> str:
    """A text as it is compared with itself: case and blanks make no difference, everything else does."""
    return " ".join(text.casefold().split())


def wording(stem: str, options: Sequence[tuple[str, bool]], answer: str, accept: Sequence[str]) -> Wording:
    """How an item reads; of a choice item, `answer` and `accept` say nothing that its options do not."""
    answers = () if options else (answer, *accept)
    return Wording(fold(stem), frozenset((fold(text), right) for text, right in options), frozenset(map(fold, answers)))


def wording_of(item: Item) -> Wording:
    """How an item reads now."""
    return wording(item.ask, [(option.text, option.right) for option in item.options], item.answer, item.accept)


@dataclass(slots=True)
class _Count:
    answers: int = 0
    older: int = 0
    learners: int = 0
    known: int = 0
    unknown: int = 0
    guessed: int = 0
    hinted: int = 0
    returned: int = 0  # learners with later answers
    later: int = 0
    lapsed: int = 0
    expected: float = 0.0
    seconds: Counter[int] = field(default_factory=Counter)
    picks: Counter[str] = field(default_factory=Counter)


class Tally:
    """Counts answers, one learner after the other. Of each first answer it keeps 10 bytes, of the others nothing."""

    def __init__(self, library: Library) -> None:
        """For the items of `library`; answers to others only tell how much a learner knows."""
        self._items = library.items
        self._moved = library.moved_items
        self._now = {key: wording_of(item) for key, item in library.items.items()}
        self._places = {
            key: {fold(option.text): n for n, option in enumerate(item.options)} for key, item in library.items.items()
        }
        self._counts: dict[str, _Count] = {}
        self._texts: dict[tuple[str, Wording | None], int] = {}  # a number for each text that anybody has met
        self._text, self._learner = array("i"), array("i")
        self._known, self._pick = array("b"), array("b")
        self._learners = 0

    def add(self, log: Sequence[Answer]) -> None:
        """One learner's answers that count, oldest first."""
        met: dict[str, bool] = {}  # item to whether it has been known yet
        aims: dict[str, float] = {}  # the retention that its last answer was scheduled for
        stale: set[str] = set()
        back: set[str] = set()
        for answer in log:
            key = self._moved.get(answer.item, answer.item)
            count = self._counts.get(key)
            if count is None:
                count = self._counts[key] = _Count()
            count.answers += 1
            known = answer.known
            if key not in met:
                met[key] = known
                if not self._first(key, count, answer):
                    stale.add(key)
            elif key not in stale:
                if met[key]:
                    if key not in back:
                        back.add(key)
                        count.returned += 1
                    count.later += 1
                    count.lapsed += not known
                    count.expected += 1 - aims[key]
                met[key] = met[key] or known
            aims[key] = answer.retention
        self._learners += 1

    def _first(self, key: str, count: _Count, answer: Answer) -> bool:
        """Count a learner's first answer to an item; gives whether it was to the present text."""
        present = answer.put is not None and answer.put == self._now.get(key)
        self._text.append(self._texts.setdefault((key, answer.put), len(self._texts)))
        self._learner.append(self._learners)
        self._known.append(answer.known)
        self._pick.append(self._places[key].get(answer.chosen, -1) if present else -1)
        if not present:
            count.older += 1
            return False
        count.learners += 1
        count.known += answer.known
        count.unknown += answer.outcome == "unknown"
        count.guessed += answer.guessed
        count.hinted += answer.hinted
        count.seconds[min(round(answer.seconds), SECONDS_MAX)] += 1
        if answer.chosen:
            count.picks[answer.chosen] += 1
        return True

    def figures(self) -> dict[str, Figures]:
        """The figures of every item in the base."""
        leans = self._leans()
        return {key: self._of(item, self._counts.get(key, _Count()), leans) for key, item in self._items.items()}

    def _of(self, item: Item, count: _Count, leans: Mapping[tuple[str, int], Correlation]) -> Figures:
        n = count.learners
        if n < FEW:
            return Figures(count.answers, n, count.older)
        return Figures(
            answers=count.answers,
            learners=n,
            older=count.older,
            known=Share(count.known, n),
            unknown=Share(count.unknown, n),
            guessed=Share(count.guessed, n),
            hinted=Share(count.hinted, n),
            seconds=_median(count.seconds),
            lapsed=Share(count.lapsed, count.later) if count.returned >= FEW else None,
            expected=count.expected / count.later if count.later else 0.0,
            discrimination=leans.get((item.key, -1)),
            options=tuple(
                OptionFigures(
                    option.text, option.right, Share(count.picks[fold(option.text)], n), leans.get((item.key, place))
                )
                for place, option in enumerate(item.options)
            ),
        )

    def _leans(self) -> dict[tuple[str, int], Correlation]:
        """The correlations with the rest: of knowing an item (key, -1), and of choosing its option (key, place)."""
        found: dict[tuple[str, int], Correlation] = {}
        if not self._text:
            return found
        text, learner = np.frombuffer(self._text, np.intc), np.frombuffer(self._learner, np.intc)
        known, pick = np.frombuffer(self._known, np.int8), np.frombuffer(self._pick, np.int8)
        rest, enough = _rests(text, learner, known)
        order = np.argsort(text, kind="stable")
        ends = np.cumsum(np.bincount(text))
        for key, now in self._now.items():
            number = self._texts.get((key, now))
            if number is None:
                continue
            met = order[ends[number - 1] if number else 0 : ends[number]]
            met = met[enough[met]]
            if len(met) < LEARNERS_MIN:
                continue
            for place in range(-1, len(self._items[key].options)):
                chosen = known[met] if place < 0 else pick[met] == place
                if chosen.any() and not chosen.all() and np.ptp(rest[met]) > 0:
                    found[key, place] = Correlation(float(np.corrcoef(chosen, rest[met])[0, 1]), len(met))
        return found


def _rests(text: Ints, learner: Ints, known: NDArray[np.int8]) -> tuple[Floats, NDArray[np.bool_]]:
    """For each first answer: how its learner does on the others, and whether these are enough to tell.

    Args:
        text: the number of the text that was answered.
        learner: the number of who answered it.
        known: 1 or 0.
    """
    met = np.bincount(text)
    difficulty = np.bincount(text, known) / np.maximum(met, 1)
    counts = (met >= FEW)[text]  # a difficulty from fewer is mostly their own answers
    beyond = np.where(counts, known - difficulty[text], 0.0)
    others = np.bincount(learner, counts)[learner] - counts
    rest: Floats = (np.bincount(learner, beyond)[learner] - beyond) / np.maximum(others, 1)
    return rest, others >= REST_MIN


def _median(counts: Counter[int]) -> int:
    """The lower median of whole seconds."""
    half, seen = (counts.total() + 1) // 2, 0
    for seconds in sorted(counts):
        seen += counts[seconds]
        if seen >= half:
            return seconds
    return 0
