"""What front ends are handed of the application that they are the outside of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime

from bot.lookup import Lookup
from bot.messages import Event, Receipt
from bot.store.db import Database
from knowledge.model import Library

Hold = Callable[[str], AbstractAsyncContextManager[None]]  # holds a named lease while its block runs


@dataclass(frozen=True, slots=True)
class Insides:
    """Where events go, the base that is served, reads beside the inbox, the time, leases, and the database."""

    receive: Callable[[Event], Awaitable[Receipt]]
    library: Callable[[], Library]
    lookup: Lookup
    now: Callable[[], datetime]
    hold: Hold
    db: Database
