"""Remembers the platform servers that a test used, so that none of its calls goes unjudged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Platform(Protocol):
    """A local platform server."""

    @property
    def refused(self) -> Sequence[object]:
        """Calls that broke a rule of the platform."""
        ...


used: list[Platform] = []
