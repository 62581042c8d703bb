"""Progress follows a topic or an item that was renamed (`formerly` in the knowledge base)."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, exists, select, update

from bot.store.tables import ASK, CARD, REVIEW_LOG


def apply(conn: Connection, items: Mapping[str, str]) -> int:
    """Give cards, reviews and asks of renamed items their new keys; returns how many cards were moved.

    `items`: former key to present key, such as Library.moved_items. Safe to repeat. A learner who has met the item
    under its new key already keeps both: the old card belongs to no item any more, and counts for nothing.
    """
    moved = 0
    for old, new in sorted(items.items()):
        topic = new.partition("#")[0]
        other = CARD.alias()
        taken = exists(select(other.c.item).where(other.c.learner_id == CARD.c.learner_id, other.c.item == new))
        done = conn.execute(update(CARD).where(CARD.c.item == old, ~taken).values(item=new, topic=topic)).rowcount
        if done:
            left = exists(select(CARD.c.item).where(CARD.c.learner_id == REVIEW_LOG.c.learner_id, CARD.c.item == old))
            rows = (REVIEW_LOG.c.item == old, ~left)
            conn.execute(update(REVIEW_LOG).where(*rows).values(item=new, topic=topic))
            conn.execute(update(ASK).where(ASK.c.item == old).values(item=new, topic=topic))
            moved += done
    return moved
