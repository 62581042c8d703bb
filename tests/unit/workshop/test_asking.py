"""Trying lessons one after the other tells the same as asking everything anew, and asks less."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from adapters.cli.workbench import Workbench
from knowledge.loader import load
from knowledge.model import Found, Library
from knowledge.search import searchable
from knowledge.search.late import Late
from knowledge.search.meaning import encoder
from knowledge.workshop.asking import ANSWERS, VECTORS, Asked, Remembering
from knowledge.workshop.teaching import Lesson, Move, harm, lesson, moves, near, taught

BASE = Path(__file__).parents[2] / "fixtures" / "base"
ASKED = ("my hamster escaped again", "who keeps the lights on", "zebra crossing zebra", "what is failover", "data??")
# Lessons that help, that do harm, and that change nothing else.
LESSONS = (
    ("my hamster escaped again", "practice/fault-tolerance"),
    ("who keeps the lights on", "career/data-engineer"),
    ("the spare server", "career/data-engineer"),
    ("how do I grow", "practice/fault-tolerance"),
    ("zebra crossing zebra", "practice/scalability"),
    ("what happens to my data", "practice/scalability"),
)


class Counting:
    """The model, counting the texts that it reads."""

    def __init__(self) -> None:
        model = encoder()
        assert model is not None
        self._model, self.name, self.dimensions = model, model.name, model.dimensions
        self.read: list[str] = []

    def embed(self, text: str) -> NDArray[np.float32]:
        self.read.append(text)
        return self._model.embed(text)


class Heard:
    """A library's search, listing what it is asked."""

    def __init__(self, library: Library) -> None:
        self._find, self.asked = library.find, list[str]()
        self.library = replace(library, find=self)

    def __call__(self, question: str, last: str | None = None) -> Found:
        self.asked.append(question)
        return self._find(question, last)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def library() -> Library:
    return searchable(load(BASE), None, Counting())


def golden(library: Library) -> list[str]:
    return [*ASKED, *(text for topic in library.topics.values() for text in (topic.title, *topic.tests))]


def full(library: Library, one: Lesson, also: Sequence[str], asked: Sequence[str]) -> tuple[Library, list[Move]]:
    """What a lesson changes, by asking everything of the base as it is and as it would be."""
    after = searchable(taught(library, [one]), None, Counting())
    return after, list(moves(library.find, after.find, [*also, *asked, *near(library, one.phrase)]))


