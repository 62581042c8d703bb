"""What each stage of search is worth: every stage left out in turn, on every set.

Figures are top-1 / AUROC / in@90; a stage's row shows what they lose without it, so that a stage pays where its row has
numbers above 0. Vectors are remembered from one run to the next: this measures quality, not time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.measure import Table, table
from benchmarks.search_ours import Remembered, model, ours
from benchmarks.search_peers import Phrases
from benchmarks.search_sets import QuestionSet
from knowledge.search import Meaning
from knowledge.search.evaluate import Figures, Outcome, figures
from knowledge.search.finder import STAGES

WHOLE, NO_MODEL = "everything", "the model"
Values = tuple[float, float, float]


def ablated(
    base: Phrases, sets: Sequence[QuestionSet], stages: Sequence[str], meaning: Meaning
) -> dict[str, list[Values]]:
    """The values of each set, for all stages together, without the model, and without each of the stages."""
    runs: dict[str, tuple[Meaning | None, frozenset[str]]] = {WHOLE: (meaning, frozenset())}
    runs[NO_MODEL] = None, frozenset()
    runs |= {stage: (meaning, frozenset({stage})) for stage in stages}
    measured = {}
    for name, (asked, off) in runs.items():
        ask = ours(base, asked, off)
        measured[name] = [
            _values(figures([Outcome(question, ask(question.text), 0.0) for question in given.questions]))
            for given in sets
        ]
    return measured


def _values(found: Figures) -> Values:
    return (
        found.top_1.percent or 0.0,
        found.auroc or 0.0,
        (found.in_90.percent if found.in_90 is not None else None) or 0.0,
    )


def show(sets: Mapping[Phrases, Sequence[QuestionSet]], stages: Sequence[str] = STAGES, out: Table = table) -> None:
    """Print a table for each base."""
    meaning = Remembered(model())
    for base, asked in sets.items():
        measured = ablated(base, asked, stages, meaning)
        whole = measured.pop(WHOLE)
        rows = [(WHOLE, *(" / ".join(f"{value:.1f}" for value in values) for values in whole))]
        rows += [
            (f"- {name}", *(_lost(values, with_it) for values, with_it in zip(found, whole, strict=True)))
            for name, found in measured.items()
        ]
        out(f"{base.name}: top-1 / AUROC / in@90, and what each loses", ("", *(one.name for one in asked)), rows)


def _lost(values: Values, whole: Values) -> str:
    return " / ".join(f"{before - after + 0.0:+.1f}" for after, before in zip(values, whole, strict=True))
