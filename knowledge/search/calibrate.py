"""From a raw score to a confidence, learned from the base itself.

Contributes: the probability that the best match is right, from the base's own phrases asked one by one while held out
of the index (in scope), the same phrases with their topic's whole family taken away (near the domain, not covered) and
everyday probes (far from it). Two numbers are fitted, drawn towards defaults where a base is too small to teach them.
No test set is involved; thresholds on the probability are the same for every base.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

ANSWER, SUGGEST = 0.5, 0.1  # probability that the best match is right, from which to answer, and to offer choices
SLOPE, OFFSET = 12.0, -3.6  # where fitting starts and what it is drawn to: even odds at a raw score of 0.3
DRAWN = 4.0  # how many sampled questions the drawing weighs
STEPS = 40  # Newton's method settles in about ten


@dataclass(frozen=True, slots=True)
class Sample:
    """A question of known outcome: its raw score, whether its best match was right, and how much it counts."""

    raw: float
    right: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """confidence = 1 / (1 + exp(-(slope * raw + offset)))."""

    slope: float = SLOPE
    offset: float = OFFSET

    def confidence(self, raw: float) -> float:
        """The probability, 0..1, that a best match with this raw score is right."""
        return 1.0 / (1.0 + exp(-max(-30.0, min(30.0, self.slope * raw + self.offset))))


def fit(samples: list[Sample]) -> Calibration:
    """The logistic curve through the samples (Platt, 1999): Newton's method, with a Gaussian prior on the defaults."""
    slope, offset = SLOPE, OFFSET
    for _ in range(STEPS):
        drawn_slope, drawn_offset = DRAWN / SLOPE**2, DRAWN / OFFSET**2
        g0, g1 = drawn_slope * (slope - SLOPE), drawn_offset * (offset - OFFSET)
        h00, h01, h11 = drawn_slope, 0.0, drawn_offset
        curve = Calibration(slope, offset)
        for sample in samples:
            p = curve.confidence(sample.raw)
            error, spread = sample.weight * (p - sample.right), sample.weight * max(p * (1 - p), 1e-6)
            g0 += error * sample.raw
            g1 += error
            h00 += spread * sample.raw * sample.raw
            h01 += spread * sample.raw
            h11 += spread
        determinant = h00 * h11 - h01 * h01
        # a full step may overshoot where the samples are nearly separable: half of the defaults at most
        slope -= max(-SLOPE / 2, min(SLOPE / 2, (h11 * g0 - h01 * g1) / determinant))
        offset -= max(OFFSET / 2, min(-OFFSET / 2, (h00 * g1 - h01 * g0) / determinant))
    return Calibration(max(slope, 1.0), offset)
