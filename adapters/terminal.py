"""The terminal: a prompt with history, completion and numbered buttons on a TTY, line by line on a pipe.

Messages are read from the outbox table after the last row shown, as a web page would: what was said while the program
was away, or what the ticker says while somebody types, appears by itself.
"""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, TextIO
from zoneinfo import ZoneInfo

from adapters.clock import Clock, DemoClock, parse_step
from bot.messages import Address, Button, Event, EventKind, Receipt, Reply
from knowledge.markup import plain

ADDRESS = Address("terminal", "", "local")
SENDER = "local"
QUIT = frozenset({"/quit", "/exit", "quit", "exit"})


class SentRow(Protocol):
    """A row of the outbox, as far as a reader needs it."""

    @property
    def id(self) -> int: ...  # noqa: D102
    @property
    def reply(self) -> Reply | None: ...  # noqa: D102


@dataclass(slots=True)
class Chat:
    """One person's conversation in a terminal, without any notion of how it is shown.

    receive: the inbox. rows_after: the outbox rows after an id. tick: what the scheduler would do now, run after the
    demo clock moved.
    """

    receive: Callable[[Event], Awaitable[Receipt]]
    rows_after: Callable[[int], Awaitable[list[Any]]]
    clock: Clock
    zone: str
    tick: Callable[[], Awaitable[None]]
    address: Address = ADDRESS
    last: int = 0
    buttons: list[Button] = field(default_factory=list)

    async def news(self) -> list[Reply]:
        """Replies that were not shown yet; their buttons can be pressed from now on."""
        rows = await self.rows_after(self.last)
        replies = []
        for row in rows:
            self.last = row.id
            reply = row.reply
            if reply is None or (reply.replaces and not reply.buttons):
                continue  # a message that only settles an earlier one: on paper there is nothing to edit
            self.buttons += reply.buttons
            replies.append(reply)
        return replies

    async def say(self, line: str) -> str:
        """Send what was typed: a button's number or label, a command of the terminal, or a message.

        Returns a line to show at once, "" for none.
        """
        text = line.strip()
        if text.startswith("/time"):
            return await self._time(text.removeprefix("/time").strip())
        button = self._button(text)
        self.buttons = []
        receipt = await (self._event("press", action=button.action) if button else self._event("text", text=line))
        if receipt.outcome == "busy":
            self.buttons = [button] if button else []
            return "Busy just now; please say it again."
        return ""

    async def start(self) -> None:
        """Open the conversation as a platform's start command does."""
        await self._event("command", action="start")

    def _button(self, text: str) -> Button | None:
        """The button meant by its number, or by its label in full."""
        if text.isdecimal() and len(text) < 4 and 1 <= int(text) <= len(self.buttons):
            return self.buttons[int(text) - 1]
        return next((b for b in self.buttons if len(text) > 1 and b.label.casefold() == text.casefold()), None)

    async def _event(self, kind: EventKind, text: str = "", action: str = "") -> Receipt:
        event = Event(
            id=f"terminal:{uuid.uuid4().hex}",
            kind=kind,
            at=self.clock.now(),
            sender=SENDER,
            address=self.address,
            text=text,
            action=action,
            zone=self.zone,
        )
        return await self.receive(event)

    async def _time(self, step: str) -> str:
        """`/time` shows the clock, `/time +1d` moves a demo's clock forward and lets the scheduler catch up."""
        if step:
            if not isinstance(self.clock, DemoClock):
                return "The clock can only be moved in a demo: start with --now, or `tutor run --demo`."
            try:
                by = parse_step(step)
            except ValueError as error:
                return str(error)
            # An hour at a time: each scheduled message comes at its own moment, as it would have.
            hour = timedelta(hours=1)
            while by > timedelta(0):
                self.clock.advance(min(by, hour))
                by -= min(by, hour)
                await self.tick()
        local = self.clock.now().astimezone(ZoneInfo(self.zone or "UTC"))
        return f"It is {local:%A, %d %B %Y, %H:%M} ({self.zone or 'UTC'})."


# --- a pipe -------------------------------------------------------------------------------------------------------


def shown(reply: Reply, first: int) -> str:
    """A reply as plain text, its buttons numbered from `first`."""
    lines = [plain(reply.text)]
    if reply.document:
        lines.append(f"--- {reply.document.name} ---\n{reply.document.text}")
    if reply.image:
        lines.append(f"[{reply.image.alt}]")
    if reply.buttons:
        lines.append("  ".join(f"[{n} {button.label}]" for n, button in enumerate(reply.buttons, first)))
    return "\n".join(lines)


