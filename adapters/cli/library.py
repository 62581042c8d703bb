"""Opening a knowledge base for a command: which one, and what to say where it is broken."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from adapters import CONTENT, user_cache
from knowledge.errors import KnowledgeError
from knowledge.model import Library

if TYPE_CHECKING:
    from knowledge.search import Meaning


def knowledge_dir() -> Path:
    """The folder that TUTOR_KNOWLEDGE_DIR names, else the base that ships with Tutor.

    For commands that need no other setting: reading them all takes 0.15 s of imports, so that is done only where a file
    `.env` may have a say, and a wrong setting that does not concern them is none of their business.
    """
    if Path(".env").exists():
        from adapters.config import load_settings

        return load_settings().knowledge_dir
    return _named("TUTOR_KNOWLEDGE_DIR") or CONTENT


def cache_dir() -> Path | None:
    """The folder that TUTOR_CACHE_DIR names, else the user's own; as with `knowledge_dir`."""
    if Path(".env").exists():
        from adapters.config import load_settings

        return load_settings().cache_dir
    return _named("TUTOR_CACHE_DIR") or user_cache()


def _named(setting: str) -> Path | None:
    named = (value for name, value in os.environ.items() if name.upper() == setting and value)
    return next(map(Path, named), None)


def open_library(folder: Path, meaning: Meaning | None = None) -> Library:
    """The searchable library in `folder`; where it is broken, every problem is reported and the command ends with 2.

    `meaning` is what it is searched with; None: the model of this installation.
    """
    from adapters.cli.progress import showing
    from knowledge.cache import load_cached
    from knowledge.search import ready, searchable
    from knowledge.search.late import late

    cache, model = cache_dir(), meaning or late()
    with showing(quiet=not sys.stderr.isatty()) as progress:  # what scripts read stays as it is
        with reported(folder):
            library = load_cached(folder, cache, progress)
        if found := ready(library, cache, model):
            return found
        if model is not None and progress is not None:
            sys.stderr.write(f"Preparing search for {len(library.topics)} topics, once ...\n")
        return searchable(library, cache=cache, meaning=model, progress=progress)


def open_warm(folder: Path) -> Library:
    """The same with the model loaded already, where times are told."""
    from knowledge.search.late import late

    library = open_library(folder)
    if model := late():
        model.load()
    return library


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
