"""Postings in arrays, and TF-IDF over them: cosines of a question to the phrases of each topic taken together.

Contributes nothing by itself; `index` has two such spaces, of letters and of stems. A key's postings lie next to one
another: a question touches those of its own keys and no others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Topics = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Postings:
    """Which topics hold a key, and how strongly.

    `rows` numbers the keys; the postings of row r are `topics` and `weights` from `ends[r]` to `ends[r + 1]`, topics
    ascending.
    """

    rows: Mapping[str, int]
    ends: NDArray[np.int64]
    topics: Topics
    weights: NDArray[np.float32]

    def of(self, key: str) -> tuple[Topics, NDArray[np.float32]]:
        """The topics that hold this key, and its weight there."""
        row = self.rows.get(key)
        if row is None:
            return self.topics[:0], self.weights[:0]
        start, end = int(self.ends[row]), int(self.ends[row + 1])
        return self.topics[start:end], self.weights[start:end]


def postings(held: Sequence[Mapping[str, float]]) -> Postings:
    """The postings of what each topic holds, key by key."""
    rows: dict[str, int] = {}
    for one in held:
        for key in one:
            rows.setdefault(key, len(rows))
    size = sum(len(one) for one in held)
    keys = np.fromiter((rows[key] for one in held for key in one), np.int64, size)
    weights = np.fromiter((weight for one in held for weight in one.values()), np.float32, size)
    topics = np.repeat(np.arange(len(held), dtype=np.int32), [len(one) for one in held])
    order = np.lexsort((topics, keys))
    return Postings(rows, np.searchsorted(keys[order], np.arange(len(rows) + 1)), topics[order], weights[order])


@dataclass(frozen=True, slots=True)
class Space:
    """One space of keys (n-grams or stems).

    `held` the sums of each topic's phrase vectors, `idf` (keys,) the weight of each key, `unseen` that of one that no
    phrase holds, `squares` (topics,) the squared length of each sum.
    """

    held: Postings
    idf: Floats
    unseen: float
    squares: Floats

    def cosines(self, counts: Mapping[str, float], own: int = -1) -> Floats:
        """The cosine of a question to each topic, (topics,), 0..1; `own` is the topic that it is one phrase of,
        which is left out of it."""
        rows, weights = _weighed(counts, self.held.rows, self.idf, self.unseen)
        ends = self.held.ends
        spans = [slice(int(ends[row]), int(ends[row + 1])) for row in rows.tolist()]
        if not spans:
            return np.zeros(len(self.squares))
        topics = np.concatenate([self.held.topics[span] for span in spans])
        held = np.concatenate([self.held.weights[span] for span in spans])
        asked = np.repeat(weights, [span.stop - span.start for span in spans])
        dots = np.bincount(topics, held * asked, len(self.squares))
        squares = self.squares
        if own >= 0:
            squares = squares.copy()
            squares[own] = max(squares[own] - 2 * dots[own] + 1, 0.0)  # |sum - p|² = |sum|² - 2 sum·p + 1
            dots[own] = max(dots[own] - 1, 0.0)
        return np.divide(dots, np.sqrt(squares), out=np.zeros_like(dots), where=squares > 1e-6)

    def alike(self, one: Mapping[str, float], other: Mapping[str, float]) -> float:
        """The cosine of two phrases that need not be in the space."""
        rows, weights = _weighed(one, self.held.rows, self.idf, self.unseen)
        others, held = _weighed(other, self.held.rows, self.idf, self.unseen)
        of_other = dict(zip(others.tolist(), held.tolist(), strict=True))
        products = (
            weight * of_other.get(row, 0.0) for row, weight in zip(rows.tolist(), weights.tolist(), strict=True)
        )
        return float(sum(products))


def space(phrases: Sequence[Mapping[str, float]], owners: Sequence[int], size: int) -> Space:
    """A space over phrases.

    Args:
        phrases: the keys of each phrase and how often, or how strongly, it holds them.
        owners: the topic of each phrase.
        size: the number of topics.
    """
    spread = Counter(key for phrase in phrases for key in phrase)
    unseen = rarity(len(phrases), 0)
    rows = {key: row for row, key in enumerate(spread)}
    idf = np.array([rarity(len(phrases), count) for count in spread.values()])
    names = list(rows)
    sums: list[dict[str, float]] = [{} for _ in range(size)]
    for phrase, owner in zip(phrases, owners, strict=True):
        total = sums[owner]
        for row, weight in zip(*(part.tolist() for part in _weighed(phrase, rows, idf, unseen)), strict=True):
            total[names[row]] = total.get(names[row], 0.0) + weight
    held = postings(sums)
    order = np.array([rows[key] for key in held.rows], np.int64)
    squares = np.array([sum(weight * weight for weight in total.values()) for total in sums])
    return Space(held, idf[order] if len(order) else idf, unseen, squares)


def _weighed(
    counts: Mapping[str, float], rows: Mapping[str, int], idf: Floats, unseen: float
) -> tuple[NDArray[np.int64], Floats]:
    """The rows of the keys that some phrase holds, and their weights; all keys together have unit length."""
    found, weights = [], []
    unheard = 0.0
    for key, count in counts.items():
        weight = count if count <= 1 else 1 + log(count)
        row = rows.get(key)
        if row is None:
            unheard += (weight * unseen) ** 2
        else:
            found.append(row)
            weights.append(weight)
    numbers = np.array(found, np.int64)
    vector = np.array(weights) * idf[numbers]
    length = sqrt(float(vector @ vector) + unheard)
    return numbers, vector / length if length else vector


def rarity(size: int, count: int) -> float:
    """How rare is what occurs in `count` of `size` phrases: the logarithm of the odds against it, about."""
    return log(1 + max(size, 1) / (count + 0.5))
