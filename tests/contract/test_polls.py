"""Quiz polls in groups, on all three stores: sent, kept when marked as sent, and graded once for each person."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot.history import counting
from bot.messages import Address, MessageRef, Poll, Reply
from bot.polls import fits, shortened
from bot.store.codec import reply_of, reply_values
from bot.store.db import Database
from bot.store.queries.outbox import rows_after
from bot.store.queries.prune import prune
from bot.store.tables import LEARNER, OUTBOX, POLL, VOTE
from bot.store.types import from_json, to_json
from knowledge.loader import load
from knowledge.model import Item, Option
from knowledge.search import searchable
from tests.contract.outgoing import all_settled, sending
from tests.fakes.senders import Clock, FakeSender
from tests.flow.talking import BASE, Person, World, learners

LIBRARY = searchable(load(BASE))


@dataclass
class PollSender(FakeSender):
    """Names each poll, as Telegram does."""

    async def send(self, to: Address, reply: Reply, replaced: MessageRef | None) -> MessageRef:
        message = await super().send(to, reply, replaced)
        polls = sum(sent.reply.poll is not None for sent in self.sent)
        return replace(message, poll=f"p{polls}") if reply.poll else message


@pytest.fixture
async def here(db: Database) -> AsyncIterator[World]:
    made = World(db, LIBRARY)
    await made.inbox.start()
    yield made
    await made.inbox.stop()


async def send(here: World, sender: PollSender | None = None) -> list[Poll]:
    """Send what waits; gives the polls."""
    sender = sender or PollSender()
    async with sending(here.db, sender, clock=Clock(here.now), platforms=("test",)):
        await all_settled(here.db)
    return [sent.reply.poll for sent in sender.sent if sent.reply.poll]


def member(here: World, name: str) -> Person:
    return here.learner(name).within("group", "the-group")


async def vote(person: Person, poll: str, option: int | str, id: str = "") -> str:
    """Answer a poll; gives what became of that."""
    assert await person.event("poll", action=poll, text=str(option), id=id) == ""
    return person.receipt.outcome


async def test_a_quiz_in_a_group_is_one_poll_that_everybody_answers(here: World) -> None:
    ann, bob = member(here, "ann"), member(here, "bob")
    await ann.say("quiz me on failover")
    (poll,) = await send(here)
    assert poll.topic in ("concept/failover", "practice/fault-tolerance")
    item = LIBRARY.items[poll.item]
    assert poll.options[poll.right] == item.right_option.text
    assert len(poll.ids) == len(poll.whys) == len(poll.options)
    for person, option in ((ann, poll.right), (bob, (poll.right + 1) % len(poll.options))):
        assert await vote(person, "p1", option) == "done"
    for person, outcome in ((ann, "right"), (bob, "wrong")):
        (entry,) = await person.log()
        record = await person.record()
        assert (entry.item, entry.outcome, entry.seq, entry.ask) == (poll.item, outcome, 1, 1)
        assert (record.streak, record.state.done_today, record.last_ask, record.open_ask) == (1, 1, 1, 0)
        assert [row.item for row in await person.cards()] == [poll.item]
    rows = await rows_after(here.db, ann.address.lane, 0)
    assert [bool(row.reply and row.reply.poll) for row in rows] == [True], "nothing is said for an answer"
    with here.db.read() as conn:
        assert conn.execute(select(func.count()).select_from(OUTBOX)).scalar_one() == 1


async def test_an_answer_counts_once(here: World) -> None:
    ann = member(here, "ann")
    await ann.say("quiz")
    await send(here)
    await vote(ann, "p1", 0, id="telegram:1")
    assert await vote(ann, "p1", 0, id="telegram:1") == "duplicate"
    assert await vote(ann, "p1", 1, id="telegram:2") == "done"
    assert len(await ann.log()) == 1


async def test_a_poll_leaves_a_private_quiz_alone(here: World) -> None:
    alone = here.learner("ann")
    await alone.say("quiz me on scalability")
    before = await alone.record()
    ann = member(here, "ann")
    await ann.say("quiz me on failover")
    await send(here)
    await vote(ann, "p1", 0)
    after = await alone.record()
    assert (after.open_ask, after.state.session) == (before.open_ask, before.state.session)
    await alone.answer(right=True)
    log = await alone.log()
    assert [row.seq for row in log] == [1, 2]
    assert len(counting(log)) == 2


async def test_an_answer_that_overtakes_its_poll_comes_again(here: World) -> None:
    ann = member(here, "ann")
    await ann.say("quiz")
    assert await vote(ann, "p1", 0, id="telegram:9") == "busy"
    await send(here)
    assert await vote(ann, "p1", 0, id="telegram:9") == "done"
    assert len(await ann.log()) == 1


async def test_an_unknown_poll_is_given_up_and_nobody_is_made_for_it(here: World) -> None:
    eve = member(here, "eve")
    assert await vote(eve, "p99", 0) == "busy"
    here.now += timedelta(seconds=4)
    assert await vote(eve, "p99", 0) == "done"
    assert await learners(here.db) == 0


@pytest.mark.parametrize("option", ["", "7", "-1", "x", "٣", "99999999999"])
async def test_an_option_that_is_none_counts_for_nothing(here: World, option: str) -> None:
    ann = member(here, "ann")
    await ann.say("quiz")
    await send(here)
    assert await vote(ann, "p1", option) == "done"
    with here.db.read() as conn:
        assert conn.execute(select(func.count()).select_from(VOTE)).scalar_one() == 0


async def test_a_poll_of_an_item_that_has_left_the_base_is_graded_as_it_was_put(here: World) -> None:
    ann = member(here, "ann")
    await ann.say("quiz")
    (poll,) = await send(here)
    here.library = replace(LIBRARY, items={}, version="1" * 16)
    await vote(ann, "p1", poll.right)
    assert [(row.item, row.outcome) for row in await ann.log()] == [(poll.item, "right")]


async def test_another_one_is_pressed_twice_and_one_poll_follows(here: World) -> None:
    ann, bob = member(here, "ann"), member(here, "bob")
    await ann.say("quiz")
    first = MessageRef("the-group", "m1")
    for person in (ann, bob):
        await person.event("press", action="quiz", message=first)
    polls = await send(here)
    assert len(polls) == 2
    assert polls[0].item != polls[1].item


async def test_a_group_gets_what_it_talks_about_and_no_item_twice_in_a_row(here: World) -> None:
    ann = member(here, "ann")
    await ann.say("fault tolerance")
    await ann.say("quiz")
    (poll,) = await send(here)
    assert LIBRARY.items[poll.item] in [
        item for id in ("practice/fault-tolerance", "concept/failover") for item in LIBRARY.topics[id].items
    ]


async def test_buttons_of_a_topic_quiz_the_group_on_it_and_a_channel_at_home(here: World) -> None:
    ann = member(here, "ann")
    await ann.say("failover")
    await ann.press("Quiz me")
    assert [poll.topic for poll in await send(here)] == ["concept/failover"]
    channel = here.learner("ann").within("channel", "the-channel", home=True)
    await channel.act("quiz:concept/failover")
    assert channel.replies == []
    assert "Failover" in await here.learner("ann").read()


async def test_polls_and_answers_are_kept_for_thirty_days_and_forgotten_with_the_learner(here: World) -> None:
    ann, bob = member(here, "ann"), member(here, "bob")
    await ann.say("quiz")
    await send(here)
    for person in (ann, bob):
        await vote(person, "p1", 0)
    await here.learner("bob").act("forget:yes")

    def counted() -> tuple[int, int]:
        with here.db.read() as conn:
            polls = conn.execute(select(func.count()).select_from(POLL)).scalar_one()
            return polls, conn.execute(select(func.count()).select_from(VOTE)).scalar_one()

    assert counted() == (1, 1)
    await prune(here.db, here.now + timedelta(days=29))
    assert counted() == (1, 1)
    await prune(here.db, here.now + timedelta(days=31))
    assert counted() == (0, 0)
    with here.db.read() as conn:
        assert conn.execute(select(func.count()).select_from(LEARNER)).scalar_one() == 1


def test_a_poll_survives_the_store() -> None:
    poll = Poll("Which?", ("this", "that"), 1, "Because.", "a/b#c", "a/b", "B", ("x", "y"), ("", "so"), "Why", "cafe")
    values = reply_values(Reply("", poll=poll))
    body = from_json(to_json(values["body"]))
    assert reply_of(body, "", None, None).poll == poll


def item(**fields: object) -> Item:
    options = (Option("a", "this", True), Option("b", "that", False))
    return Item(**{"key": "a/b#c", "id": "c", "topic": "a/b", "kind": "choice", "level": 1, "ask": "?",
                   "options": options, **fields})  # type: ignore[arg-type]  # fmt: skip


def test_only_what_fits_becomes_a_poll() -> None:
    assert fits(item())
    assert not fits(item(kind="text"))
    assert not fits(item(ask="x" * 301))
    assert not fits(item(ask="😀" * 151)), "limits count UTF-16"
    assert not fits(item(options=(Option("a", "x" * 101, True), Option("b", "that", False))))
    assert not fits(item(options=(Option("a", "this", True),)))


@given(st.text(max_size=600))
def test_an_explanation_always_fits(text: str) -> None:
    found = shortened(text)
    assert len(found.encode("utf-16-le", "surrogatepass")) <= 400
    assert found.count("\n") <= 2


def test_an_explanation_ends_with_a_sentence_or_a_word() -> None:
    assert shortened("One. " * 60) == ("One. " * 40).strip()
    assert shortened("word " * 60).endswith("word…")
    assert shortened("short\n\nand sweet") == "short\nand sweet"


async def test_two_people_press_another_one_at_the_same_moment_and_one_poll_follows(here: World) -> None:
    ann, bob = member(here, "ann"), member(here, "bob")
    await ann.say("quiz")
    first = MessageRef("the-group", "m1")
    await asyncio.gather(*(one.event("press", action="quiz", message=first) for one in (ann, bob)))
    assert sorted(one.receipt.notice for one in (ann, bob)) == ["", "That question is here already."]
    assert len(await send(here)) == 2


@pytest.mark.parametrize("words", ["undo", "i guessed"])
async def test_a_change_of_mind_about_a_poll_leaves_the_tally_of_a_private_quiz_alone(here: World, words: str) -> None:
    alone, ann = here.learner("ann"), member(here, "ann")
    await alone.say("quiz me on scalability")
    await alone.answer(right=True)
    before = (await alone.record()).state.session
    assert before is not None
    here.now += timedelta(minutes=1)
    await ann.say("quiz me on failover")
    (poll,) = await send(here)
    await vote(ann, "p1", poll.right)
    await alone.say(words)
    assert (await alone.record()).state.session == before


async def test_a_poll_of_an_item_that_was_renamed_counts_for_its_new_name(here: World) -> None:
    ann = member(here, "ann")
    await ann.say("quiz")
    (poll,) = await send(here)
    new = "practice/resilience#new-name"
    here.library = replace(LIBRARY, moved_items={poll.item: new}, version="1" * 16)
    await vote(ann, "p1", poll.right)
    assert [(row.item, row.topic) for row in await ann.log()] == [(new, "practice/resilience")]
    assert [row.item for row in await ann.cards()] == [new]