def as_json(reply: Reply) -> str:
    """A reply as one JSON object: text (light Markdown), buttons and topics."""
    found: dict[str, Any] = {
        "text": reply.text,
        "buttons": [{"label": button.label, "action": button.action} for button in reply.buttons],
        "topics": list(reply.topics),
    }
    if reply.document:
        found["document"] = {"name": reply.document.name, "text": reply.document.text}
    return json.dumps(found, ensure_ascii=False)


async def run_pipe(chat: Chat, source: TextIO, out: TextIO, *, as_objects: bool) -> None:
    """Answer line by line until the end of input."""

    def show(replies: list[Reply]) -> None:
        number = len(chat.buttons) - sum(len(reply.buttons) for reply in replies) + 1
        for reply in replies:
            out.write((as_json(reply) if as_objects else shown(reply, number) + "\n") + "\n")
            number += len(reply.buttons)
        out.flush()

    await chat.start()
    show(await chat.news())
    while True:
        line = await asyncio.to_thread(source.readline)
        if not line or line.strip() in QUIT:
            break
        text = line.rstrip("\n")
        if not as_objects:
            out.write(f"> {text}\n\n")
        note = await chat.say(text)
        if note and as_objects:
            out.write(json.dumps({"notice": note}) + "\n")
        elif note:
            out.write(note + "\n\n")
        show(await chat.news())


# --- a person -----------------------------------------------------------------------------------------------------


async def run_tty(chat: Chat, history: Path, title: str, changed: Callable[[Callable[[], None]], None]) -> None:
    """Talk with a person at a terminal until Ctrl-D.

    `changed` takes a callback that is called when rows may have arrived; they are printed above the prompt.
    """
    from prompt_toolkit import PromptSession
    from prompt_toolkit.formatted_text import HTML
    from prompt_toolkit.history import FileHistory
    from prompt_toolkit.patch_stdout import patch_stdout

    from adapters.shared.rich_text import Screen

    screen = Screen(sys.stdout)
    session: PromptSession[str] = PromptSession(
        history=FileHistory(str(_owned(history))),
        completer=_completer(chat),
        complete_while_typing=False,
        bottom_toolbar=lambda: HTML(f" <b>{title}</b>  Tab completes, Ctrl-R searches, Ctrl-D leaves  {_clock(chat)}"),
        refresh_interval=30,
    )
    arrived = asyncio.Event()
    changed(arrived.set)
    showing = asyncio.Lock()

    async def show() -> None:
        async with showing:
            before = len(chat.buttons)
            replies = await chat.news()
            number = len(chat.buttons) - sum(len(reply.buttons) for reply in replies) + 1 if replies else before
            for reply in replies:
                screen.reply(reply, number)
                number += len(reply.buttons)

    async def watch() -> None:
        while True:
            await arrived.wait()
            arrived.clear()
            await show()

    with patch_stdout(raw=True):
        await chat.start()
        await show()
        watcher = asyncio.create_task(watch(), name="terminal news")
        try:
            while True:
                try:
                    line = await session.prompt_async("› ")
                except KeyboardInterrupt:
                    continue  # Ctrl-C drops the line, not the conversation
                except EOFError:
                    break
                if line.strip() in QUIT:
                    break
                note = await chat.say(line)
                if note:
                    screen.note(note)
                await show()
        finally:
            watcher.cancel()


def _owned(file: Path) -> Path:
    """The file, there and readable by its owner only."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    return file


def _clock(chat: Chat) -> str:
    now: datetime = chat.clock.now().astimezone(ZoneInfo(chat.zone or "UTC"))
    return f"{now:%a %d %b %H:%M}" + (" (demo)" if isinstance(chat.clock, DemoClock) else "")


def _completer(chat: Chat) -> Any:
    """Completes button labels and command words."""
    from prompt_toolkit.completion import Completer, Completion

    words = (
        "/help", "/topics", "/quiz", "/progress", "/goal", "/settings", "/pause", "/resume", "/undo", "/flag",
        "/privacy", "/export", "/forget", "/time", "/quit",
    )  # fmt: skip

    class Words(Completer):
        def get_completions(self, document: Any, complete_event: Any) -> Any:
            typed = document.text_before_cursor
            for word in (*(button.label for button in chat.buttons), *words):
                if word.casefold().startswith(typed.casefold()):
                    yield Completion(word, start_position=-len(typed))

    return Words()
