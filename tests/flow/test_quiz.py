"""Quizzes: answering, second thoughts, undo, stale buttons, sessions, the daily cap, the log behind it all."""

from __future__ import annotations

from datetime import date

import pytest

from bot.history import counting
from knowledge.markup import plain
from scheduler.spacing import Memory, Rating, replay
from tests.flow.talking import Person, World


async def start(ann: Person, topic: str = "fault tolerance") -> str:
    return await ann.say(f"quiz me on {topic}")


async def rebuilt(ann: Person) -> None:
    """Every card equals the replay of the reviews that count."""
    me = await ann.record()
    log = await ann.log()
    cards = {row.item: row.card for row in await ann.cards()}
    items = {row.item for row in counting(log)}
    assert set(cards) == items
    for item in items:
        rows = [row for row in counting(log) if row.item == item]
        again = replay([(Rating(r.rating), r.day) for r in rows], Memory(rows[-1].retention), seed=f"{me.id}:{item}")
        assert cards[item] == again


async def test_a_question_shows_its_place_options_and_ways_out(ann: Person) -> None:
    text = await start(ann)
    assert text.startswith("1 of 4 · Fault Tolerance\nWhat takes over")
    assert ann.labels()[3:] == ["I don't know", "Hint", "Skip"]
    assert set(ann.labels()[:3]) == {"the standby server", "the archive server", "the proxy server"}


async def test_right_says_why_and_when(ann: Person) -> None:
    await start(ann)
    text = await ann.press("the standby server")
    assert text.startswith("Right. It runs alongside and takes over. A standby follows")
    assert "I'll ask again" in text
    assert ann.labels() == ["I guessed", "Too easy", "Next"]
    assert ann.receipt.notice == "Right."
    (review,) = await ann.log()
    assert (review.rating, review.outcome, review.day) == (Rating.Good, "right", date(2026, 11, 23))


async def test_wrong_says_why_this_option_and_the_answer(ann: Person) -> None:
    await start(ann)
    text = await ann.press("the proxy server")
    assert text.startswith("Not quite. It only passes requests on. The answer: the standby server.")
    assert text.endswith("I'll ask again tomorrow.")
    assert ann.labels() == ["Read about it", "Next"]


async def test_i_dont_know_is_again_and_no_shame(ann: Person) -> None:
    await start(ann)
    text = await ann.say("no idea")
    assert text.startswith("No harm done. The answer: the standby server.")
    (review,) = await ann.log()
    assert (review.rating, review.outcome) == (Rating.Again, "unknown")


async def test_a_hint_makes_a_right_answer_hard(ann: Person) -> None:
    await start(ann)
    assert "It was running all along." in await ann.press("Hint")
    await ann.press("the standby server")
    assert (await ann.log())[0].rating == Rating.Hard


@pytest.mark.parametrize("typed", ["the standby server", "Standby server", "the standbye server"])
async def test_options_can_be_typed(ann: Person, typed: str) -> None:
    await start(ann)
    assert (await ann.say(typed)).startswith("Right.")


async def test_options_can_be_named_by_letter(ann: Person) -> None:
    await start(ann)
    letter = "abc"[ann.labels().index("the standby server")]
    assert (await ann.say(letter)).startswith("Right.")


async def test_typed_answers_are_graded_leniently(ann: Person) -> None:
    await start(ann)
    await ann.press("the standby server")
    assert "Type your answer." in await ann.press("Next")
    assert (await ann.say("its called redundency")).startswith("Right.")


async def test_a_wrong_typed_answer_is_wrong_and_a_question_is_a_question(ann: Person) -> None:
    await start(ann)
    await ann.press("the standby server")
    await ann.press("Next")
    assert (await ann.say("what is scalability?")).startswith("Scalability (practice)")
    assert (await ann.say("a bottleneck")).startswith("Not quite. The answer: redundancy.")


async def test_recall_is_judged_by_the_learner(ann: Person) -> None:
    await start(ann)
    for _ in range(2):
        await ann.answer(right=True)
        await ann.press("Next")
    assert "Failover" in plain(ann.replies[-1].text) or "Fault Tolerance" in plain(ann.replies[-1].text)
    while "Show answer" not in ann.labels():
        await ann.answer(right=True)
        await ann.press("Next")
    assert "A spare that was never used" in await ann.say("because you forget how")
    await ann.press("I knew it")
    newest = (await ann.log())[-1]
    assert (newest.outcome, newest.rating) == ("right", Rating.Good)


async def test_i_guessed_becomes_again(ann: Person) -> None:
    await start(ann)
    await ann.press("the standby server")
    assert (await ann.press("I guessed")).startswith("Fair. I'll ask again tomorrow instead. It runs")
    log = await ann.log()
    assert [(row.rating, row.cancels) for row in log] == [(3, 0), (3, 1), (1, 0)]
    await rebuilt(ann)


async def test_too_easy_becomes_easy_and_only_once(ann: Person) -> None:
    await start(ann)
    await ann.press("the standby server")
    easy = ann.button("Too easy").action
    assert (await ann.act(easy)).startswith("Noted.")
    before = await ann.log()
    assert "Nothing changed" in await ann.act(easy)
    assert "Nothing changed" in await ann.act(easy.replace("easy", "guess"))
    assert await ann.log() == before
    assert before[-1].rating == Rating.Easy
    await rebuilt(ann)


async def test_a_guess_confessed_the_next_day_counts_for_the_day_of_the_answer(ann: Person, tutor_world: World) -> None:
    await start(ann)
    await ann.press("the standby server")
    guess = ann.button("I guessed").action
    await tutor_world.pass_time(days=1)
    await ann.act(guess)
    assert (await ann.log())[-1].day == date(2026, 11, 23)
    await rebuilt(ann)


