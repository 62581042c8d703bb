"""Small changes to a YAML file as text: only the characters that must change do.

Comments, order, quotes, line ends and the width of lines are the author's; a library that writes the whole file anew
keeps some of them. Here ruamel.yaml says where a value stands, and text is put there. Every change is read back: what
it made of the file must be what was meant, and nothing else may have changed.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from knowledge.errors import TutorError

Step = str | int

WIDTH = 120  # columns after which a line that grows is continued on the next
_BOM = "\ufeff"
_BLOCK_STYLES = ("|", ">")


class EditError(TutorError):
    """A file could not be changed as asked; it is as it was."""


def append(text: str, key: str, value: str, order: Sequence[str] = (), at: Sequence[Step] = ()) -> str:
    """The file with one more entry in the list `key` of a mapping: its top level, or where the steps `at` lead.

    A list that is not there yet is put where `order`, the usual order of keys, has it; without one, last.

    Raises:
        EditError: there is no mapping, or `key` is no list.
    """

    def meant(data: Any) -> None:
        for step in at:
            data = data[step]
        data.setdefault(key, [])
        data[key].append(value)

    def changed(body: str) -> str:
        root, _ = _walk(body, at)
        node = _child(root, key)
        if node is None and isinstance(root, MappingNode):
            return _with_key(body, root, key, value, order)
        if not isinstance(node, SequenceNode):
            raise EditError(f"{key} is no list: add it by hand")
        if node.flow_style:
            return _appended_in_brackets(body, node, plain(value, flow=True))
        last = node.value[-1]
        end = _line_end(body, _end(body, last))
        dash = body.rindex("-", 0, last.start_mark.index)
        indent = body[body.rfind("\n", 0, dash) + 1 : dash]
        if indent.strip():  # "questions: - a" cannot be; a list in a list can, and is none of ours
            raise EditError(f"the list {key} is written in an unusual way: add it by hand")
        return f"{body[:end]}\n{indent}- {plain(value)}{body[end:]}"

    return _edited(text, changed, meant)


def replace(text: str, at: Sequence[Step], value: str) -> str:
    """The file with another text at the place that the steps `at` lead to.

    Raises:
        EditError: there is no text.
    """

    def meant(data: Any) -> None:
        for step in at[:-1]:
            data = data[step]
        data[at[-1]] = value

    def changed(body: str) -> str:
        node, flow = _walk(body, at)
        if not isinstance(node, ScalarNode):
            raise EditError(f"{_place(at)} is no single text: change it by hand")
        start, end = node.start_mark.index, _end(body, node)
        return f"{body[:start]}{plain(value, flow=flow)}{body[end:]}"

    return _edited(text, changed, meant)


def remove(text: str, key: str, number: int) -> str:
    """The file without one entry of the list `key` of its top level; the list goes with its last entry.

    Raises:
        EditError: there is no such entry.
    """

    def meant(data: dict[str, Any]) -> None:
        del data[key][number]
        if not data[key]:
            del data[key]

    def changed(body: str) -> str:
        root = _root(body)
        node = _child(root, key)
        if not isinstance(node, SequenceNode) or number >= len(node.value):
            raise EditError(f"there is no {key} {number + 1}")
        if len(node.value) == 1:
            start = next(k for k, _ in root.value if k.value == key).start_mark.index
            return body[:start] + body[_line_end(body, _end(body, node)) + 1 :]
        items = node.value
        if node.flow_style:
            if number + 1 < len(items):
                return body[: items[number].start_mark.index] + body[items[number + 1].start_mark.index :]
            return body[: _end(body, items[number - 1])] + body[_end(body, items[number]) :]
        start = body.rfind("\n", 0, items[number].start_mark.index) + 1
        return body[:start] + body[_line_end(body, _end(body, items[number])) + 1 :]

    return _edited(text, changed, meant)


def reorder(text: str, at: Sequence[Step], order: Sequence[int]) -> str:
    """The file with the entries of a list in another order: `order` names them by the places they have now.

    Raises:
        EditError: there is no such list, or `order` is none of its entries.
    """

    def meant(data: Any) -> None:
        for step in at:
            data = data[step]
        data[:] = [data[n] for n in order]

    def changed(body: str) -> str:
        node, _ = _walk(body, at)
        if not isinstance(node, SequenceNode) or sorted(order) != list(range(len(node.value))):
            raise EditError(f"{_place(at)} cannot be put into that order")
        spans = [(item.start_mark.index, _end(body, item)) for item in node.value]
        parts, done = [], 0
        for (start, end), n in zip(spans, order, strict=True):
            parts += [body[done:start], body[slice(*spans[n])]]
            done = end
        return "".join((*parts, body[done:]))

    return _edited(text, changed, meant)


def plain(value: str, *, flow: bool = False) -> str:
    """The value as YAML on one line: without quotes where it stays the same text, else in quotes."""
    single = "'" + value.replace("'", "''") + "'"
    double = json.dumps(value, ensure_ascii=False)
    for written in (value, double if "'" in value else single, single, double):
        if "\n" not in written and _reads_as(f"[{written}, x]" if flow else f"- {written}\n- x", [value, "x"]):
            return written
    raise EditError("this text cannot be written on one line of YAML")


def values(text: str) -> Any:
    """What the file says, as plain data; raises EditError where it is no YAML."""
    try:
        return YAML(typ="safe", pure=True).load(text.removeprefix(_BOM))
    except (YAMLError, ValueError) as error:
        raise EditError(f"this is not YAML: {error}") from None


def _edited(text: str, changed: Callable[[str], str], meant: Callable[[Any], None]) -> str:
    """The text with a change, read back: it must say what was meant and nothing else."""
    mark, body = (_BOM, text[1:]) if text.startswith(_BOM) else ("", text)
    windows = "\r\n" in body
    unix = body.replace("\r\n", "\n")
    before = values(unix)
    wanted = copy.deepcopy(before)
    try:
        meant(wanted)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise EditError(f"the file has no place for that ({error})") from None
    after = changed(unix if unix.endswith("\n") else f"{unix}\n")
    if values(after) != wanted:
        raise EditError("the file is written in an unusual way: change it by hand")
    return mark + (after.replace("\n", "\r\n") if windows else after)


def _root(body: str) -> MappingNode:
    root = YAML(typ="rt", pure=True).compose(body)
    if not isinstance(root, MappingNode):
        raise EditError("the file is no mapping of keys to values")
    return root


def _child(node: Node, step: Step) -> Node | None:
    if isinstance(node, MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        found: Node = node.value[step]
        return found
    return None


def _walk(body: str, at: Sequence[Step]) -> tuple[Node, bool]:
    """The node that the steps lead to, and whether it stands inside brackets."""
    node: Node = _root(body)
    flow = False
    for step in at:
        flow = flow or _in_brackets(node)
        child = _child(node, step)
        if child is None:
            raise EditError(f"there is nothing at {_place(at)}")
        node = child
    return node, flow


def _in_brackets(node: Node) -> bool:
    return isinstance(node, MappingNode | SequenceNode) and bool(node.flow_style)


def _end(body: str, node: Node) -> int:
    """Where the last character of a value stands, plus one: marks of blocks lie behind the blank lines after them."""
    if isinstance(node, MappingNode | SequenceNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(body, last[1] if isinstance(node, MappingNode) else last)
    end: int = node.end_mark.index
    if isinstance(node, ScalarNode) and node.style in _BLOCK_STYLES:
        return len(body[:end].rstrip())
    return end


def _line_end(body: str, at: int) -> int:
    """The end of the line that `at` is in; a comment behind a value stays with it."""
    end = body.find("\n", at)
    return len(body) if end < 0 else end


def _appended_in_brackets(body: str, node: SequenceNode, written: str) -> str:
    close = node.end_mark.index - 1
    if not node.value:
        return f"{body[:close].rstrip()}{written}{body[close:]}"
    after = _end(body, node.value[-1])
    between = body[after:close]
    comma = "" if "," in between.split("#")[0] else ","
    at = after + (between.index(",") + 1 if not comma else 0)
    line = body.rfind("\n", 0, at) + 1
    if at - line + len(comma) + 1 + len(written) + 1 > WIDTH or "#" in between:
        column = node.value[0].start_mark.column
        if "#" in between:
            at = _line_end(body, at)
            comma = ""  # a comma cannot follow a comment; without one before it, reading back refuses
        return f"{body[:at]}{comma}\n{' ' * column}{written}{body[at:]}"
    return f"{body[:at]}{comma} {written}{body[at:]}"


def _with_key(body: str, root: MappingNode, key: str, value: str, order: Sequence[str]) -> str:
    """The body with a new list, before the first key that usually follows it; after all others if none does."""
    if root.flow_style:
        close = root.end_mark.index - 1
        return f"{body[:close].rstrip()}, {key}: [{plain(value, flow=True)}]{body[close:]}"
    indent = " " * root.value[0][0].start_mark.column
    lines = f"{key}:\n{indent}  - {plain(value)}"
    later = set(order[order.index(key) + 1 :]) if key in order else set()
    for found, _ in root.value:
        if found.value in later:
            at = found.start_mark.index
            return f"{body[:at]}{lines}\n{indent}{body[at:]}"
    at = _line_end(body, _end(body, root))
    return f"{body[:at]}\n{indent}{lines}{body[at:]}"


def _reads_as(text: str, wanted: Any) -> bool:
    try:
        found = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError):
        return False
    return bool(found == wanted)


def _place(at: Sequence[Step]) -> str:
    return " ".join(str(step + 1) if isinstance(step, int) else step for step in at)
