"""Errors of the store that a person can mend."""

from __future__ import annotations

from knowledge.errors import TutorError


class StoreError(TutorError):
    """The database cannot be used as it is: the text says where, what and how to mend it."""
