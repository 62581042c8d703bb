"""`tutor knowledge eval`: the figures of question sets and their misses, for people and as JSON lines."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from adapters.cli.columns import aligned, one_line
from adapters.cli.library import open_warm
from adapters.cli.match import timed
from adapters.cli.questions import read_files
from knowledge import report
from knowledge.model import Decision, Library
from knowledge.search.evaluate import Figures, Outcome, Share, figures, misses
from knowledge.search.questions import QuestionFile

SHOWN_MAX = 300  # characters of a question
DECISIONS: tuple[Decision, ...] = ("answer", "suggest", "unknown")
NOTHING = "–"


def evaluate(files: Sequence[Path], folder: Path, *, with_misses: bool, as_json: bool) -> None:
    """Ask every question of every file and print what came of it.

    Raises:
        typer.Exit: something in the files is wrong; all of it is on stderr, and nothing was asked. The code is 2.
    """
    library = open_warm(folder)
    sets = read_files(files, library)
    problems = [problem for one in sets for problem in one.problems]
    if problems:
        sys.stderr.write(report.text(problems, len(sets)))
    if any(problem.severity == "error" for problem in problems):
        raise typer.Exit(2)
    rows: list[tuple[str, Figures]] = []
    for one in sets:
        outcomes = asked(library, one)
        found = figures(outcomes)
        if as_json:
            sys.stdout.write(json.dumps(record(one.path, found, outcomes if with_misses else None), ensure_ascii=False))
            sys.stdout.write("\n")
        else:
            sys.stdout.write("\n".join([*described(one.path, found), *(listed(outcomes) if with_misses else ())]))
            sys.stdout.write("\n\n")
        sys.stdout.flush()
        rows.append((Path(one.path).name, found))
    if rows[1:] and not as_json:
        sys.stdout.write("\n".join(compared(rows)) + "\n")


def asked(library: Library, file: QuestionFile) -> list[Outcome]:
    """What search makes of every question of a file."""
    return [Outcome(question, *timed(library, question.text)) for question in file.questions]


def described(path: str, found: Figures) -> list[str]:
    """The figures of one set, as lines."""
    total = found.in_scope + found.out_of_scope
    head = [path, f"  {total} question{'' if total == 1 else 's'}"]
    if not total:
        return head
    head[1] += f": {found.in_scope} in scope, {found.out_of_scope} out of scope"
    over = "" if found.threshold is None else f", surer than {found.threshold:.4f}"
    measured = [
        ("top-1", *_share(found.top_1)),
        ("top-3", *_share(found.top_3)),
        ("AUROC", _percent(found.auroc)),
        ("in@90", *_share(found.in_90, over)),
        ("in scope, answered wrongly", *_share(found.answered_wrongly)),
        ("out of scope, answered", *_share(found.answered_out_of_scope)),
        ("time, p50", f"{found.p50:.2f} ms"),
        ("time, p99", f"{found.p99:.2f} ms"),
    ]
    decided = [["", *DECISIONS]]
    for name, right in (("in scope, right", True), ("in scope, wrong", False), ("out of scope", None)):
        decided.append([name, *(str(found.decisions.get((decision, right), 0)) for decision in DECISIONS)])
    lines = [*head, "", *_noted(measured), "", *aligned(decided)]
    if found.kinds:
        kinds = [[_kind(kind), *_share(share)] for kind, share in found.kinds.items()]
        lines += ["", *aligned([["kind", "top-1", ""], *kinds])]
    return lines


def listed(outcomes: Sequence[Outcome]) -> list[str]:
    """The misses by kind, as lines: where the question stands, what was expected and what was found."""
    groups = misses(outcomes)
    count = sum(map(len, groups.values()))
    lines = ["", f"  {count} miss{'' if count == 1 else 'es'}" if count else "  no misses"] if outcomes else []
    for kind, missed in groups.items():
        lines += ["", f"  {_kind(kind)}: {len(missed)}"]
        for outcome in missed:
            question, found = outcome.question, outcome.found
            expected = " or ".join(sorted(question.expect)) or "no answer: it is out of scope"
            first = found.matches[0].id if found.matches else "nothing"
            lines += [
                f"    line {question.line}: {one_line(question.text, SHOWN_MAX)}",
                f"      expected {expected}",
                f"      found    {first} ({outcome.confidence:.4f}, {found.decision})",
            ]
    return lines


def compared(rows: Sequence[tuple[str, Figures]]) -> list[str]:
    """The main figures of several sets, one a line."""
    table = [["", "n", "top-1", "top-3", "AUROC", "in@90", "p50 ms", "p99 ms"]]
    for name, found in rows:
        times = [NOTHING if ms is None else f"{ms:.2f}" for ms in (found.p50, found.p99)]
        shares = [found.top_1.percent, found.top_3.percent, found.auroc, found.in_90 and found.in_90.percent]
        table.append([name, str(found.in_scope), *(NOTHING if s is None else f"{s:.1f}" for s in shares), *times])
    return aligned(table, indent=0)


def record(path: str, found: Figures, outcomes: Sequence[Outcome] | None) -> dict[str, Any]:
    """The figures of one set for programs; with `outcomes`, the misses too. Shares are percentages, null of nothing."""
    made: dict[str, Any] = {
        "set": Path(path).stem,
        "file": path,
        "n": found.in_scope,
        "out_of_scope": found.out_of_scope,
        "top1": found.top_1.percent,
        "top3": found.top_3.percent,
        "auroc": found.auroc,
        "in@90": found.in_90 and found.in_90.percent,
        "threshold": found.threshold,
        "answered_wrongly": found.answered_wrongly.percent,
        "out_of_scope_answered": found.answered_out_of_scope.percent,
        "p50_ms": found.p50 and round(found.p50, 3),
        "p99_ms": found.p99 and round(found.p99, 3),
        "kinds": {kind: {"n": s.whole, "right": s.part, "top1": s.percent} for kind, s in found.kinds.items()},
        "decisions": {_decided(*key): count for key, count in sorted(found.decisions.items(), key=str)},
    }
    if outcomes is not None:
        made["misses"] = [_missed(outcome) for missed in misses(outcomes).values() for outcome in missed]
    return made


def _decided(decision: Decision, right: bool | None) -> str:
    return f"oos:{decision}" if right is None else f"in:{decision}:{'right' if right else 'wrong'}"


def _missed(outcome: Outcome) -> dict[str, Any]:
    return {
        "line": outcome.question.line,
        "kind": outcome.question.kind,
        "q": outcome.question.text,
        "expect": sorted(outcome.question.expect),
        "found": [match.id for match in outcome.found.matches[:3]],
        "confidence": outcome.confidence,
        "decision": outcome.found.decision,
    }


def _noted(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """A name, a figure and, where there is one, a note in words behind it."""
    lines = aligned([row[:2] for row in rows])
    return [f"{line}   {row[2]}" if row[2:] else line for line, row in zip(lines, rows, strict=True)]


def _share(share: Share | None, note: str = "") -> tuple[str, ...]:
    if share is None or share.percent is None:
        return (NOTHING,)
    return _percent(share.percent), f"{share.part} of {share.whole}{note}"


def _percent(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.1f} %"


def _kind(kind: str) -> str:
    return one_line(kind, 40) or "(no kind)"
