"""One question without a database: the conversation on a learner who exists for this answer only."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import create_engine

from adapters.terminal import ADDRESS, SENDER
from bot import tutor
from bot.messages import Event, Reply
from bot.records import Learner, State
from bot.store.tables import METADATA
from bot.store.tx import Tx
from knowledge.model import Library


def answer_once(library: Library, question: str) -> list[Reply]:
    """The replies to a question by somebody who has met Tutor before; an empty database in memory is thrown away."""
    now = datetime.now(UTC)
    event = Event("ask:1", "text", now, SENDER, ADDRESS, text=question)
    engine = create_engine("sqlite://")
    try:
        with engine.connect() as conn:
            METADATA.create_all(conn)
            tx = Tx(conn, event, Learner(1, now, language=library.base.language, state=State(met=True)), now)
            answer = tutor.answer(event, tx, library, now)
    finally:
        engine.dispose()
    return [reply for reply in answer.replies if isinstance(reply, Reply)]
