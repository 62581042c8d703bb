"""Question files: what is read, what is refused, and where the report points."""

from __future__ import annotations

import json
from dataclasses import replace
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as some

from knowledge import report
from knowledge.model import Base, Library, Topic
from knowledge.search.questions import QuestionFile, TopicIds, read_questions

LIBRARY = Library(
    base=Base("Test"),
    topics={
        id: Topic(id=id, kind="concept" if id.startswith("concept") else "skill", title=id, summary="-")
        for id in ("skill/fault-tolerance", "skill/data-engineering", "concept/data-engineering", "concept/git")
    },
    items={},
    children={},
    names={},
    moved_topics={"skill/resilience": "skill/fault-tolerance"},
    moved_items={},
    version="0" * 16,
)
IDS = TopicIds(LIBRARY)
GIT = frozenset({"concept/git"})


def read(text: str | bytes, path: str = "set.jsonl") -> QuestionFile:
    return read_questions(path, text.encode() if isinstance(text, str) else text, IDS)


def told(file: QuestionFile) -> list[str]:
    return [report.one_line(problem) for problem in file.problems]


def line(q: str = "what is git", expect: object = ("git",), **more: object) -> str:
    return json.dumps({"q": q, "expect": expect, **more}, ensure_ascii=False)


# --- what is read -------------------------------------------------------------------------------------------------


def test_a_line_is_a_question_with_its_topics_and_kind() -> None:
    file = read(f"{line(kind='typo')}\n\n{line('who is git', [])}\n")
    assert told(file) == []
    assert [(q.text, q.expect, q.kind, q.line) for q in file.questions] == [
        ("what is git", GIT, "typo", 1),
        ("who is git", frozenset(), "", 3),
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + line().encode() + b"\n",
        line().encode() + b"\r\n",
        b"\r\n \r\n" + line().encode(),
        b"\xef\xbb\xbf\r\n" + line().encode() + b"\r\n\r\n",
    ],
)
def test_windows_does_no_harm(data: bytes) -> None:
    file = read(data)
    assert told(file) == []
    assert [(q.text, q.expect) for q in file.questions] == [("what is git", GIT)]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf", b"\r\n"])
def test_an_empty_file_has_no_questions_and_nothing_is_wrong_with_it(data: bytes) -> None:
    assert read(data) == replace(read(data), questions=(), problems=())


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("git", "concept/git"),
        ("concept/git", "concept/git"),
        ("fault_tolerance", "skill/fault-tolerance"),
        ("Fault_Tolerance?", "skill/fault-tolerance"),
        ("skill/data-engineering", "skill/data-engineering"),
        ("resilience", "skill/fault-tolerance"),
        ("skill/resilience", "skill/fault-tolerance"),
    ],
)
def test_ids_may_be_short_former_or_another_programs(said: str, meant: str) -> None:
    [question] = read(line(expect=[said])).questions
    assert question.expect == {meant}


def test_several_topics_may_be_right() -> None:
    [question] = read(line(expect=["git", "concept/data-engineering"])).questions
    assert question.expect == {"concept/git", "concept/data-engineering"}


def test_a_line_separator_within_a_question_ends_no_line() -> None:
    file = read(line("what is\u2028git\x85"))
    assert [q.text for q in file.questions] == ["what is\u2028git\x85"]


# --- what is refused ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ('{"q": "x" "expect": []}', "1:11", "this is not JSON: expecting ',' delimiter"),
        ("what is git", "1:1", "expecting value"),
        ('["what is git"]', "1:1", "no object"),
        ('{"q": "x"}', "1:1", 'no "expect"'),
        ('{"q": "x", "expected": []}', "1:1", 'rename "expected" to "expect"'),
        ('{"question": "x", "expect": []}', "1:1", 'rename "question" to "q"'),
        ('{"q": 7, "expect": []}', "1:7", '"q" is no question'),
        ('{"q": " ", "expect": []}', "1:7", '"q" is no question'),
        ('{"q": "x", "expect": "git"}', "1:22", '"expect" is no list'),
        ('{"q": "x", "expect": [7]}', "1:22", '"expect" is no list'),
        ('{"q": "x", "expect": [], "kind": 7}', "1:34", '"kind" is no text'),
        ('{"q": "gti", "expect": ["git", "gti"]}', "1:32", 'there is no topic gti (did you mean "concept/git"?)'),
        ('{"q": "x", "expect": ["skill/git"]}', "1:23", 'did you mean "concept/git"?'),
        ('{"q": "x", "expect": ["falt-tolerance"]}', "1:23", 'did you mean "skill/fault-tolerance"?'),
        ('{"q": "x", "expect": ["zebra"]}', "1:23", "--knowledge names the base"),
        ('{"q": "x", "expect": ["data-engineering"]}', "1:23", "skill/data-engineering or concept/data-engineering"),
        ('{"q": "x", "expect": [""]}', "1:23", "there is no topic"),
        ('[\n {"q": "x"}\n]', "1:1", "JSON over several lines"),
        ('{"q": ' + "9" * 5000 + "}", "1:1", "no JSON that can be read"),
        ("[" * 100_000, "1:1", "no JSON that can be read"),
    ],
)
def test_a_wrong_line_is_one_error_with_its_place_and_a_remedy(text: str, place: str, said: str) -> None:
    file = read(f"\n{text}\n")
    [only] = told(file)
    assert only.startswith(f"set.jsonl:2{place[1:]} ")
    assert said in only
    assert [problem.severity for problem in file.problems] == ["error"]


