"""Groups, channels and whispers: what everybody reads, and what nobody else ever does."""

from __future__ import annotations

import pytest

from bot.messages import Address, Event, Reply
from bot.store.queries.outbox import rows_after
from bot.tutor import apology
from tests.flow.talking import MONDAY, Person, World, consenting

PERSONAL = ["progress", "settings", "goal", "export", "forget", "privacy", "undo", "pause", "flag", "link", "time 7:30"]


@pytest.fixture
async def group(ann: Person) -> Person:
    """Ann in a group whose platform does not tell where she is alone."""
    return ann.within("group", "the-group")


async def test_a_question_in_a_group_is_answered_there_without_a_greeting(tutor_world: World) -> None:
    eve = tutor_world.learner("eve").within("group", "the-group")
    assert (await eve.say("what is failover?")).startswith("Failover (concept)")
    assert len(eve.replies) == 1
    assert "Quiz me" in eve.labels()
    assert "More of it" not in eve.labels()


async def test_anybody_may_press_what_is_under_an_answer(tutor_world: World, group: Person) -> None:
    await group.say("fault tolerance")
    related = group.button("Related").action
    bob = tutor_world.learner("bob").within("group", "the-group")
    assert "Near Fault Tolerance" in await bob.act(related)


async def test_a_follow_up_in_a_group_is_about_what_the_group_talks_about(
    tutor_world: World, ann: Person, group: Person
) -> None:
    await ann.say("scalability")
    await group.say("fault tolerance")
    bob = tutor_world.learner("bob").within("group", "the-group")
    await bob.read()
    assert "Fault Tolerance" in await bob.say("tell me more")
    elsewhere = ann.within("group", "another-group")
    assert "Ask me about a topic first" in await elsewhere.say("tell me more")
    assert (await ann.record()).state.topic == "practice/scalability"


async def test_nothing_typed_in_a_group_answers_what_was_asked_privately(ann: Person, group: Person) -> None:
    await ann.say("quiz me on failover")
    before = await ann.record()
    right = ann.right()
    await group.say(right)
    await group.say("1")
    await group.say("i don't know")
    after = await ann.record()
    assert (after.open_ask, after.last_seq, after.state.session) == (before.open_ask, 0, before.state.session)
    await ann.say("settings")
    await ann.press("Time")
    await group.say("7:45")
    found = await ann.record()
    assert (found.quiz_at, found.state.waiting) == (9 * 60, "time")
    assert "7:45" in await ann.say("7:45")


async def test_a_question_in_a_group_shows_no_quiz_under_way(ann: Person, group: Person) -> None:
    await ann.say("quiz me on failover")
    await group.say("scalability")
    assert "Back to the quiz" not in group.labels()


@pytest.mark.parametrize("words", PERSONAL)
async def test_what_is_personal_goes_home(tutor_world: World, ann: Person, words: str) -> None:
    channel = ann.within("channel", "the-channel", home=True)
    assert await channel.say(words) == ""
    assert channel.receipt.notice == "I've written to you in our own chat."
    assert await ann.read() != ""


@pytest.mark.parametrize("words", PERSONAL)
async def test_where_no_home_is_known_a_button_leads_there(tutor_world: World, words: str) -> None:
    eve = tutor_world.learner("eve").within("group", "the-group")
    assert "between the two of us" in await eve.say(words)
    button = eve.button("Open our chat")
    assert button.action.startswith("private:")
    assert len(button.action.encode()) <= 64


async def test_a_home_on_the_same_platform_that_was_agreed_on_is_used(ann: Person) -> None:
    await consenting(ann)
    group = ann.within("group", "the-group")
    assert await group.say("progress") == ""
    assert "This week" in await ann.read()
    record = await ann.record()
    assert record.home == ann.address


async def test_agreeing_in_a_channel_never_makes_it_the_home(tutor_world: World, ann: Person) -> None:
    channel = ann.within("channel", "the-channel", home=True)
    await channel.act("consent:yes")
    assert (await ann.record()).home == ann.address
    eve = tutor_world.learner("eve").within("group", "the-group")
    await eve.act("consent:yes")
    record = await eve._learners()
    assert (record[0].home, record[0].consent) == (None, "")


