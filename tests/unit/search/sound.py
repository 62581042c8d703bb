"""What holds of every answer that search gives, whatever was asked."""

from __future__ import annotations

from itertools import pairwise
from math import isfinite, log

import pytest

from knowledge.search.finder import MATCHES, SHOWN, SUGGEST, Finder


def check(find: Finder, text: str, last: str | None) -> None:
    """Bounds, order, and that the explanation is of this very answer."""
    found, trace = find(text, last), find.explain(text, last)
    assert trace.found == found

    scores = [match.score for match in found.matches]
    assert 0.0 <= found.confidence <= 1.0
    assert len({match.id for match in found.matches}) == len(scores) <= MATCHES
    assert scores == sorted(scores, reverse=True)
    assert all(0.0 <= score <= 1.0 for score in scores)

    assert [(seen.topic, seen.score) for seen in trace.seen] == [(m.id, m.score) for m in found.matches[:SHOWN]]
    assert all(isfinite(part) for seen in trace.seen for part in seen.parts.values())
    assert all(isfinite(part) for part in trace.against.values())
    assert all(isfinite(spent) and spent >= 0.0 for spent in trace.spent.values())
    assert bool(trace.named) == (trace.why in ("named", "named after repair"))
    offered_below = trace.found.decision == "suggest" and trace.found.confidence < SUGGEST
    assert offered_below == (trace.why in ("mentioned", "leaning"))  # the sentence gives another reason than the number

    ahead = len(trace.named) or int(trace.why == "follow-up")
    weighed = [(seen.score, sum(seen.parts.values())) for seen in trace.seen[ahead:]]
    for (higher, more), (lower, less) in pairwise(weighed):
        assert more >= less - 1e-9
        if lower > 0.01:  # what is printed of it is exact enough: the parts are log odds
            assert log(higher / lower) == pytest.approx(more - less, abs=1e-3)
