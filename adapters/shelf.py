"""The library that is served now, and its replacement when the files change: the last good one stays on any problem."""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog

from knowledge import report
from knowledge.errors import KnowledgeError
from knowledge.loader import load
from knowledge.model import Library
from knowledge.search import searchable

log = structlog.get_logger("tutor.knowledge")

Stamp = tuple[tuple[str, int, int, int, int], ...]


def stamp(folder: Path) -> Stamp:
    """What the files of a base look like from outside. Cheap to take often; it differs after any change.

    Path, modification and status change in ns, size, and inode of everything in the folder and in the folders right
    below it, links followed. Inode and status change also catch what comes with its old date: a swapped link, a copy
    that keeps times.
    """
    found: list[tuple[str, int, int, int, int]] = []
    folders = [folder]
    for place in folders:
        try:
            entries = sorted(place.iterdir())
        except OSError:  # gone, or not to be read: loading says so
            continue
        for path in entries:
            if path.name.startswith("."):
                continue
            try:
                seen = path.stat()
            except OSError:  # gone between listing and looking: the next look sees it
                continue
            found.append((str(path), seen.st_mtime_ns, seen.st_ctime_ns, seen.st_size, seen.st_ino))
            if place is folder and path.is_dir():
                folders.append(path)
    return tuple(found)


class Shelf:
    """Holds the library. `library()` is what the inbox asks for at each batch; a reload swaps it whole."""

    def __init__(self, folder: Path) -> None:
        """Load the base. Raises KnowledgeError with every problem it has."""
        self.folder = folder
        self._stamp = stamp(folder)
        self._library = searchable(load(folder))
        self.problems: KnowledgeError | None = None

    def library(self) -> Library:
        """The library that is served now."""
        return self._library

    async def refresh(self) -> bool:
        """Reload if the files changed; True if another library is served now. Never raises for a broken base.

        Loading and indexing run in a thread, so that answers go on meanwhile. Files that change while they are read
        are still being written: what was read counts for nothing, and the next look reads them again.
        """
        seen = await asyncio.to_thread(stamp, self.folder)
        if seen == self._stamp:
            return False
        loaded = await asyncio.to_thread(_read, self.folder)
        if await asyncio.to_thread(stamp, self.folder) != seen:
            return False
        self._stamp = seen
        had, self.problems = self.problems, None
        if isinstance(loaded, KnowledgeError):
            self.problems = loaded
            errors = [problem for problem in loaded.problems if problem.severity == "error"]
            log.warning(
                "knowledge not reloaded, still serving the last good version",
                problems=len(errors),
                first=report.one_line(errors[0], str(self.folder)),
                version=self._library.version,
            )
            return False
        if loaded.version == self._library.version:
            if had:
                log.info("knowledge in order again, nothing changed", version=loaded.version)
            return False
        self._library = loaded
        log.info("knowledge reloaded", version=loaded.version, topics=len(loaded.topics), items=len(loaded.items))
        return True


def _read(folder: Path) -> Library | KnowledgeError:
    try:
        return searchable(load(folder))
    except KnowledgeError as error:
        return error
