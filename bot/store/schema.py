"""The schema of a database: bringing it up to date, and seeing whether it is. Migrations only go forwards."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bot.store.errors import StoreError

MIGRATIONS = Path(__file__).parent / "migrations"
UPGRADE_LOCK = 0x7475746F72  # "tutor": PostgreSQL's name for the right to upgrade


def config(conn: Connection | None = None) -> Config:
    """Alembic's settings for `conn`."""
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.set_main_option("file_template", "m%%(rev)s_%%(slug)s")  # a module's name does not start with a digit
    settings.attributes["connection"] = conn
    return settings


def upgrade(conn: Connection, location: str) -> None:
    """Bring the schema up to date, in the transaction of `conn`.

    Raises:
        StoreError: a newer Tutor wrote it.
    """
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("SET LOCAL lock_timeout = '60s'")  # another process may be at it, and take its time
        conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})")
    _refuse_newer(conn, location)
    command.upgrade(config(conn), "head")


def check(conn: Connection, location: str) -> None:
    """See that the schema is the one of this version.

    Raises:
        StoreError: it is missing, older or newer.
    """
    current = _refuse_newer(conn, location)
    if current is None:
        raise StoreError(f"{location}: the database has no tables yet. Run `tutor db upgrade`.")
    if current not in ScriptDirectory.from_config(config()).get_heads():
        raise StoreError(f"{location}: the database was written by an older Tutor. Run `tutor db upgrade`.")


def revision(conn: Connection) -> str | None:
    """The revision of the schema, None where there is none."""
    return MigrationContext.configure(conn).get_current_revision()


def _refuse_newer(conn: Connection, location: str) -> str | None:
    current = revision(conn)
    known = {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}
    if current is not None and current not in known:
        raise StoreError(
            f"{location}: the database was written by a newer Tutor (schema {current}). "
            "Install that version, or restore an older backup."
        )
    return current
