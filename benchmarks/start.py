"""Cold start and memory: `python -m benchmarks.start`.

Cold start is a new process, start to end, on files that were read before: the median of several. What Tutor keeps in
its cache folder is there, but for the row that says otherwise. The peers are what such a command would cost with
nothing of ours in it: the interpreter alone, and the interpreter importing the bot library or the ORM.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measure import table

RUNS = 7
TUTOR = str(Path(sys.executable).with_name("tutor"))
NAMED, UNNAMED = "what is failover", "our server died last night and nobody noticed"
REST = 5.0  # seconds after which a process is at rest: its jobs have run once


def cold(*command: str, kept: bool = True) -> float:
    """The median time of a command in a new process, in seconds; `kept`: it finds what an earlier run left."""
    took = []
    with tempfile.TemporaryDirectory(prefix="tutor-bench-") as folder:
        for number in range(RUNS + kept):
            settings = {"TUTOR_CACHE_DIR": f"{folder}/{0 if kept else number}"}
            began = time.perf_counter()
            subprocess.run(command, env=os.environ | settings, check=True, capture_output=True)
            took.append(time.perf_counter() - began)
    return statistics.median(took[kept:])


def at_rest(*command: str) -> float:
    """Resident memory of a serving process at rest, in MB (Linux)."""
    with tempfile.TemporaryDirectory(prefix="tutor-bench-") as folder:
        settings = {"TUTOR_DATABASE_URL": f"sqlite:///{folder}/tutor.db"}
        process = subprocess.Popen(command, env=os.environ | settings, stderr=subprocess.DEVNULL)
        try:
            time.sleep(REST)
            pages = int(Path(f"/proc/{process.pid}/statm").read_text(encoding="ascii").split()[1])
            return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def main() -> None:
    rows = [
        ("tutor ask, a question that names its topic", cold(TUTOR, "ask", NAMED), "1.5"),
        ("tutor ask, a question that needs the model", cold(TUTOR, "ask", UNNAMED), "1.5"),
        ("tutor ask, the first time on this base", cold(TUTOR, "ask", NAMED, kept=False), ""),
        ("tutor --help", cold(TUTOR, "--help"), "0.3"),
        ("peer: python, nothing", cold(sys.executable, "-c", "pass"), ""),
        ("peer: python, import telegram", cold(sys.executable, "-c", "import telegram"), ""),
        ("peer: python, import sqlmodel", cold(sys.executable, "-c", "import sqlmodel"), ""),
    ]
    table(
        f"cold start, medians of {RUNS} runs",
        ("", "seconds", "goal"),
        [(name, f"{value:.2f}", goal) for name, value, goal in rows],
    )
    memory = at_rest(TUTOR, "run", "scheduler")
    table("memory at rest", ("", "MB", "goal"), [("tutor run, the shipped base", f"{memory:.0f}", "250")])


if __name__ == "__main__":
    main()
