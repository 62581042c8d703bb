"""Work that makes much and throws little away, without the garbage collector.

It would walk again and again through all that was made, and all of it stays: a tenth of the time from 1,240 topics'
files to answers. What is counted still goes at once.
"""

from __future__ import annotations

import gc

from knowledge.wanted import WhileWanted


def _stop() -> bool:
    worked = gc.isenabled()
    gc.disable()
    return worked


def _start(worked: bool) -> None:
    if worked:
        gc.enable()


uncollected = WhileWanted(_stop, _start)
