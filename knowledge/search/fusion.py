"""One probability per topic from all evidence, and one that none of them is meant.

Contributes: what the evidence is worth before a base has taught anything (`learn` does that), and how the shape of a
question and the conversation's last topic shift probability between topics.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from knowledge.model import Library
from knowledge.search.arrays import Floats
from knowledge.search.logit import Choice, shares
from knowledge.search.shape import Shape

MEANT = ("together", "nearest")  # evidence that the model gives: cosine to all phrases of a topic, to the nearest
LEXICAL = ("letters", "texts", "covered", "mentions")
AGAINST = ("always", "unheard", "elsewhere", "unknown", "alone", "addressed")

# Where fitting starts and what it is drawn to, in units of log odds, in the order of the names above.
WITH_MODEL = Choice(np.array([16.0, 4.0, 4.0, 2.0, 2.0, 3.0]), np.array([8.0, 2.0, 1.0, 1.0, 4.0, 4.0]))
WITHOUT_MODEL = Choice(np.array([12.0, 6.0, 5.0, 8.0]), np.array([5.0, 3.0, 1.0, 1.0, 4.0, 4.0]))
FREEDOM = 0.3  # how freely a weight may leave: its standard deviation, as a share of it
HELD = 0.08  # that of the letters: their worth shows in misspellings, and a base's own phrases have none
OPEN = 2.0  # of "addressed": a base for small talk is asked what is its own, and its phrases tell
FREE = 1.0  # of "always", which stands for the base's own level, in log odds

CAREER, ELSEWHERE = 3.0, 0.4  # a career rises by this where a job is asked for, and falls a little elsewhere
LAST, LAST_LEANING = 0.15, 1.0  # the last topic's family: breaks ties; more where the question says "it"


def spread(prior: Choice) -> Choice:
    """The standard deviations of the prior around these weights."""
    topic, none = FREEDOM * prior.topic, FREEDOM * prior.none
    letters = len(topic) - len(LEXICAL)
    topic[letters] = HELD * prior.topic[letters]
    none[0] = FREE
    none[-1] = OPEN
    return Choice(topic, none)


@dataclass(frozen=True, slots=True)
class Scored:
    """A topic (counted in library order), its probability, and that of its whole family."""

    topic: int
    probability: float
    family: float


class Families:
    """Which topics belong together: `head` gives a topic's head (what it is part of, or itself), `of` all of a head."""

    def __init__(self, library: Library) -> None:
        numbers = {id: number for number, id in enumerate(library.topics)}
        topics = list(library.topics.values())
        self.head = np.array([numbers.get(topic.part_of or topic.id, numbers[topic.id]) for topic in topics], np.int64)
        self.careers = np.array([topic.kind == "career" for topic in topics], bool)
        self.of: dict[int, tuple[int, ...]] = {}
        for number, head in enumerate(self.head.tolist()):
            self.of[head] = (*self.of.get(head, ()), number)


def leanings(families: Families, shape: Shape, last: int | None, rivals: Collection[int] = ()) -> Floats:
    """What the shape of a question and the last topic add to each topic's utility, (topics,).

    `rivals` are careers called nearly like a topic that the question names.
    """
    lean = np.zeros(len(families.head))
    if families.careers.any():
        lean[families.careers] = CAREER * shape.career if shape.career else -ELSEWHERE
        if not shape.career:
            lean[list(rivals)] -= CAREER
    if last is not None:
        lean[families.head == families.head[last]] += LAST_LEANING if shape.leaning else LAST
    return lean


def rank(utilities: Floats, outside: float, lean: Floats, families: Families, limit: int) -> list[Scored]:
    """The likeliest topics, best first; ties in library order.

    What a question merely leans to shifts probability between topics, never from "none of them" to a topic.
    """
    if not len(utilities):
        return []
    leaning = utilities + lean
    p = shares(leaning, outside + max(0.0, float(lean[int(np.argmax(leaning))])))
    together = np.bincount(families.head, p, len(p))
    best = [topic for topic in np.argsort(-p, kind="stable")[:limit].tolist() if p[topic] > 0.0]
    return [Scored(t, float(p[t]), float(together[families.head[t]])) for t in best]
