"""Search: which topics is a question about, and how sure is that?

`searchable(library)` gives the library a `find`. Stages, each a module that says what it contributes: `normalise`
(with `language`), `names`, `repair`, `index` (letters and words), `vectors` (meaning), `shape`, `fusion` (with
`logit` and `learn`); `finder` runs them in order and decides. No network: everything is learned from the base.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from knowledge.model import Library
from knowledge.progress import Progress
from knowledge.search import fusion, index, learn, stored
from knowledge.search.evidence import Scales, Vector
from knowledge.search.finder import Finder, Meaning
from knowledge.search.language import language
from knowledge.search.learn import STRAIGHT, Weights
from knowledge.search.likely import pairs
from knowledge.search.names import NameBook
from knowledge.search.normalise import words
from knowledge.search.repair import Repairer
from knowledge.search.stored import Built
from knowledge.search.vectors import Half, Vectors, embedded
from knowledge.uncollected import uncollected

__all__ = ["Finder", "Meaning", "ready", "searchable"]


def searchable(
    library: Library,
    cache: Path | None = None,
    meaning: Meaning | None = None,
    off: frozenset[str] = frozenset(),
    progress: Progress | None = None,
    *,
    keep: bool = True,
) -> Library:
    """The same library with `find` answered by an index over its texts. Deterministic: same library, same answers.

    Args:
        library: a library as `knowledge.loader.load` returns it.
        cache: a folder where what is costly to compute is kept between runs.
        meaning: the model; None searches without.
        off: stages to leave out, to measure what they contribute.
        progress: hears how far the work is, where it takes its time.
        keep: False leaves the index out of `cache`: the library is only tried, and may never be served.
    """
    made = ready(library, cache, meaning) if not off else None
    if made is not None:
        return made
    parts = _Parts(library)
    built = _built(parts, meaning, cache, off, progress)
    if keep and cache is not None and not off and (meaning is None or built.vectors is not None):
        stored.write(cache, _key(library, meaning), built)
    return _with(parts, built, meaning, off)


def ready(library: Library, cache: Path | None, meaning: Meaning | None = None) -> Library | None:
    """What `searchable` gives, if its work was done before and is kept in `cache`; None if it would take its time."""
    if cache is None:
        return None
    parts = _Parts(library)
    built = stored.read(cache, _key(library, meaning), parts.language, bool(parts.families.careers.any()))
    return _with(parts, built, meaning, frozenset()) if built is not None else None


def _key(library: Library, meaning: Meaning | None) -> str:
    return stored.key(library.version, meaning.name if meaning else "")


class _Parts:
    """What is made anew at each start: it takes a moment."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.language = language(library.base.language)
        self.names = NameBook(library, self.language)
        self.families = fusion.Families(library)


def _with(parts: _Parts, built: Built, meaning: Meaning | None, off: frozenset[str]) -> Library:
    library, known = parts.library, parts.language
    vectors = _vectors(built.index, built.vectors, len(library.topics))
    scales = Scales(built.index, parts.names, parts.families, vectors, off)
    phrases = pairs(phrase.words for phrase in built.index.phrases)
    repairer = Repairer(built.index.surfaces, parts.names.vocabulary, known, phrases)
    finder = Finder(library, known, scales, repairer, built.lexical, built.full, meaning, off)
    return replace(library, find=finder)


@uncollected()
def _built(
    parts: _Parts, meaning: Meaning | None, cache: Path | None, off: frozenset[str], progress: Progress | None
) -> Built:
    """The index of a library, what was learned for it, and the vectors of its phrases."""
    known = parts.language
    found = index.build(parts.library, known, progress)
    phrases, probes = None, dict[str, Vector]()
    if meaning is not None:
        far = [" ".join(words(line, known)) for line in known.probes]
        texts = [" ".join(phrase.words) for phrase in found.phrases] + far
        vectors = embedded(texts, meaning.embed, meaning.dimensions, cache, meaning.name, progress)
        phrases = vectors[: len(found.phrases)]
        probes = dict(zip(far, vectors[len(found.phrases) :].astype(np.float32), strict=True))
        if len(phrases) and not phrases.any():
            # the model could not be loaded: this run searches without it, another may have it
            phrases, meaning = None, None
    if "fit" in off:
        full = Weights(fusion.WITH_MODEL, STRAIGHT) if meaning is not None else None
        return Built(found, Weights(fusion.WITHOUT_MODEL, STRAIGHT), full, phrases)
    scales = Scales(found, parts.names, parts.families, _vectors(found, phrases, len(parts.library.topics)), off)
    lexical = learn.learn(scales, known, None)
    full = learn.learn(scales, known, probes.__getitem__) if meaning is not None else None
    return Built(found, lexical, full, phrases)


def _vectors(found: index.Index, phrases: Half | None, size: int) -> Vectors | None:
    return Vectors(phrases, [phrase.topic for phrase in found.phrases], size) if phrases is not None else None
