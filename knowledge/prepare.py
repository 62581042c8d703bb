"""Reading, checking and indexing a base in a process of its own, so that the one that answers learners is not held up.

Threads are not enough: only one of them runs Python at a time, and while one collects garbage or is in the middle of a
long call no other gets its turn. The other process fills the cache folder at a low priority; what serves then
finds everything there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from knowledge.cache import load_cached
from knowledge.errors import KnowledgeError, Problem
from knowledge.search import searchable
from knowledge.search.late import late

_NICE = 19  # the most there is: answers come first, and nobody waits for this in a hurry


class Preparation:
    """One run of the other process. `run` blocks; `stop`, from another thread, ends it early."""

    def __init__(self, folder: Path, cache: Path) -> None:
        # -P: a folder named "knowledge" in the working directory is none of ours
        self._command = [sys.executable, "-P", "-m", __name__, str(folder), str(cache)]
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> bool:
        """Prepare the base; False where that was not possible, for whatever reason.

        Raises:
            KnowledgeError: the base has errors.
        """
        try:
            with subprocess.Popen(  # noqa: S603 - our own interpreter and module
                self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            ) as process:
                self._process = process
                said, _ = process.communicate()
            problems = [Problem(**problem) for problem in json.loads(said)] if process.returncode == 0 else None
        except (OSError, ValueError, TypeError):
            return False
        if problems:
            raise KnowledgeError(tuple(problems))
        return problems is not None

    def stop(self) -> None:
        """End the process, if it runs."""
        if self._process:
            self._process.kill()


def main(folder: str, cache: str) -> None:
    """Fill `cache` for the base in `folder`; write what is wrong with it, if so, to stdout as JSON."""
    if hasattr(os, "nice"):
        os.nice(_NICE)
    problems: Sequence[Problem] = ()
    try:
        searchable(load_cached(Path(folder), Path(cache)), cache=Path(cache), meaning=late())
    except KnowledgeError as error:
        problems = error.problems
    sys.stdout.write(json.dumps([asdict(problem) for problem in problems]))


if __name__ == "__main__":
    main(*sys.argv[1:])
