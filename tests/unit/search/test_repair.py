"""Spelling repair: misspelled, merged and split words; real words, names, code and other languages are left alone."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.config import CONTENT
from knowledge.loader import load
from knowledge.model import Library
from knowledge.search.language import Language, Pairs, language
from knowledge.search.likely import pairs
from knowledge.search.names import NameBook
from knowledge.search.nearby import Nearby
from knowledge.search.normalise import words
from knowledge.search.repair import Repairer
from knowledge.search.spelling import cost
from tests.unit.search.base import article

ENGLISH = language("en")
NAMES = frozenset({"fault", "tolerance", "data", "engineer", "devops", "kubernetes", "sql", "maintain", "git"})


@cache
def small() -> Repairer:
    surfaces = Counter({**dict.fromkeys(NAMES, 3), "finance": 1, "server": 4, "quickly": 1})
    return Repairer(surfaces, NAMES, ENGLISH)


@cache
def content() -> Library:
    return load(CONTENT)


@cache
def shipped() -> Repairer:
    phrases = [
        words(text, ENGLISH)
        for topic in content().topics.values()
        for text in (topic.title, *topic.aliases, *topic.questions, topic.summary)
    ]
    surfaces = Counter(word for phrase in phrases for word in phrase)
    return Repairer(surfaces, NameBook(content(), ENGLISH).vocabulary, ENGLISH, pairs(phrases))


def asked() -> list[list[str]]:
    """Questions that the shipped base's own curators test it with: none of them is in the vocabulary above."""
    return [words(question, ENGLISH) for topic in content().topics.values() for question in topic.tests]


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("falut tolerence", "fault tolerance"),
        ("kuberntes", "kubernetes"),
        ("kubernetis", "kubernetes"),
        ("devosp enginer", "devops engineer"),
        ("dataengineer", "data engineer"),
        ("fault toler ance", "fault tolerance"),
        ("dev ops", "devops"),
        ("sevrer", "server"),
        ("sqk slq", "sql sql"),
    ],
)
def test_repairs_into_a_small_base(asked: str, meant: str) -> None:
    assert " ".join(small().repair(asked.split())) == meant


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("wten is it timeto change your oil", "when is it time to change your oil"),
        ("how is my tire press uee", "how is my tire pressure"),
        ("login screen tells me i am loc ked ojt but not why", "login screen tells me i am locked out but not why"),
        ("whatis the differnece", "what is the difference"),
        ("isthe server down", "is the server down"),
        ("my tel efone", "my telephone"),  # by ear
        ("informashun", "information"),
        ("teh thier recieve", "the their receive"),
        ("ther eis a problem", "there is a problem"),  # the blank slipped
        ("idont know", "i do not know"),
        ("remind me in 25mins", "remind me in 25 mins"),
        ("what si thenext step", "what is the next step"),  # merged and misspelled
    ],
)
def test_repairs_into_the_language(asked: str, meant: str) -> None:
    assert " ".join(small().repair(words(asked, ENGLISH))) == " ".join(words(meant, ENGLISH))


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("what is cachng", "what is caching"),
        ("prometeus and grafanna", "prometheus and grafana"),
        ("apache spakr", "apache spark"),
        ("microsft azur", "microsoft azure"),
        ("gdrp rule", "gdpr rule"),
        ("how do i becom a site reliabilty engneer", "how do i become a site reliability engineer"),
        ("can itake more fhan ogne carry on", "can i take more than one carry on"),
        ("explain loadbalancing", "explain load balancing"),
        ("wht is vesion contorl", "what is version control"),
    ],
)
def test_repairs_into_the_shipped_base(asked: str, meant: str) -> None:
    assert " ".join(shipped().repair(words(asked, ENGLISH))) == meant


@pytest.mark.parametrize(
    "question",
    [
        *("mountain", "france", "date", "gift", "saint", "serve", "quietly", "security camera", "kafka", "form a team"),
        *("k8s", "401", "s3", "c++", "ipv6", "log4j", "sha256", "4pm", "3rd", "2fa"),
        *(
            "terraform ansible jenkins",
            "pytorch numpy pandas",
            "langchain llama",
            "idempotency",
            "sagemaker databricks",
        ),
        *("was ist maschinelles lernen", "que es el aprendizaje automatico", "comment ca va bonjour merci"),
        *("me puedes explicar docker", "peux tu mexpliquer docker", "bana docker anlatir misin"),
        *("zxcvbnm", "qqqq", "机器学习", "машинное обучение", "who is ann in ny"),
    ],
)
def test_what_nobody_misspelled_stays(question: str) -> None:
    for repairer in (small(), shipped()):
        assert repairer.repair(question.split()) == question.split()


def test_a_misspelled_word_of_the_language_is_not_pulled_into_the_base() -> None:
    assert small().repair(["moutain"]) == ["mountain"]


def test_what_stands_around_a_word_decides() -> None:
    assert small().repair(["send", "it", "ofr", "free"]) == ["send", "it", "for", "free"]
    assert small().repair(["what", "kind", "ofr"]) == ["what", "kind", "of"]


