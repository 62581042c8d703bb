"""How far a long piece of work is: told to whoever asked for it, by a function that is handed down."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Progress = Callable[[str, int, int], None]  # what is done ("Reading files"), how many of it, and of how many

_STEPS = 100  # times that it is told of a piece of work

Thing = TypeVar("Thing")


def told(things: Sequence[Thing], what: str, progress: Progress | None) -> Iterator[Thing]:
    """The things, one after the other; `progress` hears now and then how many were taken, and at the end."""
    if progress is None:
        yield from things
        return
    step = max(1, len(things) // _STEPS)
    for number, thing in enumerate(things):
        if number % step == 0:
            progress(what, number, len(things))
        yield thing
    progress(what, len(things), len(things))
