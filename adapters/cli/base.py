"""Commands for those who keep the knowledge base, and for those who keep the database."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[
    Path | None, typer.Option("--knowledge", metavar="DIR", help="A knowledge base; default: TUTOR_KNOWLEDGE_DIR.")
]

knowledge = typer.Typer(help="Check and try the knowledge base.", no_args_is_help=True)
database = typer.Typer(help="Prepare and check the database.", no_args_is_help=True)


def _folder(given: Path | None) -> Path:
    from adapters.config import load_settings

    return given or load_settings().knowledge_dir


@knowledge.command("check")
def check(
    folder: Folder = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON list for tools.")] = False,
) -> None:
    """List every problem of a knowledge base: file, line, column, what is wrong and how to mend it."""
    from datetime import UTC, datetime

    from knowledge import report
    from knowledge.check import check as survey

    root = _folder(folder)
    found = survey(root, datetime.now(UTC).date())
    shown = report.as_json if as_json else report.text
    sys.stdout.write(shown(found.problems, found.files, _shown_path(root)).rstrip("\n") + "\n")
    failing = found.library is None or (strict and found.problems)
    raise typer.Exit(1 if failing else 0)


def _shown_path(folder: Path) -> str:
    """The folder as somebody in this directory would write it."""
    resolved, here = folder.resolve(), Path.cwd()
    return f"{resolved.relative_to(here) if resolved.is_relative_to(here) else resolved}/"


@knowledge.command("match")
def match(folder: Folder = None) -> None:
    """Read questions on stdin, one a line; write what search makes of each as a JSON object a line."""
    from adapters.cli.match import as_object, timed
    from knowledge.loader import load
    from knowledge.search import searchable

    library = searchable(load(_folder(folder)))
    for line in sys.stdin:
        found, ms = timed(library, line.rstrip("\n"))
        sys.stdout.write(json.dumps(as_object(found, ms), ensure_ascii=False) + "\n")
        sys.stdout.flush()


@knowledge.command("schema")
def schema() -> None:
    """Print the JSON Schema of a topic file, for editors."""
    from knowledge.schema import dump

    sys.stdout.write(dump())


@database.command("upgrade")
def upgrade() -> None:
    """Create the database, or bring its schema up to date. Safe to repeat."""
    from adapters.config import load_settings
    from bot.store.db import Database

    settings = load_settings()
    db = Database(settings.database_url, settings.key_of_database() or "")
    try:
        db.upgrade()
        sys.stdout.write(f"{db.location}: up to date\n")
    finally:
        db.close()


@database.command("check")
def check_database() -> None:
    """See that the database opens and has the schema of this version."""
    from adapters.config import load_settings
    from bot.store.db import Database

    settings = load_settings()
    db = Database(settings.database_url, settings.key_of_database() or "")
    try:
        db.check()
        sys.stdout.write(f"{db.location}: in order\n")
    finally:
        db.close()
