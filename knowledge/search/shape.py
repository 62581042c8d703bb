"""The shape of a question: does it ask about a job or about a topic, and does it lean on the topic before?

Contributes: careers rise for "how do I become", "salary", "person who", and fall a little elsewhere; a question
without a subject of its own ("why does it matter?") is about the last topic.

Its share: 6 points of top-1 on the questions about the first fifteen topics, a third of which ask about jobs; nothing
on bases without careers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.search.language import Language

OPENING = 3  # words at the start of a question that say what it asks for
ASKED = 2  # words of "what is"


@dataclass(frozen=True, slots=True)
class Shape:
    """What a question leans to.

    `career`: it asks about a job (0: no; 0.5: "salary", "become", "who"; 1: opens with "job" or "role"). `leaning`: it
    says "it". `elliptical`: it says nothing else, so that the last topic must be meant.
    """

    career: float
    leaning: bool
    elliptical: bool


def shape(found: Sequence[str], language: Language) -> Shape:
    """The shape of a question, from its words."""
    asked = any(word in language.jobs and _bare(found, at, language) for at, word in enumerate(found[:OPENING]))
    career = 1.0 if asked else 0.5 if any(word in language.careers for word in found) else 0.0
    leaning = any(word in language.anaphors for word in found)
    said = any(word not in language.frames and word not in language.stops for word in found)
    return Shape(career, leaning, leaning and not said)


def _bare(found: Sequence[str], at: int, language: Language) -> bool:
    """Whether nothing but function words stand before: after "nightly", say, a job is as often a batch job."""
    return all(word in language.stops or word in language.frames or word in language.jobs for word in found[:at])


def addressed(found: Sequence[str], language: Language) -> bool:
    """Whether a message wants something of its reader's own: "show me your keys", "what is your password".

    Where a question word stands elsewhere "your" is anybody's: "how do you protect your keys".

    Of 100 orders to Tutor, written apart from this code (tests/golden/told.jsonl), 25 were answered with a topic before
    search looked for this, 12 since.
    """
    at = next((at for at, word in enumerate(found) if word in language.yours), None)
    if at is None:
        return False
    asked = found[at:] if _asks_for_it(found[:at], language) else found
    return not any(word in language.asking for word in asked)


def _asks_for_it(before: Sequence[str], language: Language) -> bool:
    """Whether nothing but "what is" or "where are" stands before "your"."""
    return len(before) == ASKED and all(word in language.asking for word in before)
