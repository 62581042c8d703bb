"""What the base's phrases mean: one vector each, and one for all phrases of a topic together.

Contributes: similarity of meaning, by the cosine to a topic's phrases taken together and to the nearest of them.
Vectors are kept on disk by the text they stand for, so that a change of one topic embeds only what is new.

Their shares, in points of top-1: all phrases together 0.8 on the shipped base, 4.7 on CLINC150, 2.7 on BANKING77; the
nearest phrase 0.4, -0.3 and 0.8.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge import kept
from knowledge.progress import Progress, told
from knowledge.search.arrays import Floats, packed, unpacked

Half = NDArray[np.float16]
Embed = Callable[[str], NDArray[np.float32]]
NEAREST_AMONG = 12  # topics whose phrases are looked at one by one, nearest as a whole; 32 find no more on any set
KEPT_MAX = 400_000  # vectors kept on disk, 300 MB; those that no base asked for the longest fall out
KIND = "vectors"  # of file


class Vectors:
    """The vectors of a base's phrases.

    Args:
        phrases: (phrases, dimensions), unit length, half precision; zeros where a phrase has no meaning to the model.
        owners: the topic of each phrase, ascending.
        size: the number of topics.
    """

    def __init__(self, phrases: Half, owners: Sequence[int], size: int) -> None:
        self._phrases = phrases
        self._owners = np.asarray(owners, np.int64)
        self._ends = np.searchsorted(self._owners, np.arange(size + 1))
        self._sums = np.zeros((size, phrases.shape[1]), np.float32)
        with_phrases = np.flatnonzero(np.diff(self._ends))
        if len(with_phrases):
            self._sums[with_phrases] = np.add.reduceat(phrases.astype(np.float32), self._ends[with_phrases], axis=0)
        lengths = np.linalg.norm(self._sums, axis=1, keepdims=True)
        self._centroids = self._sums / np.where(lengths > 0, lengths, 1.0)

    def phrase(self, number: int) -> NDArray[np.float32]:
        """The vector of a phrase of the base."""
        vector: NDArray[np.float32] = self._phrases[number].astype(np.float32)
        return vector

    def together(self, asked: NDArray[np.float32], without: int | None = None) -> Floats:
        """The cosine of a question to the phrases of each topic taken together, (topics,), not below 0."""
        cosines = (self._centroids @ asked).astype(np.float64)
        if without is not None:
            owner = int(self._owners[without])
            rest = self._sums[owner] - self._phrases[without].astype(np.float32)
            length = float(np.linalg.norm(rest))
            cosines[owner] = float(rest @ asked) / length if length > 1e-6 else 0.0
        return np.maximum(cosines, 0.0)

    def nearest(self, asked: NDArray[np.float32], together: Floats, without: int | None = None) -> Floats:
        """The cosine to the nearest phrase of the `NEAREST_AMONG` topics that are nearest as a whole; 0 for others."""
        out = np.zeros_like(together)
        topics = np.argsort(-together, kind="stable")[:NEAREST_AMONG]
        spans = [np.arange(self._ends[topic], self._ends[topic + 1]) for topic in topics]
        rows = np.concatenate(spans) if spans else np.zeros(0, np.int64)
        if not len(rows):
            return out
        cosines = self._phrases[rows].astype(np.float32) @ asked
        if without is not None:
            cosines[rows == without] = 0.0
        np.maximum.at(out, self._owners[rows], cosines.astype(np.float64))
        return out


def embedded(
    texts: Sequence[str],
    embed: Embed,
    dimensions: int,
    cache: Path | None = None,
    model: str = "",
    progress: Progress | None = None,
) -> Half:
    """The vector of each text, (texts, dimensions), from the folder `cache` where it has them by this model.

    `progress` hears how many of those that were not there have been read. What is kept is renewed if anything was
    missing; it is only ever a saving, so that no fault of it is an error.
    """
    keys = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts]
    name = kept.key(model.encode())
    known = _known(kept.fetch(cache, KIND, name), dimensions)
    fresh = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    # half precision at once, so that a vector is the same whether it was kept or is new
    texts_left = told(tuple(fresh.items()), "Preparing search, phrases read by the model", progress)
    new = {key: embed(text).astype(np.float16) for key, text in texts_left}
    whole = {
        key: vector for key, vector in new.items() if vector.any()
    }  # not what a model that failed to load left out
    if cache is not None and whole:
        asked = {key: known.pop(key) for key in dict.fromkeys(keys) if key in known}
        kept.keep(cache, KIND, name, _bytes(known | asked | whole))
        known |= asked
    known |= new
    return np.stack([known[key] for key in keys]) if keys else np.zeros((0, dimensions), np.float16)


def _known(data: bytes | None, dimensions: int) -> dict[bytes, Half]:
    arrays = unpacked(data)
    if arrays is None:
        return {}
    keys, vectors = arrays["keys"], arrays["vectors"]
    if vectors.shape[1:] != (dimensions,) or vectors.dtype != np.float16:
        return {}
    return {key.tobytes(): vector for key, vector in zip(keys, vectors, strict=True)}


def _bytes(held: dict[bytes, Half]) -> bytes:
    items = list(held.items())[-KEPT_MAX:]
    keys = np.frombuffer(b"".join(key for key, _ in items), np.uint8).reshape(-1, 16)
    return packed({"keys": keys, "vectors": np.stack([vector for _, vector in items])})
