"""An admin's chat: what is served and waits, going through what was asked in vain, flags, and nothing for others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, update

from bot.messages import ACTION_MAX
from bot.records import Proposal, Standing
from bot.store.desk import Office
from bot.store.queries.gaps import close_gaps
from bot.store.queries.proposals import mark_proposal, proposals
from bot.store.tables import FLAG, GAP, OUTBOX, PROPOSAL
from knowledge.markup import plain
from knowledge.search import searchable
from tests.flow.talking import MONDAY, Person, World, gaps, without, world

HAMSTER, HAMSTERS, ZEBRA = "my hamster escaped again", "escaped again my hamster", "zebra crossing zebra"
FAULT, SCALE = "practice/fault-tolerance", "practice/scalability"
ADMINS = frozenset({"test::boss", "test::chief"})


class Stands:
    """How the base stands; tests say otherwise."""

    def __init__(self) -> None:
        self.now = Standing()

    def __call__(self) -> Standing:
        return self.now


@pytest.fixture
def stands() -> Stands:
    return Stands()


@pytest.fixture
async def here(tmp_path: Path, stands: Stands) -> AsyncIterator[World]:
    async with world(tmp_path, office=Office(ADMINS, standing=stands)) as made:
        yield made


@pytest.fixture
async def boss(here: World) -> Person:
    """An admin who has met Tutor."""
    person = here.learner("boss")
    await person.command("start")
    return person


async def ask(here: World, *questions: str) -> Person:
    """Have somebody ask all of these."""
    ann = here.learner("ann")
    for question in questions:
        await ann.say(question)
    return ann


async def rows(here: World) -> list[Proposal]:
    return await here.db.fetch(proposals)


async def first_group(here: World, boss: Person) -> str:
    """Two questions alike, one of them asked twice, and another; the first group is on screen."""
    await ask(here, HAMSTER, HAMSTERS, ZEBRA, HAMSTER)
    await boss.say("/admin")
    return await boss.press("Go through the questions")


# --- the first screen ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["/admin", "admin", "Admin", "/admin now please"])
async def test_only_admins_have_a_desk(here: World, words: str) -> None:
    ann, boss = here.learner("ann"), here.learner("boss")
    for one in (ann, boss):
        await one.command("start")
    unknown = words.replace("admin", "nimda").replace("Admin", "Nimda")
    told = (await ann.say(words)).replace("admin", "nimda").replace("Admin", "Nimda")
    labels = ann.labels()
    assert told == await ann.say(unknown), "an unknown word like any other"
    assert labels == ann.labels()
    assert "I serve A small base" in await boss.say(words)


async def test_the_platforms_command_and_help_do_not_list_it(here: World, boss: Person) -> None:
    ann = here.learner("ann")
    await ann.command("start")
    assert (await ann.command("admin")).replace("admin", "nimda") == await ann.command("nimda")
    assert "I serve" in await boss.command("admin")
    for one in (ann, boss):
        assert "admin" not in (await one.say("help")).casefold()


@pytest.mark.parametrize(
    "action", ["admin", "admin:home", "admin:next:", "admin:to:aaa:bbb:out", "admin:seen:1", "admin:x"]
)
async def test_buttons_of_the_desk_do_nothing_for_others(here: World, action: str) -> None:
    ann = await ask(here, HAMSTER)
    told = await ann.act(action)
    assert told == await ann.act("nimda")
    assert await rows(here) == []
    group = ann.within("group", "g")
    assert await group.act(action) == await group.act("nimda")
    labels = group.labels()
    await group.act("private:admin")
    assert labels == ["Open our chat"]


@pytest.mark.parametrize(
    "action", ["admin", "admin:nonsense", "admin:next", "admin:to:x", "admin:home:x", "admin:seen:x"]
)
async def test_buttons_that_make_no_sense_change_nothing(here: World, boss: Person, action: str) -> None:
    await ask(here, HAMSTER)
    before = await here.db.fetch(lambda conn: conn.execute(select(GAP)).all())
    await boss.act(action)
    assert boss.receipt.outcome == "done"
    assert before == await here.db.fetch(lambda conn: conn.execute(select(GAP)).all())


async def test_an_idle_desk_says_so(boss: Person) -> None:
    text = await boss.say("/admin")
    for line in ("topics", "Questions asked in vain: none", "Flags: none", "not be sent: none", "Proposals: none"):
        assert line in text
    assert boss.labels() == []


async def test_what_waits_is_counted(here: World, boss: Person, stands: Stands) -> None:
    ann = await ask(here, HAMSTER, HAMSTERS, ZEBRA, HAMSTER)
    await ann.press("Tell me when you know")
    await ann.say("failover")
    await ann.say("flag it: out of date")
    message = {"lane": "slack:T:C", "platform": "slack", "workspace": "T", "chat": "C", "thread": "", "kind": "reply"}
    state = {"surface": "", "key": "", "created_at": MONDAY, "status": "dead", "tries": 9, "error": "gone"}
    await here.db.run(lambda conn: conn.execute(insert(OUTBOX), {**message, **state}))
    stands.now = Standing(False, tuple(f"skills/x.yaml:{n}:1 unknown key" for n in range(5)))
    text = await boss.say("/admin")
    assert "Questions asked in vain: 3, asked 4 times in all. One learner wants to be told." in text
    assert f"- “{HAMSTER}”: asked 3 times, in 2 forms, one waits for it" in text
    assert f"- “{ZEBRA}”: asked once" in text
    assert "Flags: one that nobody has seen to." in text
    assert "slack 1." in text
    assert "Search has not read this version yet; it does once the files are in order." in text
    assert "The files have 5 problems" in text
    assert "skills/x.yaml:2:1 unknown key" in text
    assert "and 2 more" in text
    assert boss.labels() == ["Go through the questions", "Flags"]
    assert "ann" not in text.split()


# --- going through the questions ----------------------------------------------------------------------------------


async def test_a_topic_is_proposed_and_the_next_group_follows(here: World, boss: Person) -> None:
    text = await first_group(here, boss)
    assert "Question 1 of 2, asked 3 times. I declined it." in text
    assert f"“{HAMSTER}”\n" in text
    assert f"“{HAMSTERS}”" in text
    assert boss.labels()[-4:] == ["Out of scope", "Leave it", "Later", "Back"]
    shown = boss.replies[0]
    await boss.say("Fault Tolerance")
    settled, following = boss.replies
    assert f"Proposed: “{HAMSTER}” leads to Fault Tolerance. One more like it goes with it." in plain(settled.text)
    assert settled.replaces == shown.key
    assert "Question 1 of 1, asked once" in plain(following.text)
    assert ZEBRA in plain(following.text)
    (row,) = await rows(here)
    kept = await here.db.fetch(lambda conn: conn.execute(select(GAP.c.id).where(GAP.c.text != ZEBRA)).scalars().all())
    assert (row.text, row.topic, row.status, set(row.gaps)) == (HAMSTER, FAULT, "open", set(kept))
    await boss.press("Out of scope")
    assert "is out of scope" in plain(boss.replies[0].text)
    assert "That was the last question for now." in plain(boss.replies[1].text)
    assert {(row.text, row.topic) for row in await rows(here)} == {(HAMSTER, FAULT), (ZEBRA, "")}
    assert "Proposals: 2 to be written" in await boss.say("/admin")
    assert "none that waits" in await boss.say("/admin")


async def test_nearest_topics_are_buttons_and_every_button_fits(here: World, boss: Person) -> None:
    await ask(here, "data")
    await boss.say("/admin")
    text = await boss.press("Go through the questions")
    assert "I offered choices." in text
    near = ["Data Engineer, career", "Data Engineering, skill"]
    assert sorted(boss.labels()[:2]) == near, "told apart by their kinds"
    assert all(len(b.action.encode()) <= ACTION_MAX for reply in boss.replies for b in reply.buttons)
    await boss.press("Data Engineering.*")
    assert [row.topic for row in await rows(here)] == ["skill/data-engineering"]


async def test_what_was_not_it_is_said_and_not_offered(here: World, boss: Person) -> None:
    ann = await ask(here, "failover")
    await ann.press("Not what I meant")
    await boss.say("/admin")
    text = await boss.press("Go through the questions")
    assert "I answered it with Failover, and that was not it." in text
    assert "Nothing in the base comes near. Type the name of a topic, if one fits." in text
    assert "Failover" not in boss.labels()


async def test_a_name_that_is_not_clear_is_offered_and_can_be_typed_again(here: World, boss: Person) -> None:
    await first_group(here, boss)
    assert "Type another name, or pick:" in await boss.say("data")
    assert await rows(here) == []
    assert "I find no topic of that name" in await boss.say("qqqqqqq")
    await boss.say("scalability")
    assert [row.topic for row in await rows(here)] == [SCALE]


async def test_a_question_or_a_command_in_between_is_what_it_is(here: World, boss: Person) -> None:
    await first_group(here, boss)
    assert (await boss.say("what is failover?")).startswith("Failover (concept)")
    await boss.say("scalability")
    assert await rows(here) == [], "it was asked for once"
    await first_group(here, boss)
    assert "Your settings" in await boss.say("settings")
    assert await rows(here) == []


async def test_leaving_takes_it_off_the_list_until_it_is_asked_again(here: World, boss: Person) -> None:
    await first_group(here, boss)
    await boss.press("Leave it")
    assert "off the list, until somebody asks it again" in plain(boss.replies[0].text)
    left = boss.replies[0].buttons[0].action
    assert "Questions asked in vain: one, asked once" in await boss.say("/admin")
    here.now += timedelta(hours=1)
    await ask(here, HAMSTER)
    assert "Questions asked in vain: 2" in await boss.say("/admin")
    await boss.act(left)
    assert "Questions asked in vain: 3, asked 5 times" in await boss.say("/admin")


async def test_later_goes_round(here: World, boss: Person) -> None:
    await first_group(here, boss)
    assert ZEBRA in await boss.press("Later")
    assert "last question for now" in await boss.press("Later")
    await boss.press("Back")
    assert HAMSTER in await boss.press("Go through the questions")
    assert await rows(here) == []


async def test_undo_puts_it_back(here: World, boss: Person) -> None:
    await first_group(here, boss)
    await boss.press("Out of scope")
    undo = boss.replies[0].buttons[0].action
    assert f"Taken back: “{HAMSTER}”" in await boss.act(undo)
    assert await rows(here) == []
    assert HAMSTER in await boss.press("Show it again")
    assert "taken back already" in await boss.act(undo)


# --- old buttons, other admins, what has changed ------------------------------------------------------------------


async def test_pressing_twice_proposes_once(here: World, boss: Person) -> None:
    await first_group(here, boss)
    out = boss.button("Out of scope").action
    await boss.act(out)
    before = await rows(here)
    assert "proposed already; nothing changed" in await boss.act(out)
    assert await rows(here) == before
    assert ZEBRA in await boss.press("Go on")


async def test_of_two_admins_the_later_one_counts_and_is_told(here: World, boss: Person) -> None:
    await first_group(here, boss)
    chief = here.learner("chief")
    await chief.command("start")
    await chief.say("/admin")
    await chief.press("Go through the questions")
    out = chief.button("Out of scope").action
    await boss.say("fault tolerance")
    undo = boss.replies[0].buttons[0].action
    told = await chief.act(out)
    assert "is out of scope" in told
    assert "Until now it was proposed otherwise: Fault Tolerance." in told
    (row,) = await rows(here)
    assert (row.topic, row.status, len(row.gaps)) == ("", "open", 2)
    assert "changed since, to out of scope; nothing changed now" in await boss.act(undo)
    assert await rows(here) == [row]
    await boss.press("Undo that")
    assert await rows(here) == []


async def test_a_group_that_has_grown_is_shown_again(here: World, boss: Person) -> None:
    await first_group(here, boss)
    out = boss.button("Out of scope").action
    await ask(here, "again my hamster escaped")
    assert "not those that you saw; nothing was proposed" in await boss.act(out)
    assert "again my hamster escaped" in plain(boss.replies[0].text)
    assert await rows(here) == []
    await boss.press("Out of scope")
    assert [len(row.gaps) for row in await rows(here)] == [3]


async def test_asked_more_often_is_still_the_same_group(here: World, boss: Person) -> None:
    await first_group(here, boss)
    out = boss.button("Out of scope").action
    await ask(here, HAMSTERS, HAMSTERS, HAMSTERS)
    await boss.act(out)
    assert [len(row.gaps) for row in await rows(here)] == [2]


async def test_what_is_asked_like_something_proposed_goes_with_it(here: World, boss: Person) -> None:
    await first_group(here, boss)
    await boss.say("fault tolerance")
    undo = boss.replies[0].buttons[0].action
    await ask(here, "again my hamster escaped", "again my hamster escaped")
    assert "Questions asked in vain: one, asked once" in await boss.say("/admin")
    assert ZEBRA in await boss.press("Go through the questions")
    assert "last question for now" in await boss.press("Later")
    await boss.act(undo)
    text = await boss.press("Show it again")
    assert "again my hamster escaped" in text
    assert "asked 5 times" in text


async def test_what_a_proposal_did_not_answer_comes_up_by_itself(here: World, boss: Person) -> None:
    await first_group(here, boss)
    await boss.press("Out of scope")
    await ask(here, "again my hamster escaped")
    (row,) = await rows(here)

    def written(conn: Connection) -> None:
        mark_proposal(conn, row, "applied", "golden/out_of_scope.yaml", here.now)
        close_gaps(conn, row.gaps, here.now)

    await here.db.run(written)
    assert "Questions asked in vain: 2" in await boss.say("/admin")
    assert "again my hamster escaped" in await boss.press("Go through the questions")


async def test_a_topic_that_went_away_is_not_proposed(here: World, boss: Person) -> None:
    await ask(here, "data")
    await boss.say("/admin")
    await boss.press("Go through the questions")
    action = boss.button("Data Engineering.*").action
    here.library = without(here.library, "skill/data-engineering")
    assert "no longer in the base; nothing was proposed" in await boss.act(action)
    assert await rows(here) == []


async def test_a_question_that_is_gone_changes_nothing(here: World, boss: Person) -> None:
    await first_group(here, boss)
    out, show = boss.button("Out of scope").action, boss.button("Later").action.replace("next", "show")
    await here.db.run(lambda conn: conn.execute(GAP.delete()))
    for action in (out, show):
        assert "not on the list any more" in await boss.act(action)
    assert await rows(here) == []
    await boss.act(boss.button("Go on").action)
    assert "No question waits" in plain(boss.replies[0].text)


async def test_what_the_base_answers_by_now_is_closed_once_search_is_settled(
    here: World, boss: Person, stands: Stands
) -> None:
    await first_group(here, boss)
    out = boss.button("Out of scope").action
    topic = here.library.topics[FAULT]
    topics = {**here.library.topics, FAULT: replace(topic, questions=(*topic.questions, HAMSTER, HAMSTERS))}
    here.library = searchable(replace(here.library, topics=topics, version="2" * 16))
    stands.now = Standing(settled=False)
    await boss.say("/admin")
    assert HAMSTER in await boss.press("Go through the questions")
    stands.now = Standing()
    assert "not on the list any more" in await boss.act(out)
    await boss.say("/admin")
    assert ZEBRA in await boss.press("Go through the questions")
    assert "1 of 1" in plain(boss.replies[0].text)
    assert "in vain: one, asked once" in await boss.say("/admin")


async def test_a_restart_in_the_middle_loses_nothing(tmp_path: Path) -> None:
    async with world(tmp_path, office=Office(ADMINS)) as first:
        boss = first.learner("boss")
        await boss.command("start")
        await first_group(first, boss)
        await boss.say("fault tolerance")
        out, undo = boss.button("Out of scope").action, boss.replies[0].buttons[0].action
    async with world(tmp_path, office=Office(ADMINS)) as second:
        second.ids = first.ids
        boss = second.learner("boss")
        await boss.act(out)
        assert {row.text for row in await rows(second)} == {HAMSTER, ZEBRA}
        await boss.act(undo)
        assert {row.text for row in await rows(second)} == {ZEBRA}


async def test_somebody_who_is_no_admin_any_more(tmp_path: Path) -> None:
    async with world(tmp_path, office=Office(ADMINS)) as first:
        boss = first.learner("boss")
        await boss.command("start")
        await first_group(first, boss)
        out = boss.button("Out of scope").action
    async with world(tmp_path) as second:
        second.ids = first.ids
        boss = second.learner("boss")
        assert "That button no longer does anything" in await boss.act(out)
        assert (await boss.say("fault tolerance")).endswith("when parts of it fail.")
        assert await rows(second) == []


# --- texts, places, privacy ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["**bold** [x](https://e.org) `a` qqq zzz", "- list\n- of\n# qqq zzz", "<b>qqq</b> zzz"]
)
async def test_what_was_typed_is_shown_as_plain_text(here: World, boss: Person, text: str) -> None:
    await ask(here, text)
    await boss.say("/admin")
    assert " ".join(text.split()) in await boss.press("Go through the questions")
    await boss.press("Out of scope")
    assert " ".join(text.split()) in plain(boss.replies[0].text)
    await boss.say("/admin")
    assert " ".join(text.split()) in await boss.press("Proposals")


async def test_long_texts_are_cut_on_screen_and_kept_whole(here: World, boss: Person) -> None:
    long = "qqqq wwww " * 100
    await ask(here, long)
    (kept,) = await gaps(here)
    await boss.say("/admin")
    assert len(await boss.press("Go through the questions")) < 700
    await boss.press("Out of scope")
    assert [row.text for row in await rows(here)] == [kept]


async def test_many_groups_and_big_ones_stay_short(here: World, boss: Person) -> None:
    await ask(here, *(f"hamster escaped from cage number {n}" for n in range(12)))
    await ask(here, *(f"{word * 4} {word * 3}" for word in "abcdefgh"))
    text = await boss.say("/admin")
    assert text.count("“") == 5
    assert "more groups" in text
    text = await boss.press("Go through the questions")
    assert "and 4 more like these" in text
    assert text.count("“") == 8
    await boss.press("Out of scope")
    assert [len(row.gaps) for row in await rows(here)] == [12]


async def test_in_company_the_desk_is_at_home(here: World, boss: Person) -> None:
    await ask(here, HAMSTER)
    channel = boss.within("channel", "c", home=True)
    assert await channel.say("/admin") == ""
    assert channel.receipt.notice == "I've written to you in our own chat."
    assert HAMSTER in await boss.read()
    lost = boss.within("group", "g")
    assert "between the two of us" in await lost.say("admin")
    assert lost.button("Open our chat").action == "private:admin"
    assert HAMSTER in await boss.command("start", "do_admin")
    dan, eve = here.learner("dan"), here.learner("eve")
    assert await dan.command("start", "do_admin") == await eve.command("start", "do_nimda")
    whisper = boss.within("whisper", "w", home=True)
    assert HAMSTER in await whisper.say("admin")
    assert [reply.audience for reply in whisper.replies] == ["boss"]
    text = await whisper.press("Go through the questions")
    assert "type the name" not in text.casefold()
    await whisper.press("Out of scope")
    assert {reply.audience for reply in whisper.replies} == {"boss"}
    assert len(await rows(here)) == 1


async def test_nothing_says_who_asked_or_who_decided(here: World, boss: Person) -> None:
    seen = [await first_group(here, boss)]
    for label in ("Out of scope", "Back"):
        seen.append(await boss.press(label))
    seen.append(await boss.press("Proposals"))
    ann = await here.learner("ann").record()
    chief = await boss.record()
    kept = await here.db.fetch(lambda conn: [dict(row) for row in conn.execute(select(PROPOSAL)).mappings()])
    assert [set(row) for row in kept] == [{"gap", "gaps", "text", "topic", "status", "note", "at", "done_at"}]
    assert not {"ann", "boss", str(ann.id), str(chief.id)} & {str(v) for row in kept for v in row.values()}
    assert "ann" not in " ".join(seen).split()
    await boss.say("forget me")
    await boss.say("yes")
    assert len(await rows(here)) == 1, "it is nobody's"


# --- proposals and flags ------------------------------------------------------------------------------------------


def became(conn: Connection, row: Proposal, now: datetime) -> None:
    """As `teach --apply` marks one that it wrote, and one that it refused."""
    if row.topic:
        close_gaps(conn, row.gaps, now)
        mark_proposal(conn, row, "applied", "practices/fault-tolerance.yaml", now)
    else:
        mark_proposal(conn, row, "refused", "it would take that", now)


async def test_what_became_of_proposals_is_shown(here: World, boss: Person) -> None:
    await first_group(here, boss)
    await boss.say("fault tolerance")
    undo = boss.replies[0].buttons[0].action
    await boss.press("Out of scope")
    await boss.say("/admin")
    text = await boss.press("Proposals")
    assert "tutor knowledge teach --apply" in text
    assert f"“{HAMSTER}”: Fault Tolerance" in text
    assert boss.labels() == ["Take back 1", "Take back 2", "Back"]
    for row in await rows(here):
        await here.db.run(partial(became, row=row, now=here.now))
    text = await boss.say("/admin")
    assert "Proposals: 0 to be written, 1 written, 1 refused." in text
    text = await boss.press("Proposals")
    assert f"“{ZEBRA}”: out of scope; it would take that" in text
    assert f"“{HAMSTER}”: Fault Tolerance, in practices/fault-tolerance.yaml" in text
    assert "written into practices/fault-tolerance.yaml already" in await boss.act(undo)
    await boss.say("/admin")
    text = await boss.press("Go through the questions")
    assert ZEBRA in text, "what was refused is to be decided anew"
    assert "It was proposed before (out of scope), and refused: it would take that" in text


async def test_what_is_out_of_scope_for_good_is_not_asked_about_again(here: World, boss: Person) -> None:
    await first_group(here, boss)
    await boss.press("Out of scope")
    assert "last question for now. One proposal waits to be written." in await boss.press("Later")
    [row] = await rows(here)

    def write(conn: Connection) -> None:
        close_gaps(conn, row.gaps, here.now)
        mark_proposal(conn, row, "applied", "golden/out_of_scope.yaml", here.now)

    await here.db.run(write)
    here.now += timedelta(days=1)
    await ask(here, HAMSTER, ZEBRA, "hamster hamster")
    text = await boss.say("/admin")
    assert "Questions asked in vain: 2," in text
    assert f"“{HAMSTER}”" not in text
    assert f"“{ZEBRA}”" in text


async def test_flags_are_shown_with_their_texts_and_seen_to(here: World, boss: Person) -> None:
    ann = await ask(here, "failover")
    await ann.say("flag it: *out* of date")
    for n in range(9):
        await ann.say(f"flag it: number {n}")
    await here.db.run(lambda conn: conn.execute(update(FLAG).where(FLAG.c.id == 10).values(item="concept/gone#x")))
    await boss.say("/admin")
    text = await boss.press("Flags")
    assert "“concept/gone#x” (concept/gone#x): “number 8”, 2026-11-23" in text
    assert "2. “Failover” (concept/failover): “number 7”" in text
    assert "older ones" in text
    seen = boss.button("Seen to 1").action
    await boss.act(seen)
    assert "number 8" not in plain(boss.replies[0].text)
    assert "*out*" not in plain(boss.replies[0].text)
    await boss.act(seen)
    waits = select(FLAG.c.id).where(FLAG.c.settled_at.is_(None))
    assert await here.db.fetch(lambda conn: len(conn.execute(waits).all())) == 9
    await boss.press("Seen to 1")
    assert "*out* of date" in plain(boss.replies[0].text)
