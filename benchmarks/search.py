"""Search beside its peers: `python -m benchmarks.search [--base BASE --questions FILE.jsonl …] [--growth | --ablate]`.

On the same phrases and questions, in one run: how often the right topic comes first (top-1) or among the first three,
AUROC, in@90, the time of a question, the growth of memory and the time to build. Engines take turns, 25 questions each,
so that a busy moment hits all of them, and the processor's time tells a slow engine from a busy machine; memory and
building are measured for each in a process of its own. Each engine has one thread.

BASE is a knowledge folder, a JSON file {topic: [phrases]}, or shipped, clinc150 or banking77, which need no questions.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import search_ablate, search_growth, search_shipped
from benchmarks.measure import Table, markdown, percentile, table
from benchmarks.search_alone import ONE_THREAD, Alone, alone
from benchmarks.search_ours import ENGINES, OURS
from benchmarks.search_peers import Ask, Engine, Missing, Phrases
from benchmarks.search_sets import DEFAULT, SHIPPED, QuestionSet, base, questions
from knowledge.search.evaluate import Figures, Outcome, figures

TURN = 25  # questions an engine is asked before it is another's turn
BUILDS, QUICK = 3, 5.0  # times that an engine is built if the first took less than so many seconds
GOALS = {  # top-1, top-3, AUROC, in@90
    "article": (94, 99, 98, 88),
    "golden": (94, 99, 98, 88),
    "clinc150": (90, 96, 96, 86),
    "clinc150_typo": (85, 92, 92, 74),
    "banking77": (82, 92, 82, 62),
}
TIMED = "clinc150"  # the base whose times and costs the documents show
Record = dict[str, Any]


def build(given: Phrases, engines: Sequence[Engine] = ENGINES) -> dict[str, Ask | Missing]:
    """Every engine over this base, in this process; or why it is missing."""
    built: dict[str, Ask | Missing] = {}
    for engine in engines:
        try:
            built[engine.name] = engine.build(given)
        except Missing as missing:
            built[engine.name] = missing
    return built


def compared(built: Mapping[str, Ask | Missing], asked: QuestionSet) -> Iterator[Record]:
    """How well and how fast each engine answers, engines taking turns."""
    asks = {name: ask for name, ask in built.items() if not isinstance(ask, Missing)}
    outcomes: dict[str, list[Outcome]] = {name: [] for name in asks}
    spent: dict[str, list[float]] = {name: [] for name in asks}
    for start in range(0, len(asked.questions), TURN):
        for name, ask in asks.items():
            for question in asked.questions[start : start + TURN]:
                began, cpu = time.perf_counter(), time.thread_time()
                found = ask(question.text)
                took, cpu = time.perf_counter() - began, time.thread_time() - cpu
                outcomes[name].append(Outcome(question, found, 1000 * took))
                spent[name].append(1000 * cpu)
    for name, engine in built.items():
        record = {"table": "compared", "set": asked.name, "engine": name}
        if isinstance(engine, Missing):
            yield record | {"missing": str(engine)}
        else:
            yield record | _measured(figures(outcomes[name])) | {"cpu_ms": percentile(spent[name], 0.5)}


def _measured(found: Figures) -> Record:
    return {
        "top_1": found.top_1.percent,
        "top_3": found.top_3.percent,
        "auroc": found.auroc,
        "in_90": found.in_90.percent if found.in_90 is not None else None,
        "p50_ms": found.p50,
        "p99_ms": found.p99,
    }


def costs(given: Phrases, asked: QuestionSet, engines: Sequence[Engine] = ENGINES) -> Iterator[Record]:
    """What building and holding each engine costs; ours once more, from what it kept on disk."""
    texts = [question.text for question in asked.questions[:200]]
    for engine in engines:
        record = {"table": "costs", "base": given.name, "engine": engine.name, "setting": engine.setting}
        try:
            runs = [alone(engine.name, given, texts)]
            while len(runs) < BUILDS and runs[0].build < QUICK:
                runs.append(alone(engine.name, given, texts))
        except Missing as reason:
            yield record | {"missing": str(reason)}
            continue
        yield record | _cost(runs)
        if engine is OURS:
            with tempfile.TemporaryDirectory(prefix="tutor-bench-") as folder:
                kept = replace(given, cache=Path(folder))
                alone(engine.name, kept, [])
                runs = [alone(engine.name, kept, texts) for _ in range(BUILDS)]
            yield record | {"engine": f"{engine.name}, from disk", "setting": "the same, built before"} | _cost(runs)


def _cost(runs: Sequence[Alone]) -> Record:
    return {
        "build_s": statistics.median(run.build for run in runs),
        "memory_mb": statistics.median(run.memory for run in runs),
    }


def show_compared(asked: QuestionSet, records: Sequence[Record]) -> None:
    """Print how engines answer one set."""
    inside = sum(bool(question.expect) for question in asked.questions)
    title = f"{asked.name}: {inside:,} questions in scope, {len(asked.questions) - inside:,} out of scope"
    keys = {"top_1": "top-1", "top_3": "top-3", "auroc": "AUROC", "in_90": "in@90"}
    keys |= {"p50_ms": "p50 ms", "p99_ms": "p99 ms", "cpu_ms": "p50 CPU ms"}
    rows = [_row(record, keys) for record in records]
    if asked.name in GOALS:
        rows.append(["goal of Tutor", *map(str, GOALS[asked.name]), "", "", ""])
    table(title, ("engine", *keys.values()), rows)


def show_costs(given: Phrases, records: Sequence[Record]) -> None:
    """Print what engines cost on one base."""
    keys = {"build_s": "build CPU s", "memory_mb": "memory MB", "setting": "setting"}
    table(f"{given.name}: what each engine costs", ("engine", *keys.values()), [_row(one, keys) for one in records])


def show_all(records: Sequence[Record], out: Table) -> None:
    """Print the figures of all sets in one table, and times and costs on `TIMED` in another: for the documents."""
    compared = [record for record in records if record["table"] == "compared"]
    sets = list(dict.fromkeys(record["set"] for record in compared))
    by_engine: dict[str, dict[str, Record]] = {}
    for record in compared:
        by_engine.setdefault(record["engine"], {})[record["set"]] = record
    keys = ("top_1", "top_3", "auroc", "in_90")
    rows = [
        [name, *(_joined(found[one].get(key) for key in keys) for one in sets)] for name, found in by_engine.items()
    ]
    goals = ["goal of Tutor", *(_joined(GOALS.get(one, ())) for one in sets)]
    out("top-1 / top-3 / AUROC / in@90", ("engine", *sets), [*rows, goals])
    for cost in (record for record in records if record["table"] == "costs"):
        timed = by_engine.get(cost["engine"], {}).get(TIMED, {})
        cost |= {key: timed.get(key) for key in ("p50_ms", "p99_ms", "cpu_ms")}
    titles = {
        "p50_ms": "p50 ms",
        "p99_ms": "p99 ms",
        "cpu_ms": "p50 CPU ms",
        "build_s": "build CPU s",
        "memory_mb": "MB",
    }
    costs = [_row(record, titles | {"setting": "setting"}) for record in records if record.get("base") == TIMED]
    if costs:
        out(f"times and costs on {TIMED}", ("engine", *titles.values(), "setting"), costs)


def _joined(values: Iterable[float | None]) -> str:
    return " / ".join("-" if value is None else f"{value:.0f}" for value in values)


def _row(record: Record, keys: dict[str, str]) -> list[str]:
    if "missing" in record:
        return [record["engine"], record["missing"], *("" for _ in list(keys)[1:])]
    shown = {"p50_ms": ".2f", "cpu_ms": ".2f", "build_s": ".2f", "memory_mb": ".0f", "setting": ""}
    return [
        record["engine"],
        *("-" if record[key] is None else format(record[key], shown.get(key, ".1f")) for key in keys),
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", metavar="BASE", help="what to search; all three that come along by default")
    parser.add_argument("--questions", metavar="FILE", nargs="+", default=[], help='lines {"q", "expect", "kind"}')
    parser.add_argument("--growth", action="store_true", help="the tables of growth alone")
    parser.add_argument("--ablate", action="store_true", help="the tables of stages left out alone")
    names = [engine.name for engine in ENGINES]
    parser.add_argument("--engines", metavar="NAME", nargs="+", choices=names, help="these alone")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="ask each N-th question only")
    parser.add_argument("--json", action="store_true", help="a JSON object a row (of the comparison)")
    parser.add_argument("--markdown", action="store_true", help="fewer tables, as the documents have them")
    given = parser.parse_args(arguments)
    out = markdown if given.markdown else table
    if given.growth:
        return search_growth.show(names=given.engines or (), out=out)
    if given.base and given.base not in DEFAULT and not given.questions:
        parser.error("--base needs --questions")
    if given.questions and not given.base:
        parser.error("--questions need the --base that they are about")
    engines = [engine for engine in ENGINES if given.engines is None or engine.name in given.engines]
    bases = {given.base: given.questions} if given.base else DEFAULT
    sets = {}
    for name, asked in bases.items():
        made = base(name)
        found = (questions(one, made) for one in asked or DEFAULT.get(name, ()))
        sets[made] = [QuestionSet(one.name, one.questions[:: given.every]) for one in found]
    if given.ablate:
        return search_ablate.show(sets, out=out)
    records: list[Record] = []
    for made, held in sets.items():
        built = build(made, engines)
        gc.collect()
        gc.freeze()  # as `tutor run` does once its library stands
        for asked in held:
            records += compared(built, asked)
            if not (given.json or given.markdown):
                show_compared(asked, records[-len(engines) :])
        del built
        gc.unfreeze()
        cost = list(costs(made, held[0], engines))
        records += cost
        if not (given.json or given.markdown):
            show_costs(made, cost)
    for record in records if given.json else ():
        print(json.dumps(record, ensure_ascii=False))
    if given.markdown:
        show_all(records, out)
    if given.base in (None, SHIPPED) and not (given.json or given.engines):
        search_shipped.show(out)
    return None


if __name__ == "__main__":
    if ONE_THREAD.items() - os.environ.items():  # numpy reads this when it is loaded: start again
        os.execve(sys.executable, [sys.executable, "-m", "benchmarks.search", *sys.argv[1:]], os.environ | ONE_THREAD)
    main()
