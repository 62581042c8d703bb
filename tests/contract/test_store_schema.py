"""The schema: migrations lead to the models, from nothing and from older databases, and are refused when newer."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, inspect, select

from bot.messages import Address, Poll
from bot.records import Learner
from bot.store import schema
from bot.store.codec import ask_values, card_values, learner_values, reply_of, review_values
from bot.store.db import Database
from bot.store.errors import StoreError
from bot.store.queries.flags import open_flags
from bot.store.queries.gaps import open_gaps
from bot.store.queries.learner import learner_by_account
from bot.store.queries.proposals import dead_messages, proposals
from bot.store.tables import ACCOUNT, ASK, CARD, FLAG, GAP, LEARNER, METADATA, OUTBOX, REVIEW_LOG
from tests.contract.handing import ask, card, review
from tests.fakes.senders import START
from tests.stores import Make


def test_migrations_lead_to_the_models(db: Database) -> None:
    with db.begin() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, METADATA) == []
        names = inspect(conn).get_table_names()
    assert set(names) == {*METADATA.tables, "alembic_version"}


def test_an_upgrade_makes_what_create_all_makes(empty_store: Make, db: Database) -> None:
    """Also what Alembic does not compare: the exact statements, in SQLite."""
    if db.dialect != "sqlite":
        with db.read() as conn:
            columns = {table: inspect(conn).get_columns(table) for table in METADATA.tables}
            collations = {
                (table, c["name"]): getattr(c["type"], "collation", None) for table in columns for c in columns[table]
            }
        assert collations["event", "id"] == "C"
        assert collations["lane", "key"] == "C"
        return
    query = (
        "SELECT name, sql FROM sqlite_master WHERE sql > '' AND name NOT LIKE 'alembic%' AND name NOT LIKE 'sqlite%'"
    )
    with db.begin() as conn:
        migrated = {name: _squeezed(sql) for name, sql in conn.exec_driver_sql(query).all()}
        for table in reversed(METADATA.sorted_tables):
            table.drop(conn)
        METADATA.create_all(conn)
        assert {name: _squeezed(sql) for name, sql in conn.exec_driver_sql(query).all()} == migrated


def _squeezed(sql: str) -> str:
    return "".join(sql.split()).replace('"', "")


@pytest.mark.parametrize("first", ["0001", "0002"])
def test_an_older_schema_is_upgraded_with_its_rows(empty_store: Make, first: str) -> None:
    database = empty_store()
    database.prepare()
    with database.begin() as conn:
        command.upgrade(schema.config(conn), first)
        values = learner_values(
            Learner(0, START, zone="Europe/Berlin", consent="yes", home=Address("telegram", "", "1"))
        )
        del values["id"]
        me = conn.execute(insert(LEARNER).returning(LEARNER.c.id), values).scalar_one()
        conn.execute(insert(ACCOUNT), {"key": "telegram::ann", "learner_id": me})
        conn.execute(insert(REVIEW_LOG), review_values(me, review(1)))
        conn.execute(insert(CARD), card_values(me, card("x")))
        conn.execute(insert(ASK), ask_values(me, ask(1)))
        poll = {"text": "", "poll": {"question": "?", "options": ["a", "b"], "right": 1, "explanation": ""}}
        row = dict.fromkeys(("lane", "platform", "workspace", "chat", "thread", "surface", "key", "error"), "")
        conn.execute(
            insert(OUTBOX), {**row, "kind": "reply", "body": poll, "created_at": START, "status": "sent", "tries": 1}
        )
        conn.execute(insert(OUTBOX), {**row, "kind": "reply", "created_at": START, "status": "dead", "tries": 9})
        gap = {"id": "a" * 12, "text": "x", "decision": "unknown", "nearest": [], "language": "en", "count": 2}
        conn.execute(insert(GAP), {**gap, "first_at": START, "last_at": START})
        conn.execute(insert(FLAG), {"item": "x", "note": "y", "version": "z", "at": START})
        before = _everything(conn)
    with pytest.raises(StoreError, match="older Tutor"):
        database.check()
    database.upgrade()
    database.check()
    with database.begin() as conn:
        assert _everything(conn) == before
        context = MigrationContext.configure(conn, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, METADATA) == []
        found = learner_by_account(conn, "telegram::ann")
        assert found is not None
        assert found.home == Address("telegram", "", "1")
        old = reply_of(poll, "", None, None).poll
        assert old == Poll("?", ("a", "b"), 1)
        assert dead_messages(conn) == {"": 1}
        assert [(gap.id, gap.count) for gap in open_gaps(conn)] == [("a" * 12, 2)]
        assert proposals(conn) == []
        assert [(flag.about, flag.settled) for flag in open_flags(conn, 9)] == [("x", None)]


def _everything(conn: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of the first schema's tables, in its columns."""
    tables = (LEARNER, ACCOUNT, REVIEW_LOG, CARD, ASK, OUTBOX, GAP, FLAG)
    columns = {table.name: [column for column in table.c if column is not FLAG.c.settled_at] for table in tables}
    return {name: [tuple(row) for row in conn.execute(select(*picked))] for name, picked in columns.items()}


def test_upgrading_twice_changes_nothing(db: Database) -> None:
    db.upgrade()
    db.check()


def test_several_processes_may_upgrade_at_once(empty_store: Make) -> None:
    databases = [empty_store() for _ in range(3)]
    errors: list[BaseException] = []

    def upgrade(database: Database) -> None:
        try:
            database.upgrade()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=upgrade, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    databases[0].check()


def test_an_empty_database_is_named_as_such(empty_store: Make) -> None:
    database = empty_store()
    with pytest.raises(StoreError, match="tutor db upgrade"):
        database.check()


def test_an_older_database_asks_for_an_upgrade(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScriptDirectory, "get_heads", lambda self: ["9999"])
    with pytest.raises(StoreError, match="older Tutor"):
        db.check()


def test_a_newer_database_is_refused(db: Database) -> None:
    with db.begin() as conn:
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for refused in (db.check, db.upgrade):
        with pytest.raises(StoreError, match="newer Tutor"):
            refused()


def test_migrations_are_one_line_without_branches() -> None:
    scripts = ScriptDirectory.from_config(schema.config())
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1
    for script in scripts.walk_revisions():
        assert Path(script.path).name.startswith(f"m{script.revision}_")
