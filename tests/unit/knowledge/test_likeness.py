from __future__ import annotations

import itertools
import random
import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.likeness import TYPED_MAX, Likeness, grade, rivals_of
from knowledge.loader import load
from tests.unit.knowledge.bases import CONTENT, GOOD
from tests.unit.knowledge.terms import TERMS


def verdict(typed: str, answer: str, *accept: str, rivals: tuple[str, ...] = ()) -> str:
    return grade(typed, answer, accept, rivals).verdict


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("redundancy", "redundancy"),
        ("REDUNDANCY!", "redundancy"),
        ("  redundancy .", "redundancy"),
        ("redundency", "redundancy"),
        ("rednudancy", "redundancy"),
        ("It's redundancy", "redundancy"),
        ("it is called redundancy", "redundancy"),
        ("I think it's the redundancy", "redundancy"),
        ("a load balancer", "load balancer"),
        ("load-balancer", "load balancer"),
        ("loadbalancer", "load balancer"),
        ("load balancers", "load balancer"),
        ("containers", "Container"),
        ("container", "containers"),
        ("dependency", "dependencies"),
        ("fail over", "failover"),
        ("ci cd", "CI/CD"),
        ("cicd", "CI/CD"),
        ("naïve bayes", "naive Bayes"),
        ("ｆａｉｌｏｖｅｒ", "failover"),
        ("git", "Git"),
        ("c++", "C++"),
        ("the", "the"),
        ("quelle", "Quelle"),
        ("отказ", "Отказ"),
    ],
)
def test_right(typed: str, answer: str) -> None:
    assert grade(typed, answer) == Likeness("right", answer)


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("", "redundancy"),
        ("?!", "redundancy"),
        ("the", "redundancy"),
        ("failover", "redundancy"),
        ("not redundancy", "redundancy"),
        ("redundancy or failover", "redundancy"),
        ("L1", "L2"),
        ("ipv6", "ipv4"),
        ("python 2", "python 3"),
        ("c", "C++"),
        ("c#", "C++"),
        ("http", "HTTPS"),
        ("elt", "ETL"),
        ("gti", "Git"),
        ("unsupervised", "supervised"),
        ("supervised", "unsupervised"),
        ("decryption", "encryption"),
        ("underfitting", "overfitting"),
        ("synchronous", "asynchronous"),
        ("stateless", "stateful"),
        ("upsampling", "downsampling"),
        ("trainer", "trainee"),
        ("x" * (TYPED_MAX + 1), "x" * (TYPED_MAX + 1)),
    ],
)
def test_wrong(typed: str, answer: str) -> None:
    assert verdict(typed, answer) == "wrong"


def test_close_is_not_right_but_worth_saying() -> None:
    assert grade("failovver s", "failover").verdict == "close"
    assert verdict("qqqqover", "failover") == "wrong"


def test_the_spelling_that_matched_is_told() -> None:
    assert grade("replicas", "redundancy", ("replica", "spare")) == Likeness("right", "replica")
    assert grade("redundency", "redundancy", ("replica",)).spelling == "redundancy"


def test_another_term_as_near_refuses() -> None:
    assert verdict("qlora", "LoRA", rivals=("LoRA", "QLoRA")) == "wrong"
    assert grade("rollbut", "rollback", rivals=("rollout",)).verdict != "right"
    assert grade("data warehose", "data warehouse", rivals=("data lake", "data warehouse")).verdict == "right"
    assert grade("continuous deplivery", "continuous delivery", rivals=("continuous deployment",)).verdict == "right"
    ambiguous = grade("loggin", "logging", rivals=("login",))
    assert (ambiguous.verdict, ambiguous.rival) == ("close", "login")
    assert grade("login", "logging", rivals=("login",)) == Likeness("wrong", rival="login")


def test_an_exact_answer_stands_whatever_else_is_called_so() -> None:
    assert verdict("redundancy", "redundancy", rivals=("Redundancy", "redundancies")) == "right"


def typos(term: str, chance: random.Random) -> list[str]:
    """One typo each: a letter dropped, doubled, swapped with the next, replaced, added."""
    found = []
    for place in range(len(term)):
        letter = chance.choice(string.ascii_lowercase)
        found += [
            term[:place] + term[place + 1 :],
            term[:place] + term[place] + term[place:],
            term[:place] + term[place + 1 : place + 2] + term[place] + term[place + 2 :],
            term[:place] + letter + term[place + 1 :],
            term[:place] + letter + term[place:],
        ]
    return [typo for typo in found if typo.casefold() != term.casefold()]


def test_typos_are_forgiven_and_terms_told_apart() -> None:
    chance = random.Random(7)
    tried = [(typo, term) for term in TERMS for typo in typos(term, chance)]
    accepted = sum(verdict(typo, term, rivals=TERMS) == "right" for typo, term in tried)
    assert accepted / len(tried) >= 0.85
    pairs = list(itertools.permutations(TERMS, 2))
    assert len(pairs) > 8_010
    assert [pair for pair in pairs if verdict(*pair, rivals=TERMS) == "right"] == []


@pytest.mark.parametrize("folder", [GOOD, CONTENT], ids=["good", "shipped"])
def test_typos_in_the_answers_of_a_base(folder: object) -> None:
    assert folder in (GOOD, CONTENT)
    library = load(GOOD if folder is GOOD else CONTENT)
    rivals = rivals_of(library)
    items = [item for item in library.items.values() if item.kind == "text"]
    chance = random.Random(7)
    tried = [(typo, item) for item in items for typo in typos(item.answer, chance)]
    accepted = sum(grade(typo, item.answer, item.accept, rivals).verdict == "right" for typo, item in tried)
    assert accepted / len(tried) >= 0.85
    for item in items:
        for spelling in (item.answer, *item.accept):
            assert grade(spelling, item.answer, item.accept, rivals).verdict == "right"


def test_rivals_are_collected_once_per_version() -> None:
    library = load(GOOD)
    rivals = rivals_of(library)
    assert rivals is rivals_of(load(GOOD))
    assert {"Fault Tolerance", "fault-tolerant systems", "data lake", "lake", "redundancy"} <= set(rivals)
    assert not any(item.answer in rivals for item in library.items.values() if item.kind == "recall")


def test_grading_is_quick() -> None:
    chance = random.Random(7)
    rivals = tuple("".join(chance.choices(string.ascii_lowercase, k=chance.randint(5, 20))) for _ in range(2_000))
    grade("warm up", "warmed up", (), rivals)
    begun = time.process_time()
    for typo in (answers := typos("redundancy planning", chance)):
        grade(typo, "redundancy planning", ("spare planning",), rivals)
    assert (time.process_time() - begun) / len(answers) < 0.001


@given(st.text(), st.text(min_size=1), st.lists(st.text(), max_size=3), st.lists(st.text(), max_size=3))
def test_any_text_is_graded(typed: str, answer: str, accept: list[str], rivals: list[str]) -> None:
    assert grade(typed, answer, accept, tuple(rivals)).verdict in ("right", "close", "wrong")


@given(st.from_regex(r"[a-z]{5,30}( [a-z]{2,10})?", fullmatch=True))
def test_every_answer_is_right_about_itself(answer: str) -> None:
    assert verdict(answer, answer, rivals=TERMS) == "right"
    assert verdict(answer.upper(), answer, rivals=TERMS) == "right"
