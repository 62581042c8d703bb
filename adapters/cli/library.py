"""Opening a knowledge base for a command: which one, and what to say where it is broken."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from adapters import CONTENT
from knowledge.errors import KnowledgeError
from knowledge.model import Library


def knowledge_dir() -> Path:
    """The folder that TUTOR_KNOWLEDGE_DIR names, else the base that ships with Tutor.

    For commands that need no other setting: reading them all takes 0.15 s of imports, so that is done only where a file
    `.env` may have a say, and a wrong setting that does not concern them is none of their business.
    """
    if Path(".env").exists():
        from adapters.config import load_settings

        return load_settings().knowledge_dir
    named = (value for name, value in os.environ.items() if name.upper() == "TUTOR_KNOWLEDGE_DIR" and value)
    return next(map(Path, named), CONTENT)


def open_library(folder: Path) -> Library:
    """The searchable library in `folder`; where it is broken, every problem is reported and the command ends with 2."""
    from knowledge.loader import load
    from knowledge.search import searchable

    with reported(folder):
        return searchable(load(folder))


@contextmanager
def reported(folder: Path) -> Iterator[None]:
    """Report every problem of a base that does not load on stderr, and end the command with exit code 2."""
    try:
        yield
    except KnowledgeError as error:
        from knowledge import report

        if [problem.path for problem in error.problems] == [""]:  # it is the folder itself
            sys.stderr.write(f"tutor: {report.one_line(error.problems[0])}\n")
        else:
            files = len({problem.path for problem in error.problems})
            sys.stderr.write(report.text(error.problems, files, display_path(folder)))
        raise typer.Exit(2) from None


def display_path(folder: Path) -> str:
    """The folder as somebody in this directory would write it."""
    resolved, here = folder.resolve(), Path.cwd()
    return f"{resolved.relative_to(here) if resolved.is_relative_to(here) else resolved}/"