def test_a_neutral_language_repairs_from_the_base_alone() -> None:
    repairer = Repairer(Counter({"netzwerk": 2, "сеть": 1}), frozenset({"netzwerk"}), Language())

    assert repairer.repair(["netzwrek"]) == ["netzwerk"]
    assert repairer.repair(["wie", "geht", "das", "werk"]) == ["wie", "geht", "das", "werk"]


def test_what_was_repaired_is_told() -> None:
    said, changes = small().repairs(["the", "falut", "toler", "ance", "isthe", "same"])

    assert said == ["the", "fault", "tolerance", "is", "the", "same"]
    assert changes == (("falut", "fault"), ("toler ance", "tolerance"), ("isthe", "is the"))
    assert small().repairs(["server"]) == (["server"], ())


def test_clean_questions_are_hardly_touched() -> None:
    questions = asked() + [words(line, ENGLISH) for line in ENGLISH.probes]
    changed = sum(shipped().repair(question) != question for question in questions)

    assert len(questions) >= 150
    assert changed <= 0.02 * len(questions)


def test_most_questions_with_typos_are_restored() -> None:
    noise = random.Random(4)
    questions = [question for question in asked() if len(question) >= 3]
    typed = [words(_misspelled(" ".join(question), noise), ENGLISH) for question in questions]
    restored = sum(shipped().repair(wrong) == right for wrong, right in zip(typed, questions, strict=True))

    assert sum(wrong != right for wrong, right in zip(typed, questions, strict=True)) >= 0.95 * len(questions)
    assert restored >= 0.7 * len(questions)


def _misspelled(question: str, noise: random.Random) -> str:
    """Two words with a slip of the hand each, then a blank too few or too many."""
    found = question.split()
    for at in noise.sample(range(len(found)), 2):
        word = found[at]
        if len(word) > 2:
            cut = noise.randrange(1, len(word) - 1)
            slips = (
                word[:cut] + word[cut + 1 :],
                word[:cut] + word[cut] + word[cut:],
                word[:cut] + word[cut + 1] + word[cut] + word[cut + 2 :],
            )
            found[at] = noise.choice(slips)
    at = noise.randrange(len(found) - 1)
    if noise.random() < 0.5:
        found[at : at + 2] = [found[at] + found[at + 1]]
    elif len(found[at]) > 3:
        found[at : at + 1] = [found[at][:2], found[at][2:]]
    return " ".join(found)


def test_two_repairers_agree() -> None:
    again = Repairer(Counter(dict(reversed(sorted({**dict.fromkeys(NAMES, 3), "server": 4}.items())))), NAMES, ENGLISH)
    first = Repairer(Counter({**dict.fromkeys(NAMES, 3), "server": 4}), NAMES, ENGLISH)
    for question in ("falut toleranse fo rservers", "hte datta enginer iz lst", "wat si devosp agian"):
        assert again.repairs(question.split()) == first.repairs(question.split())


@pytest.mark.parametrize(
    "text",
    ["ab" * 50_000, "qwrt " * 20_000, "teh" * 30_000, "a b " * 25_000, "x" * 24 + " " + "yz" * 12, "i" * 100_000],
)
def test_hostile_input_takes_little_time(text: str) -> None:
    said = words(text, ENGLISH)
    small().repair(["warm"])
    before = time.thread_time()
    small().repair(said)

    assert time.thread_time() - before < 0.5


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=20))
def test_it_never_fails_and_never_loses_a_question(typed: list[str]) -> None:
    said, changes = small().repairs(typed)

    assert said
    assert all(said)
    assert bool(changes) == (said != typed)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(ENGLISH.surprises)[::97]), st.data())
def test_everything_one_edit_away_is_found(word: str, data: st.DataObject) -> None:
    near = Nearby([word, *sorted(NAMES)])
    assert word in dict(near.near(data.draw(st.sampled_from(sorted(_one_edit(word)))), 1))


def _one_edit(word: str) -> Iterator[str]:
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :] or word
        yield word[:at] + "q" + word[at:]
        yield word[:at] + "q" + word[at + 1 :]
        yield word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :]


def test_slips_of_the_hand_cost_less_than_what_no_hand_does() -> None:
    assert cost("word", "word") == 0.0
    assert cost("teh", "the") < cost("thx", "the")  # swapped, another letter
    assert cost("rhere", "there") < cost("mhere", "there")  # the key beside, one far off
    assert cost("letterr", "letter") < cost("letterk", "letter")  # doubled, added
    assert cost("lettre", "letter") < cost("elttre", "letter")  # one edit, two
    assert cost("wort", "word") < cost("gord", "word")  # the first letter is seldom wrong


def test_pairs_are_read_when_they_are_asked_for() -> None:
    followed = Pairs(["how 2 do 5 many much", " 3 what"])

    assert followed.surprise("how", "do") == 2.0
    assert followed.surprise("how", "much") == 5.0
    assert followed.surprise("", "what") == 3.0
    assert followed.surprise("how", "blue") is None
    assert followed.surprise("blue", "how") is None


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
