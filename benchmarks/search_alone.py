"""One engine in a process of its own: what building it and holding it costs, and how long it takes to answer.

The process is handed a base and questions and knows nothing else; then its memory is read, the engine is built, its
questions are asked, and its memory is read again. The difference is the engine's: its libraries, its index, its model.
"""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.search_ours import ENGINES
from benchmarks.search_peers import Missing, Phrases
from knowledge.model import Found, Library

WARM = 20  # questions asked before any is timed
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True, slots=True)
class Alone:
    """What one engine did by itself.

    `build` is seconds of the processor; `memory` the growth of resident memory in MB; `times` and `spent` milliseconds
    for a question, by the clock and of the processor; `found` what it made of them.
    """

    build: float
    memory: float
    times: tuple[float, ...]
    spent: tuple[float, ...]
    found: tuple[Found, ...]


def alone(engine: str, base: Phrases, questions: Sequence[str], limit: float | None = None) -> Alone:
    """Measure an engine of `ENGINES` in a new process of one thread.

    Raises:
        Missing: it is not installed, or not done within `limit` seconds.
    """
    given = pickle.dumps((engine, base.name, _plainly(base.library), base.cache, list(questions)))
    command = [sys.executable, "-m", "benchmarks.search_alone"]
    try:
        done = subprocess.run(
            command, input=given, stdout=subprocess.PIPE, env=os.environ | ONE_THREAD, timeout=limit, check=True
        )
    except subprocess.TimeoutExpired:
        raise Missing(f"over {limit:.0f} s") from None
    measured: Alone | Missing = pickle.loads(done.stdout)
    if isinstance(measured, Missing):
        raise measured
    return measured


def _plainly(library: Library) -> Library:
    """The same library as plain dicts, which can be handed to another process; without what it searches with."""
    return Library(
        base=library.base,
        topics=dict(library.topics),
        items=dict(library.items),
        children=dict(library.children),
        names=dict(library.names),
        moved_topics=dict(library.moved_topics),
        moved_items=dict(library.moved_items),
        version=library.version,
    )


def _resident() -> float:
    """Resident memory of this process in MB (Linux)."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _measure(name: str, base: Phrases, questions: Sequence[str]) -> Alone:
    engine = next(engine for engine in ENGINES if engine.name == name)
    _ = base.topics, base.most
    before = _resident()
    began = time.process_time()
    ask = engine.build(base)
    build = time.process_time() - began
    gc.collect()
    gc.freeze()  # as `tutor run` does once its library stands
    for question in questions[-WARM:]:
        ask(question)
    times, spent, found = [], [], []
    for question in questions:
        start, cpu = time.perf_counter(), time.thread_time()
        found.append(ask(question))
        times.append(1000 * (time.perf_counter() - start))
        spent.append(1000 * (time.thread_time() - cpu))
    gc.unfreeze()
    return Alone(build, _resident() - before, tuple(times), tuple(spent), tuple(found))


def main() -> None:
    engine, name, library, cache, questions = pickle.load(sys.stdin.buffer)
    try:
        measured: Alone | Missing = _measure(engine, Phrases(name, library, cache), questions)
    except Missing as missing:
        measured = missing
    sys.stdout.buffer.write(pickle.dumps(measured))


if __name__ == "__main__":
    # pickle names classes by module: what this process hands back must not be of __main__
    from benchmarks.search_alone import main as named

    named()
