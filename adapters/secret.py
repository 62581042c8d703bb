"""The secret key: from the settings, or made once and kept beside the SQLite database, readable by its owner only."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path

from adapters.config import Settings
from knowledge.errors import SettingsError

FILE = "secret-key"
SHORTEST = 16  # characters; what is generated has 43


def secret_key(settings: Settings, folder: Path | None) -> str:
    """The key that tokens are encrypted with and other secrets are derived from.

    Args:
        settings: SECRET_KEY wins where it is set.
        folder: where the SQLite database lies; None on PostgreSQL, where several hosts need the same key.

    Raises:
        SettingsError: it is too short, cannot be read or kept, or is missing on PostgreSQL.
    """
    if settings.secret_key:
        key = settings.secret_key.get_secret_value()
        if len(key) < SHORTEST:
            raise SettingsError(f"setting TUTOR_SECRET_KEY: shorter than {SHORTEST} characters; use a long random one")
        return key
    if folder is None:
        raise SettingsError("setting TUTOR_SECRET_KEY: needed on PostgreSQL, the same for every process")
    path = folder / FILE
    try:
        return _kept(path) or _made(path)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingsError(f"setting TUTOR_SECRET_KEY is not set, and {path} cannot be used: {reason}") from None


def derived(key: str, purpose: str) -> str:
    """A secret for one purpose, 64 hex characters, that does not give the key away (HMAC-SHA256)."""
    return hmac.new(key.encode(), purpose.encode(), "sha256").hexdigest()


def _kept(path: Path) -> str:
    try:
        key = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""
    if len(key) < SHORTEST:
        raise SettingsError(f"{path} holds no secret key; restore it, or delete it to have a new one made")
    return key


def _made(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    key = secrets.token_urlsafe(32)
    half = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(key + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(half, path)  # fails where another process was faster, whose key is then the one
        except FileExistsError:
            return _kept(path)
    finally:
        half.unlink()
    return key
