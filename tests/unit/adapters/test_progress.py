"""How far long work is, as it is shown: after a moment, seldom enough, and gone when the work is done."""

from __future__ import annotations

import io

import pytest

from adapters.cli.progress import PATIENCE, REDRAWN, WRITTEN, showing
from knowledge.loader import look
from knowledge.progress import told
from knowledge.search import searchable
from tests.unit.knowledge.bases import GOOD


class Clock:
    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_has_one_line_that_is_redrawn_and_cleared() -> None:
    out, clock = Terminal(), Clock()
    with showing(stream=out, now=clock) as progress:
        assert progress is not None
        progress("Reading files", 1, 5000)
        assert out.getvalue() == ""
        clock.seconds += PATIENCE
        progress("Reading files", 1200, 5000)
        assert out.getvalue() == "\rReading files: 1,200 of 5,000"
        progress("Reading files", 1201, 5000)
        clock.seconds += REDRAWN
        progress("Reading", 2, 5000)
    shown_now = out.getvalue().split("\r")
    assert shown_now[1:3] == ["Reading files: 1,200 of 5,000", "Reading: 2 of 5,000".ljust(len(shown_now[1]))]
    assert shown_now[-2].strip() == ""
    assert shown_now[-1] == ""


def test_a_log_has_a_line_now_and_then() -> None:
    out, clock = io.StringIO(), Clock()
    with showing(stream=out, now=clock) as progress:
        assert progress is not None
        for done in range(101):
            progress("Reading files", done, 100)
            clock.seconds += WRITTEN / 10
    lines = out.getvalue().splitlines()
    assert len(lines) == 10
    assert lines[0] == "Reading files: 10 of 100"


def test_quick_work_shows_nothing() -> None:
    out = Terminal()
    with showing(stream=out, now=Clock()) as progress:
        look(GOOD, progress)
    assert out.getvalue() == ""


def test_quiet_is_quiet() -> None:
    with showing(quiet=True) as progress:
        assert progress is None


@pytest.mark.parametrize("size", [0, 1, 99, 100, 1234])
def test_told_loses_nothing_and_tells_the_end(size: int) -> None:
    heard: list[tuple[str, int, int]] = []
    found = list(told(range(size), "x", lambda *what: heard.append(what)))
    assert found == list(range(size)) == list(told(range(size), "x", None))
    assert heard[-1] == ("x", size, size)
    assert [done for _, done, _ in heard] == sorted(done for _, done, _ in heard)
    assert len(heard) <= 205


def test_reading_checking_and_indexing_tell_how_far_they_are() -> None:
    heard: dict[str, tuple[int, int]] = {}

    def progress(what: str, done: int, of: int) -> None:
        heard[what] = (done, of)

    library = look(GOOD, progress).library
    assert library is not None
    searchable(library, progress=progress)
    files = len(list(GOOD.glob("*/*.yaml"))) + 1
    assert heard["Reading files"] == heard["Checking files"] == (files, files)
    assert heard["Preparing search, topics"] == (files - 1, files - 1)
    assert all(done == of for done, of in heard.values())
    assert len(heard) == 4