async def test_a_thread_is_no_home(ann: Person) -> None:
    pane = Person(ann.world, ann.name, Address("test", "", "ann", "171.5"), ann.zone)
    await pane.act("consent:yes")
    assert (await ann.record()).home == ann.address


async def test_a_whisper_shows_settings_to_one_and_sends_a_quiz_home(ann: Person) -> None:
    whisper = ann.within("whisper", "the-channel", home=True)
    assert "Your settings" in await whisper.command("settings")
    assert [reply.audience for reply in whisper.replies] == ["ann"]
    await whisper.press("Time")
    assert (await ann.record()).state.waiting == ""
    await whisper.command("quiz")
    assert whisper.replies == []
    assert "of" in await ann.read()
    for words in ("export", "forget", "link"):
        assert await whisper.command(words) == ""
        assert await ann.read() != ""
    await whisper.command("fault", "tolerance")
    assert {reply.audience for reply in whisper.replies} == {"ann"}


async def test_a_follow_up_does_not_see_what_was_whispered(ann: Person) -> None:
    whisper = ann.within("whisper", "the-channel", home=True)
    await whisper.say("scalability")
    bob = ann.world.learner("bob").within("channel", "the-channel")
    assert "Ask me about a topic first" in await bob.say("tell me more")


async def test_a_wish_from_a_group_is_kept_for_home(tutor_world: World, ann: Person) -> None:
    channel = ann.within("channel", "the-channel", home=True)
    await channel.say("who won the football world cup?")
    await channel.press("Tell me when you know")
    assert "I'll write to you once I know" in await ann.read()
    eve = tutor_world.learner("eve").within("group", "the-group")
    await eve.say("who won the football world cup?")
    assert "Tell me when you know" not in eve.labels()


async def test_not_what_i_meant_in_a_group_brings_up_no_private_question(ann: Person, group: Person) -> None:
    await group.say("failover")
    button = group.button("Not what I meant").action
    await ann.say("what is a quantum annealer?")
    assert "Say it in other words, or browse" in await group.act(button)


async def test_joining_and_leaving_a_group(tutor_world: World, ann: Person, group: Person) -> None:
    await consenting(ann)
    assert "Mention me" in await group.event("joined")
    assert await group.event("left") == ""
    assert (await ann.record()).paused == ""
    assert await ann.within("channel", "c").event("joined") == ""
    assert "Mention me" in await group.command("start")


async def test_an_unknown_command_in_a_group_is_for_another_bot(group: Person) -> None:
    assert await group.command("roll", "2d6") == ""


async def test_unblocking_resumes_without_a_word(ann: Person, group: Person) -> None:
    await consenting(ann)
    await ann.event("left")
    assert (await ann.record()).paused == "gone"
    await group.say("failover")
    assert (await ann.record()).paused == "gone", "a group says nothing about the private chat"
    assert await ann.event("joined") == ""
    record = await ann.record()
    assert record.paused == ""
    assert record.next_due_at is not None


async def test_opening_a_home_welcomes_once_and_keeps_it_fresh(tutor_world: World) -> None:
    eve = tutor_world.learner("eve")
    eve.home = eve.address
    assert "Hi, I'm Tutor" in await eve.event("opened", action="home")
    assert await eve.event("opened", action="home") == ""
    (drawn,) = await surfaces(eve)
    await eve.say("failover")
    assert await surfaces(eve) == [drawn], "a question changes nothing on it"
    await eve.say("time 7:30")
    (again,) = await surfaces(eve)
    assert again > drawn, "the newest wins"
    await eve.say("quiz me on failover")
    await eve.answer(right=True)
    (last,) = await surfaces(eve)
    assert last > again
    await eve.within("channel", "the-channel", home=True).say("failover")
    assert await surfaces(eve) == [last]


async def surfaces(person: Person) -> list[int]:
    """The ids of the rows that draw the person's surface anew."""
    rows = await rows_after(person.world.db, person.address.lane, 0, 1000)
    return [row.id for row in rows if row.kind == "refresh" and row.surface == "home"]


