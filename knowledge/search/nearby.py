"""The words of a list within a few edits of a misspelled one.

Contributes: speed. Each word has a set of 64 bits that says which letters it has once and twice; an edit changes at
most two of them, so one comparison of whole arrays leaves some dozens of the list's thousands of words for rapidfuzz.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

LENGTH_MAX = 32  # characters; longer words are neither repaired nor what a repair leads to
_LETTERS = 32  # bits for letters that a word has, and as many for those it has more than once


class Nearby:
    """A list of words to look near ones up in. Built when first asked; safe to call from any thread.

    Args:
        found: the words; those that are no plain words or too long are left out.
    """

    def __init__(self, found: Iterable[str] = ()) -> None:
        self._words = [word for word in found if word.isalpha() and len(word) <= LENGTH_MAX]
        self._built: tuple[list[str], NDArray[np.uint64], list[int]] | None = None

    def near(self, word: str, edits: int) -> Iterator[tuple[str, int]]:
        """Words at most `edits` insertions, deletions, replacements or swaps of neighbours away, and how many it is."""
        if not self._words or len(word) > LENGTH_MAX:
            return
        if self._built is None:
            self._built = _build(self._words)
        words, bits, starts = self._built
        own = _own_bits(word)
        alike: list[str] = []
        for size in range(max(1, len(word) - edits), min(LENGTH_MAX, len(word) + edits) + 1):
            low, high = starts[size], starts[size + 1]
            if low < high:
                # a replaced letter changes two bits, an inserted or deleted one changes one
                changed = 2 * edits - abs(size - len(word))
                places = (np.bitwise_count(bits[low:high] ^ own) <= changed).nonzero()[0]
                alike += [words[low + place] for place in places.tolist()]
        for near, distance, _ in process.extract(word, alike, scorer=OSA.distance, score_cutoff=edits, limit=None):
            yield near, int(distance)


def _build(found: list[str]) -> tuple[list[str], NDArray[np.uint64], list[int]]:
    """The words by length, their bits, and where each length starts."""
    words = sorted(dict.fromkeys(found), key=len)
    counts = np.bincount(_sizes(words), minlength=LENGTH_MAX + 1)
    return words, _bits(words), [0, *np.cumsum(counts).tolist()]


def _bits(words: list[str]) -> NDArray[np.uint64]:
    """One set of bits for each word, none of them empty."""
    letters = np.frombuffer("".join(words).encode("utf-32-le"), np.uint32) % _LETTERS
    owners = np.repeat(np.arange(0, len(words) * _LETTERS, _LETTERS, dtype=np.uint32), _sizes(words))
    counts = np.bincount(owners + letters, minlength=len(words) * _LETTERS).reshape(len(words), 1, _LETTERS)
    thermometer = counts > np.array([[0], [1]])
    return np.packbits(thermometer, axis=None, bitorder="little").view("<u8")


def _sizes(words: list[str]) -> NDArray[np.intp]:
    return np.fromiter(map(len, words), np.intp, len(words))


def _own_bits(word: str) -> np.uint64:
    once = twice = 0
    for letter in word:
        bit = 1 << ord(letter) % _LETTERS
        twice |= once & bit
        once |= bit
    return np.uint64(once | twice << _LETTERS)
