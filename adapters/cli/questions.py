"""Where files of questions lie, and reading them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from adapters import CONTENT
from knowledge.errors import Problem, SettingsError
from knowledge.files import GOLDEN
from knowledge.model import Library
from knowledge.search.questions import SUFFIXES, QuestionFile, TopicIds, read_questions


def read_files(files: Sequence[Path], library: Library) -> list[QuestionFile]:
    """Every file, read; one that cannot be is a problem of its own."""
    ids = TopicIds(library)
    return [_read(file, ids) for file in files]


def golden_home(root: Path) -> Path:
    """Where the golden questions of a base lie; the shipped base keeps them with the tests, if those are here."""
    checkout = CONTENT.parents[1]
    if root.resolve() == CONTENT and (checkout / "pyproject.toml").is_file():
        return checkout / "tests" / GOLDEN
    return root / GOLDEN


def golden_files(root: Path) -> list[Path]:
    """The question files among the golden questions of a base."""
    home = golden_home(root)
    try:
        return sorted(file for file in home.iterdir() if file.suffix in SUFFIXES and not file.name.startswith("."))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise SettingsError(f"{home} must be a folder of question files: {error.strerror or error}") from None


def _read(file: Path, ids: TopicIds) -> QuestionFile:
    shown = _shown(file)
    try:
        return read_questions(shown, file.read_bytes(), ids)
    except OSError as error:
        message = f"cannot read this file: {error.strerror or error}"
        help = "name a file of questions: JSON lines, or YAML"
        return QuestionFile(shown, problems=(Problem("error", "unreadable", message, shown, suggestion=help),))


def _shown(file: Path) -> str:
    """A file as somebody in this directory would write it."""
    here = Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)
