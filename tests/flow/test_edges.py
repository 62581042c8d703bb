"""Where quizzes go wrong: reminders, second thoughts, answers typed as people type them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scheduler.spacing import Rating
from tests.flow.talking import Person, World, consenting, gaps


async def test_what_a_reminder_promises_can_be_started(ann: Person, tutor_world: World) -> None:
    await ann.say("questions 1")
    await consenting(ann)
    tutor_world.now += timedelta(hours=23)  # 8:00: today's one question is answered before the reminder
    await ann.say("quiz")
    await ann.answer(right=False)
    await tutor_world.pass_time(hours=3)
    assert await ann.read() == ""


async def test_start_of_a_reminder_leaves_another_session(ann: Person, tutor_world: World) -> None:
    await consenting(ann)
    await ann.say("quiz me on fault tolerance")
    await tutor_world.pass_time(hours=25)
    await ann.read()
    assert (await ann.press("Start")).startswith("1 of 1 · Failover")


async def test_a_quiz_that_cannot_begin_leaves_the_open_question(ann: Person) -> None:
    text = await ann.say("quiz me on failover")
    question = ann.button("missed heartbeats").action
    assert "I have no questions" in await ann.act("quiz:career/data-engineer")
    assert text.startswith("1 of 1")
    assert (await ann.act(question)).startswith("Right.")


@pytest.mark.parametrize("words", ["give me a hint please", "can i have a hint", "Hint?"])
async def test_asking_for_a_hint_in_many_words(ann: Person, words: str) -> None:
    await ann.say("quiz me on fault tolerance")
    assert "It was running all along." in await ann.say(words)
    assert await ann.log() == []


@pytest.mark.parametrize(
    "words", ["wait", "hmm", "let me think", "repeat", "what was the question", "quit", "skip please"]
)
async def test_words_at_a_typed_question_that_are_no_answer(ann: Person, words: str) -> None:
    await ann.say("quiz me on fault tolerance")
    await ann.press("the standby server")
    await ann.press("Next")
    before = await ann.log()
    await ann.say(words)
    assert await ann.log() == before


@pytest.mark.parametrize(
    "words", ["I think it's the standby server", "standby?", "answer: the standby server", "standby one"]
)
async def test_options_typed_as_people_do(ann: Person, words: str) -> None:
    await ann.say("quiz me on fault tolerance")
    assert (await ann.say(words)).startswith("Right.")


async def test_a_typed_option_that_fits_none_is_asked_again_and_not_noted(ann: Person, tutor_world: World) -> None:
    await ann.say("quiz me on fault tolerance")
    assert "Pick one of these" in await ann.say("the blue one maybe")
    assert await gaps(tutor_world) == {}
    assert await ann.log() == []


async def test_leaving_and_going_on(ann: Person) -> None:
    first = await ann.say("quiz me on fault tolerance")
    assert "the quiz waits" in await ann.say("stop quiz")
    assert (await ann.press("Go on")) == first


@pytest.mark.parametrize(
    ("word", "rating"), [("i knew it", Rating.Good), ("yes", Rating.Good), ("not really", Rating.Again)]
)
async def test_recall_is_judged_in_words(ann: Person, word: str, rating: Rating) -> None:
    await ann.say("quiz me on fault tolerance")
    while "Show answer" not in ann.labels():
        await ann.press("Skip")
    await ann.say("when it is needed it may be broken")
    await ann.say(word)
    assert (await ann.log())[-1].rating == rating


async def test_to_look_is_not_to_know(ann: Person) -> None:
    await ann.say("quiz me on fault tolerance")
    assert "The answer: the standby server" in await ann.say("show answer")
    assert (await ann.log())[-1].outcome == "unknown"


async def test_an_old_guess_does_not_count_in_the_running_session(ann: Person, tutor_world: World) -> None:
    await ann.say("quiz me on failover")
    await ann.answer(right=True)
    guess = ann.button("I guessed").action
    tutor_world.now += timedelta(minutes=1)
    await ann.say("quiz me on scalability")
    await ann.answer(right=True)
    await ann.act(guess)
    await ann.say("next")
    assert "2 questions, 2 right." in await ann.answer(right=True)


async def test_ask_it_now_works_once(ann: Person) -> None:
    await ann.say("quiz me on failover")
    await ann.answer(right=False)
    await ann.say("undo")
    again = ann.button("Ask it now").action
    await ann.act(again)
    await ann.answer(right=True)
    assert "Nothing changed" in await ann.act(again)
    assert len([row for row in await ann.log() if not row.cancels]) == 2


async def test_second_thoughts_in_words_mean_the_newest_answer(ann: Person) -> None:
    await ann.say("quiz me on fault tolerance")
    await ann.answer(right=True)
    await ann.press("Next")
    assert (await ann.say("i guessed")).startswith("Fair.")


async def test_undo_brings_the_reminder_back(ann: Person, tutor_world: World) -> None:
    await consenting(ann)
    tutor_world.now += timedelta(hours=20)
    await ann.say("quiz me on failover")
    await ann.answer(right=True)
    later = (await ann.record()).next_due_at
    await ann.say("undo")
    sooner = (await ann.record()).next_due_at
    assert later is not None
    assert sooner is not None
    assert sooner <= later


async def test_a_leech_is_set_aside_and_comes_back_on_a_quiz_on_its_topic(ann: Person, tutor_world: World) -> None:
    for _ in range(9):
        await ann.say("quiz me on failover")
        text = await ann.answer(right=False)
        await tutor_world.pass_time(days=1)
    assert "setting it aside" in text
    assert "I'll ask again" not in text
    (row,) = await ann.cards()
    assert row.leech
    await ann.say("quiz me on failover")
    await ann.answer(right=True)
    (row,) = await ann.cards()
    assert not row.leech


async def test_what_was_answered_today_is_not_drilled_again(ann: Person) -> None:
    await ann.say("quiz me on failover")
    await ann.answer(right=True)
    assert "answered all there is on Failover today" in await ann.say("quiz me on failover")
