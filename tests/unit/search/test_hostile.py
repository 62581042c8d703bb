"""Whatever is typed, search answers soon and never raises."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.model import Library, Topic
from knowledge.search import searchable
from knowledge.search.finder import Finder
from knowledge.search.language import language
from knowledge.search.meaning import encoder
from knowledge.search.normalise import HEAD, TAIL, TOKENS_HEAD, TOKENS_TAIL, Reader, fold, stem, words
from tests.unit.search.base import article, topic
from tests.unit.search.base import library as small
from tests.unit.search.sound import check

BASE = article()
LIMIT = 0.25  # seconds; some 10-30 ms are usual, the rest is for a busy machine

ODD: dict[str, tuple[Topic, ...]] = {
    "nothing": (),
    "one topic": (topic("skill/knots", "Knots"),),
    "a topic without a word": (topic("skill/knots", "???", summary=""),),
    "phrases without a word": (topic("skill/knots", "🎉"), topic("skill/sails", "Sails", questions=("…", "!"))),
    "function words": (topic("skill/who", "The Who"), topic("concept/it", "It", questions=("what is it?",))),
    "jobs alone": (topic("career/sailor", "Sailor"), topic("career/cook", "Cook", questions=("who bakes bread?",))),
    "one title three times": tuple(topic(f"{kind}/knots", "Knots") for kind in ("skill", "practice", "concept")),
    "one question for all": tuple(topic(f"skill/t{n}", f"Name {n}", questions=("what now",)) for n in range(4)),
    "a family that is not there": (topic("concept/reef", "Reef knot", part_of="skill/gone"),),
    "a family within a family": (
        topic("skill/knots", "Knots"),
        topic("concept/loops", "Loops", part_of="skill/knots"),
        topic("concept/bowline", "Bowline", part_of="concept/loops"),
    ),
    "long titles": (topic("skill/knots", "knot " * 300), topic("skill/sails", "x" * 500)),
    "another script": (topic("skill/a", "航海", questions=("船怎么走？",)), topic("skill/b", "面包")),
}
ASKED = (
    *("", "???", "\ud800", "knots", "what is a knot", "what are knots?", "nkots", "the who", "it", "tell me more", "a"),
    *("who bakes bread", "what now", "reef knot vs bowline", "船怎么走", "面包", "how do i file taxes", "x" * 1000),
)


@pytest.fixture(scope="module")
def base() -> Library:
    return BASE


@pytest.mark.parametrize(
    "text",
    [
        "what is fault tolerance " * 5000,
        "a" * 100_000,
        "d\u0301\u0302\u0303\u0304" * 20_000,
        "\ufdfa" * 100_000,
        "😀🎉" * 50_000,
        "مرحبا بالعالم " * 8000,
        "\u202egnireenigne atad\u202c" * 5000,
        "(a+)+$" * 20_000 + "!",
        "what is " * 15_000,
        "it " * 30_000,
        "data engineering and " * 5000,
        "qwrtzp " * 15_000,
        "\ud800" * 1000,
        "\0" * 100_000,
        "'" * 100_000,
        "한국어 " * 30_000,
    ],
)
def test_long_and_odd_messages_are_answered_soon(base: Library, text: str) -> None:
    began = time.process_time()
    found = base.find(text, "concept/grafana")

    assert time.process_time() - began < LIMIT
    assert found.question == text


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.characters(), max_size=300), st.none() | st.text(max_size=20))
def test_search_never_raises(text: str, last: str | None) -> None:
    found = BASE.find(text, last)

    assert 0.0 <= found.confidence <= 1.0
    assert found == BASE.find(text, last)


@pytest.mark.parametrize("tag", ["en", "en-GB", "de", "zh", "", "??"])
@pytest.mark.parametrize("kind", ODD)
def test_odd_bases_are_searched_as_soundly(kind: str, tag: str) -> None:
    base = small(*ODD[kind], language=tag)

    _ask(base)


@pytest.mark.parametrize("kind", ["nothing", "a topic without a word", "phrases without a word", "jobs alone"])
def test_odd_bases_are_searched_as_soundly_with_the_model(kind: str) -> None:
    model = encoder()
    assert model is not None

    _ask(searchable(small(*ODD[kind]), meaning=model))


def _ask(base: Library) -> None:
    assert isinstance(base.find, Finder)
    for question in ASKED:
        for last in (None, *base.topics, "skill/never"):
            check(base.find, question, last)
    for named in base.topics.values():
        if words(named.title, language(base.base.language)):
            found = base.find(named.title)
            assert base.topics[found.matches[0].id].title == named.title
            assert found.decision == "answer"


def test_a_base_of_one_topic_says_no_too() -> None:
    base = small(*ODD["one topic"])

    assert base.find("how do i file my taxes").decision == "unknown"
    assert base.find("tell me more").decision != "answer"


def test_letters_that_look_alike_and_piled_up_marks_are_seen_through(base: Library) -> None:
    assert base.find("dаtа еngineering").matches[0].id == "skill/data-engineering"  # Cyrillic а and е
    assert base.find("f\u0301\u0302a\u0300u\u0301l\u0302t t\u0301o\u0300lerance").matches[0].id == (
        "practice/fault-tolerance"
    )
    assert base.find("fault\u200b tol\u00aderance").matches[0].id == "practice/fault-tolerance"


def test_a_long_message_keeps_its_head_and_its_tail(base: Library) -> None:
    noise = "lorem " * 2000

    assert "devops" in words(f"{noise} devops", language("en"))
    assert "devops" in words(f"devops {noise}", language("en"))
    assert len(words("word " * 5000, language("en"))) == TOKENS_HEAD + TOKENS_TAIL
    assert HEAD + TAIL < 2000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What's CI/CD?", "what is ci cd"),
        ("u wanna learn C++ & c#", "you want to learn c++ and c#"),
        ("the team’s data", "the team data"),
        ("don't", "do not"),
        ("Café", "cafe"),
    ],
)
def test_words_are_folded_and_spelled_out(text: str, expected: str) -> None:
    assert " ".join(words(text, language("en"))) == expected


def test_what_was_read_before_is_read_alike(library: Library) -> None:
    english = language("en")
    read = Reader(english)
    for one in library.topics.values():
        for text in (one.title, one.summary, one.details, *one.questions):
            assert read(text) == words(text, english) == read(text)


def test_folding_twice_changes_nothing() -> None:
    for text in ("ﬁle", "STRASSE ß", "İstanbul", "ﷺ", "ǅ"):
        assert fold(fold(text)) == fold(text)


def test_stems_meet_but_jobs_and_fields_differ() -> None:
    assert stem("scale") == stem("scaling") == stem("scaled") == stem("scales")
    assert stem("policies") == stem("policy")
    assert stem("running") == stem("runs")


def test_a_language_tag_cannot_lead_out_of_the_folder() -> None:
    assert language("../../etc/passwd").stops == frozenset()
    assert language("en-GB") is language("en")
