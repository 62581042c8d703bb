"""Search as JSON lines: what `tutor knowledge match` and `tutor ask --json` print."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from knowledge.model import Found, Library


def timed(library: Library, question: str) -> tuple[Found, float]:
    """What search makes of a question, and how long the search alone took, in milliseconds."""
    began = perf_counter()
    found = library.find(question)
    return found, (perf_counter() - began) * 1000


def as_record(found: Found, ms: float) -> dict[str, Any]:
    """The record that others rely on: question, decision, confidence, at most five matches, ms."""
    return {
        "question": found.question,
        "decision": found.decision,
        "confidence": round(found.confidence, 6),
        "matches": [{"id": m.id, "part_of": m.part_of, "score": round(m.score, 6)} for m in found.matches[:5]],
        "ms": round(ms, 3),
    }
