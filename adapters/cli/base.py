"""Commands for those who keep the knowledge base, and for those who keep the database."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from knowledge.errors import SettingsError

Folder = Annotated[
    Path | None, typer.Option("--knowledge", metavar="DIR", help="A knowledge base; default: TUTOR_KNOWLEDGE_DIR.")
]

knowledge = typer.Typer(help="Check and try the knowledge base.", no_args_is_help=True)
database = typer.Typer(help="Prepare and check the database.", no_args_is_help=True)


@knowledge.command("check")
def check(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="With --golden: question files; default: golden/ in the base."),
    ] = None,
    folder: Folder = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what a program can, then check.")] = False,
    golden: Annotated[bool, typer.Option("--golden", help="Ask the golden questions, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON object for tools.")] = False,
) -> None:
    """List every problem of a knowledge base: file, line, column, what is wrong and how to mend it.

    With --golden, the topics' own tests and the golden questions are asked: each that leads elsewhere is a warning.
    """
    from datetime import UTC, datetime

    from adapters.cli.library import display_path, knowledge_dir
    from adapters.cli.progress import showing
    from knowledge import report
    from knowledge.check import check as survey

    if files and not golden:
        raise SettingsError("knowledge check: files are questions for --golden; a base is named by --knowledge DIR")
    root = folder or knowledge_dir()
    if fix:
        from adapters.cli.workshop import fix_files

        fix_files(root)
    with showing(quiet=as_json) as progress:
        found = survey(root, datetime.now(UTC).date(), progress)
    if golden:
        from adapters.cli.golden import check_golden

        raise typer.Exit(check_golden(root, found, files or (), strict=strict, as_json=as_json))
    shown = report.as_json if as_json else report.text
    sys.stdout.write(shown(found.problems, found.files, display_path(root)).rstrip("\n") + "\n")
    failing = found.library is None or (strict and found.problems)
    raise typer.Exit(1 if failing else 0)


@knowledge.command("match")
def match(folder: Folder = None) -> None:
    """Read questions on stdin, one a line; write what search makes of each as a JSON object a line."""
    from adapters.cli.library import knowledge_dir, open_warm
    from adapters.cli.match import as_record, timed

    library = open_warm(folder or knowledge_dir())
    for line in sys.stdin:
        found, ms = timed(library, line.removeprefix("\ufeff").rstrip("\r\n"))
        sys.stdout.write(json.dumps(as_record(found, ms), ensure_ascii=False) + "\n")
        sys.stdout.flush()


@knowledge.command("eval")
def evaluate(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="JSON lines: q, expect (topic ids; [] out of scope), kind.")
    ],
    folder: Folder = None,
    misses: Annotated[bool, typer.Option("--misses/--no-misses", help="List what was missed.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON object a file.")] = False,
) -> None:
    """Ask sets of questions; print how many are found, how sure search is of them, and which are missed."""
    from adapters.cli.evaluate import evaluate as measure
    from adapters.cli.library import knowledge_dir

    measure(files, folder or knowledge_dir(), with_misses=misses, as_json=as_json)


@knowledge.command("gaps")
def show_gaps(
    folder: Folder = None,
    file: Annotated[
        Path | None, typer.Option("--questions", metavar="FILE", help="Questions of a file, in place of learners'.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON object a group.")] = False,
) -> None:
    """List what learners asked in vain: declined, offered choices, or answered with "that's not it"."""
    from adapters.cli import teach
    from adapters.cli.library import knowledge_dir

    teach.show_gaps(folder or knowledge_dir(), file, as_json=as_json)


@knowledge.command("teach")
def teach_gaps(
    lessons: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="With --apply: lessons, JSON lines with q, topic and as.")
    ] = None,
    folder: Folder = None,
    file: Annotated[
        Path | None, typer.Option("--questions", metavar="FILE", help="Questions of a file, in place of learners'.")
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Write the lessons of FILE; without one, what admins proposed in chat.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --apply: write what does no harm, without asking.")] = False,
) -> None:
    """Go through what learners asked in vain: choose a topic, see what else changes, and it is written there.

    With --apply, what admins proposed in chat is gone through instead: each with what else it would change.
    """
    from adapters.cli import proposals, teach
    from adapters.cli.library import knowledge_dir

    root = folder or knowledge_dir()
    if not apply and (lessons or yes):
        raise SettingsError("knowledge teach: FILE and --yes go with --apply; questions are named by --questions FILE")
    if apply and file:
        raise SettingsError("knowledge teach: --questions FILE goes without --apply")
    if lessons:
        teach.apply(root, lessons)
    elif apply:
        proposals.apply(root, yes=yes)
    else:
        teach.teach_gaps(root, file)


@knowledge.command("items")
def show_items(
    folder: Folder = None,
    topic: Annotated[str, typer.Option("--topic", metavar="ID", help="Only this topic's, and its concepts'.")] = "",
    worst: Annotated[int, typer.Option("--worst", metavar="N", min=1, help="At most so many.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON object an item.")] = False,
) -> None:
    """List the quiz items that need an eye, worst first: what learners' answers and flags say of them, and why."""
    from adapters.cli import items
    from adapters.cli.library import knowledge_dir

    items.show_items(folder or knowledge_dir(), topic, worst, as_json=as_json)


