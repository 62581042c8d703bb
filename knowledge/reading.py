"""Bytes to YAML nodes that know their places, and the safety pre-pass. Nothing here knows what a topic is.

A file in order is read by libyaml (knowledge.quick); what that leaves alone is read by ruamel.yaml, which tells what
is wrong with it (knowledge.thorough). Where both read a file, they read the same.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from knowledge import quick
from knowledge.errors import Problem
from knowledge.files import FILE_MAX
from knowledge.nodes import CONTROL, DEPTH_MAX, PROBLEMS_MAX, Broken, Map, Node, Scalar, Seq, Step, control

_LINE_ENDS = re.compile("\r\n|\r|\n")


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
    problems: list[Problem] = []
    for found in islice(CONTROL.finditer(text), PROBLEMS_MAX - 1):
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        problems.append(placed("error", "control-character", control(found[0]), path, lines, line, column, "delete it"))
    if problems:
        return Sheet(path, tuple(lines), None, tuple(problems))
    root: Node | None = quick.compose(text)
    if root is None:
        from knowledge import thorough  # 0.15 s of imports that a base in order does without

        root, complaints = thorough.compose(text)
        for code, message, line, column, help in complaints:
            problems.append(placed("error", code, message, path, lines, line, column, help))
    return Sheet(path, tuple(lines), root, tuple(problems))


def _refused(path: str, code: str, message: str, help: str) -> Sheet:
    return Sheet(path, problems=(Problem("error", code, message, path, suggestion=help),))


__all__ = ["DEPTH_MAX", "FILE_MAX", "PROBLEMS_MAX", "Broken", "Map", "Node", "Scalar", "Seq", "Sheet", "Step", "read"]
