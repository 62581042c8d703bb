"""App Home, drawn from a learner's real rows, and held against what Slack takes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from adapters.slack.home import OPEN_SETTINGS, Screens
from bot.lookup import Lookup
from bot.messages import Address
from bot.store.queries import learner as read
from bot.store.tables import LEARNER
from bot.wording import Words, words
from tests.fakes.slack.rules import check_view
from tests.flow.talking import MONDAY, Person, World, without, world

TEAM, USER = "T1", "U1"


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


@pytest.fixture
def ann(here: World) -> Person:
    return Person(here, USER, Address("slack", TEAM, USER), "Europe/Berlin")


async def drawn(here: World, user: str = USER) -> dict[str, Any]:
    """The Home tab, seen to be one that Slack takes."""
    view = await Screens(Lookup(here.db), lambda: here.library, lambda: here.now).home(TEAM, user)
    assert check_view(view) == []
    return view


def text_of(value: Any) -> str:
    """All that can be read, a line for each piece."""
    if isinstance(value, dict):
        own = value.get("text")
        inner = [text_of(part) for key, part in value.items() if key in ("blocks", "elements", "text")]
        return own if isinstance(own, str) else "\n".join(filter(None, inner))
    return "\n".join(filter(None, map(text_of, value))) if isinstance(value, list) else ""


def headers(view: dict[str, Any]) -> list[str]:
    return [block["text"]["text"] for block in view["blocks"] if block["type"] == "header"]


def section(view: dict[str, Any], title: str) -> str:
    """What can be read below a header."""
    blocks, inside = [], False
    for block in view["blocks"]:
        if block["type"] == "header":
            inside = block["text"]["text"] == title
        elif inside:
            blocks.append(block)
    return text_of(blocks)


def buttons(view: dict[str, Any]) -> dict[str, str]:
    """Action by label; "" for the one that opens the modal."""
    rows = [block["elements"] for block in view["blocks"] if block["type"] == "actions"]
    return {button["text"]["text"]: button.get("value", "") for row in rows for button in row}


async def test_somebody_who_never_wrote_finds_a_way_to_begin(here: World) -> None:
    view = await drawn(here)
    assert headers(view) == ["Today's quiz", "Your goal", "Settings", "Help", "Privacy"]
    found = text_of(view)
    assert "Hi, I'm Tutor." in found
    assert "Scheduled quizzes: off" in found
    assert "/tutor" in found
    assert "kept for 90 days, without your name" in found
    assert {"quiz", "browse", "goal", "help", "export", "forget", ""} == set(buttons(view).values())
    with here.db.read() as conn:
        assert read.learner_by_account(conn, f"slack:{TEAM}:{USER}") is None  # looking makes nobody a learner


async def test_what_is_due_comes_first_with_a_way_to_start(here: World, ann: Person) -> None:
    await ann.say("quiz me on fault tolerance")
    await ann.answer(right=False)
    assert "Nothing is due today" in section(await drawn(here), "Today's quiz")
    here.now += timedelta(days=1)
    view = await drawn(here)
    assert section(view, "Today's quiz").startswith("1 question is due, about 1 minute.")
    assert buttons(view)["Start"] == "start_due"
    assert "under Messages" in section(view, "Today's quiz")  # where the question appears: nothing moves here


async def test_the_forecast_counts_the_next_seven_days_of_the_learners_calendar(here: World, ann: Person) -> None:
    await ann.say("quiz me on fault tolerance")
    await ann.answer(right=False)
    view = await drawn(here)
    lines = section(view, "The next seven days").splitlines()
    assert lines[0] == "Today: nothing"
    assert lines[1] == "Tomorrow: 1 question"
    assert [line.partition(":")[0] for line in lines[2:7]] == ["Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    here.now += timedelta(days=3)  # what is overdue is due today
    assert section(await drawn(here), "The next seven days").splitlines()[0] == "Today: 1 question"


async def test_days_are_the_learners_not_the_servers(here: World, ann: Person) -> None:
    ann.zone = "Pacific/Auckland"  # Monday 8:00 UTC is Monday 21:00 there, and 16:00 UTC is Tuesday 5:00
    await ann.say("quiz me on fault tolerance")
    await ann.answer(right=False)
    assert section(await drawn(here), "The next seven days").splitlines()[2].startswith("Wednesday")
    here.now = MONDAY + timedelta(hours=8)
    lines = section(await drawn(here), "The next seven days").splitlines()
    assert lines[0] == "Today: 1 question"
    assert lines[2].startswith("Thursday")


async def test_progress_says_what_the_conversation_says(here: World, ann: Person) -> None:
    await ann.say("quiz me on fault tolerance")
    await ann.answer(right=True)
    said = await ann.say("progress")
    shown = section(await drawn(here), "Your progress")
    first = said.split(".")[0]
    assert first.startswith("This week: 1 question")
    assert first in shown


async def test_a_goal_shows_how_near_it_is(here: World, ann: Person) -> None:
    await ann.act("goal:career/data-engineer")
    view = await drawn(here)
    assert "Data Engineer: 0 % of what it needs would stick today." in section(view, "Your goal").replace("\n", "")
    assert buttons(view)["Change goal"] == "goal"


async def test_settings_are_shown_and_open_in_a_modal(here: World, ann: Person) -> None:
    await ann.say("time 7:30")
    await ann.say("days weekdays")
    view = await drawn(here)
    shown = section(view, "Settings")
    assert "Time: 7:30, on weekdays" in shown
    assert "Time zone: Europe/Berlin" in shown
    row = next(b for b in view["blocks"] if b["type"] == "actions" and b["elements"][0]["action_id"] == OPEN_SETTINGS)
    assert len(row["elements"]) == 1


async def test_the_next_quiz_is_announced_where_one_was_wanted(here: World, ann: Person) -> None:
    await ann.say("quiz me on failover")
    await ann.answer(right=False)
    await ann.press("Yes, 9:00")
    assert "I'll write tomorrow at 9:00." in section(await drawn(here), "The next seven days")


async def test_every_button_does_something(here: World, ann: Person) -> None:
    """Whatever stage a learner is at: no action is one that the conversation does not know."""
    seen: dict[str, str] = {}
    seen |= buttons(await drawn(here))
    await ann.say("quiz me on fault tolerance")
    await ann.answer(right=False)
    await ann.act("goal:career/data-engineer")
    seen |= buttons(await drawn(here))
    here.now += timedelta(days=1)
    seen |= buttons(await drawn(here))
    await ann.say("questions 1")
    await ann.say("quiz")
    await ann.answer(right=True)
    seen |= buttons(await drawn(here))
    for label, action in seen.items():
        if action and action != "forget:yes":
            assert "no longer does anything" not in await ann.act(action), label
            assert ann.receipt.outcome == "done", label


async def test_a_share_that_is_done_is_not_offered_again(here: World, ann: Person) -> None:
    await ann.say("quiz me on fault tolerance")
    for right in (False, False, False):
        await ann.answer(right=right)
        if "Next" in ann.labels():
            await ann.press("Next")
    here.now += timedelta(days=1)
    await ann.say("questions 1")
    await ann.act("start_due")
    await ann.answer(right=True)
    view = await drawn(here)
    assert "You have done your share for today." in section(view, "Today's quiz")
    assert "Start" not in buttons(view)


async def test_items_that_left_the_base_count_for_nothing(here: World, ann: Person) -> None:
    await ann.say("quiz me on fault tolerance")
    await ann.answer(right=False)
    here.library = without(here.library, "practice/fault-tolerance", "concept/failover")
    here.now += timedelta(days=1)
    view = await drawn(here)
    assert "question is due" not in text_of(view)
    assert "The next seven days" not in headers(view)


async def test_names_in_the_base_are_no_markup_and_ping_nobody(here: World, ann: Person) -> None:
    evil = "<!channel> *bold* <https://evil.test|click> @here"
    topic = replace(here.library.topics["career/data-engineer"], title=evil)
    base = replace(here.library.base, welcome=evil, examples=(evil,))
    here.library = replace(here.library, topics={**here.library.topics, topic.id: topic}, base=base)
    for known in (False, True):
        if known:
            await ann.act("goal:career/data-engineer")
        view = await drawn(here)
        assert evil in text_of(view).replace("\n", "")
        assert "mrkdwn" not in str(view)
        assert not [part for part in _elements(view) if part.get("type") in ("broadcast", "user", "link")]


def _elements(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        return [value, *(found for part in value.values() for found in _elements(part))]
    return [found for part in value for found in _elements(part)] if isinstance(value, list) else []


async def test_long_names_are_cut_not_refused(here: World, ann: Person) -> None:
    topic = replace(here.library.topics["career/data-engineer"], title="Ж" * 4000)
    base = replace(here.library.base, welcome="Ü" * 5000, title="T" * 3000)
    here.library = replace(here.library, topics={**here.library.topics, topic.id: topic}, base=base)
    await drawn(here)
    await ann.act("goal:career/data-engineer")
    await drawn(here)


async def test_each_is_spoken_to_in_their_own_language(
    here: World, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ann.say("hello")
    with here.db.begin() as conn:
        conn.execute(update(LEARNER).values(language="pt-BR"))
    asked: list[str] = []

    def noted(language: str) -> Words:
        asked.append(language)
        return words(language)

    monkeypatch.setattr("adapters.slack.home.words", noted)
    await drawn(here)
    await drawn(here, "somebody new")
    assert asked == ["pt-BR", here.library.base.language]


async def test_looking_changes_nothing(here: World, ann: Person) -> None:
    await ann.say("quiz me on failover")
    found = await here.db.fetch(lambda conn: read.learner_by_account(conn, f"slack:{TEAM}:{USER}"))
    assert found is not None
    before = await here.db.fetch(lambda conn: read.export(conn, found.id))
    await drawn(here)
    assert await here.db.fetch(lambda conn: read.export(conn, found.id)) == before
