"""Kills a serving process again and again, and counts what was lost or done twice: nothing may be.

`python -m tests.soak.kill --rounds 100 [--store sqlite|postgresql]`. Each round starts `tests.soak.child`, keeps many
events in flight (some of them delivered twice, as platforms do), and sends SIGKILL at a random moment; what was not
acknowledged is delivered again in the next round. The database and the log of what was sent are checked at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select

from bot.store.db import Database
from bot.store.tables import CARD, EVENT, LANE, LEARNER, OUTBOX, REVIEW_LOG
from tests.stores import opener, postgres_server

CHATS = 60
IN_FLIGHT = 150
REPEATED = 0.1  # of deliveries are of events that were acknowledged before
WAIT = 60.0  # seconds for anything at all before the run counts as stuck


@dataclass
class Soak:
    """A run: what was handed in, what was acknowledged, what was claimed when the process died."""

    url: str
    log: Path
    chance: random.Random
    made: int = 0
    chats: dict[str, str] = field(default_factory=dict)  # event -> chat, in the order made
    done: dict[str, str] = field(default_factory=dict)  # acknowledged event -> its first outcome
    waiting: dict[str, str] = field(default_factory=dict)  # not acknowledged, in the order made
    repeated: int = 0
    claimed: Counter[str] = field(default_factory=Counter)  # message -> kills at which it was claimed and not marked
    tokens: set[str] = field(default_factory=set)  # of processes that died earlier
    unmarked: int = 0  # kills at which a message was sent and not yet marked
    failures: list[str] = field(default_factory=list)

    def new(self) -> str:
        """Make an event, for some chat."""
        self.made += 1
        id_ = f"telegram:{self.made}"
        self.chats[id_] = self.waiting[id_] = f"chat{self.chance.randrange(CHATS)}"
        return id_

    async def round(self, db: Database, *, kill: bool) -> None:
        """Run one process: until it is killed, or, in the last round, until all is acknowledged and sent."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.soak.child", str(self.log),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env={**os.environ, "SOAK_URL": self.url},
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        assert await asyncio.wait_for(process.stdout.readline(), WAIT) == b"ready\n", "the process did not start"
        for id_ in list(self.waiting):
            self._hand_in(process.stdin, id_)
        end = time.monotonic() + self.chance.uniform(0.05, 1.2)
        while kill or self.waiting:
            if kill and len(self.waiting) < IN_FLIGHT:
                self._hand_in(process.stdin, self.new())
                if self.done and self.chance.random() < REPEATED:
                    self.repeated += 1
                    self._hand_in(process.stdin, self.chance.choice(list(self.done)[-500:]))
                await asyncio.sleep(0)
                if len(self.waiting) < IN_FLIGHT and time.monotonic() < end:
                    continue
            left = end - time.monotonic() if kill else WAIT
            try:
                line = await asyncio.wait_for(process.stdout.readline(), max(0.0, left))
            except TimeoutError:
                assert kill, f"{len(self.waiting)} events are never acknowledged"
                break
            assert line, "the process ended by itself"
            if self._acknowledge(line) == "busy" and not kill:
                self._hand_in(process.stdin, line.split()[0].decode())
            if kill and time.monotonic() >= end:
                break
        if kill:
            process.kill()
            await process.wait()
            while line := await process.stdout.readline():  # acknowledged before it died
                if line.endswith(b"\n"):
                    self._acknowledge(line)
            process.stdin.close()
            self._note_claims(db)
        else:
            await self._all_sent(db)
            process.stdin.close()
            assert await asyncio.wait_for(process.wait(), WAIT) == 0

    def _hand_in(self, stdin: asyncio.StreamWriter, id_: str) -> None:
        stdin.write(f"{json.dumps({'id': id_, 'chat': self.chats[id_]})}\n".encode())

    def _acknowledge(self, line: bytes) -> str:
        id_, outcome = line.decode().split()
        if outcome != "busy":
            if id_ in self.done and outcome == "done":
                self.failures.append(f"{id_} was done twice")
            self.done.setdefault(id_, outcome)
            self.waiting.pop(id_, None)
        return outcome

    @staticmethod
    async def _all_sent(db: Database) -> None:
        end = time.monotonic() + WAIT
        while left := _pending(db):
            assert time.monotonic() < end, f"{left} messages are never sent"
            await asyncio.sleep(0.1)

    def _note_claims(self, db: Database) -> None:
        """After a kill: which messages were claimed, and whether one of them was sent already."""
        with db.read() as conn:
            rows = conn.execute(
                select(LANE.c.token, OUTBOX.c.body)
                .join(LANE, LANE.c.key == OUTBOX.c.lane)
                .where(OUTBOX.c.status == "pending", LANE.c.token.not_in(["", *self.tokens]))
            ).all()
        self.tokens |= {row.token for row in rows}
        messages = {row.body["text"] for row in rows}
        self.claimed.update(messages)
        self.unmarked += bool(messages & {text for _, text in self.sent()})

    def sent(self) -> Iterator[tuple[str, str]]:
        """What the platform got: (chat, text) in order."""
        if self.log.exists():
            for line in self.log.read_text().splitlines():
                chat, _, text = line.partition(" ")
                yield chat, text

    def check(self, db: Database) -> list[str]:
        """Everything that is not as it should be."""
        failures = self.failures
        with db.read() as conn:
            reviews = conn.execute(select(REVIEW_LOG.c.learner_id, REVIEW_LOG.c.seq, REVIEW_LOG.c.chosen)).all()
            seqs = {row.id: row.last_seq for row in conn.execute(select(LEARNER.c.id, LEARNER.c.last_seq))}
            reps = {row.learner_id: row.reps for row in conn.execute(select(CARD.c.learner_id, CARD.c.reps))}
            events = set(conn.execute(select(EVENT.c.id).where(EVENT.c.outcome == "done")).scalars())
            rows = conn.execute(select(OUTBOX.c.chat, OUTBOX.c.body, OUTBOX.c.status).order_by(OUTBOX.c.id)).all()
        states = Counter(row.chosen for row in reviews)
        failures += [f"event {id_} was lost" for id_ in self.chats if not states[id_]]
        failures += [f"event {id_} changed state {n} times" for id_, n in states.items() if n > 1]
        failures += [f"event {id_} is not recorded" for id_ in self.chats.keys() - events]
        of = Counter(row.learner_id for row in reviews)
        for id_, seq in seqs.items():
            if not of[id_] == seq == reps[id_]:
                failures.append(f"learner {id_} has {of[id_]} reviews, last_seq {seq}, {reps[id_]} repetitions")
        due: defaultdict[str, list[str]] = defaultdict(list)
        for row in rows:
            due[row.chat].append(row.body["text"])
        failures += [f"message {row.body['text']} is {row.status}" for row in rows if row.status != "sent"]
        got: defaultdict[str, dict[str, None]] = defaultdict(dict)
        times: Counter[str] = Counter()
        for chat, text in self.sent():
            got[chat].setdefault(text)
            times[text] += 1
        failures += [f"{chat} got its messages out of order" for chat in due if list(got[chat]) != due[chat]]
        failures += [
            f"message {text} was sent {n} times and claimed at {self.claimed[text]} kills"
            for text, n in times.items()
            if n - 1 > self.claimed[text]
        ]
        expected = {f"{id_}/{n}" for id_ in self.chats for n in (1, 2)}
        failures += [f"message {text} never came" for text in expected - times.keys()]
        return failures

    def report(self, rounds: int, seconds: float) -> str:
        messages = Counter(text for _, text in self.sent())
        twice = sum(messages.values()) - len(messages)
        return (
            f"{rounds} kills in {seconds:.0f} s: {len(self.chats)} events, {self.repeated} delivered twice, "
            f"{len(messages)} messages, {twice} sent again of {sum(self.claimed.values())} claimed at a kill "
            f"({self.unmarked} kills between send and mark); {len(self.failures)} failures"
        )


