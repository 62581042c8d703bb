"""Choosing among topics and none of them: a conditional logit with an outside option (McFadden, 1974).

Contributes: one scale for everything. A topic's utility is a weighted sum of its evidence, that of "none of them" a
weighted sum of what speaks against any answer; the probability of each is its share of the exponentials. The weights
are fitted to questions of known outcome, and drawn towards given ones where a base is too small to teach them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.search.arrays import Floats

STEPS = 25  # Newton's method settles in about eight
SETTLED = 1e-6


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of known outcome.

    `evidence` (candidates, features) of the topics that come into question; `against` (counts,) what speaks for none of
    them; `right` the row of the right topic, None if none is; `weight` how much the question counts.
    """

    evidence: Floats
    against: Floats
    right: int | None
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Choice:
    """Weights: `topic` (features,) of the evidence, `none` (counts,) of what speaks against."""

    topic: Floats
    none: Floats

    def utilities(self, evidence: Floats) -> Floats:
        """The utility of each topic, (topics,), for its evidence (topics, features)."""
        utilities: Floats = evidence @ self.topic
        return utilities

    def outside(self, against: Floats) -> float:
        """The utility of none of them."""
        return float(against @ self.none)


def shares(utilities: Floats, outside: float) -> Floats:
    """The probability of each topic, (topics,); what is missing to 1 is that of none of them."""
    if not len(utilities):
        return utilities
    top = max(float(utilities.max()), outside)
    weights = np.exp(utilities - top)
    probabilities: Floats = weights / (weights.sum() + np.exp(outside - top))
    return probabilities


def fit(questions: Sequence[Asked], drawn_to: Choice, spread: Choice) -> Choice:
    """The weights under which the outcomes are likeliest, with a Gaussian prior: Newton's method on a concave function.

    Args:
        questions: of known outcome, with the same features.
        drawn_to: the prior's mean.
        spread: its standard deviations.
    """
    features = len(drawn_to.topic)
    prior = np.concatenate([drawn_to.topic, drawn_to.none])
    precision = 1.0 / np.concatenate([spread.topic, spread.none]) ** 2
    tables = [_table(asked, features, len(prior)) for asked in questions]
    rights = [len(asked.evidence) if asked.right is None else asked.right for asked in questions]
    weights = [asked.weight for asked in questions]

    def likely(theta: Floats) -> float:
        away = theta - prior
        total = -0.5 * float(away @ (precision * away))
        for rows, right, weight in zip(tables, rights, weights, strict=True):
            utility = rows @ theta
            top = float(utility.max())
            total += weight * (float(utility[right]) - top - float(np.log(np.exp(utility - top).sum())))
        return total

    theta, best = prior.copy(), likely(prior)
    for _ in range(STEPS):
        slope = -precision * (theta - prior)
        bend = np.diag(precision)
        for rows, right, weight in zip(tables, rights, weights, strict=True):
            utility = rows @ theta
            p = np.exp(utility - utility.max())
            p /= p.sum()
            mean = p @ rows
            slope += weight * (rows[right] - mean)
            bend += weight * ((rows * p[:, None]).T @ rows - np.outer(mean, mean))
        step = np.linalg.solve(bend, slope)
        share = 1.0
        while share > SETTLED and (reached := likely(theta + share * step)) <= best:
            share /= 2  # far from the top a whole step may overshoot it
        if share <= SETTLED or float(np.abs(step).max()) < SETTLED:
            break
        theta, best = theta + share * step, reached
    return Choice(theta[:features], theta[features:])


def _table(asked: Asked, features: int, width: int) -> Floats:
    """What each of a question's choices, none of them last, multiplies the weights with."""
    rows = np.zeros((len(asked.evidence) + 1, width))
    rows[:-1, :features] = asked.evidence
    rows[-1, features:] = asked.against
    return rows
