"""What is the whole process's, and is otherwise while somebody wants it so."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

Before = TypeVar("Before")


class WhileWanted(Generic[Before]):
    """The first who wants it changes it, the last to end restores it.

    Threads overlap: a reload that was cancelled leaves its thread running, and a second may begin before the first has
    ended. Had each restored what it found, the change would have stayed for good.

    Args:
        change: changes it, and returns what it was.
        restore: makes it that again.
    """

    def __init__(self, change: Callable[[], Before], restore: Callable[[Before], None]) -> None:
        self._change, self._restore = change, restore
        self._lock = threading.Lock()
        self._before: list[Before] = []
        self._wanted = 0

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """It is changed while this lasts."""
        with self._lock:
            if not self._wanted:
                self._before = [self._change()]
            self._wanted += 1
        try:
            yield
        finally:
            with self._lock:
                self._wanted -= 1
                if not self._wanted:
                    self._restore(self._before.pop())
