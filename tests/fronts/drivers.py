"""One person at each of five front ends: does what a script says, and reads the screen as plain text.

It is an admin, who talks with Tutor like everybody else.
"""

from __future__ import annotations

import asyncio
import re
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.clock import Clock, DemoClock
from adapters.config import Settings
from adapters.fronts import roles
from adapters.shared.plain_text import shown
from adapters.wiring import ALONE, Application, build
from bot.messages import Reply
from tests.fakes.slack import FakeSlack, Message, fake_slack
from tests.fakes.slack import Person as SlackPerson
from tests.fakes.slack.screen import buttons as slack_buttons
from tests.fakes.slack.screen import plain as slack_plain
from tests.fakes.telegram import FakeTelegram, Shown, fake_telegram
from tests.fakes.telegram import Person as TelegramPerson
from tests.ports import free_port

BASE = Path(__file__).parents[1] / "fixtures" / "base"
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # 9:00 in Berlin
WITHIN = 20.0  # seconds until a reply is there, on a busy machine
LOOK = 0.02  # seconds between two looks at a screen
QUIET = 0.4  # seconds in which nothing more may come


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as it is read: its words, and the labels of its buttons."""

    text: str
    labels: tuple[str, ...] = ()


class Driver(ABC):
    """A person at a front end. `edits`: messages change in place there."""

    edits = True

    @abstractmethod
    async def start(self) -> None:
        """Open the conversation, as people do it there."""

    @abstractmethod
    async def say(self, text: str) -> None:
        """Type a message."""

    @abstractmethod
    async def press(self, label: str) -> None:
        """Press the newest button with this label."""

    @abstractmethod
    def screen(self) -> list[Seen]:
        """All that Tutor said, as it stands now, oldest first."""

    async def until(self, holds: Callable[[list[Seen]], bool]) -> None:
        """Wait until the screen is such."""
        for _ in range(int(WITHIN / LOOK)):
            if holds(self.screen()):
                return
            await asyncio.sleep(LOOK)
        raise AssertionError(self.screen())

    async def read(self, since: int, count: int) -> list[Seen]:
        """The `count` messages after the first `since`, once they are there and no more come."""
        for _ in range(int(WITHIN / LOOK)):
            if len(self.screen()) >= since + count:
                break
            await asyncio.sleep(LOOK)
        await asyncio.sleep(QUIET)
        return self.screen()[since:]


def settings(folder: Path, **given: Any) -> Settings:
    """Settings of a process of its own, on the small base."""
    database = f"sqlite:///{folder / 'tutor.db'}"
    return Settings(database_url=database, knowledge_dir=BASE, **given)


@asynccontextmanager
async def serving(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[Application]:
    """A whole Tutor in this process, all that is configured."""
    app = build(settings, clock=clock or DemoClock(MONDAY), roles=roles(settings))
    async with app.running():
        failing = asyncio.create_task(app.failed())
        try:
            yield app
        finally:
            failing.cancel()
            await asyncio.gather(failing, return_exceptions=True)


# --- terminal


@dataclass
class Terminal(Driver):
    """The terminal's conversation, read from what is printed."""

    edits = False
    app: Application
    seen: list[Seen] = field(default_factory=list)

    async def open(self) -> None:
        self.chat = await self.app.chat()

    async def start(self) -> None:
        await self.chat.start(self)

    async def say(self, text: str) -> None:
        await self.chat.say(text, self)

    async def press(self, label: str) -> None:
        await self.chat.say(label, self)

    def reply(self, reply: Reply, first: int) -> None:
        lines = shown(reply, first).split("\n")
        rows = [line for line in lines if re.match(r"\[\d+ ", line)]
        labels = tuple(label for row in rows for label in re.findall(r"\[\d+ (.*?)\](?=  \[|$)", row))
        self.seen.append(Seen("\n".join(line for line in lines if line not in rows), labels))

    def note(self, text: str) -> None:
        self.seen.append(Seen(text))

    def screen(self) -> list[Seen]:
        return self.seen


@asynccontextmanager
async def terminal(folder: Path) -> AsyncIterator[Driver]:
    app = build(settings(folder, timezone="Europe/Berlin", admins=("terminal",)), clock=DemoClock(MONDAY), roles=ALONE)
    async with app.running():
        driver = Terminal(app)
        await driver.open()
        yield driver


