"""Problems for people and for programs: text like a compiler's, and JSON."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence

from knowledge.errors import Problem

SHOWN_MAX = 100  # characters of a line
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def text(problems: Sequence[Problem], files: int, root: str = "") -> str:
    """The problems, one paragraph each, and a summary line.

    `root` is put before every path, so that a terminal can open it. No colours, no control characters: what a file
    holds cannot write to the terminal.
    """
    return "\n\n".join([*(_paragraph(problem, root) for problem in problems), summary(problems, files)]) + "\n"


def summary(problems: Sequence[Problem], files: int) -> str:
    """ "3 errors, 2 warnings in 45 files"."""
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = len(problems) - errors
    counts = [_count(n, what) for n, what in ((errors, "error"), (warnings, "warning")) if n]
    return f"{', '.join(counts) or 'no problems'} in {_count(files, 'file')}"


def as_json(problems: Sequence[Problem], files: int, root: str = "") -> str:
    """One object: `errors`, `warnings`, `files` (counts) and `problems` (path, line, column, code, message, help)."""
    rows = [
        {
            "path": _path(problem, root),
            "line": problem.line,
            "column": problem.column,
            "severity": problem.severity,
            "code": problem.code,
            "message": problem.message,
            "help": problem.suggestion,
            "text": problem.text[: 2 * SHOWN_MAX],
        }
        for problem in problems
    ]
    errors = sum(problem.severity == "error" for problem in problems)
    counts = {"errors": errors, "warnings": len(problems) - errors, "files": files}
    text = json.dumps({**counts, "problems": rows}, ensure_ascii=False, indent=1)
    return text.encode(errors="replace").decode()  # a file name need not be UTF-8


def one_line(problem: Problem, root: str = "") -> str:
    """A problem in one line: "practices/x.yaml:12:5 unknown key "anwser" (did you mean "answer"?)"."""
    help = f" ({problem.suggestion})" if problem.suggestion else ""
    return _safe(f"{_place(problem, root)}{problem.message}{help}")


def _paragraph(problem: Problem, root: str) -> str:
    lines = [_safe(f"{_place(problem, root)}{problem.severity}[{problem.code}] {problem.message}")]
    gutter = " " * len(str(problem.line))
    if problem.line and problem.text.strip():
        shown, before = _window(problem.text, problem.column)
        lines += [f"  {problem.line} | {shown}", f"  {gutter} | {' ' * before}^"]
    if problem.suggestion:
        lines.append(_safe(f"  {gutter} help: {problem.suggestion}"))
    return "\n".join(lines)


def _window(line: str, column: int) -> tuple[str, int]:
    """The part of a line to show, and how many columns of a terminal lie before the place in it."""
    line = _safe(line)
    start = 0 if column <= SHOWN_MAX - 20 else column - SHOWN_MAX // 2
    before = "…" * (start > 0) + line[start : column - 1]
    shown = "…" * (start > 0) + line[start : start + SHOWN_MAX] + "…" * (len(line) > start + SHOWN_MAX)
    return shown.rstrip(), sum(_width(c) for c in before)


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _path(problem: Problem, root: str) -> str:
    return "/".join(part for part in (root.rstrip("/"), problem.path) if part)


def _place(problem: Problem, root: str) -> str:
    path = _path(problem, root)
    place = f"{path}:{problem.line}:{problem.column}" if problem.line else path
    return f"{place} " if place else ""


def _safe(text: str) -> str:
    return _UNPRINTABLE.sub(lambda found: " " if found[0] in "\t\n\r" else "\ufffd", text)


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"
