"""Being brought back: consent, due quizzes, snooze, pause, silence, settings."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.flow.talking import Person, World


async def consenting(ann: Person, *, right: bool = False) -> None:
    """Take the first quiz (one question), and say yes."""
    await ann.say("quiz me on failover")
    await ann.answer(right=right)
    await ann.press("Yes, 9:00")


async def test_yes_schedules_the_day_something_is_due(ann: Person, tutor_world: World) -> None:
    await ann.say("quiz me on failover")
    await ann.answer(right=False)
    assert await ann.press("Yes, 9:00") == "Good. I'll write tomorrow at 9:00."
    assert (await ann.record()).next_due_at == datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


async def test_nothing_is_sent_without_a_yes(ann: Person, tutor_world: World) -> None:
    await ann.say("quiz me on failover")
    await ann.answer(right=False)
    await tutor_world.pass_time(days=3)
    assert await ann.read() == ""


async def test_yes_in_words_counts_only_right_after_the_question(ann: Person, tutor_world: World) -> None:
    await ann.say("quiz me on failover")
    await ann.answer(right=False)
    await ann.say("what is scalability?")
    await ann.say("ok")
    assert (await ann.record()).consent == "asked"
    assert (await ann.record()).next_due_at is None


async def test_yes_in_words(ann: Person) -> None:
    await ann.say("quiz me on failover")
    await ann.answer(right=False)
    assert (await ann.say("yes please")).startswith("Good.")


async def test_another_time(ann: Person) -> None:
    await ann.say("quiz me on failover")
    await ann.answer(right=False)
    await ann.press("Another time")
    assert (await ann.record()).consent == "asked", "not a yes yet"
    assert "I couldn't read “9am-ish est” as a time." in await ann.say("9am-ish EST")
    assert await ann.press("18:00") == "Good. I'll write tomorrow at 18:00."


async def test_a_due_quiz_arrives_once_and_can_be_started(ann: Person, tutor_world: World) -> None:
    await consenting(ann)
    await tutor_world.pass_time(hours=25)
    text = await ann.read()
    assert text == "Good morning. 1 question is due, about 1 minute."
    assert ann.labels() == ["Start", "This evening", "Tomorrow", "Pause"]
    assert (await ann.press("Start")).startswith("1 of 1"), "what was announced, no more"
    assert ann.replies[-1].topics == ("concept/failover",)
    await ann.answer(right=True)
    assert (await ann.log())[-1].scheduled


async def test_at_most_one_message_a_day_at_the_learners_time(ann: Person, tutor_world: World) -> None:
    await consenting(ann)
    berlin = ZoneInfo("Europe/Berlin")
    seen = []
    for _ in range(24 * 6):
        await tutor_world.pass_time(hours=1)
        if await ann.read():
            seen.append(tutor_world.now.astimezone(berlin))
    days = [moment.date() for moment in seen]
    assert len(days) == len(set(days))
    assert {moment.hour for moment in seen} == {9}
    assert len(seen) < 6, "unanswered, the reminders back off"


async def test_after_two_weeks_of_silence_it_stops_by_itself(ann: Person, tutor_world: World) -> None:
    await consenting(ann)
    texts = []
    for _ in range(40):
        await tutor_world.pass_time(days=1)
        texts.append(await ann.read())
    told = [text for text in texts if text]
    assert told[-1] == "I'll stop writing now. Your item is safe; say “quiz” whenever you like."
    assert len(told) <= 8
    assert (await ann.record()).paused == "silent"
    await ann.say("quiz")
    assert (await ann.record()).paused == ""


async def test_snoozing_until_the_evening_and_tomorrow(ann: Person, tutor_world: World) -> None:
    await consenting(ann)
    await tutor_world.pass_time(hours=25)
    await ann.read()
    assert await ann.press("This evening") == "All right, today at 19:00."
    await tutor_world.pass_time(hours=11)
    assert (await ann.read()).startswith("Good evening. 1 question is due")
    assert await ann.press("Tomorrow") == "All right, tomorrow at 9:00."


async def test_pause_and_resume_without_a_pile_up(ann: Person, tutor_world: World) -> None:
    await consenting(ann)
    assert "Paused" in await ann.say("stop")
    await tutor_world.pass_time(days=10)
    assert await ann.read() == ""
    assert "Welcome back. I'll write" in await ann.say("resume")
    await tutor_world.pass_time(days=1)
    assert "1 question is due" in await ann.read()


async def test_a_learner_without_a_zone_is_asked_what_time_it_is(tutor_world: World) -> None:
    ann = tutor_world.learner(zone="")
    await ann.command("start")
    await ann.say("quiz me on failover")
    await ann.answer(right=False)
    assert "What time is it for you?" in await ann.press("Yes, 9:00")
    assert "09:00" in ann.labels()
    assert "It is 9:00 for you (UTC+1)." in await ann.press("09:00")
    assert (await ann.record()).next_due_at == datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        ("time 7:30", "quiz_at", 450),
        ("set my quiz time to 6pm", "quiz_at", 1080),
        ("zone new york", "zone", "America/New_York"),
        ("days mon wed fri", "days", 0b10101),
        ("questions 5", "cap", 5),
        ("quiet 21-8", "quiet_from", 1260),
        ("retention 90", "retention", 0.9),
    ],
)
async def test_settings_in_plain_words(ann: Person, words: str, field: str, value: object) -> None:
    await ann.say(words)
    assert getattr(await ann.record(), field) == value
    assert await ann.say("settings")


@pytest.mark.parametrize(
    "words",
    ["time 25:00", "zone atlantis", "questions 0", "questions 999999999", "quiet 22", "quiet 7-7", "retention 20"],
)
async def test_settings_that_cannot_be_read_change_nothing_and_say_what_can(ann: Person, words: str) -> None:
    before = await ann.record()
    text = await ann.say(words)
    assert words.partition(" ")[2] in text
    after = await ann.record()
    assert (after.quiz_at, after.zone, after.cap, after.quiet_from, after.retention) == (
        before.quiz_at, before.zone, before.cap, before.quiet_from, before.retention,
    )  # fmt: skip


async def test_a_setting_asked_for_takes_the_next_message(ann: Person) -> None:
    await ann.say("settings")
    await ann.press("Time")
    assert "7:15" in await ann.say("7:15")
    assert (await ann.record()).quiz_at == 435


async def test_flag_privacy_export_forget(ann: Person, tutor_world: World) -> None:
    assert "nothing to flag" in await ann.say("flag")
    await ann.say("quiz me on failover")
    assert "What starts an automatic switch" in await ann.say("this question is wrong")
    assert "“it depends on the vendor”" in await ann.say("It depends on the vendor.")
    assert "export" in await ann.say("privacy")
    await ann.press("Export")
    document = ann.replies[0].document
    assert document is not None
    assert "concept/failover#fo-trigger" in document.text
    assert "can't be undone" in await ann.say("forget me")
    await ann.press("Delete it all")
    assert "Hi, I'm Tutor" in await ann.say("start")
    assert await ann.cards() == []


async def test_one_who_left_is_paused_and_welcome_back(ann: Person, tutor_world: World) -> None:
    await consenting(ann)
    await ann.event("left")
    assert (await ann.record()).paused == "gone"
    await tutor_world.pass_time(days=3)
    assert await ann.read() == ""
    await ann.say("hello")
    record = await ann.record()
    assert record.paused == ""
    assert record.next_due_at is not None
