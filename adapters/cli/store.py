"""The database that the settings name, for a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from adapters import logs
from adapters.config import load_settings
from bot.store.db import Database


@contextmanager
def database() -> Iterator[Database]:
    """Open it, and close it again."""
    settings = load_settings()
    logs.set_up(settings)
    db = Database(settings.database_url, settings.key_of_database() or "")
    try:
        yield db
    finally:
        db.close()