async def test_undo_takes_back_one_review_at_a_time(ann: Person) -> None:
    await start(ann)
    await ann.answer(right=False)
    await ann.press("Next")
    await ann.answer(right=True)
    assert "Undone: “What is it called" in await ann.say("undo")
    await rebuilt(ann)
    assert "Undone: “What takes over" in await ann.say("undo")
    assert await ann.cards() == []
    assert "nothing to undo" in await ann.say("undo")
    assert (await ann.record()).state.done_today == 0


async def test_an_undone_question_can_be_asked_now(ann: Person) -> None:
    await start(ann)
    await ann.answer(right=False)
    await ann.say("undo")
    text = await ann.press("Ask it now")
    assert text.startswith("1 of 4")
    assert "What takes over" in text
    await ann.press("the standby server")
    await rebuilt(ann)


async def test_undo_restores_the_card_as_it_was(ann: Person, tutor_world: World) -> None:
    await start(ann, "scalability")
    await ann.answer(right=True)
    before = await ann.cards()
    await tutor_world.pass_time(days=20)
    await start(ann, "scalability")
    await ann.answer(right=False)
    assert await ann.cards() != before
    await ann.say("undo")
    assert await ann.cards() == before


async def test_stale_buttons_explain_and_change_nothing(ann: Person, tutor_world: World) -> None:
    await start(ann)
    old = ann.button("the proxy server").action
    await ann.press("the standby server")
    before = (await ann.log(), await ann.cards())
    assert "answered earlier today (right). Nothing changed." in await ann.act(old)
    await tutor_world.pass_time(days=1)
    assert "answered yesterday (right)" in await ann.act(old)
    bob = tutor_world.learner("bob")
    await bob.command("start")
    assert "isn't one of yours" in await bob.act(old)
    assert "long past" in await ann.act("a:1-99:abcd")
    assert (await ann.log(), await ann.cards()) == before


async def test_skipping_is_no_review(ann: Person) -> None:
    await start(ann)
    assert "What is it called" in await ann.press("Skip")
    assert await ann.log() == []


async def test_a_session_waits_and_goes_on(ann: Person, tutor_world: World) -> None:
    first = await start(ann)
    await ann.say("what is scalability?")
    assert first in await ann.say("quiz")
    await tutor_world.pass_time(days=2)
    assert "You left a quiz open" in await ann.say("start")
    assert first in await ann.press("Go on")


async def test_another_topic_puts_the_open_question_aside(ann: Person) -> None:
    await start(ann)
    old = ann.button("the standby server").action
    await start(ann, "scalability")
    assert "set aside" in await ann.act(old)
    assert await ann.log() == []


async def test_the_first_quiz_ends_with_the_one_consent_question(ann: Person, tutor_world: World) -> None:
    await start(ann, "failover")
    text = await ann.answer(right=True)
    assert "1 question, 1 right. Bring these back when you're about to forget them? I'd write at 9:00 your time" in text
    assert (await ann.record()).next_due_at is None
    await ann.press("No, I'll ask")
    await start(ann, "scalability")
    await ann.answer(right=True)
    await ann.press("Next")
    text = await ann.answer(right=True)
    assert "Bring these back" not in text, "asked once"
    assert (await ann.record()).next_due_at is None


async def test_the_daily_cap_holds_and_can_be_lifted_for_once(ann: Person) -> None:
    await ann.say("questions 3")
    await ann.say("quiz")
    for n in range(3):
        text = await ann.answer(right=True)
        if n < 2:
            await ann.press("Next")
    assert "3 questions, 3 right." in text
    await ann.press("No, I'll ask")
    assert "today's 3 questions" in await ann.press("Quiz me")
    assert "1 of" in await ann.press("A few more")


async def test_new_items_come_from_what_was_asked_about(ann: Person) -> None:
    await ann.say("scalability")
    await ann.say("quiz")
    assert ann.replies[-1].topics == ("practice/scalability",)


async def test_new_items_come_from_the_goal(ann: Person) -> None:
    await ann.say("goal data engineer")
    await ann.say("quiz")
    assert ann.replies[-1].topics == ("skill/data-engineering",)


async def test_due_reviews_come_first(ann: Person, tutor_world: World) -> None:
    await start(ann, "scalability")
    await ann.answer(right=False)
    await ann.say("fault tolerance")
    await tutor_world.pass_time(days=1)
    await ann.say("quiz me on failover")  # another topic: the session left on scalability is put aside
    await ann.answer(right=True)
    await ann.say("quiz")
    assert ann.replies[-1].topics == ("practice/scalability",)


async def test_progress_says_one_useful_thing(ann: Person, tutor_world: World) -> None:
    assert "Nothing to show yet" in await ann.say("progress")
    await start(ann)
    await ann.answer(right=True)
    await ann.press("Next")
    await ann.answer(right=False)
    text = await ann.say("how am i doing?")
    assert "This week: 2 questions, 50 % right." in text
    await tutor_world.pass_time(days=60)
    text = await ann.say("progress")
    assert "Slipping: Fault Tolerance" in text
    assert "Practise what slips" in ann.labels()


async def test_answering_after_the_base_changed_grades_what_was_asked(ann: Person, tutor_world: World) -> None:
    """An item may be reworded or removed while its question is open: the ask keeps what was put."""
    import dataclasses

    await start(ann)
    changed = dataclasses.replace(tutor_world.library, items={}, version="0" * 16)
    tutor_world.library = changed
    assert (await ann.press("the standby server")).startswith("Right. It runs alongside")
    await rebuilt(ann)
