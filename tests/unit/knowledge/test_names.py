from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge import loader
from knowledge.names import nearest, nearest_topic, normalise_name


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Fault Tolerance", "fault tolerance"),
        ("  fault-tolerance?! ", "fault tolerance"),
        ("CI/CD", "ci cd"),
        ("Monitoring & Logging", "monitoring and logging"),
        ("What's a server?", "whats a server"),
        ("what’s a server", "whats a server"),
        ("C", "c"),
        ("C++", "c++"),
        ("C#.", "c#"),
        ("# C", "c"),
        ("scikit_learn", "scikit learn"),
        ("ＡＩ", "ai"),
        ("Straße", "strasse"),
        ("año", "año"),
        ("हिन्दी भाषा", "हिन्दी भाषा"),
        ("見本。", "見本"),
        ("€1 charge", "1 charge"),
        ("?!", ""),
    ],
)
def test_normalise(text: str, folded: str) -> None:
    assert normalise_name(text) == folded


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise_name(normalise_name(text)) == normalise_name(text)


def test_the_loader_hands_it_out() -> None:
    assert loader.normalise_name is normalise_name


def test_nearest() -> None:
    assert nearest("anwser", ["answer", "accept", "ask"]) == "answer"
    assert nearest("Answer", ["answer"]) == "answer"
    assert nearest("x", ["answer"]) == ""
    assert nearest("x" * 10_000, []) == ""


def test_nearest_topic_prefers_the_same_id() -> None:
    known = ["skill/fault-tolerant", "practice/fault-tolerance"]
    assert nearest_topic("skill/fault-tolerance", known) == "practice/fault-tolerance"
    assert nearest_topic("practice/fault-tolerence", known) == "practice/fault-tolerance"
    assert nearest_topic("path/other", known) == ""
