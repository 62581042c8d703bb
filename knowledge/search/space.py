"""Postings in arrays, and TF-IDF over them: cosines of a question to the phrases of each topic taken together.

Contributes nothing by itself; `index` has two such spaces, of letters and of stems, over what `counts` counted. A
key's postings lie next to one another: a question touches those of its own keys and no others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from knowledge.search.arrays import Floats
from knowledge.search.counts import Counts, by_key

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


def postings(held: Counts) -> Postings:
    """The postings of what each topic holds, key by key."""
    topics = np.repeat(np.arange(len(held.ends) - 1, dtype=np.int32), np.diff(held.ends))
    order = by_key(held.keys)
    starts = np.searchsorted(held.keys[order], np.arange(len(held.names) + 1))
    return Postings(_rows(held), starts, topics[order], held.values[order].astype(np.float32))


def _rows(held: Counts) -> Mapping[str, int]:
    return {name: number for number, name in enumerate(held.names)}


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


def space(phrases: Counts, owners: Sequence[int], size: int) -> Space:
    """A space over phrases.

    Every sum is made in the order of the phrases and of their keys, so that it has the same bits each time.

    Args:
        phrases: the keys of each phrase and how often, or how strongly, it holds them.
        owners: the topic of each phrase, ascending.
        size: the number of topics.
    """
    keys, lengths, known = phrases.keys, np.diff(phrases.ends), len(phrases.names)
    unseen = rarity(len(lengths), 0)
    seen, spread = np.unique(np.bincount(keys, minlength=known), return_inverse=True)
    idf = np.array([rarity(len(lengths), int(count)) for count in seen])[spread] if known else np.zeros(0)
    held, which = np.unique(phrases.values, return_inverse=True)
    vectors = np.array([_weight(count) for count in held.tolist()])[which] * idf[keys] if known else np.zeros(0)
    norms = [sqrt(float(one @ one)) or 1.0 for one in (vectors[a:b] for a, b in pairwise(phrases.ends.tolist()))]
    vectors /= np.repeat(norms, lengths)

    order = by_key(keys)  # within a key, topics ascend with their phrases
    key, topic = keys[order], np.repeat(np.asarray(owners, np.int32), lengths)[order]
    new = np.ones(len(order), np.bool_)
    new[1:] = (key[1:] != key[:-1]) | (topic[1:] != topic[:-1])
    sums = np.bincount(np.cumsum(new) - 1, vectors[order])  # adds one after the other, which reduceat does not
    firsts = np.flatnonzero(new)
    starts = np.searchsorted(key[firsts], np.arange(known + 1))
    held_by = Postings(_rows(phrases), starts, topic[firsts], sums.astype(np.float32))

    met = np.argsort(order[firsts])  # as the topics' phrases hold them
    parts = np.searchsorted(topic[firsts][met], np.arange(size + 1)).tolist()
    squared = (sums * sums)[met].tolist()
    squares = np.array([float(sum(squared[a:b])) for a, b in pairwise(parts)])
    return Space(held_by, idf, unseen, squares)


def _weight(count: float) -> float:
    """What a key weighs that a phrase holds so often."""
    return count if count <= 1 else 1 + log(count)


def _weighed(
    counts: Mapping[str, float], rows: Mapping[str, int], idf: Floats, unseen: float
) -> tuple[NDArray[np.int64], Floats]:
    """The rows of the keys that some phrase holds, and their weights; all keys together have unit length."""
    found, weights = [], []
    unheard = 0.0
    for key, count in counts.items():
        weight = _weight(count)
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
