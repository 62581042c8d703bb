"""The same base and question give the same bits: in any process, built or read, in any thread."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from adapters import CONTENT
from knowledge.loader import load
from knowledge.model import Library
from tests.unit.search.conftest import Open

ROOT = Path(__file__).parents[3]
QUESTIONS = 40

# Prints everything that search says of 40 questions, floats to the last bit. Argument: a folder for the index, the
# number of topics (a base of the first ones). With the folder filled it must not build, with it empty it must.
ASK = """
import sys
from pathlib import Path
from knowledge.search import index, searchable
from knowledge.search.meaning import encoder
from tests.unit.search.test_same_bits import asked, base, said
cache, size = Path(sys.argv[1]), int(sys.argv[2])
had = any(cache.glob("search-*"))
built = []
build, index.build = index.build, lambda *given: (built.append(1), build(*given))[1]
library = searchable(base(size), cache, encoder())
assert bool(built) != had, (built, had)
for line in said(library, asked(base(size))):
    print(line)
"""


def base(size: int) -> Library:
    """The first topics of the shipped base; all of them if it has no more."""
    whole = load(CONTENT)
    kept = dict(list(whole.topics.items())[-size:])
    return replace(whole, topics=kept, version=f"first {len(kept)}")


def asked(library: Library) -> list[str]:
    """Questions of every sort: the topics' own, names, misspellings, follow-ups, and what the base does not cover."""
    own = [question for topic in library.topics.values() for question in topic.tests]
    others = [
        "why is my servce slow",
        "how do i becom one",
        "tell me more",
        "what is the capital of australia",
        "protect dta",
        "metrics",
        "zwxq",
        "",
    ]
    titles = [topic.title for topic in library.topics.values()]
    return [*others, *titles[:6], *own][:QUESTIONS]


def said(library: Library, questions: list[str]) -> list[str]:
    last = next(iter(library.topics))
    found = [repr((library.find(question), library.find(question, last))) for question in questions]
    traces = [library.find.explain(question) for question in questions]  # type: ignore[attr-defined]
    return found + [repr((trace.seen, sorted(trace.against.items()), trace.model)) for trace in traces]


def _printed(folder: Path, size: int, seed: str, threads: str) -> str:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", ASK, str(folder), str(size)],
        env={
            **os.environ,
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": str(ROOT),
            "OPENBLAS_NUM_THREADS": threads,
            "OMP_NUM_THREADS": threads,
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.parametrize("size", [6, pytest.param(1000, marks=pytest.mark.slow)])
def test_a_process_that_builds_and_one_that_reads_say_the_same(tmp_path: Path, size: int) -> None:
    built = _printed(tmp_path, size, "1", "1")
    read = _printed(tmp_path, size, "4242", "2")

    assert len(built.splitlines()) == 2 * min(QUESTIONS, len(asked(base(size))))
    assert "'together'" in built  # the model was asked
    assert read == built


@pytest.mark.parametrize("model", [False, True])
def test_threads_may_share_a_library(shipped: Open, model: bool) -> None:
    library = shipped(model)
    questions = asked(library)[:20]
    alone = said(library, questions)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(said, [library] * 4, [questions] * 4))

    assert together == [alone] * 4
