"""Pairs that are nearly alike are found, all of them and no others."""

from __future__ import annotations

import time
from collections.abc import Sequence
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz

from knowledge.loader import load
from knowledge.twins import twins
from tests.unit.knowledge.bases import CONTENT

TEXTS = st.lists(st.text("abc é?\U0001f4a9", min_size=1, max_size=30), max_size=12)


def pair_by_pair(texts: Sequence[str], least: int) -> dict[int, list[int]]:
    found = {
        later: [earlier for earlier in range(later) if fuzz.ratio(texts[earlier], text) >= least]
        for later, text in enumerate(texts)
    }
    return {later: earlier for later, earlier in found.items() if earlier}


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.sampled_from([50, 80, 90, 100]))
def test_the_same_as_pair_by_pair(texts: list[str], least: int) -> None:
    assert twins(texts, least) == pair_by_pair(texts, least)


def test_shipped_stems_and_some_that_were_changed() -> None:
    chance = Random(1)
    stems = [item.ask.casefold() for item in load(CONTENT).items.values()]
    changed = []
    for stem in chance.sample(stems, 200):
        for _ in range(chance.randint(1, 12)):
            at = chance.randrange(len(stem))
            stem = stem[:at] + chance.choice(["", "e", "xy", " "]) + stem[at + 1 :]
        changed.append(stem)
    found = twins(stems + changed, 90)
    assert found == pair_by_pair(stems + changed, 90)
    assert len(found) > 100


def test_thousands_do_not_take_long() -> None:
    """Comparing each with each takes 0.2 µs a pair, 13 s here."""
    chance = Random(2)
    stems = ["".join(chance.choices("etaoin shrdlu cmfwyp vbgkjqxz", k=chance.randint(40, 150))) for _ in range(8000)]
    began = time.process_time()
    assert twins([*stems, stems[0] + "?"], 90) == {8000: [0]}
    assert time.process_time() - began < 5