def test_lessons_one_after_the_other_are_told_as_by_asking_everything_anew(
    tmp_path: Path, cache: Path, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some are kept and some are not, twice over: the second time with what the first one left on disk."""
    monkeypatch.setenv("TUTOR_CACHE_DIR", str(cache))
    told: list[str] = []
    for turn in range(2):
        folder = Path(shutil.copytree(BASE, tmp_path / f"base{turn}"))
        (folder / "golden").mkdir(exist_ok=True)
        (folder / "golden" / "mine.yaml").write_text("".join(f"- {text}\n" for text in ASKED), encoding="utf-8")
        bench, plain = Workbench.open(folder), library
        for number, (phrase, topic) in enumerate(LESSONS):
            one = lesson(plain, phrase, topic)
            also = [phrase, f"{phrase} please"]
            after, found = bench.tried([one], also)
            expected, moved = full(plain, one, also, bench.asked.golden)
            assert found == moved
            assert after.version == expected.version
            assert after.find(phrase) == expected.find(phrase)
            told.append(harm(found, bench.owners))
            if number % 2 == 0:
                bench.keep([one], after)
                plain = expected
            else:
                bench.refuse(f"question {number}")
        assert load(folder).version == plain.version
    assert told[: len(LESSONS)] == told[len(LESSONS) :]
    assert any(told)
    assert not all(told)


def test_each_version_is_asked_once_and_the_model_reads_nothing_twice(cache: Path, library: Library) -> None:
    model = Counting()
    reader = Remembering(model, cache)
    before = Heard(searchable(library, None, reader))
    asked = Asked(golden(library), reader, cache)
    first = dict(asked.answers(before.library, ["what do learners ask"]))
    asked.settle(before.library)
    assert dict(asked.answers(before.library, ["what do learners ask"])) == first
    assert sorted(before.asked) == sorted({*golden(library), "what do learners ask"})
    after = Heard(searchable(taught(library, [Lesson("my hamster", "practice/scalability")]), None, reader))
    asked.answers(after.library)
    assert sorted(after.asked) == sorted(set(golden(library)))
    assert len(model.read) == len(set(model.read))
    asked.add("one more")
    asked.answers(after.library)
    assert after.asked[-1] == "one more"
    asked.settle(after.library)
    asked.answers(before.library, ["what do learners ask"])
    assert before.asked.count("what do learners ask") == 2, "what was settled is forgotten with its version"


def test_what_is_kept_answers_the_next_time_and_holds_golden_questions_only(cache: Path, library: Library) -> None:
    typed = "what a learner typed and nobody should keep"
    reader = Remembering(Counting(), cache)
    asked = Asked(golden(library), reader, cache)
    first = dict(asked.answers(searchable(library, None, reader), [typed]))
    asked.settle(library)
    (answers,), (vectors,) = cache.glob(f"{ANSWERS}-*"), cache.glob(f"{VECTORS}-*")
    assert b"nobody should keep" not in answers.read_bytes()
    model, heard = Counting(), Heard(library)
    again = Remembering(model, cache)
    asked = Asked(golden(library), again, cache)
    assert dict(asked.answers(heard.library)) == {q: found for q, found in first.items() if q != typed}
    assert heard.asked == []
    then = searchable(library, None, again)
    assert {q: then.find(q) for q in golden(library)} == dict(asked.answers(heard.library))
    read = len(model.read)
    then.find(typed)
    assert len(model.read) == read + 1, "its vector was not kept"
    for file in (answers, vectors):
        file.write_bytes(file.read_bytes()[:-1])
    heard = Heard(library)
    damaged = Asked(golden(library), Remembering(Counting(), cache), cache)
    assert dict(damaged.answers(heard.library)) == {q: found for q, found in first.items() if q != typed}
    assert len(heard.asked) == len(set(golden(library)))


def test_nothing_is_kept_where_the_model_cannot_be_loaded(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUTOR_CACHE_DIR", str(cache))
    monkeypatch.setattr(Late, "load", lambda _: "the wheel is broken")
    bench = Workbench.open(Path(shutil.copytree(BASE, tmp_path / "base")))
    bench.tried([lesson(bench.library, *LESSONS[0])])
    assert list(cache.glob("search-*"))
    assert not [*cache.glob(f"{ANSWERS}-*"), *cache.glob(f"{VECTORS}-*")]


def test_vectors_are_those_of_the_model_to_the_last_bit(cache: Path) -> None:
    model = encoder()
    assert model is not None
    reader = Remembering(model, cache)
    reader.lasting = True
    for text in ASKED[:3]:
        reader.embed(text)
    reader.lasting = False
    reader.embed(ASKED[3])
    reader.keep()
    counting = Counting()
    again = Remembering(counting, cache)
    for text in ASKED:
        assert again.embed(text).tobytes() == model.embed(text).tobytes()
        assert again.embed(text).dtype == np.float32
    assert counting.read == list(ASKED[3:])


def test_without_a_model_and_without_a_cache(library: Library) -> None:
    plain = searchable(library)
    asked = Asked(ASKED, None, None)
    asked.settle(plain)
    assert dict(asked.answers(plain)) == {text: plain.find(text) for text in ASKED}


def test_half_a_character_is_read_like_any_text() -> None:
    model = Counting()
    remembering = Remembering(model, None)
    first, second = (remembering.embed("what is \ud800 zebra") for _ in range(2))
    assert np.array_equal(first, second)
    assert len(model.read) == 1


def test_what_was_only_tried_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, cache = Path(shutil.copytree(BASE, tmp_path / "base")), tmp_path / "cache"
    monkeypatch.setenv("TUTOR_CACHE_DIR", str(cache))
    bench = Workbench.open(folder)
    before = sorted(file.name for file in cache.glob("search-*"))
    for question, topic in LESSONS:
        bench.tried([lesson(bench.library, question, topic)])
    assert sorted(file.name for file in cache.glob("search-*")) == before != []
