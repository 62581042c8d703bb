"""Socket Mode against a local Slack: connections that end, answers that get lost, two processes, and stopping."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.slack import socket
from bot.lease import Lost, hold
from tests.contract.slack_front import front, now
from tests.contract.telegram_front import running, until
from tests.fakes.slack import FakeSlack, fake_slack

OPEN = "apps.connections.open"


@pytest.fixture
async def fake() -> AsyncIterator[FakeSlack]:
    async with fake_slack(rates="off", retry_delays=(0.05, 0.1, 0.2, 0.4)) as made:
        yield made
        assert made.refused == [], "a rule of the platform was broken, or a wait cut short"


@pytest.fixture(autouse=True)
def discreet(caplog: pytest.LogCaptureFixture, fake: FakeSlack, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(socket, "waits", lambda longest: iter([0.05] * 1000))
    caplog.set_level(logging.DEBUG)
    for name in ("slack_sdk", "slack_bolt", "asyncio"):
        caplog.set_level(logging.WARNING, logger=name)
    yield
    for secret in (fake.bot_token, fake.app_token, "ticket=", "/commands/"):
        assert secret not in caplog.text


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "drop"])
async def test_a_connection_that_ends_is_replaced(fake: FakeSlack, tmp_path: Path, reason: str) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path, "socket") as tutor:
        await ann.say("one")
        await fake.disconnect(reason)
        await fake.settled(lambda: len(fake.called(OPEN)) == 2 and fake.sockets.connected)
        for text in ("two", "three"):
            delivery = await ann.say(text)
            await until(lambda delivery=delivery: delivery.ok)  # type: ignore[misc]
        await tutor.settled()
        assert tutor.changes == 3
        assert len(fake.said(ann)) == 3


async def test_an_acknowledgement_that_gets_lost_costs_nothing(fake: FakeSlack, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    fake.ack_within = 0.3
    async with front(fake, tmp_path, "socket") as tutor:
        fake.echoes = False
        fake.lose_acks(2)
        delivery = await ann.say("one")
        await until(lambda: delivery.ok)
        await tutor.settled()
        assert len(delivery.attempts) == 3
        assert tutor.changes == 1
        assert fake.texts(ann) == ["one", "number 1"]


async def test_nothing_is_acknowledged_before_it_is_committed(fake: FakeSlack, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    gate = asyncio.Event()
    fake.ack_within = 0.3
    async with front(fake, tmp_path, "socket", accepts=lambda event: gate.is_set()) as tutor:
        delivery = await ann.say("one")
        assert (delivery.error, tutor.changes) == ("operation_timeout", 0)
        gate.set()
        await until(lambda: delivery.ok)
        assert tutor.changes == 1


@pytest.mark.parametrize("fault", ["500", "hang", "drop_before", "fatal_error"])
async def test_it_tries_again_until_it_is_connected(
    fake: FakeSlack, tmp_path: Path, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.slack.workspaces.Web.__init__.__defaults__", ("", 0.3))
    fake.fail(OPEN, fault, times=3)
    async with front(fake, tmp_path, "socket"):
        assert len(fake.called(OPEN)) == 4


async def test_a_429_is_obeyed_before_connecting_again(fake: FakeSlack, tmp_path: Path) -> None:
    fake.fail(OPEN, "ratelimited", retry_after=1)
    async with front(fake, tmp_path, "socket"):
        first, second = fake.called(OPEN)
        assert second.at - first.at >= 1.0


async def test_a_ticket_that_is_not_taken_is_followed_by_a_new_one(
    fake: FakeSlack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    admit, refusals = fake.sockets.admit, iter([True, True])
    monkeypatch.setattr(fake.sockets, "admit", lambda ticket: admit(ticket) and not next(refusals, False))
    async with front(fake, tmp_path, "socket"):
        assert len(fake.called(OPEN)) == 3


async def test_one_process_holds_the_connection(fake: FakeSlack, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path, "socket") as tutor:
        db = tutor.here.db
        other = socket.serve(tutor.app, fake.app_token, fake.url, lambda name: hold(db, name, now, ask=0.05))
        with running(other):
            await asyncio.sleep(0.3)
            assert len(fake.called(OPEN)) == 1
            assert (await ann.say("hi")).ok


async def test_it_stops_when_told_and_hands_the_lease_on(fake: FakeSlack, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path, "none", delay=lambda: 0.2) as tutor:
        db = tutor.here.db
        for n in (1, 2):
            work = asyncio.create_task(
                socket.serve(tutor.app, fake.app_token, fake.url, lambda name: hold(db, name, now, ask=0.05))
            )
            await fake.settled(lambda: fake.sockets.connected)
            said = asyncio.create_task(ann.say("hi"))
            await until(lambda n=n: len(tutor.got) >= n)  # type: ignore[misc]
            work.cancel()
            with pytest.raises(asyncio.CancelledError):
                await work
            await fake.settled(lambda: not fake.sockets.connected)
            assert not (await said).ok, "what was under way is not acknowledged"


async def test_a_lease_that_was_lost_is_asked_for_again(fake: FakeSlack, tmp_path: Path) -> None:
    asked: list[str] = []

    @asynccontextmanager
    async def losing(name: str) -> AsyncIterator[None]:
        asked.append(name)
        if len(asked) == 1:
            raise Lost(name)
        yield

    async with front(fake, tmp_path, "none") as tutor:
        with running(socket.serve(tutor.app, fake.app_token, fake.url, losing)):
            await fake.settled(lambda: fake.sockets.connected)
        assert asked == [socket.LEASE] * 2


async def test_garbage_breaks_nothing(fake: FakeSlack, tmp_path: Path) -> None:
    ann = fake.person("Ann")
    async with front(fake, tmp_path, "socket"):
        [connection] = fake.sockets._sockets
        for text in ("ping", "[]", "{", '{"type": "events_api", "envelope_id": "e", "payload": []}', '{"type": 7}'):
            await connection.send(text)
        assert (await ann.say("hi")).ok
