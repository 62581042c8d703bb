"""Explanations: one plain sentence that tells the truth, and tables that line up whatever is in them."""

from __future__ import annotations

import os
import unicodedata
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from adapters.cli import columns, explain
from knowledge.loader import load
from knowledge.model import Decision, Found, Library, Match
from knowledge.search import searchable
from knowledge.search.finder import ANSWER, SUGGEST
from knowledge.search.fusion import AGAINST, LEXICAL, MEANT
from knowledge.search.trace import Seen, Trace, Why

BASE = Path(__file__).parents[2] / "fixtures" / "base"


@cache
def library() -> Library:
    return searchable(load(BASE))


def trace(decision: Decision, confidence: float, why: Why, *named: str) -> Trace:
    found = Found("what is it", decision, confidence, (Match("concept/failover", 0.5),))
    return Trace(found, why, ("what", "is", "it"), named=named)


FULL = Trace(
    Found("whats fault tolerence", "answer", 0.95, (Match("practice/fault-tolerance", 1.0),)),
    "named after repair",
    ("what", "is", "fault", "tolerence"),
    (("tolerence", "tolerance"),),
    ("career", "leaning"),
    ("practice/fault-tolerance",),
    (
        Seen("practice/fault-tolerance", 1.0, {"letters": 5.46, "texts": 12.96, "leaning": 0.0}),
        Seen("concept/failover", 0.02, {"letters": 0.97, "texts": 0.57, "leaning": -0.4}),
    ),
    {"always": 5.2, "unheard": 1.1, "thin": 0.0},
    {"normalise": 0.04, "repair": 0.5},
    model=True,
)


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 40 columns."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((40, 24)))


@pytest.fixture
def thresholds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thresholds that the sentences below are written for, whatever the engine's are."""
    monkeypatch.setattr(explain, "ANSWER", 0.5)
    monkeypatch.setattr(explain, "SUGGEST", 0.1)


def test_an_explanation_in_full(thresholds: None) -> None:
    assert explain.described(FULL) == (
        """\
Question   whats fault tolerence
Words      what is fault tolerence
Repaired   tolerence → tolerance
Shape      may ask about a job, leans on the topic before
Names      practice/fault-tolerance
Model      asked

Found      1 practice/fault-tolerance
           2 concept/failover

Evidence                    1      2
  spelling               5.46   0.97
  words of its texts    12.96   0.57
  shape and last topic   0.00  -0.40
  in all                18.42   1.14
score                    1.00   0.02

Against
  to begin with         5.20
  words the base lacks  1.10
  in all                6.30

Evidence counts in log odds: 1 more is 2.7 times as likely. The score is a topic's probability;
the decision goes by that of its family, the topic with what it is part of.

Time       0.54 ms: normalise 0.04, repair 0.50

Answered: once repaired, the question names practice/fault-tolerance; 0.95 is above 0.5, from
which Tutor answers.
"""
    )


def test_a_narrow_terminal_is_enough(narrow: None, thresholds: None) -> None:
    lines = explain.described(FULL).splitlines()
    assert max(map(len, lines)) <= 40
    assert [line for line in lines if line.startswith("           ")], "what is long goes on below itself"
    assert " ".join(" ".join(lines).split()).endswith("0.95 is above 0.5, from which Tutor answers.")


@pytest.mark.parametrize(
    ("decision", "confidence", "why", "said"),
    [
        ("answer", 0.93, "sure", "Answered: 0.93 is above 0.5, from which Tutor answers."),
        ("answer", 0.5, "sure", "Answered: 0.50 is exactly 0.5, from which Tutor answers."),
        (
            "suggest",
            0.499996,
            "unsure",
            "Suggested: 0.499996 is below 0.5, from which Tutor answers, and above 0.1, from which it offers choices.",
        ),
        ("unknown", 0.0996, "nothing near", "Declined: 0.0996 is below 0.1, from which Tutor offers choices."),
        ("unknown", 0.0, "nothing near", "Declined: 0.00 is below 0.1, from which Tutor offers choices."),
        ("unknown", 0.0, "empty", "Declined: there is no word in it to look up."),
        (
            "answer",
            0.6,
            "follow-up",
            "Answered: it says no more than “it”, so the last topic is meant; 0.60 is above 0.5, from which Tutor "
            "answers.",
        ),
        (
            "suggest",
            0.4,
            "adrift",
            "Suggested: it says no more than “it”, and there is no topic before it; 0.40 is below 0.5, from which "
            "Tutor answers, and above 0.1, from which it offers choices.",
        ),
    ],
)
def test_the_decision_in_one_sentence(
    thresholds: None, decision: Decision, confidence: float, why: Why, said: str
) -> None:
    assert explain.decided(trace(decision, confidence, why)) == said


