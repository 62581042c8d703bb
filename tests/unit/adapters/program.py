"""Running the console script as a user would: its own working directory, a clean environment, the small base."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TUTOR = Path(sys.executable).with_name("tutor")
BASE = Path(__file__).parents[2] / "fixtures" / "base"
BROKEN = Path(__file__).parents[2] / "fixtures" / "knowledge" / "broken_bases" / "path" / "base"
SECONDS = 20  # a busy machine takes its time


def environment(**settings: str) -> dict[str, str]:
    """Nothing but what a program needs, and these settings."""
    names = ("PATH", "HOME", "TMPDIR", "XDG_CACHE_HOME", "PYTHONPATH")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    shared = {"TUTOR_KNOWLEDGE_DIR": str(BASE), "TUTOR_TIMEZONE": "Europe/Berlin", "TERM": "xterm", "LANG": "C.UTF-8"}
    return kept | shared | settings


def tutor(folder: Path, *arguments: str | bytes, said: str | bytes = "", **settings: str) -> Done:
    """Run `tutor` in `folder` until it ends; `said` is its standard input, settings are environment variables."""
    done = subprocess.run(
        [TUTOR, *arguments],
        input=said.encode() if isinstance(said, str) else said,
        capture_output=True,
        cwd=folder,
        env=environment(**settings),
        timeout=SECONDS,
        check=False,
    )
    return Done(done)


class Done:
    """How a run ended: `code`, and `out` and `err` as text."""

    def __init__(self, done: subprocess.CompletedProcess[bytes]) -> None:
        self.code = done.returncode
        self.out = done.stdout.decode()
        self.err = done.stderr.decode()
