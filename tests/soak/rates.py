"""A quiz for many learners at once, limiters on: `python -m tests.soak.rates --learners 10000`.

A whole Tutor finds its learners due, all in the same minute, and writes to each over HTTP. The local Bot API server
judges by its own clock: more than 30 messages in any second, or a second message to a chat within one, is refused and
counts as a failure. Everybody must have got the one message, once.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from adapters.clock import Clock
from bot.messages import Address
from bot.records import CardRow, Learner
from bot.store.codec import card_values, learner_values
from bot.store.db import Database
from bot.store.tables import ACCOUNT, CARD, LEARNER
from scheduler.spacing import Card
from tests.fakes.telegram import FakeTelegram, fake_telegram
from tests.fronts.drivers import serving, settings
from tests.ports import free_port

ITEM = "concept/failover#fo-trigger"
CHUNK = 1000


def fill(db: Database, fake: FakeTelegram, learners: int, now: datetime) -> None:
    """Learners who said yes and have a question due, each with a chat that takes messages."""
    yesterday = (now - timedelta(days=1)).date()
    for begin in range(0, learners, CHUNK):
        with db.begin() as conn:
            for n in range(begin + 1, min(begin + CHUNK, learners) + 1):
                person = fake.person(f"P{n}", id=1_000_000 + n)
                person.chat.started = True
                home = Address("telegram", "", str(person.id))
                values = learner_values(
                    Learner(
                        n, now - timedelta(days=9), "en", "UTC",
                        quiet_from=0, quiet_to=0, consent="yes", home=home, next_due_at=now,
                    )
                )  # fmt: skip
                conn.execute(insert(LEARNER), values)
                conn.execute(insert(ACCOUNT), {"key": f"telegram::{person.id}", "learner_id": n})
                card = Card(stability=2.0, difficulty=5.0, due=yesterday, last=yesterday, reps=1)
                conn.execute(insert(CARD), card_values(n, CardRow(ITEM, ITEM.partition("#")[0], card)))


async def soak(learners: int) -> list[str]:
    """What went wrong; nothing may."""
    with tempfile.TemporaryDirectory(prefix="tutor-soak-") as name:
        async with fake_telegram() as fake:
            chosen = settings(Path(name), port=free_port(), telegram_token=fake.token, telegram_api_url=fake.url)
            db = Database(chosen.database_url)
            db.upgrade()
            now = datetime.now(UTC)
            await asyncio.to_thread(fill, db, fake, learners, now)
            db.close()
            begin = time.monotonic()
            async with serving(chosen, clock=Clock()) as app:
                await _until_quiet(app.outbox.counts if app.outbox else Counter(), learners)
                took = time.monotonic() - begin
            return _judged(fake, learners, took)


async def _until_quiet(counts: Counter[str], learners: int) -> None:
    seen, at = -1, time.monotonic()
    while counts["sent"] < learners:
        if counts["sent"] != seen:
            seen, at = counts["sent"], time.monotonic()
        if time.monotonic() - at > 60:
            raise TimeoutError(f"nothing was sent for a minute; so far {dict(counts)}")
        await asyncio.sleep(0.1)


def _judged(fake: FakeTelegram, learners: int, took: float) -> list[str]:
    sent = [call for call in fake.calls if call.method.lower() == "sendmessage"]
    got = Counter(call.chat for call in sent)
    moments = sorted(call.at.timestamp() for call in sent)
    most = max(sum(1 for other in moments[n : n + 60] if other < moments[n] + 1.0) for n in range(len(moments)))
    print(
        f"{len(got)} learners, {len(sent)} messages in {took:.0f} s ({len(sent) / took:.1f} a second), "
        f"most in a second {most}; {len(fake.refused)} refused"
    )
    failures = [f"refused: {call.method} {call.description}" for call in fake.refused]
    if len(got) != learners or set(got.values()) != {1}:
        failures.append(f"{len(got)} of {learners} learners were written to; times: {Counter(got.values())}")
    if most > 30:
        failures.append(f"{most} messages in one second")
    return failures


def main() -> None:
    """Run, and exit with 1 where anything went wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--learners", type=int, default=10_000)
    failures = asyncio.run(soak(parser.parse_args().learners))
    print("\n".join(failures[:20]) or "0 failures")
    raise SystemExit(bool(failures))


if __name__ == "__main__":
    main()
