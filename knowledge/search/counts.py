"""What many texts hold, counted in arrays: their words, their stems, the runs of letters in them.

Contributes nothing to answers, only time: with a dictionary for each text an index of 150,000 phrases took 41 s of the
processor, with these arrays 23. Keys are numbered as they come, and stand in each text as they come there, so that what
is added up afterwards is added in one order and has the same bits each time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.search.arrays import Floats, Rows

_MOST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Counts:
    """The distinct keys of each of several texts.

    `names` are the keys by number; `keys` (n,) their numbers and `values` (n,) how often, or how strongly, a text
    holds them, one text after the other; those of text t are from `ends[t]` to `ends[t + 1]`.
    """

    names: Sequence[str]
    keys: Rows
    values: Floats
    ends: Rows


def numbered(keys: Sequence[str]) -> tuple[Rows, Sequence[str]]:
    """The number of each key, counted as they come, and the keys by number."""
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__  # a key that is new gets the next number
    found = np.fromiter(map(numbers.__getitem__, keys), np.int64, len(keys))
    numbers.default_factory = None  # it refers to its own dictionary: nothing may wait for the collector
    return found, list(numbers)


def together(owners: Rows, keys: Rows, values: Floats, names: Sequence[str], size: int) -> Counts:
    """What each of `size` texts holds of each key, added up in the order in which it stands there.

    Args:
        owners: the text of each entry, ascending.
        keys: the number of its key.
        values: what it adds.
        names: the keys by number.
        size: the number of texts.
    """
    pairs = owners * max(len(names), 1) + keys
    order = by_key(pairs)
    pairs = pairs[order]
    new = np.ones(len(pairs), np.bool_)
    new[1:] = pairs[1:] != pairs[:-1]
    del pairs  # arrays of millions: memory at its height counts
    # bincount adds one after the other, which reduceat does not
    sums = np.asarray(np.bincount(np.cumsum(new) - 1, values[order]), np.float64)
    firsts = order[new]
    met = np.argsort(firsts)
    firsts = firsts[met]
    return Counts(names, keys[firsts], sums[met], np.searchsorted(owners[firsts], np.arange(size + 1)))


def letters(texts: Sequence[str], sizes: Sequence[int]) -> Counts:
    """How often each text holds each run of so many characters: those of the first size, then those of the next.

    The same as counting `text[n : n + size]` for every n; `sizes` ascend.
    """
    owners, keys, names = _in_order(*_runs(texts, sizes))
    return together(owners, keys, np.ones(len(keys)), names, len(texts))


def _runs(texts: Sequence[str], sizes: Sequence[int]) -> tuple[list[Rows], list[Rows], list[str]]:
    """For each size, the text of each run and its number; and the runs by number."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    written = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    alphabet, found = dense(written.astype(np.int64))
    characters = [chr(code) for code in alphabet.tolist()]
    of_text = np.repeat(np.arange(len(texts)), lengths)
    left = np.repeat(_ends(lengths)[1:], lengths) - np.arange(len(found))  # characters up to the end of the text
    runs, names = found, characters
    owners: list[Rows] = []
    keys: list[Rows] = []
    known: list[str] = []
    for size in range(1, max(sizes, default=0) + 1):
        if size > 1:  # a run is a shorter run and one character more
            made, runs = dense(runs[:-1] * len(characters) + found[size - 1 :])
            names = [names[code // len(characters)] + characters[code % len(characters)] for code in made.tolist()]
        if size in sizes:
            whole = np.flatnonzero(left[: len(runs)] >= size)
            owners.append(of_text[whole])
            keys.append(runs[whole] + len(known))
            known += names
    return owners, keys, known


def _in_order(owners: list[Rows], keys: list[Rows], names: Sequence[str]) -> tuple[Rows, Rows, Sequence[str]]:
    """The runs text by text, and in each size by size, numbered as they come. Takes the lists apart, to save memory."""
    sizes = len(owners)
    places = np.concatenate([text * sizes + size for size, text in enumerate(owners)])
    owners.clear()
    order = by_key(places)
    places = places[order]
    places //= sizes
    found = np.concatenate(keys)[order]
    keys.clear()
    del order
    return places, *_as_they_come(found, names)


def by_key(keys: Rows) -> Rows:
    """The order that puts equal keys together, and leaves them in their order: a stable argsort, but quicker."""
    size = len(keys)
    if not size or int(keys.max()) > _MOST // size - 1:
        return np.argsort(keys, kind="stable")
    order = keys * size + np.arange(size)
    order.sort()
    order %= size
    return order


def dense(codes: Rows) -> tuple[Rows, Rows]:
    """The distinct codes, ascending, and for each code which of them it is. Codes are not negative."""
    highest = int(codes.max(initial=-1))
    if highest >= max(1_000_000, 8 * len(codes)):
        return np.unique(codes, return_inverse=True)
    there = np.zeros(highest + 1, np.bool_)  # no sorting: ten times as quick
    there[codes] = True
    return np.flatnonzero(there), (np.cumsum(there) - 1)[codes]


def _as_they_come(keys: Rows, names: Sequence[str]) -> tuple[Rows, Sequence[str]]:
    """The same keys numbered in the order in which they come first; names that no key has are left out."""
    firsts = np.full(len(names), len(keys))
    firsts[keys[::-1]] = np.arange(len(keys))[::-1]  # of several, the last that is written stays: the first
    order = np.argsort(firsts, kind="stable")[: int((firsts < len(keys)).sum())]
    number = np.zeros(len(names), np.int64)
    number[order] = np.arange(len(order))
    return number[keys], [names[old] for old in order.tolist()]


def _ends(lengths: Rows) -> Rows:
    return np.concatenate([[0], np.cumsum(lengths)])
