"""Our search as the benchmarks build it, and its model by itself. Importing this loads neither."""

from __future__ import annotations

import zlib
from collections.abc import Collection
from typing import TYPE_CHECKING

from benchmarks.search_peers import PEERS, Ask, Engine, Missing, Phrases, by_best_phrase, enough, plain, top
from knowledge.model import Found, Match

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from knowledge.search import Meaning

SYNTHETIC_FROM = 10_000  # phrases from which the model is not run over the base: it takes 4 ms each


class Synthetic:
    """Stands in for the model while a large base is built: a random direction for each text, always the same one.

    Once `asking`, texts get their true vectors: a question costs what it costs. What is found by them is worth nothing.
    """

    def __init__(self, true: Meaning) -> None:
        self.name, self.dimensions, self.asking = f"{true.name}-synthetic", true.dimensions, False
        self._true = true

    def embed(self, text: str) -> NDArray[np.float32]:
        """A vector of unit length, (dimensions,)."""
        import numpy as np

        if self.asking:
            return self._true.embed(text)
        drawn = np.random.default_rng(zlib.crc32(text.encode())).standard_normal(self.dimensions, np.float32)
        return drawn / np.float32(np.linalg.norm(drawn))


class Remembered:
    """The model with a memory, where the same questions are asked again and again and time is not measured."""

    def __init__(self, true: Meaning) -> None:
        self.name, self.dimensions = true.name, true.dimensions
        self._true = true
        self._known: dict[str, NDArray[np.float32]] = {}

    def embed(self, text: str) -> NDArray[np.float32]:
        """The vector of the text, (dimensions,)."""
        if text not in self._known:
            self._known[text] = self._true.embed(text)
        return self._known[text]


def model() -> Meaning:
    """The model.

    Raises:
        Missing: it is not installed.
    """
    from knowledge.search.meaning import absence, encoder

    found = encoder()
    if found is None:
        raise Missing(absence() or "there is no model")
    return found


def _for(base: Phrases) -> Meaning | Synthetic:
    return Synthetic(model()) if len(base.texts) >= SYNTHETIC_FROM else model()


def ours(base: Phrases, meaning: Meaning | None, off: Collection[str] = ()) -> Ask:
    """Our search over a base, without the stages `off`."""
    from knowledge.search import searchable

    find = searchable(base.library, base.cache, meaning, frozenset(off)).find
    if isinstance(meaning, Synthetic):
        meaning.asking = True
    return find


def _with_model(base: Phrases) -> Ask:
    return ours(base, _for(base))


def _without_model(base: Phrases) -> Ask:
    return ours(base, None)


def _nearest(base: Phrases) -> Ask:
    """The model alone: a topic is as near as its nearest phrase."""
    import numpy as np

    meaning = _for(base)
    rows = np.stack([meaning.embed(text) for text in base.texts])
    if isinstance(meaning, Synthetic):
        meaning.asking = True
    count = enough(base)

    def ask(question: str) -> Found:
        return by_best_phrase(base, question, top(rows @ meaning.embed(plain(question)), count))

    return ask


def _centroid(base: Phrases) -> Ask:
    """The model alone: a topic is as near as the mean of its phrases."""
    import numpy as np

    meaning = _for(base)
    ids = tuple(dict.fromkeys(base.topics))
    numbers = {id: number for number, id in enumerate(ids)}
    sums = np.zeros((len(ids), meaning.dimensions), np.float32)
    for text, id in zip(base.texts, base.topics, strict=True):
        sums[numbers[id]] += meaning.embed(text)
    means = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    if isinstance(meaning, Synthetic):
        meaning.asking = True

    def ask(question: str) -> Found:
        found = top(means @ meaning.embed(plain(question)), min(5, len(ids)))
        matches = tuple(Match(ids[at], score, base.library.topics[ids[at]].part_of) for at, score in found)
        return Found(question, "suggest", matches[0].score if matches else 0.0, matches)

    return ask


OURS = Engine("Tutor", _with_model, "as it runs by default")
OURS_ALONE = Engine("Tutor without the model", _without_model, "as it runs where the model is not installed")
NEAREST = Engine("the model, nearest phrase", _nearest, "questions and phrases as they are, without repair")
CENTROID = Engine("the model, centroid", _centroid, "the same; the mean of a topic's phrases")
ENGINES = (OURS, OURS_ALONE, NEAREST, CENTROID, *PEERS)
MEANING = (OURS.name, NEAREST.name, CENTROID.name)  # those that ask the model
