"""Named reads of one learner's rows, one statement each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from bot.records import Ask, CardRow, Learner, Review, Wish
from bot.store import codec
from bot.store.tables import (
    ACCOUNT,
    ASK,
    CARD,
    GAP,
    HEARD,
    LEARNER,
    LINK_CODE,
    LINK_WISH,
    OUTBOX,
    REVIEW_LOG,
    VOTE,
    WISH,
)
from bot.store.types import BigId

LEARNER_SELECT = select(*(LEARNER.c[name] for name in codec.LEARNER_COLUMNS))
_ME = bindparam("me", type_=BigId)
_DUE = (CARD.c.learner_id == _ME, CARD.c.due <= bindparam("day"), CARD.c.leech.is_(False))
_CARDS = select(*(CARD.c[name] for name in codec.CARD_COLUMNS))
_REVIEWS = select(*(REVIEW_LOG.c[name] for name in codec.REVIEW_COLUMNS)).where(REVIEW_LOG.c.learner_id == _ME)

_LEARNER = LEARNER_SELECT.where(LEARNER.c.id == _ME)
_LEARNER_BY_ACCOUNT = LEARNER_SELECT.join_from(LEARNER, ACCOUNT).where(ACCOUNT.c.key == bindparam("account"))
_ASK = select(*(ASK.c[name] for name in codec.ASK_COLUMNS)).where(ASK.c.learner_id == _ME, ASK.c.n == bindparam("n"))
_CARDS_OF = _CARDS.where(CARD.c.learner_id == _ME, CARD.c.item.in_(bindparam("items", expanding=True)))
_CARDS_ALL = _CARDS.where(CARD.c.learner_id == _ME).order_by(CARD.c.item)
_CARDS_DUE = _CARDS.where(*_DUE).order_by(CARD.c.due, CARD.c.item).limit(bindparam("limit"))
_COUNT_DUE = select(func.count()).select_from(CARD).where(*_DUE)
_REVIEWS_OF = _REVIEWS.where(REVIEW_LOG.c.item == bindparam("item")).order_by(REVIEW_LOG.c.seq)
_REVIEWS_SINCE = _REVIEWS.where(REVIEW_LOG.c.at >= bindparam("at")).order_by(REVIEW_LOG.c.seq)
_NEWEST = _REVIEWS.order_by(REVIEW_LOG.c.seq.desc()).limit(bindparam("limit"))
_HEARD = select(HEARD.c.text).where(HEARD.c.learner_id == _ME)
_GAP_TEXT = select(GAP.c.text).where(GAP.c.id == bindparam("gap"))
_WISHES = select(WISH.c.gap, WISH.c.question, WISH.c.address).where(WISH.c.learner_id == _ME).order_by(WISH.c.gap)


def learner(conn: Connection, id: int) -> Learner | None:
    """A learner by id."""
    row = conn.execute(_LEARNER, {"me": id}).first()
    return None if row is None else codec.learner_of(row)


def learner_by_account(conn: Connection, account: str) -> Learner | None:
    """The learner behind an account (`Event.account`)."""
    row = conn.execute(_LEARNER_BY_ACCOUNT, {"account": account}).first()
    return None if row is None else codec.learner_of(row)


def ask(conn: Connection, me: int, n: int) -> Ask | None:
    """The learner's ask number `n`."""
    row = conn.execute(_ASK, {"me": me, "n": n}).first()
    return None if row is None else codec.ask_of(row)


def cards(conn: Connection, me: int) -> list[CardRow]:
    """All cards, by item."""
    return [codec.card_of(row) for row in conn.execute(_CARDS_ALL, {"me": me})]


def cards_of(conn: Connection, me: int, items: Sequence[str]) -> dict[str, CardRow]:
    """The cards of these items, those that exist."""
    return {row[0]: codec.card_of(row) for row in conn.execute(_CARDS_OF, {"me": me, "items": list(items)})}


def due_cards(conn: Connection, me: int, day: date, limit: int) -> list[CardRow]:
    """Cards due on `day` or before, the longest due first, leeches left out."""
    return [codec.card_of(row) for row in conn.execute(_CARDS_DUE, {"me": me, "day": day, "limit": limit})]


def count_due(conn: Connection, me: int, day: date) -> int:
    """How many cards are due on `day` or before, leeches left out."""
    return int(conn.execute(_COUNT_DUE, {"me": me, "day": day}).scalar_one())


def reviews_of(conn: Connection, me: int, item: str) -> list[Review]:
    """All reviews of an item, in order."""
    return [codec.review_of(row) for row in conn.execute(_REVIEWS_OF, {"me": me, "item": item})]


def reviews_since(conn: Connection, me: int, at: datetime) -> list[Review]:
    """All reviews at `at` or later, in order."""
    return [codec.review_of(row) for row in conn.execute(_REVIEWS_SINCE, {"me": me, "at": at})]


def newest_reviews(conn: Connection, me: int, limit: int) -> list[Review]:
    """The newest reviews, newest first."""
    return [codec.review_of(row) for row in conn.execute(_NEWEST, {"me": me, "limit": limit})]


def heard(conn: Connection, me: int) -> str:
    """What the learner asked last, "" if nothing is kept."""
    return conn.execute(_HEARD, {"me": me}).scalar() or ""


def gap_text(conn: Connection, gap: str) -> str | None:
    """The question behind a gap."""
    text: str | None = conn.execute(_GAP_TEXT, {"gap": gap}).scalar()
    return text


def wishes(conn: Connection, me: int) -> list[Wish]:
    """What the learner wants to be told, by gap."""
    return [codec.wish_of(row) for row in conn.execute(_WISHES, {"me": me})]


_EXPORT = {
    "accounts": select(ACCOUNT.c.key).where(ACCOUNT.c.learner_id == _ME).order_by(ACCOUNT.c.key),
    "profile": select(LEARNER).where(LEARNER.c.id == _ME),
    "last_question": select(HEARD).where(HEARD.c.learner_id == _ME),
    "wishes": select(WISH).where(WISH.c.learner_id == _ME).order_by(WISH.c.gap),
    "cards": select(CARD).where(CARD.c.learner_id == _ME).order_by(CARD.c.item),
    "asks": select(ASK).where(ASK.c.learner_id == _ME).order_by(ASK.c.n),
    "reviews": select(REVIEW_LOG).where(REVIEW_LOG.c.learner_id == _ME).order_by(REVIEW_LOG.c.seq),
    "poll_answers": select(VOTE).where(VOTE.c.learner_id == _ME).order_by(VOTE.c.poll),
    "link_codes": select(LINK_CODE).where(LINK_CODE.c.learner_id == _ME).order_by(LINK_CODE.c.code),
    "link_wishes": select(LINK_WISH).where(LINK_WISH.c.learner_id == _ME),
    "messages": select(OUTBOX).where(OUTBOX.c.learner_id == _ME).order_by(OUTBOX.c.id),
}


def export(conn: Connection, me: int) -> dict[str, Any]:
    """Every row about the learner, ready for JSON: instants in ISO 8601, rows as objects by column, by subject."""
    return {
        name: [
            {column: _exported(column, value) for column, value in row.items() if column != "learner_id"}
            for row in conn.execute(statement, {"me": me}).mappings()
        ]
        for name, statement in _EXPORT.items()
    }


def _exported(column: str, value: Any) -> Any:
    """A value as it is handed over. A document within a message is named only: an export would hold the last one."""
    if isinstance(value, date):
        return value.isoformat()
    if column == "body" and isinstance(value, dict) and "document" in value:
        return value | {"document": "left out"}
    return value
