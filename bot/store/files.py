"""What a SQLite file needs around it: a folder, one serving process, and words for what goes wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bot.store.errors import StoreError

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]


def make_folder(path: Path) -> None:
    """Make sure that the database file can be created and written.

    Raises:
        StoreError: its folder cannot be made, or one of them cannot be written to.
    """
    if path.is_dir():
        raise StoreError(f"{path} is a folder, not a database file. Let DATABASE_URL name a file in it.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path}: its folder cannot be made ({error.strerror}). Change DATABASE_URL.") from None
    for place in (path.parent, path):
        if place.exists() and not os.access(place, os.W_OK):
            raise StoreError(f"{path}: {place} cannot be written to. Give it to this user, or change DATABASE_URL.")
    _own(path)


def _own(path: Path) -> None:
    """Create a new file readable by its owner only: it holds what learners did. SQLite's own files beside it follow."""
    with suppress(OSError):  # a read-only file system says so itself, in SQLite's words
        path.touch(mode=0o600)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of the process that serves from this SQLite file. The system releases it however a process ends.

    Raises:
        StoreError: another process holds it.
    """
    _own(Path(f"{path}.lock"))
    with Path(f"{path}.lock").open("a+", encoding="ascii") as file:
        try:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            who = file.read().strip()
            raise StoreError(
                f"{path} is already being served by another process{f' (pid {who})' if who else ''}. "
                "Stop that one, or use PostgreSQL to run several."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        try:
            yield
        finally:
            with suppress(OSError):
                file.truncate(0)


def explain_sqlite(location: str, text: str, *, encrypted: bool) -> str:
    """One line for an error that SQLite met when it opened a file; `text` is the driver's."""
    if "not a database" in text or "file is encrypted" in text:
        if encrypted:
            return f"{location}: DATABASE_KEY does not open this database. Use the key it was written with."
        return f"{location} is not a SQLite database, or an encrypted one: set DATABASE_KEY, or change DATABASE_URL."
    if "unable to open" in text or "readonly" in text:
        return f"{location} cannot be opened for writing. Check its folder's permissions, or change DATABASE_URL."
    if "malformed" in text:
        return f"{location} is damaged. Restore a backup with `tutor db restore`."
    if "locked" in text or "busy" in text:
        return f"{location} is locked by another process. Stop that one and try again."
    if "full" in text:
        return f"{location}: the disk is full. Make room and try again."
    return f"{location} cannot be used: {text}."
