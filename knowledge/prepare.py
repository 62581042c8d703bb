"""Reading, checking and indexing a base in a process of its own, so that the one that answers learners is not held up.

Threads are not enough: only one of them runs Python at a time, and while one collects garbage or is in the middle of a
long call no other gets its turn. The other process fills the cache folder at a low priority; what serves then
finds everything there.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from knowledge.cache import load_cached
from knowledge.errors import KnowledgeError, Problem
from knowledge.search import ready, searchable
from knowledge.search.late import late

log = logging.getLogger(__name__)

_NICE = 19  # the most there is: answers come first, and nobody waits for this in a hurry


class Preparation:
    """One run of the other process. `run` blocks; `stop`, from another thread, ends it early."""

    def __init__(self, folder: Path, cache: Path) -> None:
        # -P: a folder named "knowledge" in the working directory is none of ours
        self._command = [sys.executable, "-P", "-m", __name__, str(folder), str(cache)]
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def run(self) -> bool:
        """Prepare the base; False where that was not possible, for whatever reason, or nothing could be kept.

        Raises:
            KnowledgeError: the base has errors.
        """
        try:
            with subprocess.Popen(  # noqa: S603 - our own interpreter and module
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is for us: what we start, we end
            ) as process:
                self._process = process
                if self._stopped:
                    process.kill()
                said, complaint = process.communicate()
            told = json.loads(said) if process.returncode == 0 else None
            problems = [Problem(**problem) for problem in told["problems"]] if told else []
        except (OSError, ValueError, TypeError, KeyError):
            return False
        if problems:
            raise KnowledgeError(tuple(problems))
        if told is None and not self._stopped:
            last = complaint.decode(errors="replace").strip().rpartition("\n")[2]
            log.warning("preparing the knowledge failed with code %s: %s", process.returncode, last)
        return bool(told and told["kept"])

    def stop(self) -> None:
        """End the process, also one that is about to start."""
        self._stopped = True
        if self._process:
            self._process.kill()


def main(folder: str, cache: str) -> None:
    """Fill `cache` for the base in `folder`; write to stdout what is wrong with it, and whether it could be kept."""
    if hasattr(os, "nice"):
        os.nice(_NICE)
    problems: Sequence[Problem] = ()
    kept = False
    try:
        library = load_cached(Path(folder), Path(cache))
        searchable(library, cache=Path(cache), meaning=late())
        kept = ready(library, Path(cache), late()) is not None
    except KnowledgeError as error:
        problems = error.problems
    sys.stdout.write(json.dumps({"problems": [asdict(problem) for problem in problems], "kept": kept}))


if __name__ == "__main__":
    main(*sys.argv[1:])
