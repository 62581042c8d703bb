"""The conversation's last topic: it carries what leans on it, and stands against nothing else."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest

from knowledge.model import Library, Topic
from tests.unit.search.base import library as small
from tests.unit.search.base import topic
from tests.unit.search.conftest import Open

LEANING = (
    "why does it matter",
    "Why does it matter?",
    "tell me more",
    "any tools for that?",
    "can you give me an example?",
    "how does it work",
    "what are its benefits",
    "explain that again",
    "how do I learn it",
    "what are the drawbacks of this",
    "when should I use it",
    "is that important?",
    "whats the point of it",
    "where is it used",
    "is it hard",
    "another one",
    "give me another example",
    "which tools are there for it",
)


def family(topic: Topic) -> str:
    return topic.part_of or topic.id


@pytest.mark.parametrize("question", LEANING)
def test_what_leans_on_the_last_topic_is_about_it(library: Library, question: str) -> None:
    lost = {}
    for last in list(library.topics.values())[::3]:
        found = library.find(question, last.id)
        first = library.topics[found.matches[0].id] if found.matches else None
        if first is None or family(first) != family(last) or found.decision == "unknown":
            lost[last.id] = (found.decision, first and first.id)

    assert not lost


@pytest.mark.parametrize("question", LEANING)
def test_what_leans_on_nothing_is_not_answered(library: Library, question: str) -> None:
    assert library.find(question).decision != "answer"


def test_the_last_topic_breaks_ties() -> None:
    question = "how do I mend a torn one?"
    base = small(
        topic("skill/knots", "Knots", questions=(question,)),
        topic("skill/nets", "Nets", questions=(question,)),
        topic("skill/sails", "Sails", questions=(question,)),
    )

    for last in base.topics:
        assert base.find("how does one mend a torn one", last).matches[0].id == last


def test_the_last_topics_family_rises_with_it(library: Library) -> None:
    apart = ("concept/prometheus", "concept/encryption")
    scores = [
        {match.id: match.score for match in library.find("how do I set up dashboards", last).matches} for last in apart
    ]

    assert scores[0]["concept/grafana"] > scores[1]["concept/grafana"]  # a sibling of Prometheus


def test_a_title_is_found_whatever_was_last(library: Library) -> None:
    draw = Random(20)
    topics = list(library.topics.values())
    for asked in topics:
        alone = library.find(asked.title)
        for last in draw.sample([other for other in topics if other is not asked], 5):
            found = library.find(asked.title, last.id)
            assert (found.matches[0].id, found.decision) == (alone.matches[0].id, alone.decision), (asked.id, last.id)


@pytest.mark.parametrize("lasts", [3, pytest.param(10, marks=pytest.mark.slow)])
def test_an_unrelated_last_topic_changes_next_to_nothing(library: Library, lasts: int) -> None:
    draw = Random(21)
    topics = list(library.topics.values())
    same = sure = pairs = 0
    for asked, question in [(t, question) for t in topics for question in t.tests]:
        alone = library.find(question)
        near = {family(asked), family(library.topics[alone.matches[0].id])}
        for last in draw.sample([other for other in topics if family(other) not in near], lasts):
            found = library.find(question, last.id)
            pairs += 1
            same += found.matches[0].id == alone.matches[0].id
            sure += found.decision == alone.decision
    assert pairs >= 100 * lasts
    assert same / pairs >= 0.98
    assert sure / pairs >= 0.95


def test_a_last_topic_that_was_never_there_changes_nothing(library: Library) -> None:
    for question, last in product(("why does it matter", "what is GDPR", "cloud", ""), ("skill/none", "", "\ud800")):
        assert library.find(question, last) == library.find(question)


@pytest.mark.parametrize("question", ["and how do i test it", "is it expensive", "who invented this"])
def test_what_leans_on_the_last_topic_offers_it(shipped: Open, question: str) -> None:
    found = shipped(True).find(question, "concept/encryption")
    if found.decision != "answer":
        assert found.decision == "suggest"
        assert "concept/encryption" in [match.id for match in found.matches[:3]]
    assert shipped(True).find("what is docker", "concept/encryption").matches[0].id == "concept/containers"
