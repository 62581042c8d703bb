"""Spaces are made in arrays; what they hold has the bits that adding one after the other gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import log, sqrt

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from knowledge.model import Library
from knowledge.search import index
from knowledge.search.arrays import Floats
from knowledge.search.counts import Counts, by_key, dense, letters, numbered, together
from knowledge.search.language import language
from knowledge.search.space import Postings, postings, rarity, space

PHRASES = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 4) | st.floats(0.5, 9), max_size=6),
    ),
    max_size=12,
).map(lambda drawn: sorted(drawn, key=lambda one: one[0]))


def counts(held: Sequence[Mapping[str, float]]) -> Counts:
    """What each text holds, by name, as counts."""
    keys, names = numbered([key for one in held for key in one])
    owners = np.repeat(np.arange(len(held)), [len(one) for one in held])
    values = np.array([value for one in held for value in one.values()], np.float64)
    return together(owners, keys, values, names, len(held))


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


def plainly(held: Counts) -> list[list[tuple[str, float]]]:
    pairs = [(held.names[key], value) for key, value in zip(held.keys.tolist(), held.values.tolist(), strict=True)]
    return [pairs[start:end] for start, end in pairwise(held.ends.tolist())]


def listed(held: Postings) -> dict[str, list[tuple[int, float]]]:
    return {key: list(zip(*(part.tolist() for part in held.of(key)), strict=True)) for key in held.rows}


def same(phrases: Sequence[Mapping[str, float]], owners: Sequence[int], size: int) -> bool:
    made = space(counts(phrases), owners, size)
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
    assert listed(postings(counts([phrase for _, phrase in drawn]))) == plainly_posted([phrase for _, phrase in drawn])


def test_the_same_for_the_shipped_base(library: Library) -> None:
    built = index.build(library, language("en"))
    asked = [phrase for phrase in built.phrases if phrase.kind != "said"]
    grams = [Counter(index.grams(phrase.words)) for phrase in asked]
    owners, size = [phrase.topic for phrase in asked], len(library.topics)
    assert same(grams, owners, size)
    made, (held, idf, squares) = built.letters, plainly_spaced(grams, owners, size)
    assert (listed(made.held), list(made.held.rows)) == (held, list(held))
    assert dict(zip(made.held.rows, made.idf.tolist(), strict=True)) == idf
    assert made.squares.tobytes() == squares.tobytes()


@given(PHRASES)
def test_counts_hold_what_they_were_made_of(drawn: list[tuple[int, dict[str, float]]]) -> None:
    held = [phrase for _, phrase in drawn]
    assert plainly(counts(held)) == [list(phrase.items()) for phrase in held]


@given(st.lists(st.text(max_size=12), max_size=8), st.sets(st.integers(1, 5), min_size=1, max_size=3))
@example(["", "\ud800\0", "\0"], {1, 3})
def test_letters_are_counted_as_slices_would_be(texts: list[str], sizes: set[int]) -> None:
    ascending = sorted(sizes)
    plain = [
        Counter(text[start : start + size] for size in ascending for start in range(len(text) - size + 1))
        for text in texts
    ]
    made = letters(texts, ascending)
    assert plainly(made) == [list(one.items()) for one in plain]
    assert list(made.names) == list(dict.fromkeys(run for one in plain for run in one))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.floats(0.1, 9)), max_size=20))
def test_entries_are_added_up_as_they_come(entries: list[tuple[int, int, float]]) -> None:
    entries.sort(key=lambda entry: entry[0])
    sums: list[dict[str, float]] = [{} for _ in range(4)]
    for owner, key, value in entries:
        sums[owner][str(key)] = sums[owner].get(str(key), 0.0) + value
    owners, keys, values = (np.array([entry[n] for entry in entries], kind) for n, kind in enumerate("qqd"))
    made = together(owners, keys, values, [str(key) for key in range(5)], 4)
    assert plainly(made) == [list(one.items()) for one in sums]


@given(st.lists(st.integers(0, 5) | st.integers(2**40, 2**62), max_size=20))
def test_codes_of_any_size_are_ordered_and_numbered(drawn: list[int]) -> None:
    codes = np.array(drawn, np.int64)
    assert by_key(codes).tolist() == sorted(range(len(drawn)), key=drawn.__getitem__)
    made, which = dense(codes)
    assert made.tolist() == sorted(set(drawn))
    assert made[which].tolist() == drawn
