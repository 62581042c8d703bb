"""Broken files and bases, each with the report that an admin reads (UPDATE_SNAPSHOTS=1 writes them anew)."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from knowledge import report
from knowledge.errors import Problem
from knowledge.loader import examine, look
from tests.unit.knowledge.bases import FIXTURES, ROOT, base_with

SAMPLES = sorted((FIXTURES / "broken").glob("*.yaml"))
BASES = sorted(path for path in (FIXTURES / "broken_bases").iterdir() if path.is_dir())
UPDATE = os.environ.get("UPDATE_SNAPSHOTS") == "1"


def compare(found: str, snapshot: Path) -> None:
    if UPDATE:
        snapshot.write_text(found)
    assert found == snapshot.read_text()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_broken_file(sample: Path, tmp_path: Path) -> None:
    survey = look(base_with(tmp_path, {"practices/sample.yaml": sample.read_bytes()}))
    assert survey.problems
    compare(report.text(survey.problems, survey.files), sample.with_suffix(".txt"))


@pytest.mark.parametrize("folder", BASES, ids=lambda path: path.name)
def test_broken_base(folder: Path) -> None:
    survey = look(folder / "base")
    text = report.text(survey.problems, survey.files, "content").replace(str(folder / "base"), "…/base")
    compare(text, folder / "report.txt")


def test_there_are_enough_samples() -> None:
    assert len(SAMPLES) + len(BASES) >= 25


# What no sample in a repository can show: bytes that are no text, files that are none or too big.
ELSEWHERE = {"file-too-big", "too-many", "not-utf-8", "control-character", "unreadable", "no-base"}


def test_every_code_of_the_loader_has_a_sample() -> None:
    modules = ("files", "reading", "thorough", "shape", "draft", "links", "loader")
    sources = "".join((ROOT / "knowledge" / f"{name}.py").read_text() for name in modules)
    calls = r'(?:problem|complain|_refused|_wrong_type|Problem)\(\s*(?:path, |"error", |"warning", )?"([a-z-]+)"'
    codes = set(re.findall(calls, sources)) | {"stray-folder"}
    codes -= {"error", "warning"}
    snapshots = [*(path.with_suffix(".txt") for path in SAMPLES), *(path / "report.txt" for path in BASES)]
    shown = set(re.findall(r"(?:error|warning)\[([a-z-]+)\]", "".join(path.read_text() for path in snapshots)))
    assert len(codes) > 25
    assert codes - shown <= ELSEWHERE
    assert shown <= codes | ELSEWHERE


def test_everything_is_listed_at_once(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"practices/{path.stem}.yaml": path.read_bytes() for path in SAMPLES}
    library, problems = examine(base_with(tmp_path, files))
    assert library is None
    assert {problem.path for problem in problems} >= set(files) - {"practices/file-name.yaml"}
    assert list(problems) == sorted(problems, key=lambda problem: (problem.path, problem.line, problem.column))


def test_every_problem_says_how_to_mend_it(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"practices/{path.stem}.yaml": path.read_bytes() for path in SAMPLES}
    _, problems = examine(base_with(tmp_path, files))
    assert all(problem.message and problem.suggestion for problem in problems)
    assert all(problem.line == 0 or problem.text for problem in problems if problem.code != "yaml-syntax")


PROBLEM = Problem(
    "error", "unknown-key", 'unknown key "anwser"', "practices/x.yaml", 12, 5, "    anwser: 1", "did you?"
)


def test_one_line() -> None:
    assert report.one_line(PROBLEM) == 'practices/x.yaml:12:5 unknown key "anwser" (did you?)'
    assert report.one_line(Problem("error", "no-topics", "empty", "")) == "empty"


def test_json() -> None:
    found = json.loads(report.as_json((PROBLEM,), 3, "knowledge/content/"))
    assert (found["errors"], found["warnings"], found["files"]) == (1, 0, 3)
    assert found["problems"] == [
        {
            "path": "knowledge/content/practices/x.yaml",
            "line": 12,
            "column": 5,
            "severity": "error",
            "code": "unknown-key",
            "message": 'unknown key "anwser"',
            "help": "did you?",
            "text": "    anwser: 1",
        }
    ]


@pytest.mark.parametrize(
    ("line", "column", "shown", "caret"),
    [
        ("a" * 300, 200, "…" + "a" * 100 + "…", 50),
        ("a" * 90, 5, "a" * 90, 4),
        ("\tb: c", 2, " b: c", 1),
        ("概要: x", 3, "概要: x", 4),
        ("\x1b[31mred", 2, "\ufffd[31mred", 1),
    ],
)
def test_lines_are_shown_safely(line: str, column: int, shown: str, caret: int) -> None:
    text = report.text((Problem("error", "c", "m", "p", 1, column, line),), 1)
    assert text.split("\n")[1] == f"  1 | {shown}"
    assert text.split("\n")[2] == f"    | {' ' * caret}^"


@pytest.mark.parametrize(
    ("severities", "files", "expected"),
    [
        ("", 45, "no problems in 45 files"),
        ("e", 1, "1 error in 1 file"),
        ("eeeww", 45, "3 errors, 2 warnings in 45 files"),
        ("w", 2, "1 warning in 2 files"),
    ],
)
def test_summary(severities: str, files: int, expected: str) -> None:
    problems = [Problem("error" if s == "e" else "warning", "c", "m", "p") for s in severities]
    assert report.summary(problems, files) == expected
