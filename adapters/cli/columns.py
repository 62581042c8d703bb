"""Plain text that lines up, in a terminal as in a pipe."""

from __future__ import annotations

import shutil
import sys
import unicodedata
from collections.abc import Sequence

from adapters.shared.characters import MORE, clean

WIDTH_MAX = 96  # columns: longer lines are hard to read


def width() -> int:
    """The columns that a line may take."""
    return min(shutil.get_terminal_size().columns, WIDTH_MAX) if sys.stdout.isatty() else WIDTH_MAX


def one_line(text: str, most: int) -> str:
    """What somebody wrote, in one line of at most `most` characters that cannot steer a terminal."""
    flat = " ".join(clean(text[: 4 * most]).split())
    return flat if len(flat) <= most and len(text) <= 4 * most else flat[: most - 1] + MORE


def aligned(rows: Sequence[Sequence[str]], indent: int = 2, gap: int = 2, left: int = 1) -> list[str]:
    """Rows of cells as lines: the first `left` columns to the left, the others to the right."""
    widest = [max(_cells(row[n]) for row in rows if n < len(row)) for n in range(max(map(len, rows), default=0))]
    lines: list[str] = []
    for row in rows:
        line = " " * indent
        for n, cell in enumerate(row):
            blanks = " " * (widest[n] - _cells(cell))
            line += (" " * gap if n else "") + (cell + blanks if n < left else blanks + cell)
        lines.append(line.rstrip())
    return lines


def wrapped(label: str, text: str, indent: int) -> list[str]:
    """A label and a text beside it, wrapped to the width; `indent` columns are the label's."""
    room = max(width() - indent, 16)
    lines = [""]
    for word in text.split(" "):
        while _cells(word) > room:  # only what has no blanks, such as Chinese
            cut = next(n for n in range(len(word), 0, -1) if _cells(word[:n]) <= room)
            lines, word = [*lines, word[:cut]] if lines[-1] else [word[:cut]], word[cut:]
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        lines = [*lines[:-1], joined] if _cells(joined) <= room else [*lines, word]
    return [(label if n == 0 else "").ljust(indent) + line for n, line in enumerate(lines)]


def _cells(text: str) -> int:
    """The columns that a text takes in a terminal."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
