"""Gaps in groups, and lessons that change what they are meant to."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from knowledge.loader import load
from knowledge.model import Decision, Found, Library, Match
from knowledge.search import searchable
from knowledge.search.evaluate import Question
from knowledge.search.meaning import encoder
from knowledge.workshop.edit import values
from knowledge.workshop.grouping import Gap, answers, by_meaning, by_spelling, grouped
from knowledge.workshop.teaching import LessonError, Move, harm, lesson, moves, near, owners, taught, written

BASE = Path(__file__).parents[2] / "fixtures" / "base"
PHRASE = "my hamster escaped again"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BASE, tmp_path / "base"))


@pytest.fixture(scope="module")
def library() -> Library:
    return searchable(load(BASE))


def test_questions_that_mean_the_same_are_one_group() -> None:
    model = encoder()
    assert model is not None
    asked = [
        Gap("1", "my pod keeps restarting", count=2),
        Gap("2", "why do my pods restart all the time", count=1),
        Gap("3", "how do i bake bread", count=1),
        Gap("4", "recipe for a loaf of bread", count=4),
        Gap("5", "what is a vector database", count=1),
    ]
    groups = [[gap.id for gap in group] for group in grouped(asked, by_meaning(model))]
    assert groups == [["4", "3"], ["1", "2"], ["5"]]


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


def test_what_is_remembered_is_read_once() -> None:
    model = Counting()
    alike = by_meaning(model, remember=3)
    once, again = alike(["bread", "pods", "bread"]), alike(["pods", "bread", "cats"])
    assert sorted(model.read) == ["bread", "cats", "pods"]
    assert (once[0, 2], once[0, 1], again[0, 1]) == (True, False, False)
    by_meaning(model)(["bread", "bread"])
    assert model.read.count("bread") == 3


def test_a_question_is_answered_unless_it_was_not_that(library: Library) -> None:
    asked = Gap("1", "what is failover", "unknown", ("practice/scalability",))
    assert answers(library, asked)
    assert answers(library, replace(asked, decision="rejected"))
    assert not answers(library, replace(asked, decision="rejected", nearest=("concept/failover",)))
    assert not answers(library, replace(asked, text=PHRASE))


def move(before: Found, after: Found) -> Move:
    return Move(before.question, before, after)


def test_harm_is_to_take_a_question_or_to_answer_what_is_out_of_scope(library: Library) -> None:
    golden = [Question("is it mine?", frozenset({"concept/failover"})), Question("who won the cup?")]
    owned = owners(library, golden)
    assert owned["switch to the spare server"] == {"concept/failover"}

    def found(question: str, decision: Decision, topic: str, part_of: str | None = None) -> Found:
        return Found(question, decision, 0.5, (Match(topic, 0.9, part_of),))

    mine = found("is it mine?", "answer", "concept/failover")
    for taken in (found("is it mine?", "answer", "a/b"), found("is it mine?", "suggest", "a/b")):
        assert "it would take" in harm([move(mine, taken)], owned)
    cup = found("who won the cup?", "suggest", "concept/failover")
    assert "out of scope" in harm([move(cup, replace(cup, decision="answer"))], owned)
    for harmless in (
        move(mine, replace(mine, decision="suggest")),
        move(mine, found("is it mine?", "answer", "concept/part", "concept/failover")),
        move(found("is it mine?", "answer", "practice/scalability"), mine),
        move(replace(cup, decision="unknown"), cup),
        move(found("nobody's", "answer", "a/b"), found("nobody's", "answer", "c/d")),
    ):
        assert harm([harmless], owned) == ""


def test_questions_with_the_same_words_are_one_group_without_the_model() -> None:
    asked = [Gap("1", "Restarting pods"), Gap("2", "why are the pods restarting"), Gap("3", "bread", count=9)]
    assert [[gap.id for gap in group] for group in grouped(asked, by_spelling)] == [["3"], ["1", "2"]]
    assert grouped([], by_spelling) == []


def test_a_lesson_leads_there_and_nothing_else_is_written(folder: Path, library: Library) -> None:
    assert library.find(PHRASE).decision != "answer"
    one = lesson(library, f"  {PHRASE}\n", "fault-tolerance")
    assert (one.phrase, one.topic) == (PHRASE, "practice/fault-tolerance")
    after = searchable(taught(library, [one]))
    assert after.find(PHRASE).matches[0].id == "practice/fault-tolerance"
    assert after.find(PHRASE).decision == "answer"
    found = list(moves(library.find, after.find, [PHRASE, PHRASE, *near(library, PHRASE)]))
    assert found[0].question == PHRASE
    assert [move.question for move in found].count(PHRASE) == 1
    texts = written(folder, library, [one])
    assert list(texts) == ["practices/fault-tolerance.yaml"]
    for path, text in texts.items():
        before = values((folder / path).read_text(encoding="utf-8"))
        assert values(text) == before | {"questions": [*before["questions"], PHRASE]}
        (folder / path).write_text(text, encoding="utf-8")
    assert load(folder).version == after.version


def test_lessons_for_one_file_come_together(folder: Path, library: Library) -> None:
    lessons = [lesson(library, f"{PHRASE} {n}", "practice/fault-tolerance") for n in range(3)]
    lessons.append(lesson(library, "spares", "practice/fault-tolerance", "aliases"))
    lessons.append(lesson(library, "is a spare hamster a copy", "practice/fault-tolerance", "tests"))
    (text,) = written(folder, library, lessons).values()
    assert values(text)["questions"][-3:] == [one.phrase for one in lessons[:3]]
    assert values(text)["aliases"][-1] == "spares"
    assert values(text)["tests"][-1] == "is a spare hamster a copy"


@pytest.mark.parametrize(
    ("phrase", "topic", "said"),
    [
        ("spare wheel", "practice/fault-tolerence", 'did you mean "practice/fault-tolerance"'),
        ("???", "practice/fault-tolerance", "no word in it"),
        ("FailOver!", "practice/fault-tolerance", "is a name of concept/failover"),
        ("x", "path/first-steps", "is a path"),
    ],
)
def test_what_cannot_be_taught(library: Library, phrase: str, topic: str, said: str) -> None:
    with pytest.raises(LessonError, match=said):
        lesson(library, phrase, topic)


def test_a_question_is_taught_once(library: Library) -> None:
    topic = library.topics["practice/fault-tolerance"]
    for known in (topic.questions[0].upper(), *topic.tests):
        with pytest.raises(LessonError, match="already"):
            lesson(library, known, "practice/scalability")
