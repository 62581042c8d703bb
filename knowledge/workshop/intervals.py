"""Shares and correlations, with how far they can be trusted: intervals that hold the true value 95 times in 100.

Wilson's for shares (1927), which small numbers and shares near 0 or 1 ask for (Brown, Cai and DasGupta 2001,
Statistical Science 16); Fisher's z for correlations (1921).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

Z = 1.96
_LIMIT = 0.999999  # the interval of a perfect correlation has no ends


@dataclass(frozen=True, slots=True)
class Share:
    """`count` out of `of`."""

    count: int
    of: int

    @property
    def share(self) -> float:
        """Between 0 and 1; 0 of nothing."""
        return self.count / self.of if self.of else 0.0

    @property
    def low(self) -> float:
        """The lower end of Wilson's interval."""
        return self._middle - self._half

    @property
    def high(self) -> float:
        """The upper end of Wilson's interval; 1 of nothing."""
        return self._middle + self._half

    @property
    def _middle(self) -> float:
        return (self.count + Z * Z / 2) / (self.of + Z * Z)

    @property
    def _half(self) -> float:
        p, n = self.share, self.of
        return Z * math.sqrt(n * p * (1 - p) + Z * Z / 4) / (n + Z * Z)


@dataclass(frozen=True, slots=True)
class Correlation:
    """`r` over `of` learners (four at least)."""

    r: float
    of: int

    @property
    def low(self) -> float:
        """The lower end of the interval."""
        return math.tanh(self._z - Z / math.sqrt(self.of - 3))

    @property
    def high(self) -> float:
        """The upper end of the interval."""
        return math.tanh(self._z + Z / math.sqrt(self.of - 3))

    @property
    def _z(self) -> float:
        return math.atanh(max(-_LIMIT, min(_LIMIT, self.r)))
