"""How long one thread may keep the others of this process from running."""

from __future__ import annotations

import sys

from knowledge.wanted import WhileWanted

_TURN = 0.001  # seconds; 5 ms, the default of sys.setswitchinterval, add up where several wait


def _shorten() -> float:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_TURN)
    return usual


short_turns = WhileWanted(_shorten, sys.setswitchinterval)
