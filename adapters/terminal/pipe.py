"""The conversation on a pipe: a line in, messages out, until the input ends. What comes by itself appears by itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TextIO

from adapters.shared.plain_text import JsonScreen, PlainScreen
from adapters.terminal.chat import QUIT, Chat, OnRows

LINE_MAX = 200_000  # characters; the rest of a longer line is dropped
AHEAD = 16  # lines read while earlier ones are answered


async def run_pipe(chat: Chat, source: TextIO, out: TextIO, on_rows: OnRows, *, as_objects: bool) -> None:
    """Answer line by line until the end of input or a `quit`; between answers, show what comes by itself."""
    screen = JsonScreen(out) if as_objects else PlainScreen(out)
    async with chat.news(screen, on_rows):
        await chat.start(screen)
        async for line in lines(source):
            if line.strip() in QUIT:
                break
            await chat.say(line, screen, screen.heard)


async def lines(source: TextIO) -> AsyncIterator[str]:
    """The lines of an open file; bytes that are no UTF-8 become replacement characters.

    They are read on a daemon thread, through a reader of its own: a read that waits for ever must not keep the program
    from ending.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[str] = asyncio.Queue()
    room = threading.Semaphore(AHEAD)

    def put(line: str) -> None:
        room.acquire()
        loop.call_soon_threadsafe(queue.put_nowait, line)

    def read() -> None:
        with suppress(OSError, RuntimeError):  # the terminal, or the loop, is gone
            with open(source.fileno(), encoding="utf-8", errors="replace", closefd=False) as file:
                while line := file.readline(LINE_MAX):
                    whole = line
                    while whole and not whole.endswith("\n"):
                        whole = file.readline(LINE_MAX)
                    put(line)
            put("")

    threading.Thread(target=read, name="terminal-input", daemon=True).start()
    while line := await queue.get():
        room.release()
        yield line