def test_the_sentence_has_the_engines_thresholds() -> None:
    assert f"0.01 is below {SUGGEST:g}, " in explain.decided(trace("unknown", 0.01, "nothing near"))
    assert f"1.00 is above {ANSWER:g}, " in explain.decided(trace("answer", 1.0, "sure"))


def test_several_names_are_all_told() -> None:
    said = explain.decided(trace("answer", 0.99, "named", "concept/prometheus", "concept/grafana"))
    assert said.startswith("Answered: the question names concept/prometheus and concept/grafana; 0.99 ")


def test_every_stage_of_the_engine_has_plain_words() -> None:
    assert {*MEANT, *LEXICAL, *AGAINST, "leaning"} <= set(explain.STAGES)


# --- on the real search -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "head", "told"),
    [
        ("what is failover", "Answered: the question names concept/failover; 0.99", "Names      concept/failover"),
        ("what is failovr", "Answered: once repaired, the question names concept", "Repaired   failovr → failover"),
        ("zxcvbnm", "Declined: 0.", "Names      no topic"),
        ("", "Declined: there is no word in it to look up.", "Question   (empty)"),
        ("?!", "Declined: there is no word in it to look up.", "Words      none"),
    ],
)
def test_the_real_search_explains_itself(question: str, head: str, told: str) -> None:
    said = explain.described(explain.explained(library(), question)).splitlines()
    assert told in said
    assert any(line.startswith(head) for line in said), said


@pytest.mark.parametrize("question", ["what is failover", "our server died", "salary of a data enginer", "pizza", ""])
def test_explaining_finds_what_asking_finds(question: str) -> None:
    explained = explain.explained(library(), question)
    assert explained.found == library().find(question)
    assert [seen.topic for seen in explained.seen] == [match.id for match in explained.found.matches[:3]]
    assert explain.HEADS[explained.found.decision] == explain.decided(explained).split(":")[0]
    made = explain.record(explained)
    assert (made["sentence"], made["why"]) == (explain.decided(explained), explained.why)


@pytest.mark.parametrize(
    "question",
    ["\x1b[31mred\x07", "failover " * 12_000, "故障转移" * 200, "z̷̢͓̈́̊a̸̧̛lgo", "a\u202eb\u2028c", "{named} {0}"],
)
def test_hostile_questions_cannot_steer_the_terminal_nor_fill_it(question: str) -> None:
    said = explain.described(explain.explained(library(), question))
    assert not [c for c in said if unicodedata.category(c) in ("Cc", "Cs", "Zl") and c != "\n"]
    assert "\u202e" not in said
    lines = said.splitlines()
    assert len(lines) < 60
    assert max(sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line) for line in lines) <= 97


# --- columns ------------------------------------------------------------------------------------------------------


def test_columns_line_up_beside_wide_letters() -> None:
    assert columns.aligned([["键", "1"], ["kind", "10"], ["e\u0301"]]) == ["  键     1", "  kind  10", "  e\u0301"]
    assert columns.aligned([]) == []


@given(some.text(max_size=200), some.integers(0, 30))
def test_wrapping_loses_nothing(text: str, indent: int) -> None:
    flat = columns.one_line(text, 300)
    lines = columns.wrapped("", flat, indent)
    assert all(line.startswith(" " * indent) for line in lines if line.strip())
    assert "".join("".join(lines).split()) == "".join(flat.split())


def test_a_long_text_is_cut_and_says_so() -> None:
    assert columns.one_line("a" * 10, 10) == "a" * 10
    assert columns.one_line("a" * 11, 10) == "a" * 9 + "…"
    assert columns.one_line(" \n" * 100 + "late", 10) == "…"
