"""Bases for the tests of knowledge/: the shipped one, a small good one, and broken ones."""

from __future__ import annotations

from datetime import date
from pathlib import Path

ROOT = Path(__file__).parents[3]
CONTENT = ROOT / "knowledge" / "content"
FIXTURES = ROOT / "tests" / "fixtures" / "knowledge"
GOOD = FIXTURES / "good"
TODAY = date(2026, 11, 22)

FIRST = "kind: skill\nid: first\ntitle: First\nsummary: The first.\n"


def base_with(folder: Path, files: dict[str, str | bytes]) -> Path:
    """A base in `folder` with base.yaml, the topic skill/first and these files on top."""
    for path, text in {"base.yaml": "title: A base\n", "skills/first.yaml": FIRST, **files}.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder
