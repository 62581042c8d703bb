"""`tutor knowledge check --golden`: what is wrong with a base, and which golden questions it leads astray."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from adapters.cli.library import display_path, open_library
from adapters.cli.questions import golden_files, read_files
from knowledge import report
from knowledge.errors import Problem
from knowledge.loader import Survey, in_order
from knowledge.search import golden


def check_golden(root: Path, survey: Survey, named: Sequence[Path], *, strict: bool, as_json: bool) -> int:
    """Print the problems of a base and of its golden questions.

    Args:
        root: the folder of the base.
        survey: what checking it found.
        named: files of questions; none: those that lie with the base.
        strict: whether warnings count as errors.
        as_json: whether to print one object for tools.

    Returns:
        The exit code: 1 where there are errors.
    """
    shown = display_path(root)
    problems = list(survey.problems)
    others: list[Problem] = []  # in question files, whose paths are whole already
    counts: dict[str, int] | None = None
    files = survey.files
    if survey.library is not None:
        library = open_library(root)
        sets = read_files(named or golden_files(root), library)
        missed = list(golden.ask_topics(library, survey.drafts))
        missed_there = [problem for one in sets for problem in golden.ask_file(library, one)]
        asked = sum(len(topic.tests) for topic in library.topics.values()) + sum(len(one.questions) for one in sets)
        counts = {"asked": asked, "missed": len(missed) + len(missed_there)}
        problems += missed
        others = [*(problem for one in sets for problem in one.problems), *missed_there]
        files += len(sets)
    all_of_them = in_order([*(replace(problem, path=f"{shown}{problem.path}") for problem in problems), *others])
    sys.stdout.write(_as_json(all_of_them, files, counts) if as_json else _text(all_of_them, files, counts))
    failing = survey.library is None or any(strict or problem.severity == "error" for problem in all_of_them)
    return 1 if failing else 0


def _text(problems: Sequence[Problem], files: int, counts: Mapping[str, int] | None) -> str:
    if counts is None:
        told = "no golden question was asked: the base does not load"
    else:
        told = f"{counts['asked']} golden question{'s' * (counts['asked'] != 1)} asked, {counts['missed']} missed"
    return f"{report.text(problems, files)}{told}\n"


def _as_json(problems: Sequence[Problem], files: int, counts: Mapping[str, int] | None) -> str:
    made = json.loads(report.as_json(problems, files))
    return json.dumps(made | {"golden": counts}, ensure_ascii=False, indent=1) + "\n"
