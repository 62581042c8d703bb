from __future__ import annotations

import codecs
import time

import pytest

from knowledge.reading import DEPTH_MAX, FILE_MAX, PROBLEMS_MAX, Map, Scalar, Seq, Sheet, read


def codes(data: bytes) -> list[tuple[str, int, int]]:
    return [(problem.code, problem.line, problem.column) for problem in read("x.yaml", data).problems]


def value(sheet: Sheet, key: str) -> str:
    assert isinstance(sheet.root, Map)
    node = sheet.root.values[key]
    assert isinstance(node, Scalar)
    return node.value


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a: \xff", [("not-utf-8", 1, 4)]),
        ("a: é\nb: ".encode() + b"\xc3", [("not-utf-8", 2, 4)]),
        ("a: b".encode("utf-16"), [("not-utf-8", 0, 0)]),
        (b"a: b\nc: \x00\x1b", [("control-character", 2, 4), ("control-character", 2, 5)]),
        ("a: \u0084".encode(), [("control-character", 1, 4)]),
        (b'a: "\\0"', [("control-character", 1, 4)]),
        (b'a: "\\UFFFFFFFF"', [("yaml-syntax", 0, 0)]),
        (b"a: &x b\nc: *x\n", [("yaml-anchor", 1, 4), ("yaml-alias", 2, 4)]),
        (b"a: !!int 7\n", [("yaml-tag", 1, 4)]),
        (b"a: b\n a: c\n", [("yaml-syntax", 2, 3)]),
        (b"a: {b: 1, b: 2}\na: 3\n", [("duplicate-key", 1, 11), ("duplicate-key", 2, 1)]),
        (b"a: b\n---\nc: d\n", [("many-documents", 2, 1)]),
        (b"%YAML 1.2\n---\na: b\n", [("yaml-syntax", 1, 1)]),
        (b"", [("empty-file", 0, 0)]),
        (codecs.BOM_UTF8, [("empty-file", 0, 0)]),
        (b"x" * (FILE_MAX + 1), [("file-too-big", 0, 0)]),
        (b"[" * (DEPTH_MAX + 1), [("too-deep", 1, DEPTH_MAX + 1)]),
    ],
)
def test_refused(data: bytes, expected: list[tuple[str, int, int]]) -> None:
    assert codes(data) == expected


def test_the_deepest_that_is_read() -> None:
    assert codes(b"[" * DEPTH_MAX + b"]" * DEPTH_MAX) == []


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_line_ends_and_byte_order_mark(ends: str) -> None:
    sheet = read("x.yaml", codecs.BOM_UTF8 + f"a: b{ends}c: |{ends}  d{ends}  e{ends}f: [g]{ends}".encode())
    assert sheet.problems == ()
    assert value(sheet, "c") == "d\ne\n"
    assert isinstance(sheet.root, Map)
    assert (sheet.root.keys["f"].line, sheet.root.keys["f"].column) == (5, 1)
    assert sheet.lines[:2] == ("a: b", "c: |")


def test_tabs() -> None:
    assert codes(b"a: |\n  b\tc\n") == []
    for data in (b"a:\tb\n", b"a:\n\t- b\n"):
        assert "tab" in read("x.yaml", data).problems[0].suggestion


def test_json_is_yaml() -> None:
    sheet = read("x.yaml", b'{"a": "b \\u00e9", "c": [1, true],\n "d": {"e": null}}')
    assert sheet.problems == ()
    assert value(sheet, "a") == "b é"


def test_places_are_found_by_steps() -> None:
    sheet = read("x.yaml", b"a:\n  - b: [c, d]\n")
    assert sheet.problem("code", "m", ("a", 0, "b", 1)).column == 12
    assert sheet.problem("code", "m", ("a", 0, "b"), key=True).column == 5
    assert sheet.problem("code", "m", ("a", 0, "missing", 1)).column == 5
    assert sheet.problem("code", "m", ("a", 9)).line == 2
    assert sheet.problem("code", "m").text == "a:"


def test_an_alias_leaves_the_rest_to_be_read() -> None:
    sheet = read("x.yaml", b"a: &x [1]\nb: *x\nc: d\n")
    assert isinstance(sheet.root, Map)
    assert isinstance(sheet.root.values["a"], Seq)
    assert value(sheet, "c") == "d"


def test_a_hostile_file_gets_no_endless_report() -> None:
    sheet = read("x.yaml", b"a: b\n" * 40_000)
    assert len(sheet.problems) == PROBLEMS_MAX


@pytest.mark.parametrize(
    "data",
    [
        b"[" * FILE_MAX,
        b"{" * FILE_MAX,
        b"- " * (FILE_MAX // 2),
        b"? " * (FILE_MAX // 2),
        b"[a," * (FILE_MAX // 3),
        b"'" * FILE_MAX,
        b'"' + b"\\x41" * (FILE_MAX // 4 - 1),
        b"a: " + b"x " * (FILE_MAX // 2 - 2),
        b"a: |\n" + b"  x\n" * (FILE_MAX // 4 - 2),
        b"\n" * FILE_MAX,
        b" " * FILE_MAX,
        b"#" * FILE_MAX,
        b"a\n" * (FILE_MAX // 2),
        b"&a " * (FILE_MAX // 3),
        b"!a " * (FILE_MAX // 3),
        b"a: &a [" + b"*a," * (FILE_MAX // 3 - 4) + b"]",
        b"%" * FILE_MAX,
    ],
    ids=lambda data: repr(data[:6]),
)
def test_hostile_files_are_read_in_bounded_time(data: bytes) -> None:
    assert len(data) <= FILE_MAX
    begun = time.process_time()
    read("x.yaml", data)
    assert time.process_time() - begun < 10
