"""Bytes to YAML nodes that know their places, and the safety pre-pass.

Nodes are composed from the event stream, so that anchors, aliases, tags, deep nesting and duplicate keys are refused
before anything is built from them, each with its line and column. Nothing here knows what a topic is.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Literal

from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from knowledge.errors import Problem
from knowledge.events import events
from knowledge.files import FILE_MAX

DEPTH_MAX = 20
PROBLEMS_MAX = 50  # per file: a reader needs no more, and a hostile file gets no more

_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_ENDS = re.compile("\r\n|\r|\n")
# What ruamel.yaml says, and what to do about it.
_HINTS = (
    ("directives", "delete this line"),
    ("mapping values are not", 'put a text that contains ": " in quotes, or write it below its key after "|"'),
    ("found unexpected ':'", 'put a text that contains ":" in quotes'),
    ("could not find expected ':'", 'a key is followed by ":" and a blank; indent the further lines of a text'),
    ("'\\t'", "write blanks here instead of the tab"),
    ("that cannot start any token", "put a text that begins with this mark in quotes"),
    ("unknown escape", 'inside "double quotes" a backslash starts an escape: use single quotes or write \\\\'),
    ("while scanning a quoted", "close the quote; inside 'single quotes' an apostrophe is written twice: ''"),
    ("but found '<scalar>'", "inside 'single quotes' an apostrophe is written twice: ''; or use \"double quotes\""),
    ("but found '<block mapping", "indent this key like the keys above it"),
    ("expected <block end>", "line this up with the entries above it"),
    ("while parsing a flow", "close the bracket; inside { } and [ ] put a text with marks such as , : ? in quotes"),
)


@dataclass(slots=True)
class Scalar:
    """A scalar as written. `plain` is False for quoted and block scalars, which are text whatever they look like."""

    line: int
    column: int
    value: str
    plain: bool


@dataclass(slots=True)
class Seq:
    """A list."""

    line: int
    column: int
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Map:
    """A mapping: its values by key, and each key's own place. `flow` marks one written in braces."""

    line: int
    column: int
    flow: bool = False
    values: dict[str, Node] = field(default_factory=dict)
    keys: dict[str, Scalar] = field(default_factory=dict)


@dataclass(slots=True)
class Broken:
    """Stands where something was refused, so that the rest of the file can still be checked."""

    line: int
    column: int


Node = Scalar | Seq | Map | Broken
Step = str | int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that was read: its path in the base, its lines, its nodes (None: no YAML), what was wrong with it."""

    path: str
    lines: tuple[str, ...] = ()
    root: Node | None = None
    problems: tuple[Problem, ...] = ()

    def problem(
        self,
        code: str,
        message: str,
        at: Sequence[Step] = (),
        *,
        help: str = "",
        key: bool = False,
        severity: Literal["error", "warning"] = "error",
    ) -> Problem:
        """A problem placed at the node that the steps `at` lead to, or as far on the way as there are nodes.

        `key` points at the key of the last step instead of its value.
        """
        node = self.root
        line, column = (node.line, node.column) if node else (0, 0)
        for n, step in enumerate(at):
            following: Node | None = None
            if isinstance(node, Map) and isinstance(step, str):
                following = node.values.get(step)
                if following and key and n == len(at) - 1:
                    following = node.keys[step]
            elif isinstance(node, Seq) and isinstance(step, int) and step < len(node.items):
                following = node.items[step]
            if following is None:
                break
            node, line, column = following, following.line, following.column
        return placed(severity, code, message, self.path, self.lines, line, column, help)

    def at_word(self, problem: Problem, word: str) -> Problem:
        """The same problem, placed where this word next stands in the file: texts run over many lines."""
        pattern = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE)
        for line, text in enumerate(self.lines[max(problem.line, 1) - 1 :], max(problem.line, 1)):
            start = problem.column - 1 if line == problem.line else 0
            if found := pattern.search(text, start):
                return replace(problem, line=line, column=found.start() + 1, text=text)
        return problem


def placed(
    severity: Literal["error", "warning"],
    code: str,
    message: str,
    path: str,
    lines: Sequence[str],
    line: int,
    column: int,
    help: str,
) -> Problem:
    """A problem with the text of its line. `line` and `column` count from 1; 0 is the whole file."""
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    return Problem(severity, code, message, path, line, column, text, help)


def read(path: str, data: bytes) -> Sheet:
    """Read one file. Never raises: whatever is wrong with the bytes is in the sheet's `problems`."""
    if len(data) > FILE_MAX:
        size = f"this file has {len(data):,} bytes, {FILE_MAX:,} at most"
        return _refused(path, "file-too-big", size, "split it: one topic a file")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _refused(path, "not-utf-8", "this file is UTF-16", "save it as UTF-8")
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        lines = _LINE_ENDS.split(before)
        message = f"byte 0x{data[error.start]:02x} is not UTF-8"
        problem = placed("error", "not-utf-8", message, path, lines, len(lines), len(lines[-1]) + 1, "save it as UTF-8")
        return Sheet(path, tuple(lines), None, (problem,))
    if "\r" in text:
        text = _LINE_ENDS.sub("\n", text)
    lines = text.split("\n")
    reader = _Reader(path, lines)
    for found in islice(_CONTROL.finditer(text), PROBLEMS_MAX - 1):
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        reader.complain("control-character", _control(found[0]), line, column, "delete it")
    if reader.problems:
        return Sheet(path, tuple(lines), None, tuple(reader.problems))
    root = reader.compose(text)
    return Sheet(path, tuple(lines), root, tuple(reader.problems))


