"""Measure search anew and write the tables into docs/search.md: `python -m benchmarks.search_docs [PART …]`.

Each part stands there between `<!-- PART -->` and `<!-- end of PART -->`.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

DOCUMENT = Path(__file__).parents[1] / "docs" / "search.md"
PARTS = {"compared": [], "growth": ["--growth"], "ablate": ["--ablate"]}


def replaced(text: str, part: str, tables: str) -> str:
    """The text with these tables in this part.

    Raises:
        ValueError: the text has no such part.
    """
    start, end = f"<!-- {part} -->\n", f"<!-- end of {part} -->"
    before, found, rest = text.partition(start)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"there is no part {part}")
    return f"{before}{start}{tables.strip()}\n\n{end}{after}"


def main(parts: Sequence[str]) -> None:
    for part in parts or PARTS:
        command = [sys.executable, "-m", "benchmarks.search", *PARTS[part], "--markdown"]
        tables = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        DOCUMENT.write_text(replaced(DOCUMENT.read_text(encoding="utf-8"), part, tables), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
