"""Changes to files touch what is meant and nothing else."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters import CONTENT
from knowledge.format import TOPIC
from knowledge.workshop import edit
from knowledge.workshop.edit import EditError

ORDER = tuple(TOPIC.keys)
FILES = sorted(CONTENT.glob("*/*.yaml"))
SHORT = """\
# a comment at the head
id: x   # behind
title: 'It''s one'
aliases: [one, "two, too"]  # in brackets
questions:
  - what is x?   # asked often
  # a comment between
  - >-
    a long question
    on two lines
summary: Text.

# above the quiz
quiz:
  - {id: q-1, kind: text, ask: What?, answer: x}
  - id: q-2
    kind: text
    ask: Which?
    answer: y

    # the end
"""


def lines(before: str, after: str) -> list[str]:
    """The lines that went and came, each with its sign."""
    found = difflib.ndiff(before.split("\n"), after.split("\n"))
    return [line for line in found if line[0] in "+-"]


@pytest.mark.parametrize("file", FILES[::7], ids=lambda file: file.stem)
@pytest.mark.parametrize("key", ["questions", "aliases", "related", "formerly", "tests"])
def test_an_entry_more_in_a_shipped_file_is_a_line_or_two(file: Path, key: str) -> None:
    text = file.read_text(encoding="utf-8")
    after = edit.append(text, key, "is that: so?", ORDER)
    assert edit.values(after)[key][-1] == "is that: so?"
    assert len([line for line in lines(text, after) if line[0] == "+"]) <= 2


@settings(deadline=None)  # other programs take their time, too
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\x85\u2028\u2029"), min_size=1))
@example("no")
@example("~")
@example("12")
@example("a #b")
@example("- x")
@example("it's")
@example("\"both\" and 'more'")
@example("{a: b}, [c]")
@example("x: y")
@example(" blank at the ends ")
def test_any_text_can_be_an_entry(value: str) -> None:
    for key in ("questions", "aliases", "tests"):
        assert edit.values(edit.append(SHORT, key, value, ORDER))[key][-1] == value
    replaced = edit.values(edit.replace(SHORT, ("quiz", 0, "answer"), value))
    assert replaced["quiz"][0] == {"id": "q-1", "kind": "text", "ask": "What?", "answer": value}


def test_what_stands_around_stays() -> None:
    assert lines(SHORT, edit.append(SHORT, "questions", "how?")) == ["+   - how?"]
    assert lines(SHORT, edit.append(SHORT, "tests", "how?", ORDER)) == ["+ tests:", "+   - how?"]
    assert lines(SHORT, edit.append(SHORT, "aliases", "three")) == [
        '- aliases: [one, "two, too"]  # in brackets',
        '+ aliases: [one, "two, too", three]  # in brackets',
    ]
    assert lines(SHORT, edit.remove(SHORT, "questions", 0)) == ["-   - what is x?   # asked often"]
    assert lines(SHORT, edit.remove(SHORT, "aliases", 1)) == [
        '- aliases: [one, "two, too"]  # in brackets',
        "+ aliases: [one]  # in brackets",
    ]
    assert lines(SHORT, edit.replace(SHORT, ("title",), "Two")) == ["- title: 'It''s one'", "+ title: Two"]
    assert lines(SHORT, edit.append(SHORT, "formerly", "q-0", at=("quiz", 1))) == ["+     formerly:", "+       - q-0"]
    assert "answer: x, formerly: [q-0]}" in edit.append(SHORT, "formerly", "q-0", at=("quiz", 0))


def test_the_last_entry_takes_its_list_along() -> None:
    assert "aliases" not in edit.values(edit.remove(edit.remove(SHORT, "aliases", 0), "aliases", 0))
    assert "questions" not in edit.values(edit.remove(edit.remove(SHORT, "questions", 1), "questions", 0))


def test_a_key_goes_where_it_usually_stands() -> None:
    after = edit.append(SHORT, "requires", "skill/x", ORDER)
    assert after.index("summary:") < after.index("requires:") < after.index("quiz:")


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        ("aliases: []\n", "aliases: [x]\n"),
        ("aliases: [a,]\n", "aliases: [a, x]\n"),
        ("aliases: [\n  a,\n  b\n]\n", "aliases: [\n  a,\n  b, x\n]\n"),
        ("a: 1\naliases:\n- a\n- b\nb: 2", "a: 1\naliases:\n- a\n- b\n- x\nb: 2\n"),
        ("aliases:\n  - a", "aliases:\n  - a\n  - x\n"),
        ("aliases:\r\n  - a\r\nb: 2\r\n", "aliases:\r\n  - a\r\n  - x\r\nb: 2\r\n"),
        ("\ufeffaliases:\n  - a\n", "\ufeffaliases:\n  - a\n  - x\n"),
        ("b: 2\n", "b: 2\naliases:\n  - x\n"),
    ],
)
def test_lists_in_any_style(before: str, wanted: str) -> None:
    assert edit.append(before, "aliases", "x") == wanted


def test_a_long_line_is_continued_below() -> None:
    names = ", ".join(f"name-{n}" for n in range(14))
    after = edit.append(f"aliases: [{names}]\n", "aliases", "another")
    assert after.endswith(",\n          another]\n")


@pytest.mark.parametrize(
    "text",
    [
        "- a\n",
        "{aliases: x}\n",
        "aliases: x\n",
        "a: [\n",
        "aliases: {a: b}\n",
        "aliases: [a  # c\n]\n",
        "just text",
        "",
    ],
)
def test_what_cannot_be_changed_safely_is_left_to_its_author(text: str) -> None:
    with pytest.raises(EditError):
        edit.append(text, "aliases", "x")


def test_what_is_not_there_cannot_be_replaced_or_removed() -> None:
    for at in (("quiz", 7, "id"), ("quiz",)):
        with pytest.raises(EditError):
            edit.replace(SHORT, at, "x")
    for key, number in (("questions", 9), ("tests", 0)):
        with pytest.raises(EditError):
            edit.remove(SHORT, key, number)