def test_all_that_is_wrong_is_told_in_the_order_of_the_file() -> None:
    file = read(b"\n".join([b"{", b"[}", line(expect=["gti"]).encode(), b'{"q": "\xff"}', line().encode(), b"7"]))
    assert [(p.line, p.code) for p in file.problems] == [(1, "json")]  # a lone brace: it goes on below
    file = read(b"\n".join([b"[}", line(expect=["gti"]).encode(), b'{"q": "\xff"}', line().encode(), b"7"]))
    assert [(p.line, p.code) for p in file.problems] == [
        (1, "json"),
        (2, "unknown-topic"),
        (3, "not-utf-8"),
        (5, "json"),
    ]
    assert told(file)[2].startswith("set.jsonl:3:8 byte 0xff is not UTF-8")


def test_an_unknown_id_is_told_once_with_how_often_it_stands_there() -> None:
    file = read("\n".join(line(str(n), ["gti", "gti"]) for n in range(21)))
    [only] = told(file)
    assert only.startswith("set.jsonl:1:")
    assert "and 20 more lines name it" in only


def test_utf_16_is_told_as_such() -> None:
    [only] = told(read(line().encode("utf-16")))
    assert only == "set.jsonl this file is UTF-16 (save it as UTF-8)"


def test_duplicates_are_warned_of_once_and_contradictions_each() -> None:
    same = read("\n".join([line()] * 4))
    assert told(same) == [
        "set.jsonl:2:7 line 1 asks the same, and 2 more questions stand here twice (delete it, or it counts twice)"
    ]
    assert len(same.questions) == 4
    other = read("\n".join([line(), line(expect=[]), line(expect=["fault-tolerance"])]))
    assert [(p.line, p.severity, p.code) for p in other.problems] == [
        (2, "warning", "contradiction"),
        (3, "warning", "contradiction"),
    ]


@given(some.binary(max_size=200) | some.text(max_size=200).map(lambda t: t.encode(errors="replace")))
def test_no_bytes_raise(data: bytes) -> None:
    for path in ("set.jsonl", "set.yaml"):
        file = read(data, path)
        report.text(file.problems, 1)


@given(some.text(min_size=1, max_size=50), some.text(max_size=50), some.booleans())
def test_whatever_is_asked_comes_back_as_it_was(text: str, kind: str, ascii: bool) -> None:
    file = read(json.dumps({"kind": kind, "expect": ["git"], "q": text}, ensure_ascii=ascii).encode(errors="replace"))
    if text.strip() and text.isprintable() and kind.isprintable():
        assert [(q.text, q.kind, q.expect) for q in file.questions] == [(text, kind, GIT)]


def test_ten_thousand_wrong_lines_take_no_time() -> None:
    began = perf_counter()
    file = read("\n".join([line(str(n), [f"nothing-{n}"]) for n in range(5_000)] + ["{]"] * 5_000))
    assert len(file.problems) == 10_000
    assert perf_counter() - began < 10


# --- YAML ---------------------------------------------------------------------------------------------------------


def test_yaml_is_a_list_out_of_scope_or_questions_with_their_topics() -> None:
    listed = read("# none of this\n- who won?\n- 401\n- 'tell me: a joke'\n", "no.yaml")
    assert told(listed) == []
    assert [(q.text, q.expect, q.line, q.column) for q in listed.questions] == [
        ("who won?", frozenset(), 2, 3),
        ("401", frozenset(), 3, 3),
        ("tell me: a joke", frozenset(), 4, 3),
    ]
    mapped = read("what is git?: git\n'two: at once': [git, fault-tolerance]\nwho won?: []\n", "yes.yaml")
    assert told(mapped) == []
    assert [(q.text, q.expect, q.line) for q in mapped.questions] == [
        ("what is git?", GIT, 1),
        ("two: at once", frozenset({"concept/git", "skill/fault-tolerance"}), 2),
        ("who won?", frozenset(), 3),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("what is git?: gti\n", 'no.yaml:1:15 there is no topic gti (did you mean "concept/git"?)'),
        ("what is git?: [git,\n  gti]\n", 'no.yaml:2:3 there is no topic gti (did you mean "concept/git"?)'),
        ("what is git?:\n", "no.yaml:1:1 this is no topic's id"),
        ("what is git?: {a: b}\n", "no.yaml:1:15 this is no topic's id"),
        ("- [a]\n", "no.yaml:1:3 this is no question"),
        ("-\n", "no.yaml:1:2 this is no question"),
        ("just text\n", "no.yaml:1:1 this is no list of questions"),
        ("- a: b\n", "no.yaml:1:3 this is no question"),
        ("- &a who won?\n", "no.yaml:1:3 the anchor &a is not allowed"),
    ],
)
def test_wrong_yaml_is_told_with_its_place(text: str, said: str) -> None:
    [only] = told(read(text, "no.yaml"))
    assert only.startswith(said)
