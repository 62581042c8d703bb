"""Words that look like others: settings, flags, yes and no, questions that hold a command, commands in a quiz."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from bot.store.tables import FLAG
from tests.flow.talking import Person, World, consenting, gaps


@pytest.mark.parametrize("words", ["/pause 3 days", "/stop please", "stop sending me messages", "turn off reminders"])
async def test_stop_means_stop(ann: Person, words: str) -> None:
    await consenting(ann)
    assert "Paused" in await ann.say(words)


@pytest.mark.parametrize("name", ["time", "zone", "days", "quiet"])
async def test_a_setting_without_a_value_asks_for_it(ann: Person, name: str) -> None:
    assert "?" in await ann.say(f"/{name}") or "Type it" in await ann.say(f"/{name}")
    assert (await ann.record()).state.waiting == name


async def test_a_question_while_a_setting_is_asked_for_is_answered(ann: Person) -> None:
    await ann.say("settings")
    await ann.press("Time")
    assert (await ann.say("what is failover?")).startswith("Failover (concept)")
    await ann.say("/time")
    assert (await ann.say("fault tolerance")).startswith("Fault Tolerance (practice)")


async def test_a_question_after_flag_is_no_note(ann: Person, tutor_world: World) -> None:
    await ann.say("failover")
    await ann.say("flag")
    assert (await ann.say("what is scalability?")).startswith("Scalability")
    flags = await tutor_world.db.fetch(lambda conn: conn.execute(select(FLAG.c.note)).all())
    assert flags == []


async def test_flag_is_about_what_was_just_shown(ann: Person, tutor_world: World) -> None:
    await ann.say("quiz me on failover")
    await ann.answer(right=True)
    await ann.say("scalability")
    assert "“Scalability”" in await ann.say("flag")
    await ann.press("It is unclear")
    rows = await tutor_world.db.fetch(lambda conn: conn.execute(select(FLAG.c.item, FLAG.c.note)).all())
    assert [tuple(row) for row in rows] == [("practice/scalability", "unclear")]


@pytest.mark.parametrize(
    "question",
    [
        "how do i undo a failover",
        "report generation with scalability",
        "time series and scalability",
        "zone failover",
        "test a failover",
        "more about scalability",
        "goal of scalability",
    ],
)
async def test_questions_that_hold_a_command_word_stay_questions(ann: Person, question: str) -> None:
    await ann.say(question)
    assert ann.replies[-1].topics, question
    assert (await ann.record()).consent == ""


async def test_a_comparison_of_two_names_of_one_topic(ann: Person) -> None:
    text = await ann.say("failover vs switchover")
    assert "Both are part of Failover" in text


async def test_thats_not_it_is_about_the_answer_it_stands_under(ann: Person, tutor_world: World) -> None:
    await ann.say("failover")
    await ann.say("topics")
    await ann.press("2 practices")
    await ann.press("Scalability")
    await ann.press("Not what I meant")
    assert await gaps(tutor_world) == {}, "nobody asked about scalability"


async def test_yes_to_an_offer(ann: Person) -> None:
    await ann.say("failover")
    await ann.say("thanks")
    assert (await ann.say("yes")).startswith("1 of 1 · Failover")


async def test_yes_to_forget_me_forgets(ann: Person) -> None:
    await ann.say("forget me")
    assert "I know nothing about you" in await ann.say("yes")
    assert "Hi, I'm Tutor" in await ann.say("start")


@pytest.mark.parametrize("words", ["goal astronaut", "my goal is to become a florist"])
async def test_an_unknown_goal_is_said_to_be_unknown(ann: Person, words: str) -> None:
    assert "I have no goal called" in await ann.say(words)
    assert (await ann.record()).goal == ""


async def test_a_goal_that_left_the_base_changes_nothing(ann: Person) -> None:
    await ann.say("goal data engineer")
    await ann.act("goal:career/removed")
    assert (await ann.record()).goal == "career/data-engineer"


async def test_an_export_does_not_hold_the_last_one(ann: Person) -> None:
    await ann.say("quiz me on failover")
    await ann.answer(right=True)
    sizes = []
    for _ in range(4):
        await ann.say("export")
        document = ann.replies[0].document
        assert document is not None
        assert json.loads(document.text)["reviews"]
        sizes.append(len(document.text))
    assert sizes[3] - sizes[2] < 2000


async def test_the_weekly_count_leaves_out_what_was_undone(ann: Person) -> None:
    await ann.say("quiz me on fault tolerance")
    await ann.answer(right=True)
    await ann.press("Next")
    await ann.answer(right=False)
    await ann.say("undo")
    assert "This week: 1 question, 100 % right." in await ann.say("progress")


async def at(ann: Person, kind: str) -> None:
    """Have a question of this kind open."""
    await ann.say("quiz me on fault tolerance")
    while True:
        actions = {button.action.partition(":")[0] for reply in ann.replies for button in reply.buttons}
        options = sum(b.action.startswith("a:") for reply in ann.replies for b in reply.buttons) > 1
        found = "recall" if "show" in actions else "choice" if options else "text"
        if found == kind:
            return
        await ann.press("Skip")


@pytest.mark.parametrize("kind", ["choice", "text", "recall"])
@pytest.mark.parametrize("slash", ["", "/"])
async def test_commands_pass_an_open_question_of_any_kind(ann: Person, kind: str, slash: str) -> None:
    await at(ann, kind)
    for word, said in (
        ("help", "I also quiz you"),
        ("settings", "Your settings"),
        ("progress", "Nothing to show yet"),
        ("privacy", "What I know about you"),
        ("goal", "What do you work towards"),
        ("forget", "can't be undone"),
        ("topics", "What would you like to look at"),
        ("undo", "nothing to undo"),
        ("time 7:30", "7:30"),
        ("pause", "Paused"),
    ):
        assert said in await ann.say(slash + word), word
    assert (await ann.say("what is scalability?")).startswith("Scalability (practice)")
    assert await ann.log() == []


async def test_no_while_a_question_is_open_shows_it_again(ann: Person) -> None:
    first = await ann.say("quiz me on failover")
    assert first in await ann.say("no")


async def test_no_to_forget_me_keeps(ann: Person) -> None:
    await ann.say("forget me")
    assert "Nothing was deleted" in await ann.say("no")


@pytest.mark.parametrize("text", ["99", "0", "-1", "1.5"])
async def test_numbers_alone_ask_nothing(ann: Person, text: str) -> None:
    assert "I read words only" in await ann.say(text)


async def test_progress_calls_nothing_strong_that_was_not_known(ann: Person) -> None:
    await ann.say("quiz me on failover")
    await ann.answer(right=False)
    assert "Strongest" not in await ann.say("progress")


async def test_resume_after_a_pause_resumes(ann: Person) -> None:
    await ann.say("quiz me on fault tolerance")
    await ann.say("pause")
    assert "Bring these back" in await ann.say("resume")
    assert (await ann.record()).paused == ""


async def test_tell_me_when_you_know_in_words(ann: Person) -> None:
    await ann.say("how do i bake sourdough bread?")
    assert "I'll write to you once I know" in await ann.say("tell me when you know")


async def test_the_job_that_it_is_already(ann: Person) -> None:
    await ann.say("data engineer")
    assert "**Data Engineer** is that already" in (await ann.say("no, I meant the job"), ann.replies[0].text)[1]


async def test_comparing_in_either_order(ann: Person) -> None:
    await ann.say("fault tolerance")
    await ann.say("how is scalability different from that?")
    assert ann.replies[0].topics == ("practice/fault-tolerance", "practice/scalability")


async def test_a_guess_after_a_wrong_answer_changes_nothing(ann: Person) -> None:
    await ann.say("quiz me on failover")
    await ann.answer(right=False)
    assert "counts as not known already" in await ann.say("i guessed")
