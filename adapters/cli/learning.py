"""Commands for learners and for serving them: chat, ask, run."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from knowledge.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from signal import Signals

    from adapters.clock import DemoClock
    from adapters.config import Settings
    from adapters.fronts import Roles
    from adapters.wiring import Application

Now = Annotated[
    str,
    typer.Option(
        "--now", metavar="ISO", help="Start a demo clock at this moment (2026-11-23T09:00), on a demo database."
    ),
]


def chat(
    now: Now = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per reply.")] = False,
) -> None:
    """Talk with Tutor in this terminal; from a pipe, line by line."""
    from adapters import wiring
    from adapters.clock import DemoClock, parse_moment
    from adapters.config import load_settings

    settings = load_settings()
    clock = DemoClock(parse_moment(now, settings.timezone or wiring.local_zone())) if now else None
    _talk(settings, clock, as_json=as_json)


def run(
    parts: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[web|telegram|slack|sender|scheduler]...", help="Nothing: all that is configured, in one process."
        ),
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="The terminal, a demo clock and a demo database.")] = False,
) -> None:
    """Serve learners until stopped."""
    from datetime import UTC, datetime

    from adapters.clock import DemoClock
    from adapters.config import load_settings

    if demo and parts:
        raise SettingsError("run: --demo is the terminal and all it needs. Name no parts with it.")
    settings = load_settings()
    if demo:
        _talk(settings, DemoClock(datetime.now(UTC)), as_json=False)
    else:
        _serve(settings, parts or [])


def _open(
    settings: Settings, clock: DemoClock | None = None, roles: Roles | None = None, *, quiet: bool = False
) -> Application:
    """Put the application together; a broken knowledge base is reported in full."""
    from adapters import logs, wiring
    from adapters.cli.library import reported
    from adapters.cli.progress import showing

    logs.set_up(settings)
    with reported(settings.knowledge_dir), showing(quiet) as progress:
        return wiring.build(settings, clock=clock, roles=roles or wiring.ALONE, progress=progress)


def _talk(settings: Settings, clock: DemoClock | None, *, as_json: bool) -> None:
    import asyncio

    from adapters import wiring

    if clock:
        settings = wiring.demo_settings(settings)
    if "log_level" not in settings.model_fields_set:
        settings = settings.model_copy(update={"log_level": "ERROR"})  # log lines would stand between the messages
    app = _open(settings, clock, quiet=as_json)

    async def talk() -> None:
        if not app.shelf.settled:
            sys.stderr.write("Search gets better in a moment: its model reads this knowledge for the first time.\n")
        async with app.running():
            conversation = await app.chat()
            if not as_json and sys.stdin.isatty() and sys.stdout.isatty():
                from adapters.terminal.tty import run_tty

                await run_tty(conversation, app.history, app.shelf.library().base.title, app.on_terminal_rows)
            else:
                from adapters.terminal.pipe import run_pipe

                await run_pipe(conversation, sys.stdin, sys.stdout, app.on_terminal_rows, as_objects=as_json)

    async def until_stopped() -> None:
        import signal

        talking = asyncio.create_task(talk(), name="terminal")
        told = asyncio.Event()

        def stop() -> None:  # leaves terminal and database in order
            told.set()
            talking.cancel()

        _on_signals((signal.SIGTERM,), stop)
        try:
            await talking
        except asyncio.CancelledError:
            if not told.is_set():  # it was Ctrl-C
                raise

    asyncio.run(until_stopped())


def _serve(settings: Settings, parts: Sequence[str]) -> None:
    """Run without a terminal until a signal, or until a front end cannot go on."""
    import asyncio
    import signal

    from adapters.fronts import roles

    chosen = roles(settings, parts)
    app = _open(settings, roles=chosen)

    async def serve() -> None:
        stop = asyncio.Event()
        _on_signals((signal.SIGINT, signal.SIGTERM), stop.set)
        async with app.running():
            sys.stderr.write(f"tutor: serving {described(settings, chosen)}; Ctrl-C stops\n")
            sys.stderr.flush()
            stopped, failed = asyncio.create_task(stop.wait()), asyncio.create_task(app.failed())
            done, left = await asyncio.wait((stopped, failed), return_when=asyncio.FIRST_COMPLETED)
            for task in left:
                task.cancel()
            for task in done:
                task.result()

    asyncio.run(serve())


def described(settings: Settings, roles: Roles) -> str:
    """What a process does, in words for the operator."""
    parts = {
        f"http://{settings.host}:{settings.port}": roles.web,
        "Telegram (polling)": roles.poll,
        "Telegram (webhook)": roles.webhook,
        "Slack (Socket Mode)": roles.socket,
        "Slack (HTTP)": roles.slack_http,
        "outgoing messages": roles.send,
        "schedule": roles.schedule,
    }
    does = ", ".join(name for name, on in parts.items() if on)
    connected = settings.telegram_token or settings.slack_bot_token or settings.slack_client_id
    return does if connected else f"{does} (no chat platform is set up: README.md, “in five minutes”)"


def _on_signals(signals: Sequence[Signals], act: Callable[[], object]) -> None:
    """Act once on any of these signals; the second one has its usual effect, for those in a hurry."""
    import asyncio

    loop = asyncio.get_running_loop()

    def once() -> None:
        for one in signals:
            loop.remove_signal_handler(one)
        act()

    for one in signals:
        loop.add_signal_handler(one, once)


def ask(
    question: Annotated[str, typer.Argument(help="A question, in your own words.")],
    as_json: Annotated[bool, typer.Option("--json", help="The match and the replies as one JSON object.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="How it is looked up, and why it is answered or not.")
    ] = False,
) -> None:
    """Answer one question. Nothing is stored."""
    from adapters.cli.library import knowledge_dir, open_library
    from adapters.cli.match import as_record, timed
    from adapters.cli.one_question import answer_once
    from adapters.shared.plain_text import as_object, shown

    library = open_library(knowledge_dir())
    question = question.encode(errors="surrogateescape").decode(errors="replace")  # an argument need not be UTF-8
    if explain and not as_json:
        from adapters.cli.explain import described, explained
        from bot.understand import parts

        pieces = parts(question)  # each is looked up by itself, and the whole where that leads nowhere
        asked = [*pieces, question] if len(pieces) > 1 else [question]
        sys.stdout.write("\n".join(described(explained(library, piece)) for piece in asked))
        return
    found, ms = timed(library, question)
    replies = answer_once(library, question)
    if as_json:
        record = as_record(found, ms) | {"replies": [as_object(reply) for reply in replies]}
        if explain:
            from adapters.cli.explain import explained
            from adapters.cli.explain import record as explanation

            record["explain"] = explanation(explained(library, question))
        sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
        return
    for reply in replies:
        sys.stdout.write(shown(reply, 1) + "\n")
