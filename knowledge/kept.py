"""What is kept on disk so that it need not be made again: bytes under a name, whole and unharmed or not at all.

A name says everything that the bytes were made from, so that nothing kept can be out of date, only useless. Whatever
goes wrong is no error: what cannot be read is made again, what cannot be written is made again the next time.
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

MOST = 8  # files of a kind: the base that serves, its last versions, other bases of the same person
_UNFINISHED = 3600  # seconds after which a file that is still being written was left behind by a crash
_DIGEST = 32  # bytes, sha256

log = logging.getLogger(__name__)


def key(*parts: bytes) -> str:
    """A name for what is made from these parts: 32 hex characters. The parts' borders count."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return digest.hexdigest()[:32]


def fetch(folder: Path | None, kind: str, key: str) -> bytes | None:
    """What was kept under this kind and key; None where nothing was, or where it is not what was written."""
    if folder is None:
        return None
    file = _file(folder, kind, key)
    try:
        held = file.read_bytes()
    except (OSError, ValueError):  # ValueError: a NUL in the path
        return None
    data = held[_DIGEST:]
    if held[:_DIGEST] != _digest(file.name, data):
        return None
    with suppress(OSError):
        os.utime(file)  # the newest are those that were used last
    return data


def keep(folder: Path | None, kind: str, key: str, data: bytes) -> None:
    """Keep these bytes under this kind and key, readable by their owner only; of each kind the newest `MOST` stay."""
    if folder is None:
        return
    file = _file(folder, kind, key)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(file, _digest(file.name, data) + data)
        _prune(folder.glob(f"{kind}-*"), file)
    except (OSError, ValueError) as error:
        _tell(folder, getattr(error, "strerror", None) or str(error))


def _file(folder: Path, kind: str, key: str) -> Path:
    return folder / f"{kind}-{key}"


def _digest(name: str, data: bytes) -> bytes:
    digest = hashlib.sha256(name.encode() + b"\n")  # a renamed file is not what its name says
    digest.update(data)
    return digest.digest()


def _write(file: Path, data: bytes) -> None:
    """Whole or not at all, also beside another process that writes the same."""
    import tempfile  # hardly ever needed, and slow to import

    descriptor, name = tempfile.mkstemp(prefix=f"{file.name}.", suffix=".part", dir=file.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _prune(files: Iterable[Path], own: Path) -> None:
    """Remove what was used least recently, and what a crash left unfinished; never `own`, whatever clocks say."""
    whole: list[tuple[float, Path]] = []
    for file in files:
        with suppress(OSError):  # another process was quicker
            used = file.stat().st_mtime
            if file.suffix != ".part":
                if file != own:
                    whole.append((min(used, time.time()), file))
            elif used < time.time() - _UNFINISHED:
                file.unlink()
    for _, file in sorted(whole, reverse=True)[MOST - 1 :]:
        with suppress(OSError):
            file.unlink()


@lru_cache(maxsize=8)
def _tell(folder: Path, error: str) -> None:
    """Say it once in the life of the process."""
    log.info("nothing can be kept in the cache folder %s, which costs time at each start: %s", folder, error)
