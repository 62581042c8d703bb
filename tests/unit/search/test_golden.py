"""Golden questions: which of them are missed, and that the warning stands where the question does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from knowledge.errors import Problem
from knowledge.loader import Survey, look
from knowledge.model import Decision, Found, Library, Match
from knowledge.search import searchable
from knowledge.search.golden import ask_file, ask_topics
from knowledge.search.questions import TopicIds, read_questions
from tests.unit.knowledge.bases import base_with

HEAD = "kind: skill\nid: storage\ntitle: Storage\nsummary: Where data lies.\ntests:\n- where does data lie\n"
PART = (
    "kind: concept\nid: disks\ntitle: Disks\nsummary: They turn.\npart_of: skill/storage\n"
    "tests: [spinning things, my disk is full]\n"
)
SIBLING = "kind: concept\nid: tapes\ntitle: Tapes\nsummary: They wind.\npart_of: skill/storage\n"


def base(folder: Path) -> Survey:
    files: dict[str, str | bytes] = {"skills/storage.yaml": HEAD, "concepts/disks.yaml": PART}
    return look(base_with(folder, files | {"concepts/tapes.yaml": SIBLING}))


def answering(survey: Survey, id: str, decision: Decision = "answer") -> Library:
    """The library with a search that finds the same topic whatever is asked."""
    assert survey.library is not None
    match = Match(id, 1.0, survey.library.topics[id].part_of)
    return replace(survey.library, find=lambda question, last=None: Found(question, decision, 0.9, (match,)))


def places(problems: list[Problem]) -> list[tuple[str, str, int, int]]:
    assert {problem.severity for problem in problems} <= {"warning"}
    return [(problem.code, problem.path, problem.line, problem.column) for problem in problems]


def test_a_test_may_find_its_topic_or_the_family_above_and_below_but_no_sibling(tmp_path: Path) -> None:
    survey = base(tmp_path)
    disks = [("golden-missed", "concepts/disks.yaml", 6, 9), ("golden-missed", "concepts/disks.yaml", 6, 26)]
    storage = [("golden-missed", "skills/storage.yaml", 6, 3)]
    for found, missed in (
        ("skill/storage", []),
        ("concept/disks", []),  # a part of what is asked for
        ("concept/tapes", disks),
        ("skill/first", disks + storage),
    ):
        assert places(list(ask_topics(answering(survey, found), survey.drafts))) == missed, found


def test_to_be_offered_is_enough_and_to_be_declined_is_not(tmp_path: Path) -> None:
    survey = base(tmp_path)
    assert not list(ask_topics(answering(survey, "skill/storage", "suggest"), survey.drafts))
    declined = list(ask_topics(answering(survey, "skill/storage", "unknown"), survey.drafts))
    assert {problem.code for problem in declined} == {"golden-declined"}
    assert len(declined) == 3


def test_a_file_says_what_must_be_found_and_what_must_not_be_answered(tmp_path: Path) -> None:
    survey = base(tmp_path)
    library = answering(survey, "concept/disks")
    text = b"where: storage\nwind: [tapes]\nwho won: []\n"
    file = read_questions("../golden/mine.yaml", text, TopicIds(library))
    assert file.problems == ()
    assert places(list(ask_file(library, file))) == [
        ("golden-missed", "../golden/mine.yaml", 2, 1),
        ("golden-answered", "../golden/mine.yaml", 3, 1),
    ]
    offered = answering(survey, "concept/tapes", "suggest")
    assert [problem.line for problem in ask_file(offered, file)] == [], "suggesting is no answer"


def test_nothing_found_at_all_is_a_miss_with_a_message(tmp_path: Path) -> None:
    survey = base(tmp_path)
    assert survey.library is not None
    blind = replace(survey.library, find=lambda question, last=None: Found(question, "unknown", 0.0))
    for problem in ask_topics(blind, survey.drafts):
        assert "leads to nothing, not to" in problem.message


def test_the_real_search_finds_what_it_has_been_told_and_misses_the_rest(tmp_path: Path) -> None:
    survey = base(tmp_path)
    assert survey.library is not None
    missed = list(ask_topics(searchable(survey.library), survey.drafts))
    assert [problem.message.split('"')[1] for problem in missed] == ["spinning things"]
    assert missed[0].text.startswith("tests: [spinning things")
