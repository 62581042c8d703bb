"""Waiting before the next try, longer each time."""

from __future__ import annotations

import random
from collections.abc import Iterator


def waits(first: float = 1.0, longest: float = 30.0) -> Iterator[float]:
    """Seconds to wait before each further try: doubled each time, halved at most by jitter, without end."""
    full = first
    while True:
        yield full * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, guards nothing
        full = min(longest, full * 2)
