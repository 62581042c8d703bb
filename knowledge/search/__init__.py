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
from knowledge.search import fusion, index, kept, learn
from knowledge.search.evidence import Scales, Vector
from knowledge.search.finder import Finder, Meaning
from knowledge.search.language import Language, language
from knowledge.search.learn import STRAIGHT, Weights
from knowledge.search.likely import pairs
from knowledge.search.names import NameBook
from knowledge.search.normalise import words
from knowledge.search.repair import Repairer
from knowledge.search.vectors import Half, Vectors, embedded

__all__ = ["Finder", "Meaning", "is_kept", "searchable"]


def searchable(
    library: Library, cache: Path | None = None, meaning: Meaning | None = None, off: frozenset[str] = frozenset()
) -> Library:
    """The same library with `find` answered by an index over its texts. Deterministic: same library, same answers.

    Args:
        library: a library as `knowledge.loader.load` returns it.
        cache: a folder where what is costly to compute is kept between runs.
        meaning: the model; None searches without.
        off: stages to leave out, to measure what they contribute.
    """
    known = language(library.base.language)
    names, families = NameBook(library, known), fusion.Families(library)
    file = kept.path(cache, library.version, meaning.name if meaning else "") if cache is not None and not off else None
    built = kept.read(file, known, bool(families.careers.any())) if file is not None else None
    if built is None:
        built = _built(library, known, names, families, meaning, cache, off)
        if file is not None and (meaning is None or built[3] is not None):
            kept.write(file, *built)
    found, lexical, full, phrases = built
    scales = Scales(found, names, families, _vectors(found, phrases, len(library.topics)), off)
    repairer = Repairer(found.surfaces, names.vocabulary, known, pairs(phrase.words for phrase in found.phrases))
    return replace(library, find=Finder(library, known, scales, repairer, lexical, full, meaning, off))


def is_kept(library: Library, cache: Path | None, meaning: Meaning) -> bool:
    """Whether `searchable` would find its work done in `cache`, and so take a moment."""
    return cache is not None and kept.path(cache, library.version, meaning.name).exists()


def _built(
    library: Library,
    known: Language,
    names: NameBook,
    families: fusion.Families,
    meaning: Meaning | None,
    cache: Path | None,
    off: frozenset[str],
) -> tuple[index.Index, Weights, Weights | None, Half | None]:
    """The index of a library, what was learned for it, and the vectors of its phrases."""
    found = index.build(library, known)
    phrases, probes = None, dict[str, Vector]()
    if meaning is not None:
        file = cache / f"vectors-{meaning.name}.npz" if cache is not None else None
        far = [" ".join(words(line, known)) for line in known.probes]
        texts = [" ".join(phrase.words) for phrase in found.phrases] + far
        vectors = embedded(texts, meaning.embed, meaning.dimensions, file)
        phrases = vectors[: len(found.phrases)]
        probes = dict(zip(far, vectors[len(found.phrases) :].astype(np.float32), strict=True))
        if (
            len(phrases) and not phrases.any(axis=1).all()
        ):  # the model could not be loaded: this run searches without it, another may have it
            phrases, meaning = None, None
    if "fit" in off:
        full = Weights(fusion.WITH_MODEL, STRAIGHT) if meaning is not None else None
        return found, Weights(fusion.WITHOUT_MODEL, STRAIGHT), full, phrases
    scales = Scales(found, names, families, _vectors(found, phrases, len(library.topics)), off)
    lexical = learn.learn(scales, known, None)
    return found, lexical, learn.learn(scales, known, probes.__getitem__) if meaning is not None else None, phrases


def _vectors(found: index.Index, phrases: Half | None, size: int) -> Vectors | None:
    return Vectors(phrases, [phrase.topic for phrase in found.phrases], size) if phrases is not None else None
