"""When the base changes under a learner, and when nobody said yes: retired and renamed items, consent, wishes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot import following
from bot.due import deliver_taught
from bot.messages import Event
from tests.flow.talking import MONDAY, Person, World, consenting, gaps, without

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
    moved = await tutor_world.db.run(lambda conn: following.rename(conn, tutor_world.library.moved_items))
    again = await tutor_world.db.run(lambda conn: following.rename(conn, tutor_world.library.moved_items))
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
