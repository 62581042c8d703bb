"""Nodes to plain values, by the tables of knowledge.format; every problem is noted and reading goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any

from knowledge.errors import Problem
from knowledge.format import Day, Flag, ListOf, Reasons, Table, Type, Whole, Words
from knowledge.names import nearest
from knowledge.reading import Broken, Map, Node, Scalar, Seq, Sheet, Step
from knowledge.rules import CODES

Values = dict[str, Any]

# The YAML 1.2 core schema: what a plain scalar is besides text. NO, yes and 1:30 are text.
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_FLAGS = MappingProxyType({"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False})
_WHOLE = re.compile(r"[-+]?[0-9]{1,18}|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan")
_MISTAKEN_FLAGS = frozenset({"yes", "no", "on", "off", "y", "n"})
_BLANKS_AT_END = re.compile(r"[ \t]+(?=\n|$)")


def _sort(scalar: Scalar) -> str:
    """What the core schema makes of a scalar, in words."""
    if not scalar.plain:
        return "text"
    if scalar.value in _NULL:
        return "nothing"
    if scalar.value in _FLAGS:
        return scalar.value
    if _WHOLE.fullmatch(scalar.value) or _FLOAT.fullmatch(scalar.value):
        return f"the number {scalar.value[:40]}"
    return "text"


def plain_value(scalar: Scalar) -> str | int | float | bool | None:
    """What other YAML 1.2 readers make of a scalar: editors, for one."""
    if not scalar.plain:
        return scalar.value
    if scalar.value in _NULL:
        return None
    if scalar.value in _FLAGS:
        return _FLAGS[scalar.value]
    if _WHOLE.fullmatch(scalar.value):
        return _number(scalar.value)
    return (
        float(scalar.value.replace(".inf", "inf").replace(".nan", "nan"))
        if _FLOAT.fullmatch(scalar.value)
        else scalar.value
    )


def _number(text: str) -> int:
    return int(text, 0) if text.startswith(("0o", "0x")) else int(text)


@dataclass(slots=True)
class Shaper:
    """Reads one sheet. What could not be read is None, so that places in lists stay what they are in the file."""

    sheet: Sheet
    problems: list[Problem] = field(default_factory=list)

    def values(self, table: Table) -> Values:
        """The whole sheet as a table; empty when there is nothing to read."""
        if self.sheet.root is None:
            return {}
        return self._table(self.sheet.root, table, ()) or {}

    def _complain(self, code: str, message: str, at: Sequence[Step], help: str, *, key: bool = False) -> None:
        self.problems.append(self.sheet.problem(code, message, at, help=help, key=key))

    def _wrong_type(self, node: Node, wanted: str, at: Sequence[Step], help: str) -> None:
        if isinstance(node, Broken):
            return  # refused when it was read
        found = "a list" if isinstance(node, Seq) else "a mapping" if isinstance(node, Map) else _sort(node)
        if found == "text" and isinstance(node, Scalar):
            found = f'the text "{_short(node.value)}"'
        if found == "nothing":
            help = "write a value, or delete the key"
        self._complain("wrong-type", f"{_name(at)} takes {wanted}, not {found}", at, help)

    def _value(self, node: Node, type: Type, at: tuple[Step, ...]) -> Any:
        match type:
            case Words():
                return self._words(node, type, at)
            case Table():
                return self._table(node, type, at)
            case ListOf():
                return self._list(node, type, at)
            case Whole():
                return self._whole(node, type, at)
            case Flag():
                return self._flag(node, at)
            case Day():
                return self._day(node, at)
            case Reasons():
                return self._reasons(node, at)

    def _words(self, node: Node, type: Words, at: Sequence[Step]) -> str | None:
        if not isinstance(node, Scalar) or _sort(node) != "text":
            quotes = f'write it in quotes: "{node.value[:40]}"' if isinstance(node, Scalar) else "write one text"
            self._wrong_type(node, "a text", at, quotes)
            return None
        text = _BLANKS_AT_END.sub("", node.value).strip() if type.lines else " ".join(node.value.split())
        if not text:
            self._complain("empty-text", f"{_name(at)} is empty", at, "write a text, or delete it")
        elif len(text) > type.most:
            message = f"{_name(at)} has {len(text):,} characters, {type.most:,} at most"
            self._complain("too-long", message, at, "shorten it")
        elif type.one_of and text not in type.one_of:
            message = f'{_name(at)} is "{_short(text)}", but must be one of: {", ".join(type.one_of)}'
            self._complain(
                "wrong-value", message, at, _did_you_mean(nearest(text, type.one_of)) or "choose one of them"
            )
        elif type.pattern and not re.fullmatch(type.pattern, text):
            self._complain("wrong-value", f'"{_short(text)}" is not {type.form}', at, _mended(text, type))
        else:
            return text
        return None

    def _whole(self, node: Node, type: Whole, at: Sequence[Step]) -> int | None:
        wanted = f"a whole number from {type.least} to {type.most}"
        if not isinstance(node, Scalar) or not node.plain or not _WHOLE.fullmatch(node.value):
            self._wrong_type(node, wanted, at, "write the number without quotes")
            return None
        number = _number(node.value)
        if not type.least <= number <= type.most:
            self._complain("wrong-value", f"{_name(at)} takes {wanted}, not {number}", at, "correct the number")
            return None
        return number

    def _flag(self, node: Node, at: Sequence[Step]) -> bool | None:
        if isinstance(node, Scalar) and node.plain and node.value in _FLAGS:
            return _FLAGS[node.value]
        said = node.value.casefold() if isinstance(node, Scalar) else ""
        help = "write true or false, without quotes"
        if said in _MISTAKEN_FLAGS:
            help = f"in YAML 1.2 {said} is a text: write {'true' if said in ('yes', 'on', 'y') else 'false'}"
        self._wrong_type(node, "true or false", at, help)
        return None

    def _day(self, node: Node, at: Sequence[Step]) -> date | None:
        if not isinstance(node, Scalar) or _sort(node) != "text":
            self._wrong_type(node, "a date", at, "write it as year-month-day: 2026-11-22")
            return None
        try:
            if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", node.value):
                raise ValueError(node.value)
            return date.fromisoformat(node.value)
        except ValueError:
            help = "write it as year-month-day: 2026-11-22"
            self._complain("wrong-value", f'"{_short(node.value)}" is not a date', at, help)
            return None

    def _list(self, node: Node, type: ListOf, at: tuple[Step, ...]) -> tuple[Any, ...] | None:
        if not isinstance(node, Seq):
            help = "write a list: [one, two], or one entry a line, each after a hyphen"
            self._wrong_type(node, "a list", at, help)
            return None
        count = len(node.items)
        if count < type.least or (type.most and count > type.most):
            wanted = f"{type.least} to {type.most}" if type.most else f"at least {type.least}"
            help = "add entries" if count < type.least else "remove some"
            entries = "1 entry" if count == 1 else f"{count} entries"
            self._complain("wrong-count", f"{_name(at)} has {entries}, it takes {wanted}", at, help)
        return tuple(self._value(item, type.of, (*at, n)) for n, item in enumerate(node.items))

    def _table(self, node: Node, table: Table, at: tuple[Step, ...]) -> Values | None:
        if not isinstance(node, Map):
            wanted = f"a {table.name} (a mapping with {', '.join(_required(table))})"
            self._wrong_type(node, wanted, at, f"write the keys of a {table.name} here")
            return None
        values: Values = {}
        kind = ""
        if "kind" in table.keys and "kind" in node.values:
            kind = self._value(node.values["kind"], table.keys["kind"].type, (*at, "kind")) or ""
            values["kind"] = kind or None
        for name, child in node.values.items():
            key = table.keys.get(name)
            if key is None:
                self._unknown_key(node, name, table, kind, at)
            elif kind and key.only and kind not in key.only:
                message = f'a {table.name} of kind {kind} has no "{name}"'
                self._complain(
                    "misplaced-key", message, (*at, name), f"only these may have it: {', '.join(key.only)}", key=True
                )
            elif name != "kind":
                values[name] = self._value(child, key.type, (*at, name))
        for name, key in table.keys.items():
            if (key.required or kind in key.needed) and name not in node.values:
                what = f"{kind} {table.name}" if key.needed else table.name
                self._complain(
                    "missing-key", f'this {what} has no "{name}"', at, f"add {name} ({key.help.rstrip('.')})"
                )
        return values

    def _unknown_key(self, node: Map, name: str, table: Table, kind: str, at: tuple[Step, ...]) -> None:
        known = [key for key, _ in table.of_kind(kind)] if kind else list(table.keys)
        value = node.values[name]
        help = _did_you_mean(nearest(name, known))
        if not help and node.flow and isinstance(value, Scalar) and not value.value:
            help = "inside { } a comma parts keys: put the text before it in quotes"
        self._complain("unknown-key", f'unknown key "{_short(name)}"', (*at, name), help or _listed(known), key=True)

    def _reasons(self, node: Node, at: tuple[Step, ...]) -> dict[str, str | None] | None:
        if not isinstance(node, Map):
            self._wrong_type(node, "rule codes with reasons", at, "write {rule-code: the reason}")
            return None
        for code in node.values:
            if code not in CODES:
                help = _did_you_mean(nearest(code, CODES)) or f"the rules are {', '.join(CODES)}"
                self._complain("unknown-rule", f'there is no rule "{_short(code)}"', (*at, code), help, key=True)
        return {code: self._words(child, Words(), (*at, code)) for code, child in node.values.items()}


def _required(table: Table) -> Iterator[str]:
    return (name for name, key in table.keys.items() if key.required)


def _name(at: Sequence[Step]) -> str:
    """What a message calls the value at the end of these steps: "questions 2", "options 1 text", "title"."""
    words = [str(step + 1) if isinstance(step, int) else step for step in at]
    return " ".join(words[-2:] if len(words) > 1 and words[-1].isdigit() else words[-1:]) or "this file"


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"


def _did_you_mean(word: str) -> str:
    return f'did you mean "{word}"?' if word else ""


def _listed(known: Sequence[str]) -> str:
    return f"known keys: {', '.join(known)}"


def _mended(text: str, type: Words) -> str:
    """What the text was probably meant to be, where that fits; else a plain request."""
    for mended in (re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-"), f"https://{text}"):
        if mended and re.fullmatch(type.pattern, mended):
            return f'did you mean "{mended}"?'
    return f"write {type.form}"
