"""What the base's own phrases teach: how much each kind of evidence weighs, and how sure a probability may be.

Contributes: weights and a curve for each base, from phrases asked one by one while held out (in scope), the same with
their topic's whole family taken away (near the domain, not covered) and everyday probes (far from it). No test set is
involved. Weights come from the first and the last, or the second where a language has no probes; the curve from all
three.

Its share, against the weights that fitting starts from: 1.0 points of top-1 and 5.8 of in@90 on the shipped base, 0.3
and 1.1 on CLINC150.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import log

import numpy as np

from knowledge.search import fusion
from knowledge.search.arrays import Floats
from knowledge.search.evidence import Looked, Scales, Vector
from knowledge.search.index import Phrase
from knowledge.search.language import Language
from knowledge.search.logit import Asked, Choice, fit, shares
from knowledge.search.normalise import words

SAMPLES = 240  # phrases asked; more move the weights little and cost time
CANDIDATES = 24  # topics that come into question for a sample
IN_SCOPE, NEAR, FAR = 0.6, 0.15, 0.25  # assumed shares of questions: covered, near the domain, far from it
TINY = 1e-6  # probabilities are kept this far from 0 and 1

STRAIGHT = Choice(np.array([1.0]), np.array([0.0]))
CURVED = Choice(np.array([0.15]), np.array([0.4]))  # how freely the curve may leave the straight line


@dataclass(frozen=True, slots=True)
class Weights:
    """What was learned: the weights of the evidence, and the curve from a probability's log odds to confidence."""

    choice: Choice
    curve: Choice

    def confidence(self, probability: float) -> float:
        """How sure Tutor may be of a family of topics that evidence gives this probability."""
        return float(shares(_odds(probability) * self.curve.topic, float(self.curve.none[0]))[0])


@dataclass(frozen=True, slots=True)
class _Sample:
    looked: Looked
    evidence: Floats
    topic: int | None  # the right one; None if no topic is


def learn(scales: Scales, language: Language, embed: Callable[[str], Vector] | None) -> Weights:
    """The weights for one base; with the model's evidence if `embed` is there."""
    prior = fusion.WITHOUT_MODEL if embed is None else fusion.WITH_MODEL
    inside = list(_inside(scales, embed is not None))
    outside = list(_outside(scales, language, embed)) if inside else []
    if not inside:
        return Weights(prior, STRAIGHT)
    far = FAR / IN_SCOPE * len(inside) / max(1, len(outside))
    asked = [_asked(scales, sample, prior, 1.0) for sample in inside]
    asked += [_asked(scales, sample, prior, far) for sample in outside]
    if not outside:  # a language without probes: nothing is farther away than the rest of the base
        asked += [_asked(scales, sample, prior, FAR / IN_SCOPE, held=False) for sample in inside]
    choice = fit(asked, prior, fusion.spread(prior))

    heads = scales.families.head
    known: list[Asked] = []
    for sample in inside:
        best, p = _best(scales, sample, choice)
        own = int(heads[sample.topic])
        known.append(_point(p, best is not None and int(heads[best]) == own, 1.0))
        _, p = _best(scales, sample, choice, without=own)
        known.append(_point(p, False, NEAR / IN_SCOPE))
    known += [_point(_best(scales, sample, choice)[1], False, far) for sample in outside]
    return Weights(choice, fit(known, STRAIGHT, CURVED))


def _inside(scales: Scales, model: bool) -> Iterator[_Sample]:
    for number, phrase in _spread(scales.index.phrases, SAMPLES):
        looked = scales.look_without(phrase)
        if model and scales.vectors is not None:
            yield _Sample(looked, scales.all(looked, scales.vectors.phrase(number), number), phrase.topic)
        else:
            yield _Sample(looked, scales.lexical(looked), phrase.topic)


def _outside(scales: Scales, language: Language, embed: Callable[[str], Vector] | None) -> Iterator[_Sample]:
    for line in language.probes:
        said = words(line, language)
        looked = scales.look(said)
        evidence = scales.all(looked, embed(" ".join(said))) if embed is not None else scales.lexical(looked)
        yield _Sample(looked, evidence, None)


def _asked(scales: Scales, sample: _Sample, prior: Choice, weight: float, held: bool = True) -> Asked:
    """A sample with the topics that come into question for it; not `held`: as if its topic's family did not exist."""
    rows = np.argsort(-prior.utilities(sample.evidence), kind="stable")
    heads = scales.families.head
    if not held and sample.topic is not None:
        rows = rows[heads[rows] != heads[sample.topic]]
    rows = rows[:CANDIDATES]
    counts = scales.against(sample.looked, int(rows[0])) if len(rows) else np.eye(len(fusion.AGAINST))[0]
    if sample.topic is None or not held:
        return Asked(sample.evidence[rows], counts, None, weight)
    if sample.topic not in rows:
        rows = np.append(rows[:-1], sample.topic)
    return Asked(sample.evidence[rows], counts, int(np.flatnonzero(rows == sample.topic)[0]), weight)


def _best(scales: Scales, sample: _Sample, choice: Choice, without: int | None = None) -> tuple[int | None, float]:
    """The likeliest topic and the probability of its family, maybe without the topics of one head."""
    heads = scales.families.head
    topics = np.arange(len(heads)) if without is None else np.flatnonzero(heads != without)
    if not len(topics):
        return None, 0.0
    utilities = choice.utilities(sample.evidence[topics])
    best = int(topics[np.argmax(utilities)])
    p = shares(utilities, choice.outside(scales.against(sample.looked, best)))
    return best, float(p[heads[topics] == heads[best]].sum())


def _point(probability: float, right: bool, weight: float) -> Asked:
    return Asked(np.array([[_odds(probability)]]), np.array([1.0]), 0 if right else None, weight)


def _odds(probability: float) -> float:
    kept = min(1.0 - TINY, max(TINY, probability))
    return log(kept / (1.0 - kept))


def _spread(phrases: Sequence[Phrase], size: int) -> list[tuple[int, Phrase]]:
    """At most `size` phrases from the whole base: questions if there are enough, for names are too easy.

    Drawn by a hash of their words, so that one phrase more in the base changes one sample at most, and hardly a weight.
    """
    asked = [(number, phrase) for number, phrase in enumerate(phrases) if phrase.kind != "said"]
    questions = [(number, phrase) for number, phrase in asked if phrase.kind == "question"]
    pool = questions if len(questions) >= size // 2 else asked
    drawn = sorted(pool, key=lambda one: _draw(one[1]))[:size]
    return sorted(drawn, key=lambda one: one[0])


def _draw(phrase: Phrase) -> bytes:
    return blake2b(" ".join(phrase.words).encode(), digest_size=8).digest()
