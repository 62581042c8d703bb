"""One person's conversation in a terminal, whatever it is shown on.

Messages are read from the outbox table after the last row shown, as a web page would: what was said while the program
was away, or what the ticker says while somebody types, appears by itself.
"""

from __future__ import annotations

import asyncio
import logging
import re
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from adapters.clock import Clock, DemoClock, is_step, parse_step
from bot.messages import Address, Button, Event, EventKind, Receipt, Reply

ADDRESS = Address("terminal", "", "local")
SENDER = "local"
QUIT = frozenset({"/quit", "/exit", "quit", "exit"})
TRIES = 4  # an event that was not accepted is handed in again, as a platform does
REST = 0.25  # seconds before that
HOUR = timedelta(hours=1)
BUSY = "That did not get through, the database is busy. Please say it again."
FIXED = "The clock can only be moved in a demo: `tutor run --demo`, or `tutor chat --now 2026-11-23T09:00`."
# Control characters, which no message needs and a database may refuse, and halves of characters.
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

OnRows = Callable[[Callable[[], None]], Callable[[], None]]  # calls back after each commit; returns how to stop that
log = logging.getLogger("tutor.terminal")


class SentRow(Protocol):
    """A row of the outbox, as far as a reader needs it."""

    @property
    def id(self) -> int:
        """Rows of a lane are in this order."""
        ...

    @property
    def reply(self) -> Reply | None:
        """The message; None once its text was cleared."""
        ...


class Screen(Protocol):
    """Where a conversation is shown."""

    def reply(self, reply: Reply, first: int) -> None:
        """Show a reply, its buttons numbered from `first`."""
        ...

    def note(self, text: str) -> None:
        """Show a line of the terminal's own."""
        ...


