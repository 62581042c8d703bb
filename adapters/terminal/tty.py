"""The conversation with a person at a terminal."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.patch_stdout import patch_stdout

from adapters.shared.rich_text import RichScreen
from adapters.terminal.chat import QUIT, Chat, OnRows, speakable

PROMPT = "› "
COMMANDS = (
    "/help", "/topics", "/quiz", "/progress", "/goal", "/settings", "/pause", "/resume", "/undo", "/flag",
    "/privacy", "/export", "/forget",
)  # fmt: skip
HINTS = ("Tab completes", "Ctrl-R searches", "Alt-Enter: new line", "Ctrl-D leaves")


async def run_tty(chat: Chat, history: Path, title: str, on_rows: OnRows) -> None:
    """Talk with a person until Ctrl-D.

    Args:
        chat: the conversation.
        history: where typed lines are kept for the next time, for their owner only.
        title: what is taught, for the toolbar.
        on_rows: takes a callback to be called when messages may have arrived; they are shown above the prompt.
    """
    with patch_stdout(raw=True):
        screen = RichScreen(sys.stdout)  # what patch_stdout put there: it writes above the prompt
        session: PromptSession[str] = PromptSession(
            history=_History(str(_owned(history))),
            completer=_Words(chat),
            complete_while_typing=False,
            key_bindings=_keys(),
            prompt_continuation=" " * len(PROMPT),
            bottom_toolbar=lambda: _toolbar(chat, title),
            refresh_interval=30,  # the toolbar's clock
        )
        async with chat.news(screen, on_rows):
            await chat.start(screen)
            while True:
                try:
                    line = await session.prompt_async(PROMPT)
                except KeyboardInterrupt:
                    continue  # Ctrl-C drops the line, not the conversation
                except EOFError:
                    break
                _ignore_interrupts()
                if line.strip() in QUIT:
                    break
                await chat.say(line, screen)


def _ignore_interrupts() -> None:
    """Let Ctrl-C do nothing while an answer is under way; the prompt gives it a meaning of its own each time."""
    with suppress(NotImplementedError):  # Windows
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, lambda: None)


def _owned(file: Path) -> Path:
    """The file, there and readable by its owner only."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.chmod(0o600)
    return file


class _History(FileHistory):
    """Typed lines, in a file. A line that cannot be kept is not worth an error."""

    def store_string(self, string: str) -> None:
        with suppress(OSError):
            super().store_string(speakable(string))


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("escape", "enter")
    def _new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys


def _toolbar(chat: Chat, title: str) -> StyleAndTextTuples:
    """What is taught, the time, and as many hints as the width has room for."""
    clock = f"{chat.local:%a %d %b %H:%M}{' (demo)' if chat.demo else ''}"
    room = get_app().output.get_size().columns - 2
    parts = [clock]
    for part in (title, *HINTS):
        if len("  ".join((*parts, part))) <= room:
            parts.append(part)
    if title in parts:
        return [("", " "), ("bold", title), ("", "  ".join(("", clock, *parts[2:])))]
    return [("", " " + "  ".join(parts))]


class _Words(Completer):
    """Completes the labels of the buttons on screen, and commands."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        typed = document.text_before_cursor
        own = ("/time", "/time +1d", "/quit") if self._chat.demo else ("/quit",)
        labels = (button.label for button in self._chat.buttons)
        for word in dict.fromkeys((*labels, *COMMANDS, *own)):
            if word.casefold().startswith(typed.casefold()):
                yield Completion(word, start_position=-len(typed))
