"""Text to nodes by ruamel.yaml, telling everything that is wrong with it.

Nodes are composed from the event stream, so that anchors, aliases, tags, deep nesting and duplicate keys are refused
before anything is built from them, each with its line and column. `knowledge.quick` reads what is in order.
"""

from __future__ import annotations

from typing import Any, NamedTuple

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

from knowledge.events import events
from knowledge.nodes import CONTROL, DEPTH_MAX, NODES_MAX, PROBLEMS_MAX, Broken, Map, Node, Scalar, Seq, control

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


class Complaint(NamedTuple):
    """What is wrong with the text at a line and a column, counted from 1 (0: the whole file), and how to mend it."""

    code: str
    message: str
    line: int
    column: int
    help: str


def compose(text: str) -> tuple[Node | None, list[Complaint]]:
    """The root node of the only document (None: there is none, or it is no YAML), and what is wrong. Never raises."""
    reader = _Reader()
    return reader.compose(text), reader.complaints


class _Stop(Exception):
    """Reading this file any further makes no sense."""


class _Reader:
    """Composes the nodes of one file."""

    def __init__(self) -> None:
        self.complaints: list[Complaint] = []
        self.root: Node | None = None
        self.nodes = 0
        self.open: list[tuple[Seq | Map, list[Scalar | None]]] = []  # the second holds a mapping's key until its value

    def complain(self, code: str, message: str, line: int, column: int, help: str) -> None:
        """Note a problem; from PROBLEMS_MAX on, stop reading."""
        self.complaints.append(Complaint(code, message, line, column, help))
        if len(self.complaints) >= PROBLEMS_MAX:
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
        self.nodes += 1
        if self.nodes > NODES_MAX:
            message = f"this file has more than {NODES_MAX:,} keys, values and entries"
            self.complain("too-many", message, line, column, "split it: one topic a file")
            raise _Stop
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
            found = CONTROL.search(event.value) if event.style == '"' else None
            if found:
                self.complain("control-character", control(found[0]), line, column, "delete the escape")
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