@dataclass(slots=True)
class Chat:
    """A conversation.

    receive: the inbox. rows_after: some rows of the outbox after an id, oldest first. mark_shown: notes that the rows
    up to an id were shown. tick: what the scheduler would do now, run while the demo clock moves. last: the newest row
    that was shown. buttons: those that can be pressed; the number of one is its place here, from 1.
    """

    receive: Callable[[Event], Awaitable[Receipt]]
    rows_after: Callable[[int], Awaitable[Sequence[SentRow]]]
    mark_shown: Callable[[int], Awaitable[None]]
    tick: Callable[[], Awaitable[None]]
    clock: Clock
    zone: str
    last: int = 0
    buttons: list[Button] = field(default_factory=list)
    _highest: int = 0  # number that a button ever had
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # held while somebody is answered, or news are shown

    async def start(self, screen: Screen) -> None:
        """Open the conversation as a platform's start command does."""
        async with self._turn:
            receipt = await self._hand_in("command", action="start")
            if receipt.outcome == "busy":
                screen.note(BUSY)
            await self._show(screen)

    async def say(self, line: str, screen: Screen, heard: Callable[[str], None] = lambda _: None) -> None:
        """Send what was typed and show what comes back.

        It may be the number of a button, its label in full, a step of the demo clock, or a message. Anything sent takes
        the earlier buttons away; the new ones count from 1 again. `heard` is told when it has its turn.
        """
        text = speakable(line)
        if text.strip():
            async with self._turn:
                heard(text)
                await self._say(text, screen)

    async def _say(self, text: str, screen: Screen) -> None:
        word, _, rest = text.strip().partition(" ")
        if word.casefold() == "/time" and (is_step(rest.strip()) or (self.demo and not rest.strip())):
            screen.note(await self._move(rest.strip()))
            await self._show(screen)
            return
        button = self._button(text)
        if button is None and self._is_gone(text):
            screen.note(self._gone(text.strip()))
            return
        before, self.buttons = self.buttons, []
        receipt = await (self._hand_in("press", action=button.action) if button else self._hand_in("text", text=text))
        if receipt.outcome == "busy":
            self.buttons = self.buttons or before
            screen.note(BUSY)
        if not await self._show(screen) and receipt.notice:
            screen.note(receipt.notice)

    async def show(self, screen: Screen) -> None:
        """Show what was not shown yet, its buttons' numbers going on from the earlier ones; waits for an answer's end.

        Rows are marked afterwards: those of a terminal that breaks off meanwhile come again at the next start.
        """
        async with self._turn:
            await self._show(screen)

    async def _show(self, screen: Screen) -> int:
        """The same, for whoever has the turn; returns how many messages."""
        count = 0
        while rows := await self.rows_after(self.last):
            for row in rows:
                reply = row.reply
                # One that only settles an earlier message is left out: on paper there is nothing to edit.
                if reply is not None and (reply.buttons or not reply.replaces):
                    screen.reply(reply, len(self.buttons) + 1)
                    self.buttons += reply.buttons
                    self._highest = max(self._highest, len(self.buttons))
                    count += 1
                self.last = row.id
            await self.mark_shown(self.last)
        return count

    @asynccontextmanager
    async def news(self, screen: Screen, on_rows: OnRows) -> AsyncIterator[None]:
        """Show what comes by itself while somebody types, or thinks, as long as the block runs."""
        arrived = asyncio.Event()
        stop = on_rows(arrived.set)
        showing = asyncio.create_task(self._show_news(screen, arrived), name="terminal news")
        try:
            yield
        finally:
            stop()
            showing.cancel()

    async def _show_news(self, screen: Screen, arrived: asyncio.Event) -> None:
        while True:
            await arrived.wait()
            arrived.clear()
            try:
                await self.show(screen)
            except BrokenPipeError:  # nobody reads any more, which whatever is typed next finds, too
                return
            except Exception:  # the database is away: what is there comes with the next message
                log.exception("terminal: messages could not be read")

    @property
    def demo(self) -> bool:
        """Whether the clock can be moved."""
        return isinstance(self.clock, DemoClock)

    @property
    def local(self) -> datetime:
        """The moment on the wall clock of whoever sits here."""
        return self.clock.now().astimezone(ZoneInfo(self.zone))

    def _button(self, text: str) -> Button | None:
        """The button meant by its number on screen, or by its label in full."""
        plain = " ".join(text.split())  # a label copied from the screen holds no-break spaces
        if plain.isdecimal() and len(plain) < 4:
            return self.buttons[int(plain) - 1] if 1 <= int(plain) <= len(self.buttons) else None
        return next((one for one in self.buttons if " ".join(one.label.split()).casefold() == plain.casefold()), None)

    def _is_gone(self, text: str) -> bool:
        """Whether this is the number of a button that was on screen once. A higher number is a message."""
        plain = text.strip()
        return plain.isdecimal() and len(plain) < 4 and 1 <= int(plain) <= self._highest

    def _gone(self, number: str) -> str:
        now = f"1 to {len(self.buttons)}" if len(self.buttons) > 1 else "only 1" if self.buttons else "no number"
        return (
            f"Button {number} went with an earlier message; {now} can be pressed now. "
            f'If {number} is what you want to say, put it in quotes: "{number}"'
        )

    async def _hand_in(self, kind: EventKind, text: str = "", action: str = "") -> Receipt:
        event = Event(
            id=f"terminal:{uuid.uuid4().hex}",
            kind=kind,
            at=self.clock.now(),
            sender=SENDER,
            address=ADDRESS,
            text=text,
            action=action,
            zone=self.zone,
        )
        receipt = await self.receive(event)
        for _ in range(TRIES - 1):
            if receipt.outcome != "busy":
                break
            await asyncio.sleep(REST)
            receipt = await self.receive(event)  # the same id: it counts once, even if the first was late only
        return receipt

    async def _move(self, step: str) -> str:
        """Show the clock; with a step, move a demo's clock forward and let the scheduler catch up."""
        if step:
            if not isinstance(self.clock, DemoClock):
                return FIXED
            try:
                left = parse_step(step)
            except ValueError as error:
                return str(error)
            while left > timedelta(0):  # by hours: what is scheduled comes at its own moment, as it would have
                self.clock.advance(min(left, HOUR))
                left -= min(left, HOUR)
                await self.tick()
        return f"It is {self.local:%A, %d %B %Y, %H:%M} ({self.zone})."


def speakable(line: str) -> str:
    """What was typed, without line end, control characters and broken ones."""
    return _UNSPEAKABLE.sub("", line.rstrip("\r\n"))
