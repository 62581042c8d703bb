"""How well a base answers a set of questions: the figures, from what search made of each. Pure; no files, no clock.

The definitions are those that searches are compared by: a match counts as right when its id, or the topic it is part
of, is among those expected; AUROC is the chance that a question in scope is surer than one out of scope; in@90 is what
is left of the right answers under a threshold that refuses nine in ten questions out of scope.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from knowledge.model import Decision, Found

FEW = 3  # how many of the first matches top-3 looks at
REFUSED = 0.9  # the share of out-of-scope questions that in@90's threshold refuses
DIGITS = 6  # of a confidence: as many as `tutor knowledge match` prints, so that both compare the same numbers


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the full ids of the topics that may answer it; none: the base does not cover it.

    `line` and `column` count from 1 in the file that it was read from.
    """

    text: str
    expect: frozenset[str] = frozenset()
    kind: str = ""
    line: int = 0
    column: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What search made of a question, and how long that took, in milliseconds."""

    question: Question
    found: Found
    ms: float

    def right(self, first: int = 1) -> bool:
        """Whether one of the `first` matches is among those expected; never for a question out of scope."""
        expect = self.question.expect
        return any(match.id in expect or match.part_of in expect for match in self.found.matches[:first])

    @property
    def confidence(self) -> float:
        """The confidence, as precise as it is printed."""
        return round(self.found.confidence, DIGITS)

    @property
    def missed(self) -> bool:
        """Whether a curator should look at it: another topic comes first, or what is out of scope was answered."""
        return not self.right() if self.question.expect else self.found.decision == "answer"


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def percent(self) -> float | None:
        """In percent, to one decimal; None of nothing."""
        return round(100 * self.part / self.whole, 1) if self.whole else None


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one set.

    `in_scope` and `out_of_scope` count questions; `auroc` is in percent, to one decimal, and like `in_90` and
    `threshold` None unless there are questions of both sorts; `decisions` counts (decision, right) in scope and
    (decision, None) out of scope; `kinds` has the top-1 of each kind of question in scope; `p50` and `p99` are
    milliseconds, None of nothing.
    """

    in_scope: int
    out_of_scope: int
    top_1: Share
    top_3: Share
    auroc: float | None
    in_90: Share | None
    threshold: float | None
    decisions: Mapping[tuple[Decision, bool | None], int]
    kinds: Mapping[str, Share]
    p50: float | None
    p99: float | None

    @property
    def answered_wrongly(self) -> Share:
        """Questions in scope that another topic was given for as the answer."""
        return Share(self.decisions.get(("answer", False), 0), self.in_scope)

    @property
    def answered_out_of_scope(self) -> Share:
        """Questions out of scope that were answered as if the base covered them."""
        return Share(self.decisions.get(("answer", None), 0), self.out_of_scope)


def figures(outcomes: Sequence[Outcome]) -> Figures:
    """The figures of these outcomes."""
    inside = [outcome for outcome in outcomes if outcome.question.expect]
    outside = [outcome for outcome in outcomes if not outcome.question.expect]
    refused = sorted(outcome.confidence for outcome in outside)
    threshold = refused[int(REFUSED * len(refused))] if inside and refused else None
    return Figures(
        in_scope=len(inside),
        out_of_scope=len(outside),
        top_1=_share(outcome.right() for outcome in inside),
        top_3=_share(outcome.right(FEW) for outcome in inside),
        auroc=auroc([outcome.confidence for outcome in inside], refused),
        in_90=None if threshold is None else _share(o.right() and o.confidence > threshold for o in inside),
        threshold=threshold,
        decisions=Counter((o.found.decision, o.right() if o.question.expect else None) for o in outcomes),
        kinds={kind: _share(outcome.right() for outcome in alike) for kind, alike in _by_kind(inside).items()},
        p50=_quantile([outcome.ms for outcome in outcomes], 0.5),
        p99=_quantile([outcome.ms for outcome in outcomes], 0.99),
    )


def auroc(inside: Iterable[float], outside: Iterable[float]) -> float | None:
    """How often a confidence in scope is above one out of scope, in percent to one decimal; ties count half.

    None unless there are some of both.
    """
    above, below = list(inside), sorted(outside)
    if not above or not below:
        return None
    twice = sum(bisect_left(below, one) + bisect_right(below, one) for one in above)  # ties counted once, wins twice
    return round(100 * (twice / 2 / (len(above) * len(below))), 1)


def misses(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    """The outcomes that a curator should look at, by kind of question, both in the order of the file."""
    return _by_kind(outcome for outcome in outcomes if outcome.missed)


def _by_kind(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    found: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        found.setdefault(outcome.question.kind, []).append(outcome)
    return found


def _share(hits: Iterable[bool]) -> Share:
    counted = Counter(hits)
    return Share(counted[True], counted.total())


def _quantile(values: list[float], share: float) -> float | None:
    return sorted(values)[int(share * len(values))] if values else None