@knowledge.command("explain")
def explain_item(
    item: Annotated[str, typer.Argument(metavar="ITEM", help="An item as topic#item, or by its own id.")],
    folder: Folder = None,
    settling: Annotated[bool, typer.Option("--settle", help="Its flags are dealt with: off the list.")] = False,
) -> None:
    """Show one quiz item in full: what learners' answers and flags say of it, what that means and what to do."""
    from adapters.cli import one_item
    from adapters.cli.library import knowledge_dir

    one_item.explain(folder or knowledge_dir(), item, settling=settling)


@knowledge.command("stats")
def show_stats(folder: Folder = None) -> None:
    """Show how much a base teaches, and how evenly."""
    from adapters.cli import workshop
    from adapters.cli.library import knowledge_dir

    workshop.show_stats(folder or knowledge_dir())


@knowledge.command("diff")
def show_diff(
    revision: Annotated[str, typer.Argument(metavar="REV", help="A Git revision, such as HEAD~1 or main.")] = "HEAD",
    folder: Folder = None,
) -> None:
    """Tell what learners will notice of the changes since a Git revision."""
    from adapters.cli import workshop
    from adapters.cli.library import knowledge_dir

    workshop.show_diff(folder or knowledge_dir(), revision)


@knowledge.command("fmt")
def format_files(
    folder: Folder = None,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit 1 if something should.")] = False,
) -> None:
    """Lay the files of a base out: keys in their usual order, no blanks at line ends. What they say stays the same."""
    from adapters.cli import workshop
    from adapters.cli.library import knowledge_dir

    raise typer.Exit(workshop.format_files(folder or knowledge_dir(), check=check))


@knowledge.command("init")
def new_base(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is empty, or not there yet.")],
    title: Annotated[str, typer.Option("--title", help="What the base is called.")] = "A base of my own",
) -> None:
    """Begin a base of your own."""
    from adapters.cli import workshop

    workshop.new_base(folder, title)


@knowledge.command("new")
def new_topic(
    id: Annotated[str, typer.Argument(metavar="ID", help="Kind and id, such as concept/failover.")],
    part_of: Annotated[str, typer.Option("--part-of", metavar="ID", help="What a concept belongs to.")] = "",
    folder: Folder = None,
) -> None:
    """Begin a topic: a file with everything that a good one has, to fill in."""
    from adapters.cli import workshop
    from adapters.cli.library import knowledge_dir

    workshop.new_topic(folder or knowledge_dir(), id, part_of)


@knowledge.command("rename")
def rename(
    old: Annotated[str, typer.Argument(metavar="OLD", help="A topic's full id, or an item as topic#item.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="What it is called from now on.")],
    folder: Folder = None,
) -> None:
    """Give a topic or a quiz item another id: references and learners' progress follow."""
    from adapters.cli import workshop
    from adapters.cli.library import knowledge_dir

    workshop.rename(folder or knowledge_dir(), old, new)


@knowledge.command("schema")
def schema() -> None:
    """Print the JSON Schema of a topic file, for editors."""
    from knowledge.schema import dump

    sys.stdout.write(dump())


@database.command("upgrade")
def upgrade() -> None:
    """Create the database, or bring its schema up to date. Safe to repeat."""
    from adapters.cli.store import database as opened

    with opened() as db:
        db.upgrade()
        sys.stdout.write(f"{db.location}: up to date\n")


@database.command("check")
def check_database() -> None:
    """See that the database opens and has the schema of this version."""
    from adapters.cli.store import database as opened

    with opened() as db:
        db.check()
        sys.stdout.write(f"{db.location}: in order\n")
