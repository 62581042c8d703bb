"""How far a reply got is known for a short while only: better a part twice than a part never."""

from __future__ import annotations

from adapters.shared.unfinished import FRESH, Unfinished
from bot.messages import Address, MessageRef, Reply

TO = Address("telegram", "", "1")
REPLY = Reply("a long reply")


def test_what_another_process_finished_is_not_taken_for_begun_when_it_is_said_again() -> None:
    time = 0.0
    unfinished = Unfinished(lambda: time)
    unfinished.note(TO, REPLY, MessageRef("1", "1"))
    unfinished.note(TO, REPLY, MessageRef("1", "2"))
    assert [message.id for message in unfinished.sent(TO, REPLY)] == ["1", "2"]
    time = FRESH
    assert unfinished.sent(TO, REPLY) == []
    unfinished.note(TO, REPLY, MessageRef("1", "3"))
    assert [message.id for message in unfinished.sent(TO, REPLY)] == ["3"]
    unfinished.done(TO, REPLY)
    assert unfinished.sent(TO, REPLY) == []
