"""When to look whether the base changed: at once where the system tells of changes, at intervals where it does not.

Nothing here judges a change. A look does (`Shelf.refresh`), and costs little where there is none, so that one too many
does no harm. One too few would: besides what the system tells, there is a look every now and then.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from pathlib import Path

import structlog
from watchfiles import awatch

from adapters.shelf import Stamp, stamp

log = structlog.get_logger("tutor.knowledge")

POLL = (
    2.0  # seconds between looks where the system tells nothing: a changed file should be seen while its editor watches
)
SAFETY = 30.0  # and where it does: what another host writes to a network mount is not told
GRACE = 2.0  # seconds that the system may take to tell of what a look found first
QUIET = 100  # ms without a further change before a change is told: a checkout writes many files
AT_MOST = 1000  # ms for which changes are gathered, however many come
LEVELS = 3  # folders above a base that a deployment may swap by renaming: a release, a repository, a base in it
_ALL = "*"  # every name that is not hidden
_LINKS = 40  # from one path; the system follows no more either

_FORCED = "WATCHFILES_FORCE_POLLING"  # what people set who know that nothing is told here

Places = Mapping[Path, frozenset[str]]


def places(folder: Path) -> Places:
    """What to watch for a base: folders, by their real path, and the names in them that matter.

    The base, the folders right below it, and where links among their files lead; the folders that hold the links on the
    way there, such as `current -> releases/42`, or `..data` in a mounted ConfigMap; the folders above, as far as a
    rename of one of them is likely; and where something is missing, the folder in which it would appear.
    """
    found: dict[Path, set[str]] = {}
    base = _follow(folder.absolute(), found)
    if base is not None:
        _below(base, found)
        above = base
        for _ in range(LEVELS):
            _note(found, above)
            above = above.parent
    return {place: frozenset(names) for place, names in found.items()}


def _note(found: dict[Path, set[str]], path: Path) -> None:
    if path.name:  # "/" is in no folder
        found.setdefault(path.parent, set()).add(path.name)


def _below(base: Path, found: dict[Path, set[str]]) -> None:
    """Note a base, its folders, and where links in them lead."""
    folders = [base]
    for folder in folders:
        found.setdefault(folder, set()).add(_ALL)
        with suppress(OSError):  # gone, or not to be read: loading says so
            for entry in sorted(folder.iterdir()):
                if entry.name.startswith("."):
                    continue
                real = _follow(entry, found) if entry.is_symlink() else entry
                if real and folder is base and real.is_dir():
                    folders.append(real)
                elif real and real != entry:
                    _note(found, real)


def _follow(path: Path, found: dict[Path, set[str]]) -> Path | None:
    """The real path; notes each link on the way, and what is missing, where there is none."""
    here, left = Path(path.anchor), list(reversed(path.parts[1:]))
    links = 0
    while left:
        name = left.pop()
        if name == "..":
            here = here.parent
            continue
        entry = here / name
        try:
            target = entry.readlink()
        except OSError:  # no link, or nothing at all
            if not os.path.lexists(entry):
                _note(found, entry)
                return None
            here = entry
            continue
        _note(found, entry)
        links += 1
        if links > _LINKS:
            return None
        here = Path(target.anchor) if target.is_absolute() else here
        left += reversed(target.parts[1:] if target.is_absolute() else target.parts)
    return here


def matters(path: str, watched: Places) -> bool:
    """Whether something that happened to `path` may have changed the base."""
    where = Path(path)
    names = watched.get(where.parent, frozenset())
    return where.name in names or where in watched or (_ALL in names and not where.name.startswith("."))


def _polling_asked_for() -> bool:
    return os.environ.get(_FORCED, "").lower() not in ("", "false", "disable", "disabled")


class Watching:
    """Calls `look` whenever the base may have changed, while started; never twice at once."""

    def __init__(
        self, folder: Path, look: Callable[[], Awaitable[object]], *, poll: float = POLL, safety: float = SAFETY
    ) -> None:
        """Watch `folder`, which need not exist; `poll` and `safety` are seconds between looks, as above."""
        self._folder = folder
        self._look = look
        self._poll = poll
        self._safety = safety
        self._task: asyncio.Task[None] | None = None
        self._ended = asyncio.Event()
        self._watched: Places = {}
        self._ears: asyncio.Task[None] | None = None  # done once the system told of a change
        self._deaf: Places | None = None  # places of which the system tells nothing
        self._again = 0.0  # when to try to listen again, by the loop's clock
        self._said = False

    def start(self) -> None:
        """Begin to look: now, and from now on."""
        self._ended.clear()
        self._task = asyncio.create_task(self._run(), name="watching the knowledge")

    async def stop(self) -> None:
        """Look no more; waits for a look that is under way."""
        self._ended.set()
        if self._task is not None:
            await self._task
            self._task = None

    async def _run(self) -> None:
        seen: Stamp | None = None
        told = True
        try:
            while not self._ended.is_set():
                same = await self._listen()
                before, seen = seen, await asyncio.to_thread(stamp, self._folder) if self._ears else None
                done = await self._try()
                missed = self._ears is not None and same and not told and before is not None and before != seen
                if missed and not await self._wait(GRACE) and not self._ended.is_set():
                    self._deaf = self._watched
                    self._tell("the system does not tell of changes there, as with folders that other hosts write to")
                    await self._stop_listening()
                told = await self._wait(self._safety if self._ears and done else self._poll)
        finally:
            await self._stop_listening()

    async def _try(self) -> bool:
        try:
            await self._look()
        except Exception as error:  # only its name: it may quote what a learner wrote
            log.error("looking for changed knowledge failed", reason=type(error).__name__)
            return False
        return True

    async def _wait(self, seconds: float) -> bool:
        """Wait for a change to be told, at most so long; returns whether one was. Stopping ends it, too."""
        ended = asyncio.create_task(self._ended.wait())
        try:
            await asyncio.wait(
                {ended, self._ears} if self._ears else {ended},
                timeout=seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            ended.cancel()
        return self._ears is not None and self._ears.done()

    # --- the system's word

    async def _listen(self) -> bool:
        """Listen where it matters now; returns whether that went on as before. Without luck `_ears` is None."""
        now = asyncio.get_running_loop().time()
        if self._ears is None and now < self._again:
            return False
        self._again = now + self._safety
        for _ in range(3):  # places that change while they are looked up
            wanted = await asyncio.to_thread(places, self._folder)
            if self._ears is not None and not self._ears.done() and wanted == self._watched:
                return True
            await self._stop_listening()
            if _polling_asked_for():
                self._tell(f"{_FORCED} asks for it")
                return False
            if wanted == self._deaf:
                return False
            self._watched = wanted
            self._ears = asyncio.create_task(self._hear(wanted), name="changes of the knowledge")
            await asyncio.sleep(0)  # it watches from its first step on
            if self._ears.done():
                await self._stop_listening()
                return False
            self._deaf = None
            if await asyncio.to_thread(places, self._folder) == wanted:
                break
        if self._said:
            self._said = False
            log.info("watching the knowledge for changes again")
        return False

    async def _hear(self, watched: Places) -> None:
        """Return once something changed that matters. Raises what `awatch` raises where it cannot watch."""
        changes = awatch(
            *watched,
            watch_filter=lambda _, path: matters(path, watched),
            debounce=AT_MOST,
            step=QUIET,
            rust_timeout=0,  # none
            recursive=False,
            force_polling=False,  # looking at the files' seconds alone, it would miss some changes
            ignore_permission_denied=True,  # of a folder above
        )
        async with aclosing(changes):
            await anext(changes)

    async def _stop_listening(self) -> None:
        ears, self._ears = self._ears, None
        if ears is None:
            return
        ears.cancel()
        try:
            await ears
        except asyncio.CancelledError:
            pass
        except Exception as error:
            self._tell(str(error).partition(" (Error")[0])

    def _tell(self, reason: str) -> None:
        if not self._said:
            self._said = True
            log.warning(
                "cannot watch the knowledge for changes: looking at it at intervals", seconds=self._poll, reason=reason
            )
