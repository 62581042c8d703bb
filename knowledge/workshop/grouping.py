"""Questions that ask for the same, put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from knowledge.model import Library
from knowledge.search import Meaning

# Read off groups of declined questions: lower values put different wishes together, higher ones part paraphrases.
MEANT_ALIKE = 0.6  # cosine of two sentences
SPELLED_ALIKE = 80  # fuzz.token_set_ratio

Alike = Callable[[Sequence[str]], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Gap:
    """A question that was declined ("unknown"), suggested on ("suggest") or answered wrongly ("rejected").

    `nearest` are the topics that came nearest when it was asked; `id` is "" for one that no database holds.
    """

    id: str
    text: str
    decision: str = "unknown"
    nearest: tuple[str, ...] = ()
    count: int = 1
    last: datetime | None = None


def grouped(gaps: Sequence[Gap], alike: Alike) -> list[tuple[Gap, ...]]:
    """The gaps in groups, the most asked group first; in each, the most asked question first and leading.

    A question joins the first group whose leading question it is like, so that groups do not grow into chains.
    """
    ranked = sorted(gaps, key=lambda gap: (-gap.count, gap.text))
    same = alike([gap.text for gap in ranked])
    groups: list[list[int]] = []
    for n in range(len(ranked)):
        home = next((group for group in groups if same[group[0], n]), None)
        if home is None:
            groups.append([n])
        else:
            home.append(n)
    found = [tuple(ranked[n] for n in group) for group in groups]
    return sorted(found, key=lambda group: (-sum(gap.count for gap in group), group[0].text))


def by_meaning(meaning: Meaning, remember: int = 0) -> Alike:
    """Alike is what means the same to the model; of so many texts it remembers what they mean."""
    embed = lru_cache(maxsize=remember)(meaning.embed) if remember else meaning.embed

    def alike(texts: Sequence[str]) -> NDArray[np.bool_]:
        if not texts:
            return np.zeros((0, 0), bool)
        vectors = np.stack([embed(text) for text in texts])
        same: NDArray[np.bool_] = vectors @ vectors.T >= MEANT_ALIKE
        return same

    return alike


def by_spelling(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Alike is what has the same words, in any order: where there is no model."""
    if not texts:
        return np.zeros((0, 0), bool)
    folded = [text.casefold() for text in texts]
    same: NDArray[np.bool_] = process.cdist(folded, folded, scorer=fuzz.token_set_ratio) >= SPELLED_ALIKE
    return same


def answers(library: Library, gap: Gap) -> bool:
    """Whether the base answers a question by now, and not with what was rejected when it was asked."""
    found = library.find(gap.text)
    again = gap.decision == "rejected" and gap.nearest[:1] == (found.matches[0].id if found.matches else "",)
    return found.decision == "answer" and not again