# --- Telegram


@dataclass
class Telegram(Driver):
    """A private chat."""

    fake: FakeTelegram
    person: TelegramPerson

    async def start(self) -> None:
        self.person.start()

    async def say(self, text: str) -> None:
        self.person.say(text)

    async def press(self, label: str) -> None:
        await self.person.press(f"^{re.escape(label)}$").answered()

    def screen(self) -> list[Seen]:
        return [_telegram_seen(message) for message in self.fake.replies(self.person)]


def _telegram_seen(message: Shown) -> Seen:
    """The words, links with their addresses, as a reader of plain text would have them."""
    units = message.text.encode("utf-16-le")
    links = sorted(
        ((e.offset + e.length, e.url) for e in message.entities if e.type == "text_link"), key=lambda link: -link[0]
    )
    for end, url in links:
        units = units[: 2 * end] + f" ({url})".encode("utf-16-le") + units[2 * end :]
    assert not message.injected, message.injected
    return Seen(units.decode("utf-16-le"), tuple(message.labels))


@asynccontextmanager
async def telegram(folder: Path, *, webhook: bool) -> AsyncIterator[Driver]:
    async with AsyncExitStack() as stack:
        fake = await stack.enter_async_context(fake_telegram(local=webhook))
        port, ann = free_port(), fake.person("Ann")
        given = {"public_url": f"http://127.0.0.1:{port}"} if webhook else {}
        chosen = settings(
            folder,
            port=port,
            telegram_token=fake.token,
            telegram_api_url=fake.url,
            telegram_file_url=fake.file_url,
            admins=(f"telegram:{ann.id}",),
            **given,
        )
        await stack.enter_async_context(serving(chosen))
        yield Telegram(fake, ann)
        assert not fake.refused, fake.refused
        assert any(call.method == ("setWebhook" if webhook else "getUpdates") for call in fake.calls)


# --- Slack


@dataclass
class Slack(Driver):
    """Direct messages with the app."""

    fake: FakeSlack
    person: SlackPerson

    async def start(self) -> None:
        await self.person.open_home()

    async def say(self, text: str) -> None:
        delivery = await self.person.say(text)
        assert delivery.ok, delivery.error

    async def press(self, label: str) -> None:
        delivery = await self.person.press(re.compile(f"^{re.escape(label)}$"))
        assert delivery.ok, delivery.error

    def screen(self) -> list[Seen]:
        said = [message for message in self.fake.screen(self.person) if message.bot]
        return [Seen(_slack_text(message), tuple(label for label, _, _ in slack_buttons(message))) for message in said]


def _slack_text(message: Message) -> str:
    return slack_plain(message)


async def connected(fake: FakeSlack, within: float = WITHIN) -> None:
    """Wait until the app receives by Socket Mode."""
    await fake.settled(lambda: any(call.method == "apps.connections.open" for call in fake.calls), within)
    await asyncio.sleep(QUIET)  # the socket itself opens behind the call


@asynccontextmanager
async def slack(folder: Path, *, http: bool) -> AsyncIterator[Driver]:
    async with AsyncExitStack() as stack:
        fake = await stack.enter_async_context(fake_slack())
        port, ann = free_port(), fake.person("Ann", tz="Europe/Berlin")
        way = {"slack_signing_secret": fake.signing_secret} if http else {"slack_app_token": fake.app_token}
        given = {"slack_bot_token": fake.bot_token, "slack_api_url": fake.url, **way}
        chosen = settings(folder, port=port, admins=(f"slack:{fake.team}:{ann.id}",), **given)
        if http:
            fake.request_url = f"http://127.0.0.1:{port}/slack/events"
        await stack.enter_async_context(serving(chosen))
        if not http:
            await connected(fake)
        yield Slack(fake, ann)
        assert not fake.refused, fake.refused
        assert not fake.pings, fake.pings
        assert {attempt.way for one in fake.deliveries for attempt in one.attempts} == {"http" if http else "socket"}


FRONTS: dict[str, Callable[[Path], Any]] = {
    "terminal": terminal,
    "telegram-polling": lambda folder: telegram(folder, webhook=False),
    "telegram-webhook": lambda folder: telegram(folder, webhook=True),
    "slack-socket": lambda folder: slack(folder, http=False),
    "slack-http": lambda folder: slack(folder, http=True),
}
