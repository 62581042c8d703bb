"""What Tutor says by itself: due quizzes and "now I know", as events through the inbox, so that each exists once.

Any number of processes may look at the same time. What they find is not locked: an event's id makes it unique, and the
conversation checks again under the learner's lock whether it is still wanted.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

from bot.inbox import Inbox
from bot.messages import Address, Event, Receipt
from bot.store.db import Database
from bot.store.queries.due import Due, Wanted, due_learners, wanted
from knowledge.model import Library
from scheduler.slots import learning_day

_SAME_DAY = 48  # slots that one learner's learning day may have: they may snooze, or move the time after a quiz


async def deliver_due(db: Database, inbox: Inbox, now: datetime, limit: int = 100) -> int:
    """Put the quizzes that are due into the inbox, the longest waiting first; returns how many were handled here.

    Learners who are still to be joined are joined first: a quiz is for both of them.
    """
    await inbox.join()
    found = await db.fetch(lambda conn: due_learners(conn, now, limit))
    receipts = await asyncio.gather(*(_deliver_quiz(inbox, due, now) for due in found))
    return sum(receipt.outcome == "done" for receipt in receipts)


async def _deliver_quiz(inbox: Inbox, due: Due, now: datetime) -> Receipt:
    """Deliver one learner's quiz under the first id that was not used.

    An id that was used means either that another process was first, and then the recheck finds nothing due, or that
    the learner put the quiz off to a later time of that day: without another id they would not get it.
    """
    day = learning_day(due.at, due.zone or "UTC")
    receipt = Receipt("duplicate")
    for n in range(_SAME_DAY):
        receipt = await inbox.receive(_event("due", f"quiz:{due.learner}:{day}:{n}", due.learner, due.home, now))
        if receipt.outcome != "duplicate":
            break
    return receipt


async def deliver_taught(db: Database, inbox: Inbox, library: Library, now: datetime) -> int:
    """Tell everybody whose wish `library` fulfils; returns how many were told here. Call it after each reload."""
    found = await db.fetch(wanted)
    answered = await asyncio.to_thread(_answered, library, {one.gap: one for one in found})
    events = [_taught(one, now) for one in found if one.gap in answered]
    receipts = await asyncio.gather(*(inbox.receive(event) for event in events))
    return sum(receipt.outcome == "done" for receipt in receipts)


def _answered(library: Library, gaps: dict[str, Wanted]) -> set[str]:
    """The gaps that the library closes: with an answer, and not with the one that the learner rejected."""
    found = {gap: library.find(one.text) for gap, one in gaps.items()}
    return {
        gap
        for gap, best in found.items()
        if best.decision == "answer" and best.matches and best.matches[0].id != gaps[gap].rejected
    }


def _taught(one: Wanted, now: datetime) -> Event:
    # By the hour: whoever looks in it, one event. Where the learner was asleep or paused, a later hour tries again.
    id_ = f"taught:{one.learner}:{one.gap}:{now:%Y%m%dT%H}"
    return _event("taught", id_, one.learner, one.address, now, text=one.question, action=one.gap)


def _event(kind: str, id_: str, learner: int, to: Address, now: datetime, **rest: str) -> Event:
    return Event(id=id_, kind=kind, at=now, sender="", address=to, learner=learner, **rest)  # type: ignore[arg-type]
