"""The database: how it is reached, one thread for what it is told, another for what it is asked."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TypeVar

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from bot.store import files, schema
from bot.store.errors import StoreError
from knowledge.errors import SettingsError

T = TypeVar("T")
Dialect = Literal["sqlite", "postgresql"]

BUSY_MS = 5000  # how long a statement waits for a lock that another process holds
PRAGMAS = (f"busy_timeout={BUSY_MS}", "foreign_keys=ON")
WRITING = ("synchronous=FULL", "secure_delete=ON")
POSTGRES_OPTIONS = f"-c timezone=UTC -c lock_timeout={BUSY_MS} -c application_name=tutor"
CONNECT_SECONDS = 5
POOL = 4  # connections of each engine: the database thread, and whoever works outside the loop


def normal_url(url: str) -> URL:
    """The URL as SQLAlchemy takes it: `postgres://` means psycopg, a plain path means SQLite.

    Raises:
        SettingsError: it is no database URL, or one of a database that Tutor does not know.
    """
    text = url.strip()
    if "://" not in text:
        text = f"sqlite:///{text}"
    for prefix in ("postgres://", "postgresql://"):
        if text.startswith(prefix):
            text = "postgresql+psycopg://" + text.removeprefix(prefix)
    try:
        parsed = make_url(text)
        known = parsed.get_backend_name() in ("sqlite", "postgresql")
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError, ValueError, ImportError):
        known = False
    if not known:
        # The URL itself is not repeated: it may hold a password.
        raise SettingsError(
            "DATABASE_URL is not a database URL that Tutor knows. "
            "Use sqlite:///data/tutor.db or postgresql://user:password@host/name."
        )
    return parsed


class Database:
    """One database, SQLite (encrypted where a key is given) or PostgreSQL. Nothing connects before it is used.

    `begin()` and `read()` are for synchronous callers; `run()` and `fetch()` do the same from the event loop, on the
    one database thread of this process and on a reader's thread.
    """

    def __init__(self, url: str, key: str = "") -> None:
        """Prepare the engines.

        Args:
            url: a database URL; `sqlite:///relative/path`, `postgresql://…` or `postgres://…`.
            key: passphrase of an encrypted SQLite file.

        Raises:
            SettingsError: the URL is wrong, or the key does not go with it.
        """
        parsed = normal_url(url)
        self.dialect: Dialect = "sqlite" if parsed.get_backend_name() == "sqlite" else "postgresql"
        self.path: Path | None = None
        if self.dialect == "sqlite":
            if not parsed.database or parsed.database == ":memory:":
                raise SettingsError(
                    "DATABASE_URL names no file, and memory forgets everything. Use sqlite:///data/tutor.db."
                )
            self.path = Path(parsed.database)
        elif key:
            raise SettingsError("DATABASE_KEY encrypts a SQLite file, and this is PostgreSQL. Unset it.")
        self.encrypted = bool(key)
        self.location = str(self.path) if self.path else parsed.render_as_string(hide_password=True)
        self.writer = self._engine(parsed, key, write=True)
        self.reader = self._engine(parsed, key, write=False)
        self._turn: threading.Lock | _Free = threading.Lock() if self.dialect == "sqlite" else _Free()
        self._threads = {
            True: ThreadPoolExecutor(1, thread_name_prefix="tutor-db"),
            False: ThreadPoolExecutor(2, thread_name_prefix="tutor-read"),
        }

    def _engine(self, url: URL, key: str, *, write: bool) -> Engine:
        if self.dialect == "postgresql":
            options = POSTGRES_OPTIONS + ("" if write else " -c default_transaction_read_only=on")
            return create_engine(
                url,
                pool_size=POOL,
                max_overflow=POOL,
                pool_use_lifo=True,
                hide_parameters=True,  # parameters are what learners wrote: they belong in no log
                connect_args={"options": options, "connect_timeout": CONNECT_SECONDS},
            )
        url = url.set(drivername="sqlite+pysqlcipher", password=key) if key else url.set(drivername="sqlite+pysqlite")
        engine = create_engine(
            url,
            poolclass=QueuePool,
            pool_size=POOL,
            max_overflow=POOL,
            hide_parameters=True,
            connect_args={"check_same_thread": False, "timeout": BUSY_MS / 1000},
        )
        begin = "BEGIN IMMEDIATE" if write else "BEGIN"  # a reader that turns writer late meets "database is locked"
        pragmas = (*PRAGMAS, *WRITING) if write else (*PRAGMAS, "query_only=ON")

        @event.listens_for(engine, "connect")
        def _connect(connection: Any, _record: Any) -> None:
            connection.isolation_level = None  # the driver begins nothing by itself
            cursor = connection.cursor()
            if key:  # its C library writes to stderr by itself; what is wrong is said in our words
                cursor.execute("PRAGMA cipher_log_level = NONE")
            for pragma in pragmas:
                cursor.execute(f"PRAGMA {pragma}")
            if write:
                _use_wal(connection, cursor)
            cursor.close()

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

        return engine

    # --- transactions

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that may write; committed at the end, rolled back where it raises.

        In SQLite one at a time in this process: waiting here is fair and wakes at once, unlike waiting in SQLite.
        """
        with self._turn, self.writer.begin() as conn:
            yield conn

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads, all of it at one state of the database."""
        with self.reader.begin() as conn:
            yield conn

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction of its own on the database thread."""
        return await self.on_thread(lambda: self._in(self.begin, work))

    async def fetch(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a reading transaction on a reader's thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads[False], lambda: self._in(self.read, work))

    async def on_thread(self, work: Callable[[], T]) -> T:
        """Run `work`, which manages its own transactions, on the database thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads[True], work)

    @staticmethod
    def _in(transaction: Callable[[], Any], work: Callable[[Connection], T]) -> T:
        with transaction() as conn:
            return work(conn)

    # --- life

    def prepare(self) -> None:
        """Make sure that a SQLite file can exist: its folder is made.

        Raises:
            StoreError: the folder cannot be made or written to.
        """
        if self.path:
            files.make_folder(self.path)

    def upgrade(self) -> None:
        """Bring the schema up to date, creating the database where there is none. Safe to call twice at once.

        Raises:
            StoreError: it cannot be reached or opened, or was written by a newer Tutor.
        """
        self.prepare()
        with self.explained(), self._turn, self.writer.connect() as conn:
            driver: Any = conn.connection.dbapi_connection
            if self.path:  # SQLite rebuilds tables to change them; their keys must not be followed meanwhile
                driver.execute("PRAGMA foreign_keys=OFF")
            try:
                with conn.begin():
                    schema.upgrade(conn, self.location)
                    if self.path and conn.exec_driver_sql("PRAGMA foreign_key_check").first():
                        raise StoreError(f"{self.location}: the upgrade would break references; nothing was changed.")
            finally:
                if self.path:
                    driver.execute("PRAGMA foreign_keys=ON")

    def check(self) -> None:
        """See that the database can be opened and has the schema of this version.

        Raises:
            StoreError: where, what and how to mend it.
        """
        if self.path and not self.path.exists():
            raise StoreError(f"{self.location}: there is no database yet. Run `tutor db upgrade`.")
        with self.explained(), self.read() as conn:
            schema.check(conn, self.location)

    @contextmanager
    def serve(self) -> Iterator[None]:
        """Hold the right to serve from a SQLite file; PostgreSQL takes any number of processes.

        Raises:
            StoreError: another process holds it.
        """
        if self.path is None:
            yield
            return
        self.prepare()
        with files.locked(self.path):
            yield

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn errors of opening the database into one line that says where, what and how."""
        try:
            yield
        except DBAPIError as error:
            raise StoreError(self._words(str(error.orig).strip())) from None  # a traceback helps nobody here

    def _words(self, text: str) -> str:
        if self.path:
            return files.explain_sqlite(self.location, text, encrypted=self.encrypted)
        line = text.splitlines()[0] if text else "no reason given"
        if password := self.writer.url.password:
            line = line.replace(str(password), "***")
        return f"{self.location} cannot be used: {line}. Check DATABASE_URL and that the server is up."

    def close(self) -> None:
        """Close threads and connections."""
        for thread in self._threads.values():
            thread.shutdown(wait=True)
        self.writer.dispose()
        self.reader.dispose()


def _use_wal(connection: Any, cursor: Any) -> None:
    """Switch to a write-ahead log. SQLite does not wait for this lock by itself: where several start at once, we do."""
    give_up = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except connection.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.01)


class _Free:
    """A turn that everybody has at once."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass
