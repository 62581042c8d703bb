"""What libyaml reads is what ruamel.yaml reads: the same nodes at the same places, and nothing to complain of."""

from __future__ import annotations

import codecs
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from knowledge import quick, thorough
from knowledge.nodes import CONTROL, DEPTH_MAX, NODES_MAX, Node
from knowledge.reading import read
from tests.unit.knowledge.bases import CONTENT, FIXTURES, ROOT
from tests.unit.knowledge.test_events import PIECES

FILES = [*CONTENT.rglob("*.yaml"), *(ROOT / "examples").rglob("*.yaml"), *FIXTURES.rglob("*.yaml")]
LINES = [
    "a: b", "- x", "- k: v", "k:", "k: |", "k: >-", "k: >", "k: |-", "k: |+", "- |", "- >-", "more", "", "  ", "#c",
    "a: 'q", 'a: "q', "end'", 'end"', "[a, b]", "k: [a,", "b]", "k: {a: 1,", "b: 2}", "- [x, y", "? q", ": w", "k : v",
    "'k': v", '"k": v', "k: 'it''s'", "k: a #c", "k: a#c", "k:v", "k: - x", "- - y", "-", "- ", "-x", "k: ---", "---",
    "...", "k: ...", "k: a\\", 'k: "a\\', "k: ~", "k: é", "k: \U0001f4a9", "k: \u00a0x", "{a, b}", "k: {}", "k: []",
    "k: [a b, c: d, {e: f}]", "k: {a: , b}", "k: {a:b}", "k: [a:b, 'c':d]", 'k: {"a":b}', 'k: {"a":"b"}', "|", "k: |2",
    "k: |1-", "k: > #c", "k: &a b", "k: *a", "k: !t b", "k: @", "k: %x", "k: a: b", "k: 'a': b", "k: -", "k: ?", "k: :",
    "::", "a:", "k: [-]", "k: [- a]", "k: [?a]", "k: [a?]", "k: {?a: b}", "k: {? }", "k: ,", "k: a, b]", "k: }",
    "<<: x", 'k: "a b', '  c"', 'k: "\\x41\\u00e9\\n"', 'k: "\\0"', "k: 'a", "  b'", "k: >2", "k: [? a]", "- ? a",
]  # fmt: skip
MARGINS = ["", "", "  ", "    "]
ENDS = ["", "", "", " ", " #c"]


@st.composite
def pages(draw: st.DrawFn) -> str:
    """Lines as YAML has them, indented at will."""
    lines = draw(st.lists(st.tuples(*map(st.sampled_from, (MARGINS, LINES, ENDS))), max_size=6))
    opening = draw(st.sampled_from(["", "", "k:\n", "k:\n  ", "- "]))
    return opening + "\n".join(map("".join, lines)) + draw(st.sampled_from(["", "\n", "\n\n", "\n "]))


def agreed(text: str) -> Node | None:
    """What `quick` makes of a text that `read` would hand to it; whatever that is, `thorough` agrees."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    found = None if CONTROL.search(text) else quick.compose(text)
    if found is not None:
        assert thorough.compose(text) == (found, [])
    return found


def test_libyaml_is_there() -> None:
    """It comes with every wheel of PyYAML; without it these tests would say nothing."""
    assert quick.compose("a: b\n") is not None


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=16).map("".join))
@example("k: [a:b, 'c':d]\n")
@example("{? }")
@example("k: |\n  \n    a\n")
@example("a: b\n...\n...\n")
@example("%YAML 1.2\n---\na: b\n")
@example("---\n #c<<: : a|\n  ")
def test_pieces(text: str) -> None:
    agreed(text)


@settings(max_examples=600, deadline=None)
@given(pages())
def test_pages(text: str) -> None:
    agreed(text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_files(path: Path) -> None:
    try:
        text = path.read_bytes().removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError:
        return
    agreed(text)


def test_nearly_all_shipped_topics_are_read_by_libyaml() -> None:
    texts = [path.read_text(encoding="utf-8") for path in CONTENT.glob("*/*.yaml")]
    left = sum(quick.compose(text) is None for text in texts)
    assert left <= len(texts) / 20


@pytest.mark.parametrize(
    "text",
    [
        "a: &x b\n", "a: *x\n", "a: !!str b\n", "a: !x b\n", "a: [&x b]\n", "&x a: b\n", "a: b\na: c\n", "[a]: b\n",
        "a: b\n---\nc: d\n", "", "- a\n", "a\n", "a: \tb\n", "a: b\x85c\n", 'a: "\\0"\n', "a: 'b\n", "a: b: c\n",
        "a: " + "[" * DEPTH_MAX + "]" * DEPTH_MAX,
    ],
)  # fmt: skip
def test_left_to_the_other(text: str) -> None:
    assert quick.compose(text) is None


def test_the_deepest_that_is_read() -> None:
    text = "a: " + "[" * (DEPTH_MAX - 1) + "]" * (DEPTH_MAX - 1)
    assert agreed(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "[" * 250_000, "{" * 250_000, "- " * 120_000, "a: [" + "b, " * 80_000 + "]", "a: " + "b " * 120_000,
        '"' + "\\x41" * 60_000 + '"', "a: {" + "b: {" * 60_000, "? " * 120_000, "a:\n" + "  - b: c\n" * 25_000,
        "a: [" + "[b], " * 50_000 + "]", "\n".join(f"k{n}: v" for n in range(25_000)), "a: |\n" + "  b\n" * 60_000,
    ],
    ids=range(12),
)  # fmt: skip
def test_no_text_takes_long(text: str) -> None:
    began = time.process_time()
    read("skills/x.yaml", text.encode())
    assert time.process_time() - began < 1


@pytest.mark.parametrize("piece", ["b, ", "[], "])
def test_as_many_nodes_as_may_be(piece: str) -> None:
    """Just as many, and one more: both count alike, and it is told."""
    most = "a: [" + piece * (NODES_MAX - 3) + "]"  # beside them a mapping, a key and a list
    assert agreed(most) is not None
    more = most.replace(piece, piece * 2, 1)
    assert agreed(more) is None
    assert [complaint.code for complaint in thorough.compose(more)[1]] == ["too-many"]
