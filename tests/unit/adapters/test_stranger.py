"""`tutor ask` answers without a database exactly as the conversation does with an empty one."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.cli.one_question import NOWHERE, answer_once
from adapters.cli.stranger import NO_GAP, Stranger
from bot import tutor
from bot.messages import Event, Reply
from bot.records import Learner, State
from bot.store.db import Database
from bot.store.tx import Tx
from knowledge.loader import load
from knowledge.search import searchable

BASE = Path(__file__).parents[2] / "fixtures" / "base"
LIBRARY = searchable(load(BASE))
QUESTIONS = (
    "whats fault tolerence", "failover vs scalability", "what is a quantum annealer", "quiz me", "quiz me on failover",
    "browse", "progress", "settings", "undo", "export", "forget me", "goal data engineer", "privacy",
    "flag it is wrong", "next", "1", "", "…", "hint", "pause", "time 7:30", "tell me more",
    "no, I meant the job", "start", "/nonsense", "what is failover? and what is scalability?", "why",
)  # fmt: skip


def members(kind: type) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in dir(kind):
        if not name.startswith("_") and callable(member := getattr(kind, name)):
            found[name] = list(inspect.signature(member).parameters)
    return found


def test_it_has_every_method_of_the_real_thing() -> None:
    assert members(Stranger) == members(Tx)


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """An empty database; what the conversation buffers is never written."""
    empty = Database(f"sqlite:///{tmp_path_factory.mktemp('empty') / 'tutor.db'}")
    empty.upgrade()
    yield empty
    empty.close()


@pytest.mark.parametrize("question", QUESTIONS)
def test_it_answers_like_an_empty_database(question: str, db: Database) -> None:
    now = datetime.now(UTC)
    event = Event("ask:1", "text", now, "once", NOWHERE, text=question)
    with db.read() as conn:
        tx = Tx(conn, event, Learner(1, now, language="en", state=State(met=True)), now)
        real = tutor.answer(event, tx, LIBRARY, now)
    expected = [told(reply) for reply in real.replies if isinstance(reply, Reply)]
    assert [told(reply) for reply in answer_once(LIBRARY, question)] == expected


def told(reply: Reply) -> Reply:
    """A reply without the id of a gap, which nobody noted, and without an export's rows."""
    gap = re.compile(r"\b[0-9a-f]{12}\b")
    buttons = tuple(replace(button, action=gap.sub(NO_GAP, button.action)) for button in reply.buttons)
    return replace(reply, buttons=buttons, document=None)
