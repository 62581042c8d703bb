"""Spaces are made in arrays; what they hold has the bits that adding one after the other gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import log, sqrt

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.model import Library
from knowledge.search import index
from knowledge.search.language import language
from knowledge.search.normalise import words
from knowledge.search.space import Floats, Postings, postings, rarity, space

PHRASES = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 4) | st.floats(0.5, 9), max_size=6),
    ),
    max_size=12,
).map(lambda drawn: sorted(drawn, key=lambda one: one[0]))


def plainly_posted(held: Sequence[Mapping[str, float]]) -> dict[str, list[tuple[int, float]]]:
    rows: dict[str, list[tuple[int, float]]] = {}
    for topic, one in enumerate(held):
        for key, weight in one.items():
            rows.setdefault(key, []).append((topic, float(np.float32(weight))))
    return rows


def plainly_spaced(
    phrases: Sequence[Mapping[str, float]], owners: Sequence[int], size: int
) -> tuple[dict[str, list[tuple[int, float]]], dict[str, float], Floats]:
    spread = Counter(key for phrase in phrases for key in phrase)
    idf = {key: rarity(len(phrases), count) for key, count in spread.items()}
    sums: list[dict[str, float]] = [{} for _ in range(size)]
    for phrase, owner in zip(phrases, owners, strict=True):
        counts = [count if count <= 1 else 1 + log(count) for count in phrase.values()]
        vector = np.array(counts) * np.array([idf[key] for key in phrase])
        length = sqrt(float(vector @ vector))
        for key, weight in zip(phrase, (vector / length).tolist() if length else [], strict=True):
            sums[owner][key] = sums[owner].get(key, 0.0) + weight
    squares = np.array([float(sum(weight * weight for weight in one.values())) for one in sums])
    return plainly_posted(sums), idf, squares


def listed(held: Postings) -> dict[str, list[tuple[int, float]]]:
    return {key: list(zip(*(part.tolist() for part in held.of(key)), strict=True)) for key in held.rows}


def same(phrases: Sequence[Mapping[str, float]], owners: Sequence[int], size: int) -> bool:
    made = space(phrases, owners, size)
    held, idf, squares = plainly_spaced(phrases, owners, size)
    return (
        (listed(made.held), list(made.held.rows)) == (held, list(held))
        and dict(zip(made.held.rows, made.idf.tolist(), strict=True)) == idf
        and made.squares.tobytes() == squares.tobytes()
    )


@settings(deadline=None)
@given(PHRASES)
def test_the_bits_of_adding_one_after_the_other(drawn: list[tuple[int, dict[str, float]]]) -> None:
    assert same([phrase for _, phrase in drawn], [owner for owner, _ in drawn], 6)
    assert listed(postings([phrase for _, phrase in drawn])) == plainly_posted([phrase for _, phrase in drawn])


def test_the_same_for_the_shipped_base(library: Library) -> None:
    built = index.build(library, language("en"))
    asked = [phrase for phrase in built.phrases if phrase.kind != "said"]
    grams = [Counter(index.grams(phrase.words)) for phrase in asked]
    assert same(grams, [phrase.topic for phrase in asked], len(library.topics))


def test_what_was_spelled_before_is_spelled_alike(library: Library) -> None:
    known: dict[str, Sequence[str]] = {}
    english = language("en")
    for topic in library.topics.values():
        for text in (topic.title, topic.summary, topic.details, *topic.questions):
            assert words(text, english, known) == words(text, english) == words(text, english, known)
