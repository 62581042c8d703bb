"""Opening a database: addresses, keys, permissions, locks, and what is said when something is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import DBAPIError, OperationalError

from bot.store import schema
from bot.store.db import Database, normal_url
from bot.store.errors import StoreError
from bot.store.types import UtcDateTime, clean, to_json
from knowledge.errors import SettingsError, TutorError
from tests.stores import KEY

NOBODY = 65534


@contextmanager
def opened(path: Path, key: str = "") -> Iterator[Database]:
    db = Database(f"sqlite:///{path}", key)
    try:
        yield db
    finally:
        db.close()


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("postgres://u:p@h/d", "postgresql+psycopg"),
        ("postgresql://u:p@h/d", "postgresql+psycopg"),
        ("postgresql+psycopg://u:p@h/d", "postgresql+psycopg"),
        ("sqlite:///data/tutor.db", "sqlite"),
        ("data/tutor.db", "sqlite"),
    ],
)
def test_addresses_are_normalised(given: str, driver: str) -> None:
    assert normal_url(given).drivername == driver


@pytest.mark.parametrize("given", ["mysql://u:secret@h/d", "nonsense://secret", "postgresql+nothing://u:secret@h/d"])
def test_an_unknown_address_is_refused_without_repeating_it(given: str) -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL") as caught:
        normal_url(given)
    assert "secret" not in str(caught.value)


def test_a_database_in_memory_is_refused() -> None:
    for url in ("sqlite://", "sqlite:///:memory:"):
        with pytest.raises(SettingsError, match="forgets"):
            Database(url)


def test_a_key_does_not_go_with_postgresql() -> None:
    with pytest.raises(SettingsError, match="DATABASE_KEY"):
        Database("postgresql://h/d", "key")


def test_nothing_connects_before_it_is_used(tmp_path: Path) -> None:
    with opened(tmp_path / "folder" / "tutor.db"):
        assert list(tmp_path.iterdir()) == []


def test_the_folder_is_made(tmp_path: Path) -> None:
    with opened(tmp_path / "a" / "b" / "tutor.db") as db:
        db.upgrade()
        db.check()
    assert (tmp_path / "a" / "b" / "tutor.db").exists()


def test_pragmas_hold_on_every_connection(tmp_path: Path) -> None:
    with opened(tmp_path / "tutor.db") as db:
        db.upgrade()
        expected = {
            "journal_mode": "wal",
            "synchronous": 2,
            "foreign_keys": 1,
            "busy_timeout": 5000,
            "secure_delete": 1,
        }
        for _ in range(2):
            with db.begin() as conn:
                assert {name: conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in expected} == expected
        with db.read() as conn, pytest.raises(OperationalError, match="readonly"):
            conn.exec_driver_sql("DELETE FROM learner")


def test_writers_take_their_lock_at_once(tmp_path: Path) -> None:
    """BEGIN IMMEDIATE: a second writer waits instead of failing with "database is locked" later."""
    with opened(tmp_path / "tutor.db") as db, opened(tmp_path / "tutor.db") as other:
        db.upgrade()
        done = threading.Event()

        def write() -> None:
            with other.begin() as conn:
                conn.exec_driver_sql("INSERT INTO meta (key, value) VALUES ('b', '1')")
            done.set()

        thread = threading.Thread(target=write)
        with db.begin() as conn:
            thread.start()
            assert not done.wait(0.2)
            conn.exec_driver_sql("INSERT INTO meta (key, value) VALUES ('a', '1')")
            with db.read() as reader:
                assert reader.exec_driver_sql("SELECT count(*) FROM meta").scalar() == 0
        thread.join()
        assert done.is_set()


# --- what goes wrong


def test_a_missing_database_is_named(tmp_path: Path) -> None:
    with opened(tmp_path / "tutor.db") as db, pytest.raises(StoreError, match=r"tutor\.db: there is no database yet"):
        db.check()
    assert issubclass(StoreError, TutorError)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "tutor.db"
    path.write_text("just some notes, long enough to be looked at as a header of a database\n" * 20, encoding="utf-8")
    with opened(path) as db:
        for use in (db.check, db.upgrade):
            with pytest.raises(StoreError, match="is not a SQLite database"):
                use()


def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    with opened(tmp_path) as db, pytest.raises(StoreError, match="is a folder"):
        db.upgrade()


def test_a_path_through_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with opened(tmp_path / "file" / "tutor.db") as db, pytest.raises(StoreError, match="folder cannot be made"):
        db.upgrade()


def test_a_place_that_cannot_be_written() -> None:
    """As an ordinary user, in a process of its own: root may write anywhere."""
    script = f"""
