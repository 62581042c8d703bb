"""Keeping everybody current with the base: what is served, the progress on it, admins, and learners who wait."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from adapters.shelf import Shelf
from bot import following
from bot.due import deliver_taught
from bot.inbox import Inbox
from bot.news import Served
from bot.notices import Notices
from bot.store.db import Database

log = structlog.get_logger("tutor.run")

CALM = timedelta(seconds=10)  # without a change: whoever writes has stopped for now, and editors save by then


@dataclass(slots=True)
class Current:
    """What follows when the base changes. `ticks`: this process also writes to learners by itself."""

    shelf: Shelf
    db: Database
    inbox: Inbox
    notices: Notices
    now: Callable[[], datetime]
    ticks: bool
    _reloading: asyncio.Lock = field(default_factory=asyncio.Lock)
    _followed: str = ""  # the version that progress has followed
    _told: Served | None = None  # what the admins know
    _seen: tuple[str, datetime] | None = None  # what the base was at the last look, and when it became that

    async def begin(self) -> None:
        """Let progress follow the base as it is now; admins are told of what changes from here on."""
        await self._follow()
        await self.notices.start()
        await self._tell_admins()

    async def reload(self) -> None:
        """Serve changed knowledge, let progress follow it, and tell the admins, and those who waited for it.

        What fails here, the database being away, is made up for at the next call.
        """
        async with self._reloading:
            again = True
            while again:
                if swapped := await self.shelf.refresh():
                    gc.freeze()  # the new library lives long, too; a collection first would hold up answers
                await self._follow()
                await self._tell_admins()
                if swapped and self.ticks:
                    await self.tell()
                again = swapped and not self.shelf.settled  # new texts are served, and search has yet to read them

    async def tell(self) -> None:
        """Tell those whose question the base answers by now, as after a restart with new knowledge."""
        if not self.shelf.settled:  # search may be sure of what it will take back
            return
        await deliver_taught(self.db, self.inbox, self.shelf.library(), self.now())

    async def _follow(self) -> None:
        """Let progress follow the base: items that were renamed, and those that are back. Once for each version."""
        library = self.shelf.library()
        if library.version == self._followed:
            return
        items = library.moved_items
        if items and (moved := await self.db.run(lambda conn: following.rename(conn, items))):
            log.info("progress followed renamed items", cards=moved)
        if self.ticks and (woken := await following.wake(self.db, library, self.now())):
            log.info("items are back for learners to whom nothing was due", learners=woken)
        self._followed = library.version

    async def _tell_admins(self) -> None:
        """Tell the admins what became of the base since they were last told.

        They know that it is broken: of editors that save while somebody types, they need not read each state. That it
        is broken in another way is told if nothing changed for a while before, or else once nothing does.
        """
        before, library, now = self._told, self.shelf.library(), self.now()
        since = before.since if before and before.library.version == library.version else now
        after = Served(library, since, self.shelf.errors, self.shelf.settled)
        became = self._seen[1] if self._seen else now
        if self._seen is None or self._seen[0] != after.id:
            self._seen = after.id, now
        if before and before.problems and after.problems and abs(now - became) < CALM:
            return  # a later look tells, and one comes
        if before and before.id != after.id:
            self.inbox.tell(await self.notices.tell(before, after, now))
        self._told = after
