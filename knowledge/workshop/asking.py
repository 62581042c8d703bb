"""Questions that a base is asked again and again while it is being taught: each version answers each of them once.

A lesson is tried by asking the base all golden questions as it is and as it would be. What it answers as it is stays
the same from one lesson to the next, and so does what a question means to the model; nothing else is spared, so that
the answers are those of a full run, to the last digit. Of the golden questions both are kept in the cache folder for
the next time; of others, which learners asked, nothing is, nor is the index of a base that was only tried.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge import kept
from knowledge.model import Found, Library, Match
from knowledge.progress import Progress, told
from knowledge.search import Meaning, stored
from knowledge.search.arrays import packed, unpacked

VECTORS, ANSWERS = "asked", "answers"  # kinds of kept files
KEPT_MAX = 20_000  # vectors kept on disk, 31 MB
_FORM = b"1"  # of what is kept; another one is asked anew

Vector = NDArray[np.float32]


class Remembering:
    """A model that reads no text twice; it gives the very vectors that the model gave.

    `lasting` says whether what is read now may be kept on disk.

    Args:
        model: the model.
        cache: where its vectors are kept; None for nowhere.
    """

    def __init__(self, model: Meaning, cache: Path | None) -> None:
        self.name, self.dimensions = model.name, model.dimensions
        self.lasting = False
        self._model, self._cache = model, cache
        self._kept = _vectors(kept.fetch(cache, VECTORS, self._key), self.dimensions)
        self._known = dict(self._kept)
        self._used: dict[bytes, Vector] = {}

    def embed(self, text: str) -> Vector:
        """See `knowledge.search.Meaning`."""
        key = blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()
        vector = self._known.get(key)
        if vector is None:
            vector = self._known[key] = self._model.embed(text)
        if self.lasting:
            self._used[key] = vector
        return vector

    def keep(self) -> None:
        """Keep what is new on disk; what was not needed for the longest falls out."""
        if self._cache is None or self._used.keys() <= self._kept.keys():
            return
        idle = {key: vector for key, vector in self._kept.items() if key not in self._used}
        self._kept = dict(list((idle | self._used).items())[-KEPT_MAX:])
        keys = np.frombuffer(b"".join(self._kept), np.uint8).reshape(-1, 16)
        data = packed({"keys": keys, "vectors": np.stack(list(self._kept.values()))})
        kept.keep(self._cache, VECTORS, self._key, data)

    @property
    def _key(self) -> str:
        return kept.key(_FORM, self.name.encode())


class Asked:
    """What versions of one base answer.

    Args:
        golden: the questions that every version is asked.
        model: what they are searched with; None without one.
        cache: where answers to golden questions are kept; None for nowhere.
    """

    def __init__(self, golden: Iterable[str], model: Remembering | None, cache: Path | None) -> None:
        self.golden = tuple(dict.fromkeys(golden))
        self._model, self._cache = model, cache
        self._found: dict[str, dict[str, Found]] = {}
        self._kept: dict[str, Mapping[str, Found]] = {}  # what is on disk

    def add(self, question: str) -> None:
        """One golden question more."""
        self.golden = tuple(dict.fromkeys((*self.golden, question)))

    def answers(
        self, library: Library, questions: Iterable[str] = (), progress: Progress | None = None
    ) -> Mapping[str, Found]:
        """What this version answers to these questions and to all golden ones; `progress` hears how far it is."""
        known = self._found.get(library.version)
        if known is None:
            known = self._found[library.version] = _decoded(kept.fetch(self._cache, ANSWERS, self._key(library)))
            self._kept[library.version] = dict(known)
        left = [question for question in self.golden if question not in known]
        with self._lasting():
            for question in told(left, "Asking golden questions", progress):
                known[question] = library.find(question)
        for question in questions:
            if question not in known:
                known[question] = library.find(question)
        return known

    def settle(self, library: Library, progress: Progress | None = None) -> None:
        """This is what the base is: other versions are forgotten, and its golden answers are kept on disk."""
        known = self.answers(library, (), progress)
        golden = {question: known[question] for question in self.golden}
        if golden != self._kept[library.version]:
            kept.keep(self._cache, ANSWERS, self._key(library), _encoded(golden))
        self._found, self._kept = {library.version: dict(known)}, {library.version: golden}
        if self._model is not None:
            self._model.keep()

    @contextmanager
    def _lasting(self) -> Iterator[None]:
        if self._model is None:
            yield
            return
        self._model.lasting = True
        try:
            yield
        finally:
            self._model.lasting = False

    def _key(self, library: Library) -> str:
        return kept.key(_FORM, stored.key(library.version, self._model.name if self._model else "").encode())


def _vectors(data: bytes | None, dimensions: int) -> dict[bytes, Vector]:
    arrays = unpacked(data)
    if arrays is None or arrays["vectors"].shape[1:] != (dimensions,):
        return {}
    return {key.tobytes(): vector for key, vector in zip(arrays["keys"], arrays["vectors"], strict=True)}


def _encoded(found: Mapping[str, Found]) -> bytes:
    rows = [
        [one.question, one.decision, one.confidence, [[m.id, m.score, m.part_of] for m in one.matches], one.repaired]
        for one in found.values()
    ]
    return json.dumps(rows).encode()


def _decoded(data: bytes | None) -> dict[str, Found]:
    """What `_encoded` wrote: `kept` gives that or nothing."""
    rows = json.loads(data) if data is not None else []
    return {
        question: Found(question, decision, confidence, tuple(Match(*match) for match in matches), repaired)
        for question, decision, confidence, matches, repaired in rows
    }