import os, sys
from bot.store.db import Database
from bot.store.errors import StoreError
db = Database(f"sqlite:///{{sys.argv[1]}}/tutor.db")
if os.getuid() == 0: os.setuid({NOBODY})
try: db.upgrade()
except StoreError as error: print(error)
"""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        run = subprocess.run([sys.executable, "-c", script, folder], capture_output=True, text=True, check=False)
    assert f"{folder} cannot be written to" in run.stdout, run.stderr


def test_a_place_where_no_file_can_be() -> None:
    with opened(Path("/proc/tutor.db")) as db, pytest.raises(StoreError, match="cannot be"):
        db.upgrade()


def test_the_wrong_key_and_no_key(tmp_path: Path) -> None:
    path = tmp_path / "tutor.db"
    with opened(path, KEY) as db:
        db.upgrade()
        db.check()
    assert b"SQLite format" not in path.read_bytes()[:100]
    assert b"learner" not in path.read_bytes()
    with opened(path, "wrong") as db, pytest.raises(StoreError, match="DATABASE_KEY does not open"):
        db.check()
    with opened(path) as db, pytest.raises(StoreError, match="set DATABASE_KEY"):
        db.check()
    with opened(path, KEY) as db:
        db.check()


def test_a_passphrase_with_quotes_opens_its_database(tmp_path: Path) -> None:
    for key in ('it\'s "quoted" %s', "ünï"):
        path = tmp_path / f"{len(key)}.db"
        with opened(path, key) as db:
            db.upgrade()
        with opened(path, key) as db:
            db.check()


def test_errors_and_representations_hold_no_secret(tmp_path: Path) -> None:
    db = Database("postgresql://tutor:hunter2@127.0.0.1:1/tutor")
    try:
        with pytest.raises(StoreError) as caught:
            db.check()
        assert "127.0.0.1" in str(caught.value)
        for text in (str(caught.value), repr(caught.value), repr(db.writer), db.location):
            assert "hunter2" not in text
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__
    finally:
        db.close()
    with opened(tmp_path / "tutor.db", "hunter2") as db:
        assert "hunter2" not in repr(db.writer) + db.location


def test_errors_do_not_repeat_what_was_written(tmp_path: Path) -> None:
    with opened(tmp_path / "tutor.db") as db:
        db.upgrade()
        with pytest.raises(DBAPIError) as caught, db.begin() as conn:
            conn.exec_driver_sql("INSERT INTO nothing VALUES (?)", ("what a learner wrote",))
        assert "what a learner wrote" not in str(caught.value)


# --- one serving process


def test_one_process_serves_a_file(tmp_path: Path) -> None:
    with opened(tmp_path / "tutor.db") as db, opened(tmp_path / "tutor.db") as other:
        with db.serve():
            with pytest.raises(StoreError, match=rf"already being served .*pid {os.getpid()}"), other.serve():
                pass
            other.upgrade()  # those that do not serve may work meanwhile
        with other.serve():
            pass


def test_a_process_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    script = f"""
import time
from bot.store.db import Database
with Database("sqlite:///{tmp_path}/tutor.db").serve():
    print("serving", flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "serving\n"
        with opened(tmp_path / "tutor.db") as db:
            with pytest.raises(StoreError, match=f"pid {child.pid}"), db.serve():
                pass
            child.kill()
            child.wait()
            with db.serve():
                pass


def test_any_number_serves_from_postgresql() -> None:
    db = Database("postgresql://h/d")
    with db.serve(), db.serve():
        pass
    db.close()


# --- types


def test_instants_are_aware_utc_in_and_out() -> None:
    kind, lite, postgres = UtcDateTime(), SQLiteDialect_pysqlite(), PGDialect_psycopg()  # type: ignore[no-untyped-call]
    kathmandu = datetime(2026, 11, 22, 5, 45, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    midnight = datetime(2026, 11, 22, tzinfo=UTC)
    text = kind.process_bind_param(kathmandu, lite)
    assert text == "2026-11-22 00:00:00.000000+00:00"
    assert kind.process_result_value(text, lite) == midnight
    assert kind.process_bind_param(kathmandu, postgres) == midnight
    found = kind.process_result_value(kathmandu, postgres)
    assert found is not None
    assert found.tzinfo is UTC
    for dialect in (lite, postgres):
        with pytest.raises(ValueError, match="naive"):
            kind.process_bind_param(datetime(2026, 11, 22), dialect)  # noqa: DTZ001 - that is the point
        assert kind.process_bind_param(None, dialect) is None
    with pytest.raises(ValueError, match="naive"):
        to_json({"at": datetime(2026, 11, 22)})  # noqa: DTZ001
    with pytest.raises(TypeError, match="no form in JSON"):
        to_json({"at": object()})


@pytest.mark.parametrize(
    ("given", "kept"),
    [("plain", "plain"), ("a\0b", "ab"), ("\0\0", ""), ("\ud83d!", "?!"), ("ü😀", "ü😀"), ("\\u0000", "\\u0000")],
)
def test_texts_are_cleaned_alike_as_such_and_in_json(given: str, kept: str) -> None:
    assert clean(given) == kept
    assert json.loads(to_json({"text": given})) == {"text": kept}
    assert json.loads(to_json("\\" + given)) == "\\" + kept


def test_migrations_are_found_beside_the_code() -> None:
    assert (schema.MIGRATIONS / "env.py").exists()
    assert not list(schema.MIGRATIONS.glob("*.ini"))
