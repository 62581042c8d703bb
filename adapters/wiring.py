"""The one place where Tutor is put together. Every dependency can be replaced here; nothing connects at import."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from bot.store.queries.prune import prune
from tzlocal import get_localzone_name

from adapters.clock import Clock, DemoClock
from adapters.config import Settings
from adapters.shelf import Shelf
from adapters.terminal import ADDRESS, Chat
from bot import tutor
from bot.due import deliver_due, deliver_taught
from bot.inbox import Defaults, Inbox
from bot.messages import Sender
from bot.outbox import Outbox
from bot.store.db import Database
from bot.store.queries import reader
from bot.store.queries.outbox import rows_after
from scheduler.ticker import Ticker

log = structlog.get_logger("tutor.run")

# Seconds between looks. Due quizzes may be a few seconds late; a changed file should be seen while its editor watches.
DUE_EVERY = 5
RELOAD_EVERY = 2
PRUNE_EVERY = 3600
DUE_AT_ONCE = 100


@dataclass(slots=True)
class Application:
    """Tutor, put together. `running()` starts and stops it."""

    settings: Settings
    clock: Clock
    db: Database
    shelf: Shelf
    inbox: Inbox
    outbox: Outbox | None
    ticker: Ticker | None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold the database, bring its schema up to date, and serve until left; what is under way is finished."""
        with self.db.serve():
            try:
                if self.db.dialect == "sqlite":
                    self.db.upgrade()
                self.db.check()
                newest = await self.db.fetch(reader.newest_event)
                if isinstance(self.clock, DemoClock) and newest:
                    self.clock.at_least(newest)
                await self.inbox.start()
                if self.outbox:
                    self.inbox.on_commit(self.outbox.wake)
                    await self.outbox.start()
                if self.ticker:
                    self.ticker.start()
                try:
                    yield
                finally:
                    if self.ticker:
                        await self.ticker.stop()
                    await self.inbox.stop()
                    if self.outbox:
                        await self.outbox.stop()
            finally:
                self.db.close()

    async def deliver(self) -> None:
        """Put the quizzes that are due now into the inbox."""
        while await deliver_due(self.db, self.inbox, self.clock.now(), DUE_AT_ONCE) == DUE_AT_ONCE:
            pass

    async def reload(self) -> None:
        """Serve changed knowledge, and tell those who waited for it."""
        if await self.shelf.refresh():
            await deliver_taught(self.db, self.inbox, self.shelf.library(), self.clock.now())

    async def tell(self) -> None:
        """Tell those whose question the base answers by now, as after a restart with new knowledge."""
        await deliver_taught(self.db, self.inbox, self.shelf.library(), self.clock.now())

    async def prune(self) -> None:
        """Forget what is kept for a time only."""
        await prune(self.db, self.clock.now())

    async def chat(self) -> Chat:
        """The terminal's conversation, from the first message that was not shown yet."""
        lane = ADDRESS.lane

        async def unseen(last: int) -> list[Any]:
            rows = await rows_after(self.db, lane, last)
            if rows:
                now = self.clock.now()
                await self.db.run(lambda conn: reader.mark_shown(conn, lane, rows[-1].id, now))
            return list(rows)

        shown = await self.db.fetch(lambda conn: reader.last_shown(conn, lane))
        zone = self.settings.timezone or local_zone()
        return Chat(self.inbox.receive, unseen, self.clock, zone, self.deliver, last=shown)


def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    senders: Mapping[str, Sender] | None = None,
    schedule: bool = True,
    due_every: float = DUE_EVERY,
) -> Application:
    """Put the application together.

    Args:
        settings: where everything is.
        clock: the time; the real one by default.
        senders: who delivers messages, by platform; none for the terminal, which reads its rows.
        schedule: whether this process ticks (due quizzes, reload, pruning).
        due_every: seconds between looks for due quizzes.

    Raises:
        KnowledgeError: the knowledge base has errors.
        SettingsError: the database settings are wrong.
    """
    time = clock or Clock()
    shelf = Shelf(settings.knowledge_dir)
    db = Database(settings.database_url, settings.key_of_database() or "")
    defaults = Defaults(language=shelf.library().base.language, zone=settings.timezone)
    inbox = Inbox(db, tutor.answer, shelf.library, time.now, tutor.ask_of, tutor.apology, defaults)
    outbox = Outbox(db, senders, now=time.now) if senders else None
    app = Application(settings, time, db, shelf, inbox, outbox, None)
    if schedule:
        app.ticker = Ticker(
            {
                "due": (app.deliver, due_every),
                "reload": (app.reload, RELOAD_EVERY),
                "prune": (app.prune, PRUNE_EVERY),
                "taught": (app.tell, timedelta(days=1).total_seconds()),
            }
        )
    return app


def local_zone() -> str:
    """The IANA zone of this machine; UTC where it has none that can be told."""
    try:
        return str(get_localzone_name() or "UTC")
    except (LookupError, ValueError, OSError):
        return "UTC"


def demo_settings(settings: Settings) -> Settings:
    """The same settings on a demo's own database, so that moving the clock touches nobody's progress."""
    return settings.model_copy(
        update={"database_url": "sqlite:///data/demo.db", "database_key": None, "database_key_file": None}
    )


def history_file(settings: Settings) -> Path:
    """Where the terminal keeps what was typed: beside the SQLite database, readable by its owner only."""
    name = settings.database_url.removeprefix("sqlite:///")
    folder = Path(name).parent if name != settings.database_url else Path("data")
    return folder / "terminal-history"