def _refused(path: str, code: str, message: str, help: str) -> Sheet:
    return Sheet(path, problems=(Problem("error", code, message, path, suggestion=help),))


def _control(character: str) -> str:
    return f"the control character U+{ord(character):04X} is not allowed"


class _Stop(Exception):
    """Reading this file any further makes no sense."""


class _Reader:
    """Composes the nodes of one file."""

    def __init__(self, path: str, lines: Sequence[str]) -> None:
        self.path = path
        self.lines = lines
        self.problems: list[Problem] = []
        self.root: Node | None = None
        self.open: list[tuple[Seq | Map, list[Scalar | None]]] = []  # the second holds a mapping's key until its value

    def complain(self, code: str, message: str, line: int, column: int, help: str) -> None:
        """Note a problem; from PROBLEMS_MAX on, stop reading."""
        self.problems.append(placed("error", code, message, self.path, self.lines, line, column, help))
        if len(self.problems) >= PROBLEMS_MAX:
            raise _Stop

    def compose(self, text: str) -> Node | None:
        """The root node of the first document, or None when there is none or the YAML is broken."""
        try:
            documents = 0
            for event in events(text):
                if isinstance(event, DocumentStartEvent):
                    documents += 1
                    if documents > 1:
                        line, column = event.start_mark.line + 1, event.start_mark.column + 1
                        help = "one topic a file"
                        self.complain("many-documents", "a second document starts here", line, column, help)
                        return None
                elif isinstance(event, NodeEvent):
                    self._node(event)
                elif isinstance(event, SequenceEndEvent | MappingEndEvent):
                    self.open.pop()
        except _Stop:
            return None
        except MarkedYAMLError as error:
            self._broken(error)
            return None
        except Exception as error:  # a fault of the parser, such as chr() out of range: a problem of this file alone
            self.complain("yaml-syntax", f"this is not YAML: {error}", 0, 0, "look for odd escapes or marks")
            return None
        if self.root is None:
            self.complain("empty-file", "this file is empty", 0, 0, "write a topic, or delete the file")
        return self.root

    def _node(self, event: Any) -> None:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if event.anchor and not isinstance(event, AliasEvent):
            help = f'write the text out where "*{event.anchor}" stands, and delete "&{event.anchor}"'
            self.complain("yaml-anchor", f"the anchor &{event.anchor} is not allowed", line, column, help)
        if isinstance(event, AliasEvent):
            message = f"the alias *{event.anchor} is not allowed"
            self.complain("yaml-alias", message, line, column, "write the text out here, or put it in quotes")
            self._add(Broken(line, column))
            return
        if event.tag is not None:
            help = "delete it: a value in quotes is text, the rest follows from its form"
            tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
            self.complain("yaml-tag", f"the tag {tag} is not allowed", line, column, help)
        if isinstance(event, ScalarEvent):
            found = _CONTROL.search(event.value) if event.style == '"' else None
            if found:
                self.complain("control-character", _control(found[0]), line, column, "delete the escape")
                self._add(Broken(line, column))
            else:
                self._add(Scalar(line, column, event.value, event.style is None))
            return
        if len(self.open) >= DEPTH_MAX:
            message = f"this is nested more than {DEPTH_MAX} deep"
            self.complain("too-deep", message, line, column, "a topic needs five levels at most")
            raise _Stop
        collection: Seq | Map = (
            Seq(line, column) if isinstance(event, SequenceStartEvent) else Map(line, column, bool(event.flow_style))
        )
        self._add(collection)
        self.open.append((collection, []))

    def _add(self, node: Node) -> None:
        if not self.open:
            self.root = node
            return
        parent, waiting = self.open[-1]
        if isinstance(parent, Seq):
            parent.items.append(node)
        elif waiting:
            key = waiting.pop()
            if key is not None:
                if isinstance(node, Scalar) and node.plain and not node.value:
                    node.line, node.column = key.line, key.column  # nothing was written: its key is the place to look
                parent.values[key.value] = node
                parent.keys[key.value] = key
        else:
            waiting.append(self._key(parent, node))

    def _key(self, parent: Map, node: Node) -> Scalar | None:
        if not isinstance(node, Scalar):
            if not isinstance(node, Broken):
                self.complain("yaml-key", "a key is a single word", node.line, node.column, "remove the brackets")
            return None
        if node.value in parent.keys:
            first = parent.keys[node.value].line
            message = f'the key "{node.value}" stands here twice (first in line {first})'
            self.complain("duplicate-key", message, node.line, node.column, "keep one of the two")
            return None
        return node

    def _broken(self, error: MarkedYAMLError) -> None:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        begun = error.context_mark
        said = error.problem or error.context or "unreadable"
        if error.context and begun and mark and begun.line != mark.line:
            said += f" ({error.context} begun in line {begun.line + 1})"
        signs = f"{error.context}: {error.problem}"
        help = next((help for sign, help in _HINTS if sign in signs), "compare it with a topic file that loads")
        self.complain("yaml-syntax", f"this is not YAML: {said}", line, column, help)


__all__ = ["DEPTH_MAX", "FILE_MAX", "Broken", "Map", "Node", "Scalar", "Seq", "Sheet", "Step", "read"]
