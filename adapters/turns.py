"""How long one thread may keep the others of this process from running."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_TURN = 0.001  # seconds; 5 ms, the default of sys.setswitchinterval, add up where several wait


class _Turns:
    """The switch interval is the whole process's, so those who want it short share it: the last to end restores it.

    A refresh that was cancelled leaves its thread running, and a second may begin before the first has ended. Had each
    restored what it found, the short interval would have stayed for good.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted = 0
        self._usual = 0.0

    @contextmanager
    def short(self) -> Iterator[None]:
        """Threads change places after `_TURN` while this lasts."""
        with self._lock:
            if not self._wanted:
                self._usual = sys.getswitchinterval()
                sys.setswitchinterval(_TURN)
            self._wanted += 1
        try:
            yield
        finally:
            with self._lock:
                self._wanted -= 1
                if not self._wanted:
                    sys.setswitchinterval(self._usual)


short_turns = _Turns().short
