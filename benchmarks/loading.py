"""From files to answers, by the size of the base: `python -m benchmarks.loading [--topics 120 1200 5000]`.

Each step is a process of its own, on files that were read before; bases are made by benchmarks.large_bases. Questions
are answered by words: with the model, each new phrase takes 4 ms more, in another process, while these are answered
(docs/architecture.md). Beside the seconds stand those of the processor: on a machine that does other things they say
more. A reload is what a serving process does after one topic got other texts, which a large base serves at once, or
another title: a process that prepares, and what the one that serves does then.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from adapters.shelf import changed_files, stamp
from benchmarks.large_bases import write
from benchmarks.measure import Table, markdown, table
from knowledge.cache import load_cached
from knowledge.check import check
from knowledge.loader import load
from knowledge.model import Library
from knowledge.revision import revised
from knowledge.search import searchable

SIZES = (120, 1200)
STEPS = {
    "check": "check: read, and all that is wrong",
    "load": "load: read and hold together",
    "ready": "ready to answer, nothing kept",
    "again": "ready to answer, kept",
    "texts": "reload, texts of one file changed: served",
    "reload": "reload, title of one file changed: prepare",
    "swap": "reload, title of one file changed: swap",
}

_QUESTIONS = re.compile(r"^questions:\n( +- )", re.MULTILINE)

Work = Callable[[], object]


def _load(base: Path, cache: Path) -> Work:
    return lambda: load(base)


def _check(base: Path, cache: Path) -> Work:
    return lambda: check(base, datetime.now(UTC).date())


def _ready(base: Path, cache: Path) -> Work:
    return lambda: searchable(load_cached(base, cache), cache=cache).find("what is failover")


def _texts(base: Path, cache: Path) -> Work:
    """What `Shelf` does with an edit: three looks at the folder, and the files that changed between them."""
    library, before = searchable(load_cached(base, cache), cache=cache), stamp(base)
    file = next((base / "concepts").iterdir())
    text = file.read_text(encoding="utf-8")
    file.write_text(_QUESTIONS.sub(r"\g<0>what is all of that about\n\1", text, count=1), encoding="utf-8")

    def work() -> Library:
        changed = changed_files(before, stamp(base)) or ()
        made = revised(library, base, [Path(path).relative_to(base).as_posix() for path in changed])
        assert made is not None, "all files had to be read"
        assert made.version != library.version
        stamp(base)
        return made

    return work


WORK: dict[str, Callable[[Path, Path], Work]] = {
    "check": _check, "load": _load, "ready": _ready, "again": _ready, "texts": _texts, "reload": _ready, "swap": _ready,
}  # fmt: skip


def step(name: str, base: Path, cache: Path) -> None:
    """Do one step; print its seconds, the processor's, and the process's memory at its height in MB."""
    work = WORK[name](base, cache)
    began, spent = time.perf_counter(), time.process_time()
    work()
    took, spent = time.perf_counter() - began, time.process_time() - spent
    print(json.dumps([took, spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000]))


def measured(topics: int) -> dict[str, Sequence[float]]:
    """Seconds, the processor's seconds and MB of each step, on a base of so many topics."""
    found: dict[str, Sequence[float]] = {}
    with tempfile.TemporaryDirectory(prefix="tutor-bench-") as folder:
        base, cache = write(Path(folder) / "base", topics), Path(folder) / "cache"
        for name in STEPS:
            if name == "reload":
                _retitle(next((base / "concepts").iterdir()))
            print(f"{topics:,} topics: {STEPS[name]}", file=sys.stderr, flush=True)
            command = [sys.executable, "-m", "benchmarks.loading", "--step", name, str(base), str(cache)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
            found[name] = json.loads(done.stdout)
    return found


def _retitle(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    changed = ["title: Another Name Altogether\n" if line.startswith("title: ") else line for line in lines]
    file.write_text("".join(changed), encoding="utf-8")


def show(sizes: Sequence[int] = SIZES, out: Table = table) -> None:
    """Print what each step takes, by the topics of the base."""
    columns = [measured(topics) for topics in sizes]
    rows = [
        (title, *("{:.1f} / {:.1f} / {:.0f}".format(*column[name]) for column in columns))
        for name, title in STEPS.items()
    ]
    out("seconds / of the processor / MB, by topics", ("", *(f"{size:,}" for size in sizes)), rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--topics", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--markdown", action="store_true", help="the table as the documents have it")
    parser.add_argument("--step", nargs=3, metavar=("STEP", "BASE", "CACHE"), help="one step: for the processes")
    given = parser.parse_args()
    if given.step:
        name, base, cache = given.step
        step(name, Path(base), Path(cache))
    else:
        show(given.topics, markdown if given.markdown else table)


if __name__ == "__main__":
    main()
