"""Saying no, saying maybe, and doing so alike every time."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from knowledge.model import Library
from knowledge.search import searchable
from knowledge.search.language import language
from tests.unit.search.base import article, library, topic
from tests.unit.search.conftest import Open


@pytest.fixture(scope="module")
def base() -> Library:
    return article()


@pytest.mark.parametrize(
    "question",
    [
        "what should I cook tonight",
        "explain recursion",
        "zxcvbnm",
        "bonjour, comment ça va",
        "",
        "???",
    ],
)
def test_what_the_base_does_not_cover_is_not_answered(base: Library, question: str) -> None:
    assert base.find(question).decision != "answer"


@pytest.mark.parametrize("question", ["the", "who won the game yesterday", "how old are you", "what is it"])
def test_function_words_alone_are_not_answered(base: Library, question: str) -> None:
    assert base.find(question).decision != "answer"


@pytest.mark.parametrize(
    "question",
    [
        "security camera for home",
        "cloudy with a chance of meatballs",
        "landscape architect salary",
        "chemical engineer jobs",
        "data entry jobs from home",
        "dashboard lights of my car blink",
    ],
)
def test_words_in_another_sense_are_not_answered(base: Library, question: str) -> None:
    assert base.find(question).decision != "answer"


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("what happens to us when one of the servers dies", "practice/fault-tolerance"),
        ("hi, which laws apply to the data of our users?", "skill/security-compliance"),
        ("should my company rent servers", "skill/cloud-platforms"),
    ],
)
def test_what_the_base_covers_in_other_words_is_found(base: Library, question: str, expected: str) -> None:
    found = base.find(question)

    assert found.matches[0].id == expected
    assert found.decision != "unknown"


def test_confidence_ranks_covered_above_uncovered(base: Library) -> None:
    covered = base.find("how do I protect personal data of users").confidence

    assert covered > base.find("how do I protect my roses from frost").confidence


def test_at_most_five_matches_with_falling_scores(base: Library) -> None:
    matches = base.find("data pipelines for metrics of services in the cloud").matches

    assert len(matches) == 5
    assert [match.score for match in matches] == sorted((match.score for match in matches), reverse=True)
    assert all(0 <= match.score <= 1 for match in matches)


def test_two_topics_without_questions_are_enough() -> None:
    base = library(topic("skill/knots", "Knots"), topic("skill/sails", "Sails", "Cloth that catches the wind."))

    assert base.find("what are knots?").matches[0].id == "skill/knots"
    assert base.find("cloth that catches wind").matches[0].id == "skill/sails"
    assert base.find("how do I file my taxes").decision == "unknown"


def test_an_empty_base_knows_nothing() -> None:
    found = library().find("what is fault tolerance?")

    assert (found.decision, found.confidence, found.matches) == ("unknown", 0.0, ())


def test_a_base_in_another_language_is_searched_without_english_words() -> None:
    base = library(
        topic("skill/netz", "Netzwerke", questions=("wie verbinde ich zwei rechner?",)),
        topic("skill/daten", "Datenbanken", questions=("wo speichere ich kundendaten?",)),
        language="de",
    )

    assert base.find("netzwerke").matches[0].id == "skill/netz"
    assert base.find("wo speichert man kundendaten").matches[0].id == "skill/daten"


ASK = """
from tests.unit.search.base import article
base = article()
print(base.find.lexical)
for question in ("data infrastructure jobs", "why is my servce slow", "rent a cloud", "how to survive", "metrics"):
    print(base.find(question), base.find(question, "concept/grafana"))
"""


def test_a_language_without_everyday_examples_learns_to_say_no_from_the_base(shipped: Open) -> None:
    """The shipped base as if it were in Swedish: its own topics, held out, must teach what is not covered."""
    english = shipped(False)
    other = searchable(replace(english, base=replace(english.base, language="sv")))
    probes = language("en").probes  # which the build has not seen
    assert sum(other.find(probe).decision == "answer" for probe in probes) <= 0.05 * len(probes)
    questions = [question for topic in other.topics.values() for question in topic.questions[:2]]
    assert sum(other.find(question).decision == "answer" for question in questions) >= 0.8 * len(questions)


def test_two_builds_agree_whatever_the_hash_seed() -> None:
    root = Path(__file__).parents[3]
    printed = {
        subprocess.run(
            [sys.executable, "-c", ASK],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }

    assert len(printed) == 1
