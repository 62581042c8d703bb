"""The workspaces that installed Tutor by OAuth: their tokens, encrypted, and the short-lived states of the OAuth dance.

slack_sdk's SQLAlchemy stores define the tables and own them. They are made here, when the Slack part starts, and not
by our migrations: the floors below adapters know no platform, and a deployment without OAuth needs none of them.
"""

from __future__ import annotations

import base64
import copy
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any, cast

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.installation_store.sqlalchemy import SQLAlchemyInstallationStore
from slack_sdk.oauth.sqlalchemy_utils import normalize_datetime_for_db
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from slack_sdk.oauth.state_store.sqlalchemy import SQLAlchemyOAuthStateStore
from sqlalchemy import Connection, Dialect, Engine, MetaData, Table, Text, delete, insert, inspect, select
from sqlalchemy.types import TypeDecorator

from bot.store.db import Database
from bot.store.errors import StoreError
from bot.store.queries import workspace
from bot.store.schema import UPGRADE_LOCK

PLATFORM = "slack"
STATE_LASTS = timedelta(minutes=10)  # from pressing "Add to Slack" to Slack's answer
SECRETS = ("bot_token", "bot_refresh_token", "user_token", "user_refresh_token", "incoming_webhook_url")
_TABLES = ("slack_bots", "slack_installations", "slack_oauth_states")