async def test_links_run_a_command_or_redeem_a_code(ann: Person) -> None:
    assert "Your settings" in await ann.command("start", "do_settings")
    assert "Nothing to show yet" in await ann.command("start", "do_progress")
    assert "isn't good" in await ann.command("start", "link_ABCD2345")
    assert "Welcome back" in await ann.command("start", "do_rm")
    assert "Scalability" in await ann.command("start", "topic_practice__scalability")


FORM = {"time": "7:30", "zone": "Lisbon", "days": "mon wed", "cap": "5", "quiet": "", "retention": "90"}


async def test_a_form_is_taken_as_a_whole(ann: Person) -> None:
    await ann.event("submit", action="settings", fields={**FORM, "reminders": "on"})
    assert (ann.receipt.errors, ann.replies) == ({}, [])
    found = await ann.record()
    assert (found.quiz_at, found.zone, found.days, found.cap, found.retention) == (450, "Europe/Lisbon", 0b101, 5, 0.9)
    assert (found.quiet_from, found.quiet_to, found.consent, found.home) == (0, 0, "yes", ann.address)
    await ann.event("submit", action="settings", fields={"reminders": "off"})
    assert (await ann.record()).paused == "learner"


@pytest.mark.parametrize(
    ("field", "value"),
    [("time", "9am-ish"), ("zone", "Nowhereville"), ("days", "someday"), ("cap", "900"), ("quiet", "9-9"),
     ("retention", "12"), ("reminders", "perhaps")],
)  # fmt: skip
async def test_one_wrong_field_changes_nothing(ann: Person, field: str, value: str) -> None:
    before = await ann.record()
    await ann.event("submit", action="settings", fields={**FORM, "reminders": "on", field: value})
    assert set(ann.receipt.errors) == {field}
    assert "\\" not in ann.receipt.errors[field]
    assert await ann.record() == before


async def test_reminders_need_a_clock(tutor_world: World) -> None:
    eve = tutor_world.learner("eve", zone="")
    await eve.event("submit", action="settings", fields={"reminders": "on"})
    assert set(eve.receipt.errors) == {"zone"}


async def test_a_form_sent_twice_has_one_effect(ann: Person) -> None:
    for _ in range(2):
        await ann.event("submit", action="settings", fields={"cap": "5"}, id="slack:T:V:hash")
    assert ann.receipt.outcome == "duplicate"
    assert (await ann.record()).cap == 5


async def test_an_apology_for_a_whisper_is_whispered() -> None:
    event = Event("x:1", "command", MONDAY, "ann", Address("slack", "T", "C"), place="whisper")
    (reply,) = apology(event).replies
    assert isinstance(reply, Reply)
    assert reply.audience == "ann"


async def test_a_button_that_judges_an_answer_is_never_said_in_company(ann: Person, group: Person) -> None:
    await ann.say("quiz me on failover")
    before = await ann.record()
    assert "between the two of us" in await group.act(f"self:{before.id}-{before.open_ask}:1")
    after = await ann.record()
    assert (after.last_seq, after.open_ask) == (before.last_seq, before.open_ask)


async def test_being_put_out_of_a_channel_pauses_nobody(ann: Person) -> None:
    await consenting(ann)
    await ann.within("channel", "the-channel", home=True).event("left")
    assert (await ann.record()).paused == ""


async def test_flag_in_a_group_is_about_what_the_group_reads(ann: Person, group: Person) -> None:
    await consenting(ann)
    await ann.say("scalability")
    await group.say("fault tolerance")
    await group.say("flag")
    assert "“Fault Tolerance”" in await ann.read()


async def test_a_form_settles_what_the_chat_was_asking(ann: Person) -> None:
    await ann.say("quiz me on failover")
    await ann.answer(right=False)
    assert (await ann.record()).state.waiting == "consent"
    await ann.event("submit", action="settings", fields={"reminders": "on"})
    await ann.say("no")
    assert (await ann.record()).consent == "yes"


async def test_what_is_personal_is_not_said_into_a_chat_that_was_shut(ann: Person, group: Person) -> None:
    await consenting(ann)
    await ann.event("left")
    assert "between the two of us" in await group.say("progress")
    assert group.button("Open our chat").action == "private:progress"
