"""One question without a database: the conversation with a learner who exists for this answer only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from adapters.cli.stranger import Stranger
from bot import tutor
from bot.messages import Address, Event, Reply
from bot.records import Learner, State
from knowledge.model import Library

if TYPE_CHECKING:
    from bot.store.tx import Tx

NOWHERE = Address("ask", "", "once")


def answer_once(library: Library, question: str) -> list[Reply]:
    """The replies to a question by somebody who has met Tutor before. Nothing is stored."""
    now = datetime.now(UTC)
    event = Event("ask:1", "text", now, "once", NOWHERE, text=question)
    learner = Learner(1, now, language=library.base.language, state=State(met=True))
    answer = tutor.answer(event, cast("Tx", Stranger(event, learner)), library, now)
    return [reply for reply in answer.replies if isinstance(reply, Reply)]
