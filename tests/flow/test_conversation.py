"""Asking: answers, suggestions, honesty, follow-ups, comparisons, several questions, courtesies, odd input."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.flow.talking import Person, World, learners


async def test_the_first_meeting_is_three_lines_and_demands_nothing(tutor_world: World) -> None:
    ann = tutor_world.learner()
    text = await ann.command("start")
    assert len(text.splitlines()) == 3
    assert text.startswith("Hi, I'm Tutor.")
    assert "“what happens when a server dies?”" in text
    assert ann.labels() == ["Browse topics", "Quiz me", "How it works"]


async def test_a_first_message_that_is_a_question_is_answered_at_once(tutor_world: World) -> None:
    ann = tutor_world.learner()
    await ann.say("fault tolerance")
    assert [reply.topics for reply in ann.replies] == [(), ("practice/fault-tolerance",)]
    await ann.say("scalability")
    assert len(ann.replies) == 1, "the introduction comes once"


async def test_a_deep_link_opens_a_topic(tutor_world: World) -> None:
    ann = tutor_world.learner()
    text = await ann.command("start", "topic_practice__scalability")
    assert "Scalability" in text


async def test_an_answer_is_the_summary_and_ways_on(ann: Person) -> None:
    text = await ann.say("whats fault tolerence")
    assert text.startswith("Fault Tolerance (practice)\nA system goes on working")
    assert ann.labels() == ["More", "Quiz me", "Related", "Sources", "Not what I meant"]
    assert "Nothing runs for ever" in await ann.press("More")
    assert "Scalability" in await ann.act("related:practice/fault-tolerance")
    text = await ann.act("sources:practice/fault-tolerance")
    assert "A handbook (second edition)" in text
    assert "faults_" in text
    assert "2026-11-22" in text


async def test_a_career_says_what_the_job_needs(ann: Person) -> None:
    text = await ann.say("data engineer")
    assert text.index("Data Engineering: level 3 of 3") < text.index("Fault Tolerance: level 2 of 3")


async def test_unknown_is_admitted_and_noted_without_a_name(ann: Person, tutor_world: World) -> None:
    text = await ann.say("how do i bake sourdough bread?")
    assert "I don't know that yet" in text
    assert "without your name" in text
    assert "Tell me when you know" in ann.labels()


async def test_a_wish_is_granted_once_a_curator_has_taught_it(ann: Person, tutor_world: World) -> None:
    import dataclasses

    await ann.say("how do i bake sourdough bread?")
    await ann.press("Tell me when you know")
    topic = tutor_world.library.topics["practice/scalability"]
    bread = dataclasses.replace(
        topic,
        id="skill/bread",
        kind="skill",
        title="Sourdough Bread",
        aliases=(),
        questions=("how do i bake sourdough bread?",),
    )
    from knowledge.search import searchable

    grown = dataclasses.replace(
        tutor_world.library,
        topics={**tutor_world.library.topics, "skill/bread": bread},
        names={**tutor_world.library.names, "sourdough bread": "skill/bread"},
        version="f" * 16,
    )
    await tutor_world.teach(searchable(grown))
    assert "Now I know" in await ann.read()
    assert ann.replies[0].topics == ("skill/bread",)
    await tutor_world.teach(searchable(grown))
    assert await ann.read() == "", "told once"


async def test_thats_not_it_offers_other_readings_and_notes_the_question(ann: Person) -> None:
    await ann.say("switch to the spare server")
    text = await ann.press("Not what I meant")
    assert text.startswith("Sorry")
    assert "Tell me when you know" in ann.labels()
    assert await ann.say("that's not it")


async def test_follow_ups_use_the_last_topic(ann: Person) -> None:
    await ann.say("fault tolerance")
    assert "Nothing runs for ever" in await ann.say("tell me more")
    assert "Scalability" in await ann.say("what else")
    assert "Goal\nFault Tolerance: survive failures\nScalability: survive success" in await ann.say(
        "and how is that different from scalability?"
    )
    assert (await ann.say("and failover?")).startswith("Failover (concept)")
    await ann.say("quiz me on that")
    assert ann.replies[-1].topics == ("concept/failover",)


async def test_no_i_meant_the_job(ann: Person) -> None:
    await ann.say("data engineering")
    assert (await ann.say("no, I meant the job")).startswith("Data Engineer (career)")


async def test_comparison_is_side_by_side(ann: Person) -> None:
    for words in ("fault tolerance vs scalability", "difference between fault tolerance and scalabilty"):
        text = await ann.say(words)
        assert ann.replies[0].topics == ("practice/fault-tolerance", "practice/scalability")
        assert "Means\nFault Tolerance: spares and switching\nScalability: more machines" in text


async def test_half_a_comparison_says_which_half_is_missing(ann: Person) -> None:
    text = await ann.say("scalability vs sourdough bread")
    assert "can't compare with “sourdough bread”" in text
    assert "Scalability" in text


async def test_several_questions_in_one_message(ann: Person) -> None:
    await ann.say("what is failover? and what is scalability?")
    assert [reply.topics for reply in ann.replies] == [("concept/failover",), ("practice/scalability",)]


async def test_courtesies_and_help(ann: Person) -> None:
    assert "Hello" in await ann.say("Hi there!")
    await ann.say("scalability")
    assert "You're welcome" in await ann.say("thanks!")
    assert "a program" in await ann.say("are you a bot?")
    assert "quiz" in await ann.say("help")
    assert "“/dance”" in await ann.say("/dance")


@pytest.mark.parametrize("word", ["topics", "/topics", "Browse topics"])
async def test_browsing_by_kind(ann: Person, word: str) -> None:
    await ann.say(word)
    assert ann.labels() == ["1 skill", "2 practices", "1 career", "1 concept", "1 path"]
    await ann.press("2 practices")
    assert ann.labels() == ["Fault Tolerance", "Scalability"]
    assert (await ann.press("Scalability")).startswith("Scalability (practice)")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n",
        "🦆🦆🦆",
        "!!!???",
        "\x00\x01\x02",
        "שלום עולם",
        "*_`[]()<b>x</b>",
        "a" * 100_000,
        "/",
        "/ ",
        "//",
        "‮abc",
    ],
)
async def test_odd_input_gets_a_sane_reply(ann: Person, text: str) -> None:
    said = await ann.say(text)
    assert ann.receipt.outcome == "done"
    assert said.strip()
    assert len(said) < 1500
    assert "wrong on my side" not in said


async def test_markup_in_a_message_is_not_markup_in_the_reply(ann: Person) -> None:
    said = await ann.say("scalability vs **[bold](https://example.org)**")
    assert "**[bold](https://example.org)**" in said


async def test_every_event_is_answered_whatever_it_says(tutor_world: World) -> None:
    """Any text at all: one reply or more, never an apology, never silence."""
    ann = tutor_world.learner()
    await ann.command("start")
    texts: list[str] = []

    @settings(
        max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(st.text(max_size=80))
    def collect(text: str) -> None:
        texts.append(text)

    collect()
    for text in texts:
        said = await ann.say(text)
        assert ann.receipt.outcome == "done", text
        assert said.strip(), text
    assert await learners(tutor_world.db) == 1


async def test_a_button_of_no_known_kind_is_answered(ann: Person) -> None:
    for action in (
        "",
        "nonsense",
        "topic:skill/gone",
        "a:1-99:x",
        "browse:skill:99",
        "put:time:late",
        "clock:x:y",
        "goal:",
    ):
        assert await ann.act(action), action
        assert ann.receipt.outcome == "done"
