"""The process that is killed: an inbox and an outbox on a real database, events on stdin, receipts on stdout.

`python -m tests.soak.child LOG` with the database's URL in SOAK_URL. One JSON object a line comes in: {"id", "chat"}.
"ready" goes out once it serves, then one line "id outcome" for each receipt. Its sender appends "chat text" to LOG,
opened O_APPEND, before it returns, as a platform has a message before we know that it has.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from bot.inbox import Inbox
from bot.messages import Address, Answer, Event, MessageRef, Reply
from bot.outbox import Outbox, Timing
from bot.records import CardRow, Review
from bot.store.db import Database
from bot.store.tx import Tx
from knowledge.model import Base, Library
from scheduler.spacing import Card

# As in production, ten times faster: what the dead process held is free again after 1.5 s.
TIMING = Timing(lease=1.5, send=0.5, first=0.1)
DAY = date(2026, 11, 22)
LIBRARY = Library(Base("Soak"), {}, {}, {}, {}, {}, {}, "0" * 16)


def clock() -> datetime:
    return datetime.now(UTC)


def answer(event: Event, tx: Tx, library: Library, now: datetime) -> Answer:
    """One review that names the event, one card rewritten, two messages: what a quiz answer does."""
    seq = tx.learner.last_seq + 1
    old = tx.card("soak/topic#item")
    reps = old.card.reps + 1 if old else 1
    tx.log(Review(seq, now, DAY, "soak/topic#item", "soak/topic", 3, "right", chosen=event.id))
    tx.put_card(CardRow("soak/topic#item", "soak/topic", Card(1.0, 5.0, DAY, DAY, reps, 0)))
    return Answer(replies=(Reply(f"{event.id}/1", key="m"), Reply(f"{event.id}/2", replaces="m")))


class LogSender:
    """Delivers to a file that outlives the process."""

    def __init__(self, log: Path) -> None:
        self._file = os.open(log, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
        self._sent = 0

    async def send(self, to: Address, reply: Reply, replaced: MessageRef | None) -> MessageRef:
        await asyncio.sleep(random.uniform(0.0, 0.004))
        os.write(self._file, f"{to.chat} {reply.text}\n".encode())
        await asyncio.sleep(random.uniform(0.0, 0.02))
        self._sent += 1
        return replaced or MessageRef(to.chat, f"{os.getpid()}.{self._sent}")


async def serve(db: Database, log: Path) -> None:
    inbox = Inbox(db, answer, lambda: LIBRARY, clock, lambda event: None, lambda event: Answer())
    outbox = Outbox(db, {"telegram": LogSender(log)}, now=clock, timing=TIMING)
    inbox.on_commit(outbox.wake)
    await inbox.start()
    await outbox.start()
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    say("ready")
    tasks: set[asyncio.Task[None]] = set()
    while line := await lines.readline():
        task = asyncio.create_task(receive(inbox, json.loads(line)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    await inbox.stop()
    await outbox.stop()


async def receive(inbox: Inbox, given: dict[str, str]) -> None:
    chat = given["chat"]
    event = Event(given["id"], "press", clock(), f"user {chat}", Address("telegram", "", chat))
    receipt = await inbox.receive(event)
    say(f"{event.id} {receipt.outcome}")


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def main() -> None:
    db = Database(os.environ["SOAK_URL"])
    try:
        with db.serve():
            asyncio.run(serve(db, Path(sys.argv[1])))
    finally:
        db.close()


if __name__ == "__main__":
    main()
