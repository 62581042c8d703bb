"""The quick ways through the scanner give what ruamel.yaml's own gives."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import Event, ScalarEvent

from knowledge.events import events

CONTENT = Path(__file__).parents[3] / "knowledge" / "content"
PIECES = [
    "a", "b c", "key: ", "- ", "\n", "\n  ", "\n    ", "\n\n", " #c", "#", ": ", ":", ", ", "[", "]", "{", "}", "'",
    '"', "|\n", "|-\n", "|\n  ", ">-\n", "---\n", "...\n", "? ", "&x ", "*x", "!!str ", "\t", "http://x", "\\", "é",
    "\u00a0", "\x85", "\u2028", "-", "?", "@", "`", "why: it's so", "\n- a\n  b\n- c", "12", "~", "\ufeff", "=", "  ",
    "\n \n", "- - ", "<<: ",
]  # fmt: skip


def shape(event: Event) -> tuple[object, ...]:
    value = (event.value, event.style) if isinstance(event, ScalarEvent) else ()
    return (type(event).__name__, value, event.start_mark.line, event.start_mark.column)


def trace(source: object) -> list[object]:
    found: list[object] = []
    try:
        found += (shape(event) for event in source)  # type: ignore[attr-defined]
    except MarkedYAMLError as error:
        mark = error.problem_mark
        found.append(("error", error.problem, mark and (mark.line, mark.column)))
    except (YAMLError, ValueError, AttributeError) as error:
        found.append(("error", str(error)))
    return found


def library(text: str) -> list[object]:
    return trace(YAML(typ="safe", pure=True).parse(text))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=24).map("".join))
@example("a: b\n c\n# d\n")
@example("- a\n  b: c\n")
@example("a: b\n---\nc")
@example("a\n...\nb")
@example("[a, b\n c, d: e, f ? g]")
@example("{a: b, c, d:e}")
@example("- a\n\n  b\n- c # d\n")
@example("a: |\n  b\n\n   c \n  \n\n  # d\n# e\nf: g\n")
@example("a:\n- |-\n  b\n\n- c\n")
@example("a: |\n  b\n c\n")
@example("a: |\n  b\n  c")
@example("a: |\n b\n...\n")
@example("a: |-\n  b\n    \n")
@example("a:\n- b\n-c\n")
def test_same_events_as_the_library(text: str) -> None:
    assert trace(events(text)) == library(text)


@pytest.mark.parametrize("path", sorted(CONTENT.glob("*/*.yaml"))[:12], ids=lambda path: path.stem)
def test_same_events_for_shipped_topics(path: Path) -> None:
    assert trace(events(path.read_text())) == library(path.read_text())