def _pending(db: Database) -> int:
    with db.read() as conn:
        return conn.execute(select(func.count()).where(OUTBOX.c.status == "pending")).scalar_one()


@contextmanager
def database(store: str, server: Callable[[], str] | None = None) -> Iterator[tuple[Database, str, Path]]:
    """A new database with the schema, its URL, and a folder; `server` gives PostgreSQL's URL (None: one is started)."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tutor-soak-")))
        make = stack.enter_context(opener(store, folder, server or (lambda: stack.enter_context(postgres_server()))))
        db = make()
        db.upgrade()
        yield db, db.writer.url.render_as_string(hide_password=False), folder


async def soak(db: Database, url: str, folder: Path, rounds: int, seed: int = 0) -> Soak:
    """Kill so many processes on a database; returns the run, whose `failures` should be empty."""
    run = Soak(url, folder / "sent.log", random.Random(seed))
    for _ in range(rounds):
        await run.round(db, kill=True)
    await run.round(db, kill=False)
    run.check(db)
    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100, help="kills on each store")
    parser.add_argument("--store", choices=["sqlite", "postgresql"], action="append", help="default: both")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    failed = False
    for store in options.store or ["sqlite", "postgresql"]:
        with database(store) as (db, url, folder):
            start = time.monotonic()
            run = asyncio.run(soak(db, url, folder, options.rounds, options.seed))
            print(f"{store}: {run.report(options.rounds, time.monotonic() - start)}", flush=True)
            for failure in run.failures[:20]:
                print(f"  {failure}")
            failed = failed or bool(run.failures)
    sys.exit(failed)


if __name__ == "__main__":
    main()
