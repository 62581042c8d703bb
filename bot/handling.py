"""Handling a batch of events in one transaction, on the database thread: the synchronous half of the inbox."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError

from bot import linking
from bot.messages import Answer, Event, Receipt
from bot.records import Learner, SentPoll
from bot.store.db import Database
from bot.store.desk import Office
from bot.store.queries import batch as load
from bot.store.queries import flush, shared
from bot.store.shared import poll_key
from bot.store.tx import Tx
from knowledge.model import Library
from scheduler import slots

AHEAD = 2  # items of a quiz under way whose cards are read with the batch
EARLY = timedelta(seconds=3)  # in which an answer may overtake its poll: sent, but not yet marked as sent
STRANGE = 1000  # unknown polls that are remembered
RESOLVE = 3  # attempts at accounts that others are making or merging meanwhile
LATER = timedelta(days=1)  # when a due quiz that failed is tried again: its next slot is not known here

BUSY = Receipt("busy")
log = logging.getLogger(__name__)


class Answering(Protocol):
    """The conversation. Synchronous; no clock, network, SQL or unpassed randomness."""

    def __call__(self, event: Event, tx: Tx, library: Library, now: datetime) -> Answer:
        """Answer an event; `tx` holds the learner's rows and takes the changes."""
        ...


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a new learner gets where the platform does not tell; and what admins work with."""

    language: str = "en"
    zone: str = ""
    office: Office = Office()  # noqa: RUF009 - frozen


@dataclass(slots=True)
class Handled:
    """Receipts in the order of the events (None: not begun, to be handled later), and lanes that got messages.

    `down`: the database failed; those receipts are busy. `joining`: two learners are to be joined now.
    """

    receipts: list[Receipt | None] = field(default_factory=list)
    lanes: frozenset[str] = frozenset()
    down: bool = False
    joining: bool = False


def is_events_fault(error: Exception) -> bool:
    """Whether an error is due to what was written, so that trying again cannot help; False: the database failed."""
    if isinstance(error, (IntegrityError, DataError)):
        return True
    if isinstance(error, StatementError) and not isinstance(error, DBAPIError):
        return True  # a value that a column refused before it reached the database
    return not isinstance(error, (SQLAlchemyError, OSError, MemoryError))


class Handler:
    """Runs the conversation for batches of events."""

    def __init__(
        self,
        db: Database,
        answer: Answering,
        library: Callable[[], Library],
        now: Callable[[], datetime],
        ask_of: Callable[[Event], int | None],
        apology: Callable[[Event], Answer],
        defaults: Defaults,
    ) -> None:
        """See `Inbox`."""
        self._db = db
        self._answer = answer
        self._library = library
        self._now = now
        self._ask_of = ask_of
        self._apology = apology
        self._defaults = defaults
        self._strange: dict[str, datetime] = {}  # polls that are not known (yet), and since when

    def handle(self, events: Sequence[Event]) -> Handled:
        """Handle events together; where that fails, again, then one by one. Never raises an error of the database."""
        handled = self._handle(events)
        if handled.joining:
            handled.lanes |= self.join()
        return handled

    def join(self) -> frozenset[str]:
        """Join learners who said yes to it; returns the lanes that got messages. What fails waits for the next look."""
        return linking.join_pending(self._db, self._library(), self._now())

    def _handle(self, events: Sequence[Event]) -> Handled:
        try:
            return self._transaction(events)
        except Exception as error:
            log.warning("inbox: a batch of %d events failed (%s)", len(events), _name(error))
            if not is_events_fault(error):
                return self._again(events)
        return self._singly(events)

    def _again(self, events: Sequence[Event]) -> Handled:
        """A second attempt: a deadlock is gone by now, and a lost connection has been replaced."""
        try:
            return self._transaction(events)
        except Exception as error:
            if not is_events_fault(error):
                log.exception("inbox: the database failed twice, %d events unacknowledged", len(events))
                return Handled([BUSY] * len(events), down=True)
        return self._singly(events)

    def _singly(self, events: Sequence[Event]) -> Handled:
        parts = [self._single(event) for event in events]
        return Handled(
            [receipt for part in parts for receipt in part.receipts],
            frozenset().union(*(part.lanes for part in parts)),
            any(part.down for part in parts),
            any(part.joining for part in parts),
        )

    def _single(self, event: Event) -> Handled:
        try:
            return self._transaction([event])
        except Exception as error:
            if not is_events_fault(error):
                return self._down(error)
            log.exception("inbox: event %s (%s) cannot be written", event.id, event.kind)
        try:
            return self._transaction([event], broken=True)
        except Exception as error:
            if not is_events_fault(error):
                return self._down(error)
            log.exception("inbox: event %s (%s) cannot even be recorded and is dropped", event.id, event.kind)
            return Handled([Receipt("failed")])

    def _down(self, error: Exception) -> Handled:
        log.error("inbox: the database failed, an event unacknowledged", exc_info=error)
        return Handled([BUSY], down=True)

    # --- one transaction

    def _transaction(self, events: Sequence[Event], *, broken: bool = False) -> Handled:
        """Handle events in one transaction; `broken` ones are recorded as failed without another attempt."""
        library, now = self._library(), self._now()
        with self._db.begin() as conn:
            polls = self._polls(conn, events)
            put_off = self._put_off(events, polls, now)
            lanes = self._lock_lanes(conn, events, now)
            learners = self._lock_learners(conn, events, put_off.keys(), now)
            first: dict[int, int] = {}
            for place, learner in enumerate(learners):
                if learner is not None:
                    first.setdefault(learner.id, place)
            mine = sorted(first.values())
            new = load.new_events(conn, {events[place].id for place in mine}, now)
            gone = [Receipt("done") if learner is None else None for learner in learners]
            handled = Handled([put_off.get(place, receipt) for place, receipt in enumerate(gone)])
            begun: list[tuple[int, Tx]] = []
            for place in mine:
                event, learner = events[place], learners[place]
                if event.id not in new:
                    handled.receipts[place] = Receipt("duplicate")
                elif learner is not None:
                    begun.append((place, Tx(conn, event, learner, now, library.version, self._defaults.office)))
            self._read_ahead(conn, [tx for _, tx in begun], polls)
            written: list[flush.Written] = []
            failed: list[str] = []
            for place, tx in begun:
                answer = None if broken else self._try(tx, library, now)
                if answer is None:
                    failed.append(tx.event.id)
                    tx = self._failed(conn, tx, now)
                    answer = self._apology(tx.event)
                    handled.receipts[place] = Receipt("failed", answer.notice, answer.errors)
                else:
                    handled.receipts[place] = Receipt("done", answer.notice, answer.errors)
                written.append(flush.Written(tx, answer.to or tx.event.address, answer.replies))
            late = {one.to.lane: one.to for one in written if one.messages and one.to.lane not in lanes}
            if late:
                load.lock_lanes(conn, late.values(), now)
            flush.failed(conn, failed)
            flush.writes(conn, written, now)
            handled.lanes = flush.messages(conn, written, now)
            handled.joining = any(one.tx.writes.join for one in written)
        return handled

    def _try(self, tx: Tx, library: Library, now: datetime) -> Answer | None:
        try:
            return self._answer(tx.event, tx, library, now)
        except SQLAlchemyError:
            raise  # a named read failed: the transaction is lost, and maybe the database
        except Exception:
            log.exception("inbox: event %s (%s) failed", tx.event.id, tx.event.kind)
            return None

    def _failed(self, conn: Connection, tx: Tx, now: datetime) -> Tx:
        """An empty transaction in the place of one that failed."""
        empty = Tx(conn, tx.event, tx.loaded, now, tx.version)
        if tx.event.kind == "due":  # else it would be found due again, as the same event, at every tick
            empty.put(replace(tx.loaded, next_due_at=now + LATER))
        return empty

    def _lock_lanes(self, conn: Connection, events: Sequence[Event], now: datetime) -> set[str]:
        addresses = [event.address for event in events]
        away = [event for event in events if event.place != "private"]
        addresses += [event.home for event in away if event.home]  # what is theirs alone is answered there
        if unsaid := {event.account for event in away if not event.home and event.kind != "poll"}:
            addresses += load.homes_behind(conn, unsaid)
        if own := {event.learner for event in events if event.learner is not None}:
            addresses += load.homes(conn, own)  # where their answers are likely to go
        return load.lock_lanes(conn, addresses, now)

    def _polls(self, conn: Connection, events: Sequence[Event]) -> dict[str, SentPoll]:
        keys = {poll_key(event) for event in events if event.kind == "poll"}
        return shared.polls(conn, keys) if keys else {}

    def _put_off(self, events: Sequence[Event], polls: dict[str, SentPoll], now: datetime) -> dict[int, Receipt]:
        """Receipts of answers to polls that are not known, by place: busy at first, for the poll may be marked as sent
        in a moment and the platform brings the answer again; done once that has had its time."""
        found: dict[int, Receipt] = {}
        for place, event in enumerate(events):
            if event.kind == "poll" and (key := poll_key(event)) not in polls:
                since = self._strange.setdefault(key, now)
                found[place] = BUSY if now - since < EARLY else Receipt("done")
        while len(self._strange) > STRANGE:
            del self._strange[next(iter(self._strange))]
        return found

    def _lock_learners(
        self, conn: Connection, events: Sequence[Event], without: Container[int], now: datetime
    ) -> list[Learner | None]:
        """The locked learner of each event, made where the sender is new; None where a named learner is gone.

        None, too, for the places in `without`.
        """
        found: dict[int, Learner] = {}
        who: dict[str, int] = {}
        senders = {e.account: e for place, e in enumerate(events) if e.learner is None and place not in without}
        own = {event.learner for event in events if event.learner is not None}
        for _ in range(RESOLVE):
            who = load.accounts(conn, senders)
            for account in sorted(senders.keys() - who.keys()):
                load.add_learner(conn, account, self._newcomer(senders[account], now))
            if senders.keys() - who.keys():
                who = load.accounts(conn, senders)
            found |= load.lock_learners(conn, (own | set(who.values())) - found.keys())
            # An account that was read before the lock may have been forgotten or merged meanwhile.
            if senders.keys() == who.keys() and all(id in found for id in who.values()):
                break
        else:
            raise TimeoutError("accounts kept changing while they were read")
        ids = [who.get(event.account, 0) if event.learner is None else event.learner for event in events]
        return [None if place in without else found.get(id) for place, id in enumerate(ids)]

    def _newcomer(self, event: Event, now: datetime) -> Learner:
        return Learner(
            id=0,
            created_at=now,
            language=event.language or self._defaults.language,
            zone=event.zone if slots.is_zone(event.zone) else self._defaults.zone,
        )

    def _read_ahead(self, conn: Connection, begun: Sequence[Tx], polls: dict[str, SentPoll]) -> None:
        """Read open asks, asks named by events, their cards, the cards of what a quiz asks next, and polls' answers."""
        asks: list[tuple[int, int]] = []
        for tx in begun:
            numbers = {tx.loaded.open_ask, self._named(tx.event)}
            asks += [(tx.loaded.id, n) for n in numbers if 0 < n <= tx.loaded.last_ask]
        found = load.asks(conn, asks)
        cards: list[tuple[int, str]] = [(id, ask.item) for (id, _), ask in found.items()]
        for tx in begun:
            session = tx.loaded.state.session
            if session is not None:
                cards += [(tx.loaded.id, item) for item in session.plan[:AHEAD]]
        answering = [(tx, poll_key(tx.event)) for tx in begun if tx.event.kind == "poll"]
        voted = shared.votes(conn, [(tx.loaded.id, key) for tx, key in answering])
        for tx, key in answering:
            poll = tx.shared.poll_read = polls.get(key)
            tx.shared.voted_read = (tx.loaded.id, key) in voted
            cards += [(tx.loaded.id, poll.poll.item)] if poll else []
        cards = list(dict.fromkeys(cards))
        rows = load.cards(conn, cards)
        views = {tx.loaded.id: tx for tx in begun}
        for id, n in asks:
            views[id].asks_read[n] = found.get((id, n))
        for id, item in cards:
            views[id].cards_read[item] = rows.get((id, item))

    def _named(self, event: Event) -> int:
        try:
            return self._ask_of(event) or 0
        except Exception:  # an action that cannot be read: the conversation will say so, to this learner only
            return 0


def _name(error: Exception) -> str:
    """What went wrong, without the values that were involved."""
    return type(getattr(error, "orig", None) or error).__name__
