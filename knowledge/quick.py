"""Text to nodes by libyaml: for files in order, seven times as quick as `knowledge.thorough`.

libyaml (in PyYAML) and ruamel.yaml do not read every text alike: tabs, other line ends than "\\n", odd places of colons
and blank lines. Texts with such things are left alone here, as are anchors, aliases, tags, doubled keys, whatever is
nested deeply, several documents, and whatever is no YAML: there is nothing to tell of a text that is read here.
tests/unit/knowledge/test_quick.py holds both side by side; docs/decisions/0014.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from knowledge.nodes import CONTROL, DEPTH_MAX, NODES_MAX, Map, Node, Scalar, Seq

try:
    from yaml import cyaml, events
except ImportError:  # PyYAML was built without libyaml: everything is read thoroughly, and slowly
    cyaml = None

# What libyaml and ruamel.yaml take differently: tabs and line ends of other kinds; directives and ends of documents;
# a colon right between a quote and a value; a text below its key that begins with a line of blanks. One pattern for all
# would take a quarter of the time of reading: each is looked for by what is rarest in it.
_ODD_MARKS = "\t\r\x85\u2028\u2029\ufeff"
_ODD_STARTS = ("%", "...")
_ODD_COLON = re.compile(r""":(?<=["']:)[^\s"']""")
_ODD_BLANKS = re.compile(r"[|>][-+0-9]*\ *(?:\#.*)?\n+\ +\n")


class _Refused(Exception):
    """This text is for `knowledge.thorough`."""


def compose(text: str) -> Map | None:
    """The mapping that `text` is, exactly as `knowledge.thorough` composes it; None where that must have a look.

    `text` holds no control characters.
    """
    if cyaml is None or _odd(text):
        return None
    try:
        following = cyaml.CParser(text).get_event
        if len(text) > NODES_MAX // 2:  # shorter ones cannot have too many
            following = _bounded(following)
        opening = [type(following()) for _ in range(2)]
        root = following()
        if (
            opening != [events.StreamStartEvent, events.DocumentStartEvent]
            or type(root) is not events.MappingStartEvent
        ):
            return None
        made = _collection(root, following, 1)
        closing = [type(following()) for _ in range(2)]
    except Exception:  # not YAML, or refused: what is wrong is told by the other
        return None
    whole = closing == [events.DocumentEndEvent, events.StreamEndEvent]
    return made if whole and isinstance(made, Map) else None


def _odd(text: str) -> bool:
    """Whether the two may read this text differently."""
    return (
        any(mark in text for mark in _ODD_MARKS)
        or text.startswith(_ODD_STARTS)
        or any(f"\n{start}" in text for start in _ODD_STARTS)
        or _ODD_COLON.search(text) is not None
        or _ODD_BLANKS.search(text) is not None
    )


def _bounded(following: Callable[[], Any]) -> Callable[[], Any]:
    """The same events; refused where they make too many nodes."""
    nodes = 0

    def counted() -> Any:
        nonlocal nodes
        event = following()
        nodes += isinstance(event, events.NodeEvent)
        if nodes > NODES_MAX:
            raise _Refused
        return event

    return counted


def _collection(event: Any, following: Callable[[], Any], depth: int) -> Map | Seq:
    if depth > DEPTH_MAX or event.anchor is not None or event.tag is not None:
        raise _Refused
    mark = event.start_mark
    if type(event) is events.SequenceStartEvent:
        made = Seq(mark.line + 1, mark.column + 1)
        items = made.items
        while type(event := following()) is not events.SequenceEndEvent:
            items.append(_node(event, following, depth))
        return made
    if type(event) is not events.MappingStartEvent:
        raise _Refused
    table = Map(mark.line + 1, mark.column + 1, bool(event.flow_style))
    keys, values = table.keys, table.values
    while type(event := following()) is not events.MappingEndEvent:
        key = _node(event, following, depth)
        if type(key) is not Scalar or key.value in keys or (key.plain and not key.value):
            raise _Refused
        value = _node(following(), following, depth)
        if type(value) is Scalar and value.plain and not value.value:
            value.line, value.column = key.line, key.column  # nothing was written: its key is the place to look
        values[key.value] = value
        keys[key.value] = key
    return table


def _node(event: Any, following: Callable[[], Any], depth: int) -> Node:
    if type(event) is not events.ScalarEvent:
        return _collection(event, following, depth + 1)
    if event.anchor is not None or event.tag is not None:
        raise _Refused
    style, value, mark = event.style, event.value, event.start_mark
    if style == '"' and CONTROL.search(value):
        raise _Refused
    return Scalar(mark.line + 1, mark.column + 1, value, not style)
