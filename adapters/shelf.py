"""The library that is served now, and its replacement when the files change: the last good one stays on any problem."""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog

from knowledge.errors import KnowledgeError
from knowledge.loader import load
from knowledge.model import Library
from knowledge.search import searchable

log = structlog.get_logger("tutor.knowledge")

Stamp = tuple[tuple[str, int, int], ...]


def stamp(folder: Path) -> Stamp:
    """What the files of a base look like from outside: path, modification time in ns, size. Cheap to take often."""
    found = []
    for path in sorted(folder.rglob("*.y*ml")):
        try:
            status = path.stat()
        except OSError:  # gone between listing and looking: the next look sees it
            continue
        found.append((str(path), status.st_mtime_ns, status.st_size))
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

        Loading and indexing run in a thread, so that answers go on meanwhile.
        """
        seen = await asyncio.to_thread(stamp, self.folder)
        if seen == self._stamp:
            return False
        self._stamp = seen
        try:
            library = await asyncio.to_thread(lambda: searchable(load(self.folder)))
        except KnowledgeError as error:
            self.problems = error
            first = next(problem for problem in error.problems if problem.severity == "error")
            log.warning(
                "knowledge not reloaded, still serving the last good version",
                problems=len(error.problems),
                first=f"{first.path}:{first.line}:{first.column} {first.message}",
                version=self._library.version,
            )
            return False
        self.problems = None
        if library.version == self._library.version:
            return False
        self._library = library
        log.info("knowledge reloaded", version=library.version, topics=len(library.topics), items=len(library.items))
        return True
