"""The command line. Imports are lazy: `tutor --help` answers at once, each command loads what it needs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import typer

from adapters.cli import base, learning, slack
from knowledge.errors import TutorError

app = typer.Typer(
    name="tutor",
    help="A chat tutor: answers from a curated knowledge base, and quizzes that come back before you forget.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # drawing help with Rich takes longer than everything else together
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("chat")(learning.chat)
app.command("ask")(learning.ask)
app.command("run")(learning.run)
app.add_typer(base.knowledge, name="knowledge")
app.add_typer(base.database, name="db")
app.add_typer(slack.slack, name="slack")


def main() -> None:
    """Run the command line.

    Whatever a person can mend is a line on stderr for each fault, and exit code 2. Anything else is a fault of ours:
    its traceback is shown without what exceptions say, which may quote secrets or learners, and the exit code is 1.
    """
    _forgiving_streams()
    try:
        app()
    except TutorError as error:
        from adapters.logs import redact

        sys.stderr.write("".join(f"tutor: {redact(line)}\n" for line in str(error).splitlines()))
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # the reader of our output left, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is still in the buffer goes nowhere, without complaint
        sys.exit(1)
    except Exception as error:
        from adapters.logs import redact, trace

        sys.stderr.write(f"tutor: this is a fault of Tutor; please report it.\n{redact(trace(error))}\n")
        sys.exit(1)


def _forgiving_streams() -> None:
    """Let no byte end a command: what is no UTF-8 is read, and what cannot be printed is written, as a replacement."""
    nothing = Path(os.devnull)
    sys.stdin = sys.stdin or nothing.open(encoding="utf-8")  # whoever started us may have closed them
    sys.stdout = sys.stdout or nothing.open("w", encoding="utf-8")
    sys.stderr = sys.stderr or nothing.open("w", encoding="utf-8")
    for stream in (sys.stdin, sys.stdout):
        reconfigure = getattr(stream, "reconfigure", None)  # a test runner's own stream has none
        if reconfigure:
            reconfigure(errors="replace")
