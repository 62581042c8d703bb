"""Spelling repair: misspelled, merged and split words; real words are left alone."""

from collections import Counter

import pytest

from knowledge.model import Library
from knowledge.search.language import Language, language
from knowledge.search.repair import Repairer
from tests.unit.search.base import article

NAMES = frozenset({"fault", "tolerance", "data", "engineer", "devops", "kubernetes", "sql", "maintain", "git"})


@pytest.fixture(scope="module")
def repairer() -> Repairer:
    return Repairer(
        Counter({**dict.fromkeys(NAMES, 3), "finance": 1, "server": 4, "quickly": 1}), NAMES, language("en")
    )


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("falut tolerence", "fault tolerance"),
        ("kuberntes", "kubernetes"),
        ("devosp enginer", "devops engineer"),
        ("dataengineer", "data engineer"),
        ("fault toler ance", "fault tolerance"),
        ("dev ops", "devops"),
        ("sevrer", "server"),
        ("sqk slq", "sqk sql"),  # three letters: only a swap is sure enough
    ],
)
def test_repairs(repairer: Repairer, asked: str, meant: str) -> None:
    assert " ".join(repairer.repair(asked.split())) == meant


@pytest.mark.parametrize("word", ["mountain", "france", "date", "gift", "saint", "serve", "k8s", "401", "quietly"])
def test_real_words_that_the_base_lacks_are_left_alone(repairer: Repairer, word: str) -> None:
    assert repairer.repair([word]) == [word]


def test_a_misspelled_word_of_the_language_is_not_pulled_into_the_base(repairer: Repairer) -> None:
    assert repairer.repair(["moutain"]) == ["mountain"]


def test_noise_stays_noise(repairer: Repairer) -> None:
    assert repairer.repair(["zxcvbnm"]) == ["zxcvbnm"]


def test_a_neutral_language_repairs_from_the_base_alone() -> None:
    repairer = Repairer(Counter({"netzwerk": 2}), frozenset({"netzwerk"}), Language())

    assert repairer.repair(["netzwrek"]) == ["netzwerk"]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("what is fualt tolerence", "practice/fault-tolerance"),
        ("clodu platfroms", "skill/cloud-platforms"),
        ("montioring and loging", "practice/monitoring-logging"),
        ("data enginere", "career/data-engineer"),
        ("data enginering", "skill/data-engineering"),
    ],
)
def test_misspelled_names_are_found(question: str, expected: str) -> None:
    base: Library = article()
    found = base.find(question)

    assert found.matches[0].id == expected
    assert found.decision == "answer"
    assert found.repaired
