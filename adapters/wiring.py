"""The one place where Tutor is put together. Every dependency can be replaced here; nothing connects at import."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from starlette.routing import Route
from tzlocal import get_localzone_name

from adapters.clock import Clock, DemoClock
from adapters.config import Settings
from adapters.current import Current
from adapters.fronts import Front, Roles, fronts
from adapters.shared.insides import Insides
from adapters.shelf import Shelf
from adapters.terminal.chat import ADDRESS, Chat, SentRow
from adapters.watching import Watching
from adapters.web import health
from adapters.web.serving import Web, application, bind
from bot import admins, tutor
from bot.admins import address
from bot.due import deliver_due
from bot.inbox import Defaults, Inbox
from bot.lease import hold
from bot.limits import Limits
from bot.lookup import Lookup
from bot.messages import Sender
from bot.notices import Notices
from bot.outbox import Outbox
from bot.records import Standing
from bot.store.db import Database
from bot.store.desk import Office
from bot.store.queries import reader, workspace
from bot.store.queries.gaps import open_gaps
from bot.store.queries.outbox import rows_after
from bot.store.queries.proposals import proposals
from bot.store.queries.prune import prune
from bot.unanswered import LOOKED_AT, dealt_with, waiting_to_be_written
from knowledge import report
from knowledge.progress import Progress
from knowledge.search.late import late
from knowledge.workshop.grouping import Alike, by_meaning, by_spelling
from scheduler.ticker import Job, Ticker

log = structlog.get_logger("tutor.run")

# Seconds between looks. Due quizzes may be a few seconds late.
DUE_EVERY = 5
PRUNE_EVERY = 3600
TELL_EVERY = 3600
READ_EVERY = 600
DUE_AT_ONCE = 100
REMEMBERED = 1000  # questions asked in vain whose meaning is kept at hand for admins: 1.5 KB each

ALONE = Roles(schedule=True)  # the terminal's process


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
    current: Current
    fronts: Sequence[Front] = ()
    pages: Sequence[Route] | None = None  # what its HTTP server serves; None: it has none
    office: Office = Office()  # noqa: RUF009 - frozen
    _web: Web | None = None
    _running: list[asyncio.Task[None]] = field(default_factory=list)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold the database, bring its schema up to date, and serve until left; what is under way is finished.

        Raises:
            StoreError: the database cannot be used, or another process serves from it.
        """
        async with AsyncExitStack() as stack:  # left in reverse order: first nothing new begins, last the database
            stack.callback(self.db.close)
            stack.enter_context(self.db.serve())
            if self.pages is not None:  # a taken port is known before anything begins
                listening = stack.enter_context(closing(bind(self.settings.host, self.settings.port)))
                self._web = Web(application(self.pages), listening)
            if self.db.dialect == "sqlite":
                self.db.upgrade()
            self.db.check()
            await self.current.begin()
            settle_memory()
            newest = await self.db.fetch(reader.newest_event)
            if isinstance(self.clock, DemoClock) and newest and self.clock.at_least(newest):
                log.info("the demo goes on where its database left off", now=self.clock.now().isoformat())
            for front in self.fronts:  # closed after the outbox, whose last messages go out through them
                stack.push_async_callback(front.close)
            if self.outbox:
                stack.callback(self.inbox.on_commit(self.outbox.wake))
                stack.push_async_callback(self.outbox.stop)
                await self.outbox.start()
            stack.push_async_callback(self.inbox.stop)
            await self.inbox.start()
            if self.ticker:
                stack.push_async_callback(self.ticker.stop)
                self.ticker.start()
            watching = Watching(self.settings.knowledge_dir, self.current.reload)
            stack.push_async_callback(watching.stop)
            stack.callback(self.shelf.close)  # first: watching waits for a look that is under way
            watching.start()
            stack.push_async_callback(self._stop_fronts)
            for front in self.fronts:
                self._start(front.platform, front.run())
            if self._web:
                self._start("web", self._web.run())
            yield

    def _start(self, name: str, work: Coroutine[None, None, None]) -> None:
        self._running.append(asyncio.create_task(work, name=name))

    async def failed(self) -> None:
        """Wait until a front end cannot go on, and raise what it raised."""
        if not self._running:
            await asyncio.Event().wait()
        done, _ = await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def _stop_fronts(self) -> None:
        """Receive nothing more; requests under way are finished."""
        if self._web:
            self._web.stop()
        for task in self._running:
            if task.get_name() != "web":
                task.cancel()
        for task in self._running:
            with contextlib.suppress(asyncio.CancelledError, Exception):  # `failed` has raised what there was
                await task
        self._running.clear()

    async def database_ready(self) -> str:
        """For the health page: the database answers, with the schema of this version."""
        await self.db.fetch(reader.newest_event)
        return self.db.dialect

    async def knowledge_ready(self) -> str:
        """For the health page: what is served."""
        library = self.shelf.library()
        yet = "" if self.shelf.settled else ", search still reading them"
        return f"{len(library.topics)} topics, version {library.version}{yet}"

    async def deliver(self) -> None:
        """Put the quizzes that are due now into the inbox."""
        while await deliver_due(self.db, self.inbox, self.clock.now(), DUE_AT_ONCE) == DUE_AT_ONCE:
            pass

    async def read_questions(self) -> None:
        """Let the model read what was asked in vain, beside the answers.

        An admin who opens the desk need not wait then, and neither does who asks something beside that.
        """
        rows = await self.db.fetch(proposals)
        done = dealt_with(rows)
        found = await self.db.fetch(lambda conn: open_gaps(conn, LOOKED_AT + len(done)))
        left = [gap.text for gap in found if gap.id not in done][:LOOKED_AT]
        texts = [*(row.text for row in waiting_to_be_written(rows)[:LOOKED_AT]), *left]
        await asyncio.to_thread(self.office.alike, texts[:REMEMBERED])

    async def prune(self) -> None:
        """Forget what is kept for a time only, and the workspaces that removed Tutor some time ago."""
        now = self.clock.now()
        await prune(self.db, now)
        await workspace.forget_ended(self.db, now)

    async def chat(self) -> Chat:
        """The terminal's conversation, from the first message that was not shown yet."""
        lane = ADDRESS.lane

        async def rows(last: int) -> Sequence[SentRow]:
            return await rows_after(self.db, lane, last)

        async def mark(last: int) -> None:
            now = self.clock.now()
            await self.db.run(lambda conn: reader.mark_shown(conn, lane, last, now))

        shown = await self.db.fetch(lambda conn: reader.last_shown(conn, lane))
        zone = self.settings.timezone or local_zone()
        return Chat(self.inbox.receive, rows, mark, self.deliver, self.clock, zone, last=shown)

    def on_terminal_rows(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` after each commit with messages for the terminal; returns how to stop that."""
        return self.inbox.on_commit(lambda lanes: callback() if ADDRESS.lane in lanes else None)

    @property
    def history(self) -> Path:
        """Where the terminal keeps what was typed: beside the SQLite database."""
        return (self.db.path.parent if self.db.path else Path("data")) / "terminal-history"


def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    senders: Mapping[str, Sender] | None = None,
    roles: Roles = ALONE,
    due_every: float = DUE_EVERY,
    progress: Progress | None = None,
) -> Application:
    """Put the application together.

    Args:
        settings: where everything is.
        clock: the time; the real one by default.
        senders: who delivers messages, by platform, in the place of the front ends' own.
        roles: what this process does: which front ends it runs, whether it sends and ticks.
        due_every: seconds between looks for due quizzes.
        progress: hears how far reading the knowledge base is.

    Raises:
        KnowledgeError: the knowledge base has errors.
        SettingsError: the database settings are wrong.
    """
    time = clock or Clock()
    shelf = Shelf(settings.knowledge_dir, settings.cache_dir, progress)
    db = Database(settings.database_url, settings.key_of_database() or "")
    office = Office(admins.accounts(settings.admins), _alike(), partial(_standing, shelf))
    defaults = Defaults(shelf.library().base.language, settings.timezone, office)
    inbox = Inbox(db, tutor.answer, shelf.library, time.now, tutor.ask_of, tutor.apology, defaults)
    insides = Insides(inbox.receive, shelf.library, Lookup(db), time.now, partial(_hold, db, time.now), db)
    platforms = fronts(settings, roles, insides)
    notices = Notices(db, [address(name) for name in settings.admins if _can_write(settings, name)], defaults)
    current = Current(shelf, db, inbox, notices, time.now, ticks=roles.schedule)
    app = Application(settings, time, db, shelf, inbox, None, None, current, platforms, office=office)
    if roles.send or senders:
        ways = senders or {front.platform: front.sender for front in platforms}
        limits: dict[str, Limits] = {front.platform: front.limits for front in platforms}
        app.outbox = Outbox(db, ways, limits=limits, now=time.now)
    if roles.web:
        called = [route for front in platforms for route in front.routes]
        checks = {"database": app.database_ready, "knowledge": app.knowledge_ready}
        app.pages = [*called, *health.routes(checks)]
    jobs: dict[str, tuple[Job, float]] = {}
    if roles.schedule:
        jobs = {
            "due": (app.deliver, due_every),
            "prune": (app.prune, PRUNE_EVERY),
            "taught": (current.tell, TELL_EVERY),
        }
    if office.admins and (roles.receives or roles.schedule):
        jobs["questions"] = (app.read_questions, READ_EVERY)
    app.ticker = Ticker(jobs) if jobs else None
    return app


def _can_write(settings: Settings, admin: str) -> bool:
    """Whether messages to an admin have a way out of this deployment. The terminal reads its own."""
    ways = {
        "telegram": bool(settings.telegram_token),
        "slack": bool(settings.slack_bot_token or settings.slack_client_id),
        "terminal": True,
    }
    return ways[address(admin).platform]


def _hold(db: Database, now: Callable[[], datetime], name: str) -> AbstractAsyncContextManager[None]:
    """A named lease. On SQLite the lock on the file has made sure that nobody else serves, also right after a crash."""
    return hold(db, name, now) if db.dialect == "postgresql" else contextlib.nullcontext()


def settle_memory() -> None:
    """Keep the garbage collector from walking the library again and again: it lives as long as the process.

    Measured on answers with 64 in flight: p99 from 115 to 75 ms on SQLite.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)


def _alike() -> Alike:
    """Which questions ask for the same, for admins."""
    model = late()
    return by_meaning(model, remember=REMEMBERED) if model is not None else by_spelling


def _standing(shelf: Shelf) -> Standing:
    """How the base stands, for admins: what keeps its files from being served is no secret to them."""
    return Standing(shelf.settled, tuple(map(report.one_line, shelf.errors)))


def local_zone() -> str:
    """The IANA zone of this machine; UTC where it has none that can be told."""
    try:
        return ZoneInfo(get_localzone_name() or "UTC").key
    except (LookupError, ValueError, OSError):
        return "UTC"


def demo_settings(settings: Settings) -> Settings:
    """The same settings on a demo's own database, so that moving the clock touches nobody's progress."""
    return settings.model_copy(
        update={"database_url": "sqlite:///data/demo.db", "database_key": None, "database_key_file": None}
    )
