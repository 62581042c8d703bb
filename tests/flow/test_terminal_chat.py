"""The terminal's conversation, on the real inbox and a real database, whatever it is shown on."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.clock import Clock, DemoClock
from adapters.shared.plain_text import PlainScreen
from adapters.terminal import chat as terminal
from adapters.terminal.chat import ADDRESS, BUSY, Chat
from adapters.terminal.tty import COMMANDS
from bot.due import deliver_due
from bot.messages import Button, Reply
from bot.store.queries import reader
from bot.store.queries.outbox import Row, rows_after
from bot.understand import commands
from bot.wording import words
from tests.flow.talking import MONDAY, World, world


class Talk:
    """Somebody at a terminal."""

    def __init__(self, world: World, *, last: int = 0, clock: Clock | None = None) -> None:
        async def rows(after: int) -> Sequence[Row]:
            return await rows_after(world.db, ADDRESS.lane, after, 3)

        async def mark(up_to: int) -> None:
            await world.db.run(lambda conn: reader.mark_shown(conn, ADDRESS.lane, up_to, world.now))

        async def tick() -> None:
            world.now = self.chat.clock.now()
            await deliver_due(world.db, world.inbox, world.now)

        self.world = world
        self.chat = Chat(world.inbox.receive, rows, mark, tick, clock or DemoClock(MONDAY), "Europe/Berlin", last=last)
        self.out = io.StringIO()
        self.screen = PlainScreen(self.out)

    async def start(self) -> str:
        await self.chat.start(self.screen)
        return self.read()

    async def say(self, line: str) -> str:
        await self.chat.say(line, self.screen)
        return self.read()

    async def show(self) -> str:
        await self.chat.show(self.screen)
        return self.read()

    def read(self) -> str:
        said = self.out.getvalue()
        self.out.seek(0)
        self.out.truncate()
        return said

    async def shown(self) -> int:
        return await self.world.db.fetch(lambda conn: reader.last_shown(conn, ADDRESS.lane))


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    async with world(tmp_path) as made:
        yield Talk(made)


def numbered(text: str) -> dict[int, str]:
    """The buttons of a screen, as they are numbered on it."""
    cells = [cell for line in text.splitlines() if line.startswith("[") for cell in line[1:-1].split("]  [")]
    return {int(cell.split()[0]): cell.partition(" ")[2] for cell in cells}


async def test_a_number_presses_the_button_that_has_it_on_screen(talk: Talk) -> None:
    await talk.start()
    answer = await talk.say("what is fault tolerance")
    for number, label in numbered(answer).items():
        said = set()
        for line in (f" {number} ", label.upper(), label.replace(" ", "\u00a0")):
            await talk.say("what is fault tolerance")
            said.add((await talk.say(line)).removeprefix("You left this one open.\n\n"))
        assert len(said) == 1


async def test_numbers_go_on_over_several_messages_and_those_that_arrive_meanwhile(talk: Talk) -> None:
    first = await talk.start()
    talk.chat.buttons += [Button("Earlier", "help")]
    await talk.chat._hand_in("text", text="what is failover")  # as if it came by itself
    later = await talk.show()
    seen = numbered(first) | {len(numbered(first)) + 1: "Earlier"} | numbered(later)
    assert list(seen) == list(range(1, len(seen) + 1)) == list(range(1, len(talk.chat.buttons) + 1))
    assert [button.label for button in talk.chat.buttons] == list(seen.values())
    assert numbered(await talk.say("what is failover"))[1]  # a new turn counts from 1


async def test_a_number_that_went_is_told_kindly_and_nothing_happens(talk: Talk) -> None:
    await talk.start()
    many = len(numbered(await talk.say("what is fault tolerance")))
    few = numbered(await talk.say("what is failover"))
    assert len(few) < many
    before = await talk.shown()
    told = await talk.say(str(many))
    assert told.startswith(f"Button {many} went with an earlier message; ")
    assert f'"{many}"' in told
    assert await talk.shown() == before
    assert await talk.say("1")  # those on screen still can be pressed


async def test_a_number_in_quotes_and_one_that_never_was_are_messages(talk: Talk) -> None:
    await talk.start()
    await talk.say("what is fault tolerance")
    before = await talk.shown()
    for text in ('"1"', "2024", "99", "0", "-1", "1."):
        await talk.say(text)
        assert await talk.shown() > before
        before = await talk.shown()


async def test_nothing_typed_is_nothing_said(talk: Talk) -> None:
    await talk.start()
    for line in ("", "   ", "\t", "\x00", "\x1b", "\ud800"):
        assert await talk.say(line) == ""


@pytest.mark.parametrize(
    "line", ["what is \x00failover", "what is failover\x1b", "what is fail\ud800over", "a" * 100_000]
)
async def test_unspeakable_lines_are_answered(talk: Talk, line: str) -> None:
    await talk.start()
    assert await talk.say(line)


async def test_what_was_not_shown_comes_at_the_next_start(talk: Talk) -> None:
    """Somebody pulls the plug while a message is being written."""

    class Broken(PlainScreen):
        def reply(self, reply: Reply, first: int) -> None:
            raise BrokenPipeError

    await talk.start()
    shown = await talk.shown()
    with pytest.raises(BrokenPipeError):
        await talk.chat.say("what is failover", Broken(talk.out))
    assert await talk.shown() == shown
    again = Talk(talk.world, last=shown)
    assert "Failover (concept)" in await again.start()
    assert "Failover (concept)" not in await Talk(talk.world, last=await again.shown()).start()


async def test_what_comes_by_itself_is_shown_by_itself_and_never_amid_an_answer(talk: Talk) -> None:
    async with talk.chat.news(talk.screen, lambda callback: talk.world.inbox.on_commit(lambda _: callback())):
        await talk.start()
        for line in ("quiz me on failover", "idk", "settings", "Turn quizzes on"):
            await talk.say(line)
        moved = await talk.say("/time +30h")
        assert moved.startswith("It is Tuesday"), "what became due meanwhile comes after it"
        assert "is due" in moved
        await talk.chat._hand_in("text", text="what is failover")  # nobody asks to have it shown
        async with asyncio.timeout(10):
            while "Failover (concept)" not in talk.out.getvalue():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    talk.read()
    await talk.chat._hand_in("text", text="what is failover")
    await asyncio.sleep(0.1)
    assert talk.read() == "", "afterwards nobody looks"


async def test_what_was_typed_is_shown_when_it_has_its_turn(talk: Talk) -> None:
    """Nothing that comes by itself stands between a question and its answer."""
    await talk.start()
    async with talk.chat._turn:
        saying = asyncio.create_task(talk.chat.say("what is failover", talk.screen, talk.screen.heard))
        await asyncio.sleep(0.05)
        talk.screen.note("news")
    await saying
    news, heard, answer = (talk.read()).split("\n\n", 2)
    assert (news, heard) == ("news", "> what is failover")
    assert answer.startswith("Failover (concept)")


async def test_busy_is_tried_again_then_told_and_the_buttons_stay(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "REST", 0.001)
    await talk.start()
    labels = [button.label for button in talk.chat.buttons]
    await talk.world.inbox.stop()
    assert await talk.say("what is failover") == BUSY + "\n\n"
    assert await talk.say("1") == BUSY + "\n\n"
    assert [button.label for button in talk.chat.buttons] == labels
    await talk.world.inbox.start()
    assert "A small base" in await talk.say("1")


async def test_the_demo_clock_brings_what_is_due_in_its_own_time(talk: Talk) -> None:
    await talk.start()
    await talk.say("quiz me on failover")
    await talk.say("idk")
    await talk.say("settings")
    assert "at 9:00" in await talk.say("Turn quizzes on")
    text = await talk.say("/time +1d")
    assert "Tuesday, 24 November 2026" in text
    assert text.index("is due") > 0
    before = await talk.shown()
    assert "only moves forward" in await talk.say("/time -1d")
    assert "more than a year" in await talk.say("/time +60w")
    assert "I couldn't read '+soon'" in await talk.say("/time +soon")
    assert "Tuesday" in await talk.say("/time")
    assert await talk.shown() == before


async def test_without_a_demo_the_clock_stands_firm_and_time_is_the_conversations(tmp_path: Path) -> None:
    async with world(tmp_path) as made:
        talk = Talk(made, clock=Clock())
        await talk.start()
        assert "can only be moved in a demo" in await talk.say("/time +1d")
        assert "7:30" in await talk.say("/time 7:30")
        assert (await made.db.fetch(lambda conn: reader.newest_event(conn))) is not None


async def test_a_demo_passes_a_time_of_day_on(talk: Talk) -> None:
    await talk.start()
    assert "7:30" in await talk.say("/time 7:30")
    assert talk.chat.local - MONDAY < timedelta(hours=1)


def test_every_completed_command_is_one_that_the_conversation_knows() -> None:
    known = commands(words("en"))
    assert [word for word in COMMANDS if word.removeprefix("/") not in known] == []
