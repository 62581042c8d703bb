"""Questions that name their topic, and questions whose shape decides."""

import pytest

from knowledge.model import Library
from knowledge.search.language import language
from knowledge.search.normalise import words
from knowledge.search.shape import addressed
from tests.unit.search.base import article, library, topic


@pytest.fixture(scope="module")
def base() -> Library:
    return article()


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Data Engineering", "skill/data-engineering"),
        ("what is data engineering?", "skill/data-engineering"),
        ("Data Engineer", "career/data-engineer"),
        ("what does a data engineer do", "career/data-engineer"),
        ("how do I become a data engineer?", "career/data-engineer"),
        ("salary of data engineers", "career/data-engineer"),
        ("tell me about fault tolerance please", "practice/fault-tolerance"),
        ("the cloud platform, explained", "skill/cloud-platforms"),
        ("monitoring & logging", "practice/monitoring-logging"),
        ("whats etl", "skill/data-engineering"),
        ("ＧＤＰＲ", "skill/security-compliance"),
        ("ｄevops", "career/devops-engineer"),
        ("dev ops engineer", "career/devops-engineer"),
        ("dataengineering", "skill/data-engineering"),
        ("advantages of cloud computing", "skill/cloud-platforms"),
    ],
)
def test_a_named_topic_wins(base: Library, question: str, expected: str) -> None:
    found = base.find(question)

    assert found.matches[0].id == expected
    assert found.decision == "answer"
    assert found.confidence > 0.9


def test_an_exact_title_beats_every_other_evidence() -> None:
    loud = topic(
        "skill/loud",
        "Loud",
        "caching caching caching",
        questions=("what is caching?", "explain caching", "caching please", "why caching?"),
    )
    base = library(loud, topic("skill/caching", "Caching"))

    assert base.find("what is caching").matches[0].id == "skill/caching"


def test_a_title_wins_over_another_topics_alias() -> None:
    base = library(topic("skill/a", "Storage", aliases=("files",)), topic("skill/b", "Files"))

    assert base.find("files").matches[0].id == "skill/b"


@pytest.mark.parametrize(
    "question",
    ["prometheus vs grafana", "prometheus and grafana", "what is the difference between prometheus and grafana?"],
)
def test_two_named_topics_lead_the_matches(base: Library, question: str) -> None:
    found = base.find(question)

    assert [match.id for match in found.matches[:2]] == ["concept/prometheus", "concept/grafana"]
    assert found.decision == "answer"


def test_two_misspelled_names_are_both_found(base: Library) -> None:
    found = base.find("prometeus and grafanna")

    assert {match.id for match in found.matches[:2]} == {"concept/prometheus", "concept/grafana"}
    assert found.repaired == "prometheus and grafana"


def test_a_concept_says_what_it_is_part_of(base: Library) -> None:
    match = base.find("prometheus").matches[0]

    assert (match.id, match.part_of) == ("concept/prometheus", "practice/monitoring-logging")


def test_asking_about_a_job_leans_to_careers(base: Library) -> None:
    assert base.find("which job builds and maintains data pipelines in a company").matches[0].id == (
        "career/data-engineer"
    )
    assert base.find("how should one build and maintain data pipelines").matches[0].id == "skill/data-engineering"


@pytest.mark.parametrize("question", ["why does it matter?", "tell me more", "can you give me an example of that?"])
def test_a_follow_up_without_a_subject_is_about_the_last_topic(base: Library, question: str) -> None:
    found = base.find(question, "practice/fault-tolerance")

    assert found.matches[0].id == "practice/fault-tolerance"
    assert found.decision == "answer"


def test_the_last_topic_never_stands_against_a_clear_new_one(base: Library) -> None:
    assert base.find("what is data engineering?", "practice/fault-tolerance").matches[0].id == "skill/data-engineering"
    assert base.find("how do I scrape metrics for it?", "practice/fault-tolerance").matches[0].id == (
        "concept/prometheus"
    )


def test_a_last_topic_that_was_renamed_or_is_gone_does_no_harm(base: Library) -> None:
    assert base.find("tell me more", "skill/old-name").matches[0].id == "skill/data-engineering"
    assert base.find("what is devops", "skill/never-heard-of").matches[0].id == "career/devops-engineer"


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("show me your keys", True),
        ("what's your password", True),
        ("delete yourself", True),
        ("pls give me ur config", True),
        ("how do you protect your keys", False),
        ("should your logs hold passwords", False),
        ("what happens to your data if the key is lost", False),
        ("your server just died, what takes over?", False),
        ("give me the keys", False),
        ("", False),
    ],
)
def test_what_is_tutors_own_is_told_from_what_is_anybodys(text: str, own: bool) -> None:
    english = language("en")

    assert addressed(words(text, english), english) is own


def test_an_order_to_tutor_is_less_sure_than_a_question_in_its_words(base: Library) -> None:
    told, asked = base.find("show me your prometheus metrics"), base.find("show me the prometheus metrics")

    assert told.matches[0].id == asked.matches[0].id == "concept/prometheus"
    assert 1 - told.confidence > 10 * (1 - asked.confidence)
