"""Choosing among topics and none of them: the weights that explain questions of known outcome."""

import numpy as np
import pytest

from knowledge.search.logit import Asked, Choice, fit, shares

PRIOR = Choice(np.array([1.0, 1.0]), np.array([0.0]))
LOOSE = Choice(np.array([10.0, 10.0]), np.array([10.0]))
TIGHT = Choice(np.array([0.01, 0.01]), np.array([0.01]))


def questions(size: int, seed: int = 7) -> list[Asked]:
    """Three topics and two kinds of evidence: the first tells the right topic, the second is noise."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(size):
        evidence = rng.random((3, 2))
        right = int(np.argmax(evidence[:, 0] + 0.1 * rng.standard_normal(3)))
        covered = bool(evidence[right, 0] > 0.6)
        made.append(Asked(evidence, np.array([1.0]), right if covered else None, 1.0 + number % 2))
    return made


def test_shares_sum_to_one_with_none_of_them() -> None:
    p = shares(np.array([1.0, 2.0, 3.0]), 2.0)

    assert p[1] == pytest.approx(1.0 - p.sum())  # none of them is as likely as a topic of the same utility
    assert p[2] / p[0] == pytest.approx(np.exp(2))


@pytest.mark.parametrize("size", [1e3, -1e3, 1e-300])
def test_shares_of_extreme_utilities_are_still_numbers(size: float) -> None:
    p = shares(np.array([size, 0.0]), 0.0)

    assert np.isfinite(p).all()
    assert 0.0 <= float(p.sum()) <= 1.0


def test_no_topics_have_no_shares() -> None:
    assert len(shares(np.zeros(0), 1.0)) == 0


def test_fitting_finds_the_evidence_that_tells() -> None:
    found = fit(questions(300), PRIOR, LOOSE)

    assert found.topic[0] > 5 * abs(found.topic[1])
    assert found.none[0] > 0.3 * found.topic[0]  # what says little for every topic is covered by none


def test_the_slope_of_the_likelihood_is_flat_where_fitting_ends() -> None:
    asked = questions(120)
    found = fit(asked, PRIOR, LOOSE)

    def loss(theta: np.ndarray) -> float:
        away = (theta - np.array([1.0, 1.0, 0.0])) / 10.0
        total = 0.5 * float(away @ away)
        for one in asked:
            utilities = np.append(one.evidence @ theta[:2], theta[2])
            right = 3 if one.right is None else one.right
            total -= one.weight * float(utilities[right] - np.log(np.exp(utilities).sum()))
        return total

    theta = np.concatenate([found.topic, found.none])
    for axis in np.eye(3):
        slope = (loss(theta + 1e-4 * axis) - loss(theta - 1e-4 * axis)) / 2e-4
        assert abs(slope) < 1e-2


def test_a_tight_prior_holds_the_weights_and_no_questions_leave_them() -> None:
    held = fit(questions(50), PRIOR, TIGHT)

    assert np.abs(held.topic - PRIOR.topic).max() < 0.05
    assert fit([], PRIOR, LOOSE).topic.tolist() == PRIOR.topic.tolist()


def test_questions_that_one_kind_of_evidence_parts_wholly_do_not_run_away() -> None:
    parted = [Asked(np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([1.0]), 0) for _ in range(2000)]
    found = fit(parted, PRIOR, LOOSE)

    assert np.isfinite(found.topic).all()
    assert found.topic[0] < 200


def test_weight_counts_as_often_as_the_question_was_asked() -> None:
    asked = questions(40)
    doubled = [Asked(one.evidence, one.against, one.right, 2 * one.weight) for one in asked]

    assert fit(doubled, PRIOR, LOOSE).topic == pytest.approx(fit(asked + asked, PRIOR, LOOSE).topic, rel=1e-4)
