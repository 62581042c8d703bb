"""The command line. Imports are lazy: `tutor --help` answers at once, each command loads what it needs."""

from __future__ import annotations

import sys

import typer

from adapters.cli import base, learning
from knowledge.errors import TutorError

app = typer.Typer(
    name="tutor",
    help="A chat tutor: answers from a curated knowledge base, and quizzes that come back before you forget.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("chat")(learning.chat)
app.command("ask")(learning.ask)
app.command("run")(learning.run)
app.add_typer(base.knowledge, name="knowledge")
app.add_typer(base.database, name="db")


def main() -> None:
    """Run the command line. Whatever a person can mend is one line on stderr and exit code 2, never a traceback."""
    try:
        app()
    except TutorError as error:
        sys.stderr.write(f"tutor: {error}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # the reader of our output left, as `head` does
        sys.stderr.close()
        sys.exit(1)
