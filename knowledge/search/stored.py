"""A built index on disk: arrays in one file, named by what went into it (`knowledge.kept`).

Contributes nothing to answers; a start finds the index ready. The name carries the library's version, the model and a
hash of this package's own files, so that a change of any of them builds anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from knowledge import kept
from knowledge.search.arrays import Array, Arrays, packed, unpacked
from knowledge.search.index import Index, Phrase, PhraseKind
from knowledge.search.language import Language
from knowledge.search.learn import Weights
from knowledge.search.logit import Choice
from knowledge.search.space import Postings, Space
from knowledge.search.vectors import Half

KINDS: tuple[PhraseKind, ...] = ("name", "question", "said")  # by the number that stands for them in a file
KIND = "search"  # of file


@dataclass(frozen=True, slots=True)
class Built:
    """What is made of a library: its index, what was learned for it, and the vectors of its phrases.

    `full` and `vectors` are None where no model was there.
    """

    index: Index
    lexical: Weights
    full: Weights | None
    vectors: Half | None


def key(version: str, model: str) -> str:
    """The name of the index of this version of a library, searched with this model ("" for none)."""
    return kept.key(version.encode(), model.encode(), _own().encode())


def write(cache: Path, key: str, built: Built) -> None:
    """Keep an index. A folder that cannot be written to is no error: the next start builds again."""
    arrays = _of_index(built.index) | _of_weights("lexical", built.lexical)
    if built.full is not None and built.vectors is not None:
        arrays |= _of_weights("full", built.full) | {"vectors": built.vectors}
    kept.keep(cache, KIND, key, packed(arrays))


def read(cache: Path, key: str, language: Language, careers: bool) -> Built | None:
    """The index that is kept under this key; None if there is none, or none that can be trusted."""
    arrays = unpacked(kept.fetch(cache, KIND, key))
    if arrays is None:
        return None
    frames = language.frames | (language.careers if careers else frozenset())
    full = _weights(arrays, "full") if "vectors" in arrays else None
    return Built(_index(arrays, language, frames), _weights(arrays, "lexical"), full, arrays.get("vectors"))


@lru_cache(maxsize=1)
def _own() -> str:
    """A hash of this package's files: code and word lists."""
    digest = hashlib.blake2b(digest_size=12)
    for file in sorted(Path(__file__).parent.rglob("*")):
        if file.suffix in (".py", ".txt"):
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _of_index(index: Index) -> Arrays:
    return {
        "phrase.topics": np.array([phrase.topic for phrase in index.phrases], np.int32),
        "phrase.kinds": np.array([KINDS.index(phrase.kind) for phrase in index.phrases], np.uint8),
        "phrase.words": _lines([" ".join(phrase.words) for phrase in index.phrases]),
        "surfaces.words": _lines(list(index.surfaces)),
        "surfaces.counts": np.array(list(index.surfaces.values()), np.int64),
        "spread.words": _lines(list(index.spread)),
        "spread.values": np.array(list(index.spread.values()), np.float64),
        **_of_space("letters", index.letters),
        **_of_space("texts", index.texts),
        **_of_postings("body", index.body),
    }


def _index(arrays: Arrays, language: Language, frames: frozenset[str]) -> Index:
    words = [tuple(line.split(" ")) for line in _from_lines(arrays["phrase.words"])]
    topics, kinds = arrays["phrase.topics"].tolist(), arrays["phrase.kinds"].tolist()
    return Index(
        language=language,
        frames=frames,
        phrases=[Phrase(topic, said, KINDS[kind]) for topic, said, kind in zip(topics, words, kinds, strict=True)],
        surfaces=_counted(arrays["surfaces.words"], arrays["surfaces.counts"]),
        spread=_counted(arrays["spread.words"], arrays["spread.values"]),
        letters=_space(arrays, "letters"),
        texts=_space(arrays, "texts"),
        body=_postings(arrays, "body"),
    )


def _of_space(name: str, space: Space) -> Arrays:
    held = _of_postings(f"{name}.held", space.held)
    return held | {
        f"{name}.idf": space.idf, f"{name}.unseen": np.array([space.unseen]), f"{name}.squares": space.squares
    }  # fmt: skip


def _space(arrays: Arrays, name: str) -> Space:
    held, unseen = _postings(arrays, f"{name}.held"), float(arrays[f"{name}.unseen"][0])
    return Space(held, arrays[f"{name}.idf"], unseen, arrays[f"{name}.squares"])


def _of_postings(name: str, held: Postings) -> Arrays:
    return {
        f"{name}.keys": _lines(list(held.rows)),
        f"{name}.ends": held.ends,
        f"{name}.topics": held.topics,
        f"{name}.weights": held.weights,
    }


def _postings(arrays: Arrays, name: str) -> Postings:
    rows = {key: row for row, key in enumerate(_from_lines(arrays[f"{name}.keys"]))}
    return Postings(rows, arrays[f"{name}.ends"], arrays[f"{name}.topics"], arrays[f"{name}.weights"])


def _of_weights(name: str, weights: Weights) -> Arrays:
    return {
        f"{name}.topic": weights.choice.topic,
        f"{name}.none": weights.choice.none,
        f"{name}.slope": weights.curve.topic,
        f"{name}.offset": weights.curve.none,
    }


def _weights(arrays: Arrays, name: str) -> Weights:
    return Weights(
        Choice(arrays[f"{name}.topic"], arrays[f"{name}.none"]),
        Choice(arrays[f"{name}.slope"], arrays[f"{name}.offset"]),
    )


def _lines(texts: Sequence[str]) -> Array:
    """Texts without line ends, as the bytes of a text file: an array of Python strings could not be kept safely."""
    return np.frombuffer("".join(f"{text}\n" for text in texts).encode(), np.uint8)


def _from_lines(held: Array) -> list[str]:
    return held.tobytes().decode().split("\n")[:-1]


def _counted(words: Array, values: Array) -> dict[str, Any]:
    return dict(zip(_from_lines(words), values.tolist(), strict=True))
