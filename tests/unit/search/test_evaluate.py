"""The figures of a question set, held to their definitions written out the long way."""

from __future__ import annotations

import json
from collections.abc import Sequence
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as some

from knowledge.model import Decision, Found, Match
from knowledge.search.evaluate import Figures, Outcome, Question, Share, auroc, figures, misses

TOPICS = ("skill/a", "concept/b", "concept/c")


def outcome(
    confidence: float,
    *ids: str,
    expect: Sequence[str] = (),
    decision: Decision = "suggest",
    part_of: str | None = None,
    kind: str = "",
    ms: float = 1.0,
) -> Outcome:
    matches = tuple(Match(id, 0.5, part_of) for id in ids)
    return Outcome(Question("q", frozenset(expect), kind, 1), Found("q", decision, confidence, matches), ms)


OUTCOMES = some.lists(
    some.builds(
        lambda confidence, ids, expect, decision, kind, ms: outcome(
            confidence / 8, *ids, expect=expect, decision=decision, kind=kind, ms=ms
        ),
        some.integers(0, 8),  # few steps, so that confidences tie
        some.permutations(TOPICS).map(lambda ids: ids[:2]),
        some.sampled_from([(), ("skill/a",), ("concept/b", "concept/c")]),
        some.sampled_from(["answer", "suggest", "unknown"]),
        some.sampled_from(["", "typo"]),
        some.floats(0, 9, allow_nan=False),
    ),
    max_size=40,
)


@given(OUTCOMES)
def test_every_figure_is_what_it_is_said_to_be(outcomes: list[Outcome]) -> None:
    inside = [o for o in outcomes if o.question.expect]
    outside = [o for o in outcomes if not o.question.expect]
    found = figures(outcomes)
    right = [o for o in inside if o.found.matches[0].id in o.question.expect]
    assert found.top_1 == Share(len(right), len(inside))
    assert found.top_3 == Share(
        sum(any(m.id in o.question.expect for m in o.found.matches) for o in inside), len(inside)
    )
    if inside and outside:
        pairs = [(o.found.confidence, p.found.confidence) for o in inside for p in outside]
        assert found.auroc == round(100 * sum((a > b) + (a == b) / 2 for a, b in pairs) / len(pairs), 1)
        assert found.threshold is not None
        assert found.in_90 == Share(sum(o.found.confidence > found.threshold for o in right), len(inside))
        refused = sum(o.found.confidence <= found.threshold for o in outside)
        assert refused >= 0.9 * len(outside)
    else:
        assert (found.auroc, found.in_90, found.threshold) == (None, None, None)
    assert found.answered_out_of_scope.part == sum(o.found.decision == "answer" for o in outside)
    assert found.answered_wrongly.part == sum(o.found.decision == "answer" and o not in right for o in inside)
    assert sum(found.decisions.values()) == len(outcomes)
    assert sum(share.whole for share in found.kinds.values()) == len(inside)
    assert sum(share.part for share in found.kinds.values()) == len(right)
    assert sum(map(len, misses(outcomes).values())) == len(inside) - len(right) + found.answered_out_of_scope.part


def test_a_concept_counts_for_what_it_is_part_of_and_never_the_other_way() -> None:
    assert outcome(0.5, "concept/b", part_of="skill/a", expect=["skill/a"]).right()
    assert not outcome(0.5, "skill/a", expect=["concept/b"]).right()
    assert not outcome(0.5, "skill/a", "concept/b", expect=["concept/b"]).right()
    assert outcome(0.5, "skill/a", "concept/b", expect=["concept/b"]).right(3)
    assert not outcome(0.0, expect=["skill/a"]).right(3), "nothing found"


def test_in_90_by_hand() -> None:
    """Ten questions out of scope at 0.00 to 0.09: the threshold is the highest, and one as sure as that is refused."""
    outside = [outcome(n / 100) for n in range(10)]
    inside = [outcome(c, id, expect=["skill/a"]) for c, id in ((0.09, "skill/a"), (0.1, "skill/a"), (0.9, "concept/b"))]
    found = figures([*outside, *inside])
    assert (found.threshold, found.in_90) == (0.09, Share(1, 3))
    assert found.auroc == round(100 * 29.5 / 30, 1)


@pytest.mark.parametrize(
    ("inside", "outside", "expected"),
    [([0.9], [0.1], 100.0), ([0.1], [0.9], 0.0), ([0.5], [0.5], 50.0), ([], [0.5], None), ([0.5], [], None)],
)
def test_auroc_at_its_ends(inside: list[float], outside: list[float], expected: float | None) -> None:
    assert auroc(inside, outside) == expected


def test_confidences_that_print_alike_tie() -> None:
    outcomes = [outcome(0.12345649, "skill/a", expect=["skill/a"]), outcome(0.12345651)]
    assert figures(outcomes).auroc == 0.0
    assert figures([outcomes[0], outcome(0.12345621)]).auroc == 50.0


def test_nothing_and_only_out_of_scope() -> None:
    nothing = figures([])
    assert nothing == Figures(0, 0, Share(0, 0), Share(0, 0), None, None, None, {}, {}, None, None)
    assert nothing.top_1.percent is None
    only = figures([outcome(0.6, "skill/a", decision="answer"), outcome(0.1)])
    assert (only.top_1.percent, only.auroc, only.in_90) == (None, None, None)
    assert only.answered_out_of_scope.percent == 50.0


def test_times_are_of_all_questions() -> None:
    found = figures([outcome(0.5, ms=ms) for ms in range(100, 0, -1)])
    assert (found.p50, found.p99) == (51, 100)


def test_misses_are_by_kind_in_the_order_of_the_file() -> None:
    wrong = [outcome(n / 10, "skill/a", expect=["concept/b"], kind=kind) for n, kind in enumerate(("x", "y", "x"))]
    answered = outcome(0.9, "skill/a", decision="answer", kind="y")
    fine = outcome(0.9, "skill/a", kind="y"), outcome(0.9, "skill/a", expect=["skill/a"], decision="unknown")
    assert misses([*wrong, *fine, answered]) == {"x": [wrong[0], wrong[2]], "y": [wrong[1], answered]}


def test_ten_thousand_questions_of_as_many_kinds_take_no_time() -> None:
    outcomes = [outcome(n / 10_000, "skill/a", expect=["skill/a"][: n % 2], kind=json.dumps(n)) for n in range(10_000)]
    began = perf_counter()
    figures(outcomes)
    misses(outcomes)
    assert perf_counter() - began < 2