class Keyring:
    """Encrypts with a key derived from SECRET_KEY; decrypts with that of a former SECRET_KEY, too."""

    def __init__(self, secret_key: str, *former: str) -> None:
        """Derive the keys: HKDF-SHA256, so that nothing else derived from SECRET_KEY gives these away."""
        self._fernets = MultiFernet([Fernet(_derived(key)) for key in (secret_key, *former)])

    def seal(self, text: str) -> str:
        """The text, encrypted and signed: never the same twice, so it cannot be searched for."""
        return self._fernets.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text again.

        Raises:
            StoreError: it was sealed with another key.
        """
        try:
            return self._fernets.decrypt(sealed).decode()
        except InvalidToken:
            raise StoreError(
                "A Slack token in the database was encrypted with another SECRET_KEY. "
                "Set the former key again, or install Tutor in the workspace once more."
            ) from None


def _derived(secret_key: str) -> bytes:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"tutor: slack tokens")
    return base64.urlsafe_b64encode(derive.derive(secret_key.encode()))


class Sealed(TypeDecorator[str]):
    """A text that is encrypted in the database.

    It may be of any length: slack_sdk's own columns take 200 characters, which PostgreSQL enforces, and a sealed token
    is longer.
    """

    impl = Text
    cache_ok = False  # it depends on the key

    def __init__(self, keyring: Keyring) -> None:
        """Seal and open with `keyring`."""
        super().__init__()
        self._keyring = keyring

    def copy(self, **_: Any) -> Sealed:
        """The same type for another table."""
        return Sealed(self._keyring)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Encrypt a value, None staying NULL."""
        return None if value is None else self._keyring.seal(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """Decrypt a value, NULL becoming None."""
        return None if value is None else self._keyring.open(str(value))


class _Bound:
    """What slack_sdk's stores use of an engine, on a transaction of ours: both of its tables change together."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        yield self._conn

    connect = begin


class Installations(AsyncInstallationStore):
    """Which workspaces installed Tutor, with their tokens: slack_sdk's store, on the database thread.

    A workspace has one bot token whoever installed the app, so that one row of it is kept, the newest.
    """

    def __init__(self, db: Database, client_id: str, keyring: Keyring) -> None:
        """Keep the installations of the app `client_id` in `db`."""
        self._db = db
        self._client_id = client_id
        self._store = SQLAlchemyInstallationStore(client_id, cast(Engine, None))
        for table in (self._store.bots, self._store.installations):
            _seal(table, keyring)

    def create_tables(self, conn: Connection) -> None:
        """Make the tables that are missing."""
        self._store.metadata.create_all(conn)

    def reseal(self, conn: Connection) -> None:
        """Encrypt every token anew with the newest key, so that a former one is needed no longer."""
        for table in (self._store.bots, self._store.installations):
            sealed = [column for column in table.c if isinstance(column.type, Sealed)]
            for row in conn.execute(select(table.c.id, *sealed).with_for_update()).all():
                values = {column.name: value for column, value in zip(sealed, row[1:], strict=True)}
                conn.execute(table.update().where(table.c.id == row[0]).values(**values))

    async def async_save(self, installation: Installation) -> None:
        """Keep an installation in the place of former ones; a workspace that had ended is back."""
        await self._db.run(partial(self._save, installation))

    async def async_save_bot(self, bot: Bot) -> None:
        """Keep a bot token that was renewed."""
        await self._db.run(lambda conn: self._on(conn).save_bot(bot))

    async def async_find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        """The bot of a workspace, whatever organisation it belongs to."""
        return await self.bot(team_id) if team_id else None

    async def bot(self, team: str) -> Bot | None:
        """The newest bot of a workspace. By the workspace alone: an address does not tell the organisation."""
        bots = self._store.bots.c
        mine = (bots.client_id == self._client_id, bots.team_id == team, bots.bot_token.is_not(None))
        newest = select(self._store.bots).where(*mine).order_by(bots.installed_at.desc(), bots.id.desc()).limit(1)
        row = await self._db.fetch(lambda conn: conn.execute(newest).mappings().first())
        return None if row is None else self._store.build_bot_entity(row)

    async def end(self, team: str, now: datetime, until: datetime) -> bool:
        """Delete a workspace's tokens, and note that it ended; False where it was installed again after `until`."""
        return await self._db.run(lambda conn: self._end(conn, team, now, until))

    def _end(self, conn: Connection, team: str, now: datetime, until: datetime) -> bool:
        for table in (self._store.bots, self._store.installations):
            self._delete(table, team, until, conn)
        bots = self._store.bots.c
        if conn.execute(select(bots.id).where(bots.client_id == self._client_id, bots.team_id == team)).first():
            return False
        workspace.note_ended(conn, PLATFORM, team, now)
        return True

    def _save(self, installation: Installation, conn: Connection) -> None:
        team = installation.team_id or ""
        for table in (self._store.bots, self._store.installations):
            self._delete(table, team, None, conn)
        self._on(conn).save(installation)
        workspace.note_back(conn, PLATFORM, team)

    def _delete(self, table: Table, team: str, until: datetime | None, conn: Connection) -> None:
        mine = [table.c.client_id == self._client_id, table.c.team_id == team]
        if until is not None:
            mine.append(table.c.installed_at <= normalize_datetime_for_db(until))
        conn.execute(delete(table).where(*mine))

    def _on(self, conn: Connection) -> SQLAlchemyInstallationStore:
        store = copy.copy(self._store)
        store.engine = cast(Engine, _Bound(conn))
        return store


def _seal(table: Table, keyring: Keyring) -> None:
    for name in SECRETS:
        if name in table.c:
            table.c[name].type = Sealed(keyring)


class States(AsyncOAuthStateStore):
    """The states of installations under way: each is good once, and for ten minutes.

    The table is slack_sdk's; its statements are not, for two requests at once could both use up a state there.
    """

    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        """Keep states in `db`, by the clock `now` (aware UTC)."""
        self._db = db
        self._now = now
        self._metadata = MetaData()
        self._table = SQLAlchemyOAuthStateStore.build_oauth_states_table(self._metadata, "slack_oauth_states")

    def create_tables(self, conn: Connection) -> None:
        """Make the table if it is missing."""
        self._metadata.create_all(conn)

    async def async_issue(self, *_: Any, **__: Any) -> str:
        """A new state; those that ran out are removed."""
        state, now = secrets.token_urlsafe(32), self._now()
        old = self._table.c.expire_at <= normalize_datetime_for_db(now)
        row = {"state": state, "expire_at": normalize_datetime_for_db(now + STATE_LASTS)}

        def work(conn: Connection) -> None:
            conn.execute(delete(self._table).where(old))
            conn.execute(insert(self._table), row)

        await self._db.run(work)
        return state

    async def async_consume(self, state: str) -> bool:
        """Use a state up; False where there is none such, or no longer."""
        good = (self._table.c.state == state, self._table.c.expire_at > normalize_datetime_for_db(self._now()))
        statement = delete(self._table).where(*good).returning(self._table.c.id)
        return await self._db.run(lambda conn: conn.execute(statement).first() is not None)


def lock_tables(conn: Connection) -> None:
    """Let one process at a time make tables: two would both find them missing."""
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("SET LOCAL lock_timeout = '60s'")
        conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})")


def forget_everything(db: Database, team: str) -> int:
    """Remove a workspace with everything about its members, its tokens included; returns how many learners are gone.

    For the command line: without a running Slack part, and without the keys to the tokens.
    """
    with db.begin() as conn:
        metadata = MetaData()
        tables = (
            SQLAlchemyInstallationStore.build_bots_table(metadata, _TABLES[0]),
            SQLAlchemyInstallationStore.build_installations_table(metadata, _TABLES[1]),
        )
        made = set(inspect(conn).get_table_names())
        for table in tables:
            if table.name in made:
                conn.execute(delete(table).where(table.c.team_id == team))
        return workspace.forget_workspace(conn, PLATFORM, team)
