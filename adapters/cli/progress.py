"""Long work shows how far it is, on stderr: one line that is redrawn on a terminal, else a line now and then.

Nothing is shown of what takes no longer than a moment.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from knowledge.progress import Progress

PATIENCE = 1.0  # seconds until anything is shown
REDRAWN, WRITTEN = 0.1, 5.0  # seconds between two looks at a terminal, and between two lines of a log


@contextmanager
def showing(
    quiet: bool = False, stream: TextIO | None = None, now: Callable[[], float] = time.monotonic
) -> Iterator[Progress | None]:
    """A function that shows progress while the block runs; the terminal's line is cleared at its end.

    `quiet`: there is none, and nothing is shown.
    """
    if quiet:
        yield None
        return
    out = sys.stderr if stream is None else stream
    terminal = out.isatty()
    pause = REDRAWN if terminal else WRITTEN
    following, drawn = now() + (PATIENCE if terminal else WRITTEN), 0

    def progress(what: str, done: int, of: int) -> None:
        nonlocal following, drawn
        if now() < following:
            return
        following = now() + pause
        line = f"{what}: {done:,} of {of:,}"
        out.write(f"\r{line.ljust(drawn)}" if terminal else f"{line}\n")
        out.flush()
        drawn = len(line) if terminal else 0

    try:
        yield progress
    finally:
        if drawn:
            out.write(f"\r{' ' * drawn}\r")
            out.flush()
