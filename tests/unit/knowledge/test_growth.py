"""Large bases: they are sound, and what they take grows with their size and no faster."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from benchmarks.large_bases import write
from knowledge.cache import load_cached
from knowledge.check import check
from knowledge.loader import load, look
from knowledge.search import searchable
from tests.unit.knowledge.bases import GOOD, TODAY


def test_a_large_base_holds_and_its_topics_differ(tmp_path: Path) -> None:
    base = write(tmp_path / "base", 40, GOOD)
    found = look(base)
    assert found.library is not None, found.problems[:3]
    topics = found.library.topics.values()
    assert len(topics) >= 40
    assert len({topic.title for topic in topics}) == len(topics)
    assert len({topic.summary for topic in topics}) > len(topics) / 2
    assert load_cached(base, tmp_path / "cache").version == load_cached(base, tmp_path / "cache").version
    again = write(tmp_path / "again", 40, GOOD)
    assert load(again).version == found.library.version


@pytest.mark.parametrize("size", [60, pytest.param(250, marks=pytest.mark.slow)])
def test_four_times_the_topics_take_about_four_times_as_long(size: int, tmp_path: Path) -> None:
    """The least of three runs of the processor's time: six times would be allowed, sixteen is what pairs would take."""
    bases = [write(tmp_path / str(number), number, GOOD) for number in (size, 4 * size)]
    for work in (lambda base: check(base, TODAY), lambda base: searchable(load(base))):
        work(bases[0])  # dictionaries and word lists are there
        small, large = (min(_spent(work, base) for _ in range(3)) for base in bases)
        assert large < 6 * small, f"{large:.2f} s for {4 * size} topics, {small:.2f} s for {size}"


def _spent(work: object, base: Path) -> float:
    began = time.process_time()
    assert callable(work)
    work(base)
    return time.process_time() - began
