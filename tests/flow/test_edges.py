"""Where conversations go wrong: retired and renamed items, consent that was not given, words that look like others."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.due import deliver_taught
from bot.messages import Event
from bot.store.queries import rename
from bot.store.tables import FLAG, GAP
from knowledge.model import Library
from scheduler.spacing import Rating
from tests.flow.talking import MONDAY, Person, World


async def consenting(ann: Person) -> None:
    """The first quiz, one question, wrong; and yes."""
    await ann.say("quiz me on failover")
    await ann.answer(right=False)
    await ann.press("Yes, 9:00")


def without(library: Library, *topics: str) -> Library:
    """The library after topics and their items were removed."""
    items = {key: item for key, item in library.items.items() if item.topic not in topics}
    kept = {id: topic for id, topic in library.topics.items() if id not in topics}
    children = {id: tuple(c for c in below if c not in topics) for id, below in library.children.items()}
    return replace(library, items=items, topics=kept, children=children, version="1" * 16)


async def gaps(world: World) -> dict[str, str]:
    """Question to decision, as noted."""
    rows = select(GAP.c.text, GAP.c.decision)
    return dict(await world.db.fetch(lambda conn: [tuple(row) for row in conn.execute(rows)]))


# --- the base changes


async def test_retired_items_are_never_due(ann: Person, tutor_world: World) -> None:
    await consenting(ann)
    tutor_world.library = without(tutor_world.library, "concept/failover")
    await tutor_world.pass_time(days=2)
    assert await ann.read() == ""
    assert (await ann.record()).next_due_at is None
    assert "Nothing to show yet" in await ann.say("progress")
    assert "1 of" in await ann.say("quiz")


async def test_retired_items_do_not_hide_living_ones(ann: Person, tutor_world: World) -> None:
    await consenting(ann)
    await ann.say("quiz me on scalability")
    await ann.answer(right=False)
    await ann.say("stop quiz")
    tutor_world.library = without(tutor_world.library, "concept/failover")
    await tutor_world.pass_time(days=1)
    assert "1 question is due" in await ann.read()
    await ann.press("Start")
    assert ann.replies[-1].topics == ("practice/scalability",)


async def test_progress_follows_a_renamed_item(ann: Person, tutor_world: World) -> None:
    await ann.say("quiz me on failover")
    await ann.answer(right=True)
    old, new = "concept/failover#fo-trigger", "concept/failover#fo-start"
    item = replace(tutor_world.library.items[old], key=new, id="fo-start", formerly=("fo-trigger",))
    topic = replace(tutor_world.library.topics["concept/failover"], items=(item,))
    tutor_world.library = replace(
        tutor_world.library,
        items={key: i for key, i in tutor_world.library.items.items() if key != old} | {new: item},
        topics={**tutor_world.library.topics, topic.id: topic},
        moved_items={old: new},
    )
    moved = await tutor_world.db.run(lambda conn: rename.apply(conn, tutor_world.library.moved_items))
    again = await tutor_world.db.run(lambda conn: rename.apply(conn, tutor_world.library.moved_items))
    assert (moved, again) == (1, 0)
    assert [row.item for row in await ann.cards()] == [new]
    await tutor_world.pass_time(days=40)
    await ann.say("quiz me on failover")
    await ann.answer(right=True)
    (card,) = await ann.cards()
    assert card.card.reps == 2
    assert {row.item for row in await ann.log()} == {new}


async def test_progress_survives_when_all_its_topics_are_gone(ann: Person, tutor_world: World) -> None:
    await ann.say("quiz me on failover")
    await ann.answer(right=True)
    tutor_world.library = without(tutor_world.library, "concept/failover")
    assert "Nothing to show" in await ann.say("progress")
    assert ann.receipt.outcome == "done"


# --- consent


@pytest.mark.parametrize("word", ["resume", "start again", "wake up", "next", "ok", "quiz"])
async def test_no_word_but_the_answer_gives_consent(ann: Person, word: str) -> None:
    await ann.say("quiz me on failover")
    await ann.answer(right=False)
    await ann.press("No, I'll ask")
    await ann.say("quiz me on fault tolerance")
    await ann.say(word)
    record = await ann.record()
    assert record.consent != "yes"
    assert record.next_due_at is None


async def test_leaving_does_not_undo_a_pause(ann: Person, tutor_world: World) -> None:
    await consenting(ann)
    await ann.say("stop")
    await ann.event("left")
    await ann.say("hello")
    record = await ann.record()
    assert (record.paused, record.next_due_at) == ("learner", None)


async def test_yes_without_a_known_zone_schedules_nothing(tutor_world: World) -> None:
    ann = tutor_world.learner(zone="")
    await ann.command("start")
    await consenting(ann)
    await ann.say("what is scalability?")
    await ann.say("quiz me on scalability")
    await ann.answer(right=False)
    await ann.press("Next")
    assert "What time is it for you?" in await ann.answer(right=False), "asked again after the next quiz"
    assert (await ann.record()).next_due_at is None


async def test_an_unknown_zone_of_a_platform_is_passed_over(tutor_world: World) -> None:
    ann = tutor_world.learner(zone="Mars/Base")
    await ann.say("quiz me on failover")
    assert ann.receipt.outcome == "done"
    assert (await ann.record()).zone == ""


@pytest.mark.parametrize("typed", ["Yes, 9:00", "yes thanks", "👍"])
async def test_consent_typed_as_its_button(ann: Person, typed: str) -> None:
    await ann.say("quiz me on failover")
    await ann.answer(right=False)
    assert (await ann.say(typed)).startswith("Good.")


async def test_never_twice_on_one_day_but_for_a_snooze(ann: Person, tutor_world: World) -> None:
    await consenting(ann)
    await tutor_world.pass_time(hours=25)
    assert "is due" in await ann.read()
    await ann.say("time 13:00")
    await tutor_world.pass_time(hours=8)
    assert await ann.read() == ""


async def test_a_wish_waits_while_the_learner_is_paused_or_asleep(ann: Person, tutor_world: World) -> None:
    await ann.say("how do i bake sourdough bread?")
    await ann.press("Tell me when you know")
    bread = tutor_world.library.find("failover")
    library = replace(tutor_world.library, find=lambda question, last=None: replace(bread, question=question))
    await ann.say("pause")
    await deliver_taught(tutor_world.db, tutor_world.inbox, library, tutor_world.now)
    assert await ann.read() == ""
    await ann.say("resume")
    tutor_world.now = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)  # 02:00 in Berlin
    kept, tutor_world.library = tutor_world.library, library
    await deliver_taught(tutor_world.db, tutor_world.inbox, library, tutor_world.now)
    assert await ann.read() == ""
    tutor_world.now += timedelta(hours=8)
    await deliver_taught(tutor_world.db, tutor_world.inbox, library, tutor_world.now)
    assert "Now I know" in await ann.read()
    tutor_world.library = kept


async def test_a_rejected_answer_is_not_told_as_news(ann: Person, tutor_world: World) -> None:
    await ann.say("failover")
    await ann.press("Not what I meant")
    await ann.press("Tell me when you know")
    await deliver_taught(tutor_world.db, tutor_world.inbox, tutor_world.library, tutor_world.now)
    assert await ann.read() == ""
    assert (await gaps(tutor_world))["failover"] == "rejected"


async def test_events_that_nobody_typed_get_no_apology(ann: Person, tutor_world: World) -> None:
    from bot.tutor import apology

    event = Event("x", "due", MONDAY, "", ann.address, learner=1)
    assert apology(event).replies == ()
    assert apology(replace(event, kind="text", learner=None)).replies


# --- quizzes


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


# --- words


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
