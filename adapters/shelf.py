"""The library that is served now, and its replacement when the files change: the last good one stays on any problem."""

from __future__ import annotations

import asyncio
from pathlib import Path
from stat import S_ISDIR

import structlog

from adapters.turns import short_turns
from knowledge import report
from knowledge.cache import load_cached
from knowledge.errors import KnowledgeError, Problem
from knowledge.files import deciding
from knowledge.model import Library
from knowledge.prepare import Preparation
from knowledge.progress import Progress
from knowledge.revision import revised
from knowledge.search import ready, searchable
from knowledge.search.late import late

log = structlog.get_logger("tutor.knowledge")

_AT_ONCE = 12  # topics that the model reads in about a second: a start waits for that
_LARGE = 500  # topics; a larger base takes so long to read that an edit of texts is served before search knows of it
_FEW = 20  # files of such an edit

Stamp = tuple[tuple[str, int, int, int, int], ...]


def stamp(folder: Path) -> Stamp:
    """What the files of a base look like from outside. Cheap to take often; it differs after any change that counts.

    Path, modification and status change in ns, size, and inode of what loading reads, links followed. Inode and status
    change also catch what comes with its old date: a swapped link, a copy that keeps times. Of a folder the inode says
    enough: its dates change with each file that an editor leaves behind, and those are none of the base's. A link that
    leads nowhere has its path alone.
    """
    return tuple(map(_seen, deciding(folder)))


def _seen(path: Path) -> tuple[str, int, int, int, int]:
    try:
        seen = path.stat()
    except OSError:  # a link that leads nowhere; or gone between listing and looking: the next look sees it
        return str(path), 0, 0, 0, 0
    if S_ISDIR(seen.st_mode):
        return str(path), 0, 0, 0, seen.st_ino
    return str(path), seen.st_mtime_ns, seen.st_ctime_ns, seen.st_size, seen.st_ino


def changed_files(before: Stamp, after: Stamp) -> tuple[str, ...] | None:
    """The paths of the files that are not what they were; None where there are others, or more than a few, of them."""
    if len(before) != len(after) or any(old[0] != new[0] for old, new in zip(before, after, strict=True)):
        return None
    changed = tuple(new[0] for old, new in zip(before, after, strict=True) if old != new)
    return changed if len(changed) <= _FEW else None


class Shelf:
    """Holds the library. `library()` is what the inbox asks for at each batch; a reload swaps it whole."""

    def __init__(self, folder: Path, cache: Path | None = None, progress: Progress | None = None) -> None:
        """Load the base; what is costly to make is kept in `cache`, and `progress` hears how far it is.

        The model takes seconds to read a base that is new to it, or minutes if it is large. Learners need not wait:
        until `refresh` has seen to that, questions are answered by words alone.

        Raises:
            KnowledgeError: every problem the base has.
        """
        self.folder = folder
        self.problems: KnowledgeError | None = None
        self._cache = cache
        self._stamp = stamp(folder)
        self._model = late()
        self._preparation: Preparation | None = None
        library = load_cached(folder, cache, progress)
        found = ready(library, cache, self._model)
        # whether search has not read what is served: it goes by words alone, or by the texts of before
        self._behind = found is None and self._model is not None and len(library.topics) > _AT_ONCE
        if found is None:  # what is made for the meantime is not worth keeping
            keeping, model = (None, None) if self._behind else (cache, self._model)
            found = searchable(library, cache=keeping, meaning=model, progress=progress)
        self._library = found
        self._loaded = False  # the model
        self._closed = False
        if self._model is None:
            log.info("searching by words alone: the model of meaning is not installed")

    def library(self) -> Library:
        """The library that is served now."""
        return self._library

    @property
    def settled(self) -> bool:
        """Whether search is all that it can be here; False while it still reads what is new to it."""
        return not self._behind

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What keeps the files, as they are now, from being served."""
        problems = self.problems.problems if self.problems else ()
        return tuple(problem for problem in problems if problem.severity == "error")

    def close(self) -> None:
        """End what another process prepares; `refresh` gives up soon after."""
        self._closed = True
        if self._preparation:
            self._preparation.stop()

    async def refresh(self) -> bool:
        """Reload if the files changed; True if another library is served now. Never raises for a broken base.

        Reading, checking and indexing are done by another process, and what is left in a thread, so that answers go
        on meanwhile. Files that change while they are read are still being written: what was read counts for nothing,
        and the next look reads them again.
        """
        if self._model is not None and not self._loaded:
            self._loaded = True
            if absence := await asyncio.to_thread(self._model.load):
                log.warning("searching by words alone: the model of meaning cannot be used", reason=absence)
                self._behind = False
        seen = await asyncio.to_thread(stamp, self.folder)
        waiting = self._behind and self.problems is None
        if seen == self._stamp and not waiting:
            return False
        if seen != self._stamp and await asyncio.to_thread(self._revise, seen):
            return True
        if waiting:
            log.info("searching with what is known while the knowledge is read, once")
        loaded = await self._read(seen)
        if loaded is None or await asyncio.to_thread(stamp, self.folder) != seen:
            return False
        self._stamp = seen
        had, self.problems = self.problems, None
        if isinstance(loaded, KnowledgeError):
            self.problems = loaded
            log.warning(
                "knowledge not reloaded, still serving the last good version",
                problems=len(self.errors),
                first=report.one_line(self.errors[0], str(self.folder)),
                version=self._library.version,
            )
            return False
        if loaded.version == self._library.version and not self._behind:
            if had:
                log.info("knowledge in order again, nothing changed", version=loaded.version)
            return False
        self._behind = False
        self._library = loaded
        log.info("knowledge reloaded", version=loaded.version, topics=len(loaded.topics), items=len(loaded.items))
        return True

    def _revise(self, seen: Stamp) -> bool:
        """Serve an edit of a large base that concerns texts alone; search has yet to read them. True if it did."""
        changed = changed_files(self._stamp, seen)
        if self.problems or not changed or len(self._library.topics) <= _LARGE:
            return False
        with short_turns():
            paths = [Path(path).relative_to(self.folder).as_posix() for path in changed]
            made = revised(self._library, self.folder, paths)
        if made is None or made.version == self._library.version or stamp(self.folder) != seen:
            return False
        self._stamp, self._library, self._behind = seen, made, True
        log.info("texts reloaded, search follows", version=made.version, files=len(changed))
        return True

    async def _is(self, seen: Stamp) -> bool:
        """Whether the files are still as they were seen, and this shelf is still needed."""
        return not self._closed and await asyncio.to_thread(stamp, self.folder) == seen

    async def _read(self, seen: Stamp) -> Library | KnowledgeError | None:
        """The base as its files are now; None where they are no longer as they were seen."""
        try:
            if self._cache is not None and not self._closed:
                self._preparation = Preparation(self.folder, self._cache)
                try:
                    prepared = await asyncio.to_thread(self._preparation.run)
                finally:
                    self._preparation.stop()  # if this was cancelled
                if not await self._is(seen):
                    return None
                if not prepared:
                    log.warning("no other process can prepare the knowledge: this one does, and answers more slowly")
            if self._closed:
                return None
            return await asyncio.to_thread(_load_beside_answers, self.folder, self._cache)
        except KnowledgeError as error:
            return error


def _load(folder: Path, cache: Path | None) -> Library:
    return searchable(load_cached(folder, cache), cache=cache, meaning=late())


def _load_beside_answers(folder: Path, cache: Path | None) -> Library:
    """The same, in a thread that lets those who answer have their turn soon."""
    with short_turns():
        return _load(folder, cache)
