"""Commands for learners and for serving them: chat, ask, run."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from knowledge.errors import KnowledgeError, SettingsError

if TYPE_CHECKING:
    from adapters.config import Settings
    from adapters.wiring import Application

Now = Annotated[
    str, typer.Option("--now", metavar="ISO", help="Start a demo clock at this moment, on a demo database.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per reply.")]


def chat(now: Now = "", as_json: AsJson = False) -> None:
    """Talk with Tutor in this terminal; from a pipe, line by line."""
    from adapters.clock import DemoClock, parse_moment
    from adapters.config import load_settings

    settings = load_settings()
    start = parse_moment(now) if now else None
    _talk(settings, DemoClock(start) if start else None, as_json=as_json)


def run(
    parts: Annotated[list[str] | None, typer.Argument(help="scheduler; nothing: all that is configured.")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="The terminal, a demo clock and a demo database.")] = False,
) -> None:
    """Serve learners until stopped."""
    from datetime import UTC, datetime

    from adapters.clock import DemoClock
    from adapters.config import load_settings

    settings = load_settings()
    if demo:
        _talk(settings, DemoClock(datetime.now(UTC)), as_json=False)
        return
    unknown = [part for part in parts or [] if part != "scheduler"]
    if unknown:
        raise SettingsError(f"this version has no part {unknown[0]!r}; it has: scheduler")
    _serve(settings)


def _open(settings: Settings, **kwargs: object) -> Application:
    """Put the application together; a broken knowledge base is reported in full."""
    from adapters import logs, wiring
    from knowledge import report

    logs.set_up(settings)
    try:
        return wiring.build(settings, **kwargs)  # type: ignore[arg-type]
    except KnowledgeError as error:
        files = len({problem.path for problem in error.problems})
        sys.stderr.write(report.text(error.problems, files, f"{settings.knowledge_dir}/") + "\n")
        raise


def _talk(settings: Settings, clock: object, *, as_json: bool) -> None:
    from adapters import wiring
    from adapters.terminal import run_pipe, run_tty

    if clock:
        settings = wiring.demo_settings(settings)
    if "log_level" not in settings.model_fields_set:
        settings = settings.model_copy(update={"log_level": "ERROR"})  # log lines would stand between the messages
    app = _open(settings, clock=clock)

    async def talk() -> None:
        async with app.running():
            conversation = await app.chat()
            if sys.stdin.isatty() and sys.stdout.isatty() and not as_json:
                title = app.shelf.library().base.title
                await run_tty(
                    conversation,
                    wiring.history_file(settings),
                    title,
                    lambda show: _on_rows(app, conversation.address.lane, show),
                )
            else:
                await run_pipe(conversation, sys.stdin, sys.stdout, as_objects=as_json)

    asyncio.run(talk())


def _on_rows(app: Application, lane: str, show: object) -> None:
    """Call `show` after each commit that holds rows of a lane."""
    app.inbox.on_commit(lambda lanes: show() if lane in lanes else None)  # type: ignore[operator]


def _serve(settings: Settings) -> None:
    """Run without a front end of its own until a signal."""
    import signal

    app = _open(settings)

    async def serve() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, stop.set)
        async with app.running():
            sys.stderr.write("tutor: serving; Ctrl-C stops\n")
            await stop.wait()

    asyncio.run(serve())


def ask(
    question: Annotated[str, typer.Argument(help="A question, in your own words.")],
    as_json: Annotated[bool, typer.Option("--json", help="The match and the replies as one JSON object.")] = False,
) -> None:
    """Answer one question. Nothing is stored."""
    from adapters.cli.match import as_object, timed
    from adapters.cli.one_question import answer_once
    from adapters.config import load_settings
    from adapters.terminal import as_json as reply_json
    from adapters.terminal import shown
    from knowledge.loader import load
    from knowledge.search import searchable

    library = searchable(load(load_settings().knowledge_dir))
    found, ms = timed(library, question)
    replies = answer_once(library, question)
    if as_json:
        record = as_object(found, ms) | {"replies": [json.loads(reply_json(reply)) for reply in replies]}
        sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
        return
    for reply in replies:
        sys.stdout.write(shown(reply, 1) + "\n")
