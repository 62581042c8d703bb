"""Going through what was asked in vain, in an admin's chat: what each question should lead to, kept as a proposal.

Everything is in the database, nothing in this chat alone: a button names the question, a digest of the group that was
on screen, and what it should lead to. So an old button, a second admin and a restart in the middle do no harm. Nothing
shown or kept says who asked, or who decided. What learners typed is shown as plain text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.messages import Answer, Button, Reply
from bot.records import Proposal
from bot.topics import NEAR, choices
from bot.turn import Turn, reply
from bot.unanswered import (
    CHECKED,
    LEFT,
    OUT,
    SHOWN,
    Group,
    asked,
    digest_of,
    excerpt,
    groups,
    place,
    still_open,
    tag,
    tag_of,
    tagged,
    waiting,
)
from bot.wording import join
from knowledge.markup import Md
from knowledge.model import Topic
from knowledge.workshop.grouping import Gap

if TYPE_CHECKING:
    from bot.store.desk import Desk

TEXT_SHOWN = 300  # characters of a question
NEAREST = 3


# --- screens ------------------------------------------------------------------------------------------------------


def go_through(turn: Turn, desk: Desk, after: str = "") -> Answer:
    """The first group; or the one that follows the group of the question `after`."""
    found = groups(desk)
    return Answer((_from(turn, desk, found, place(found, after) + 1 if after else 0),))


def show(turn: Turn, desk: Desk, gap: str, lead: Md = Md("")) -> Answer:  # noqa: B008 - frozen
    """The group of a question, as it stands now."""
    found = groups(desk)
    at = place(found, gap)
    if at < 0:
        return _dealt_with(turn)
    return Answer((_from(turn, desk, found, at, lead),))


def _from(turn: Turn, desk: Desk, found: Sequence[Group], at: int, lead: Md = Md(""), *, last: bool = False) -> Reply:  # noqa: B008
    """The first group from `at` on in which the base does not answer everything by now; `last`: one came before."""
    say, looked = turn.say, 0
    back = Button(say.label("Back"), "admin:home")
    for n in range(at, len(found)):
        if looked >= CHECKED:
            text = say("The base answers the last {n} questions by now; they are off the list.", n=looked)
            return Reply(text, (Button(say.label("Go on"), f"admin:next:{found[n - 1][0].id}"), back))
        group = still_open(turn, desk, found[n])
        if group:
            return _screen(turn, desk, group, n + 1, len(found), lead)
        looked += len(found[n])
    end = say("That was the last question for now.") if last or at else say("No question waits for anybody.")
    proposed = sum(row.status == "open" for row in desk.proposals())
    kept = say.many("One proposal waits to be written.", "{n} proposals wait to be written.", proposed)
    return Reply(join([lead, end, kept if proposed else ""]), (Button(say.label("Proposals"), "admin:proposals"), back))


def _screen(turn: Turn, desk: Desk, group: Group, at: int, total: int, lead: Md) -> Reply:
    """One group: what was asked, what became of it, and what it could lead to."""
    say, first = turn.say, group[0]
    times = say.many("asked once", "asked {n} times", asked(group))
    waits = waiting(desk, group)
    head = join(
        [
            say("Question **{at} of {total}**, {times}.", at=at, total=total, times=times),
            _decided(turn, first),
            say.many("One learner waits for the answer.", "{n} learners wait for the answer.", waits) if waits else "",
        ]
    )
    lines = [say("- “{text}”", text=excerpt(gap.text, TEXT_SHOWN)) for gap in group[:SHOWN]]
    if len(group) > SHOWN:
        lines.append(say.many("- and one more like these", "- and {n} more like these", len(group) - SHOWN))
    near = _near(turn, first)
    typing = turn.event.place == "private"
    ask = say("What should answer it?") if near else say("Nothing in the base comes near.")
    how = say("Pick a topic, or type the name of another.") if near else say("Type the name of a topic, if one fits.")
    text = join([lead, head, join(lines, "\n"), _before(turn, desk, first), join([ask, how if typing else ""])], "\n\n")
    name = f"{first.id}:{digest_of(group)}"
    if typing:
        turn.remember(waiting=f"admin:{name}")
    return Reply(text, (*_topic_buttons(turn, name, near), *_other_buttons(turn, first.id, name)), key=_key(first.id))


def _key(gap: str) -> str:
    return f"gap:{gap}"


def _decided(turn: Turn, gap: Gap) -> Md:
    say = turn.say
    if gap.decision == "suggest":
        return say("I offered choices.")
    if gap.decision != "rejected":
        return say("I declined it.")
    topic = turn.library.topic(gap.nearest[0]) if gap.nearest and gap.nearest[0] else None
    if topic is None:
        return say("I answered it, and that was not it.")
    return say("I answered it with **{title}**, and that was not it.", title=topic.title)


def _before(turn: Turn, desk: Desk, gap: Gap) -> Md:
    """What became of an earlier proposal."""
    say = turn.say
    row = next((row for row in desk.proposals() if row.gap == gap.id), None)
    if row is not None and row.status == "refused":
        return say("It was proposed before ({what}), and refused: {why}", what=led_to(turn, row), why=row.note)
    if row is not None and row.status == "applied":
        return say("It was written into {file} before; the base that I serve does not answer it.", file=row.note)
    return Md("")


def _near(turn: Turn, gap: Gap) -> list[Topic]:
    """The topics that come nearest now, without the one that was not it. A path teaches nothing itself."""
    wrong = gap.nearest[:1] if gap.decision == "rejected" else ()
    found = (turn.library.topic(match.id) for match in turn.library.find(gap.text).matches if match.score >= NEAR)
    return [topic for topic in found if topic and topic.kind != "path" and topic.id not in wrong][:NEAREST]


def _topic_buttons(turn: Turn, name: str, topics: Sequence[Topic]) -> list[Button]:
    labels = zip(topics, choices(turn, topics), strict=True)
    return [Button(label, f"admin:to:{name}:{tag(topic.id)}") for topic, label in labels]


def _other_buttons(turn: Turn, gap: str, name: str) -> tuple[Button, ...]:
    say = turn.say
    return (
        Button(say.label("Out of scope"), f"admin:to:{name}:{OUT}"),
        Button(say.label("Leave it"), f"admin:to:{name}:{LEFT}"),
        Button(say.label("Later"), f"admin:next:{gap}"),
        Button(say.label("Back"), "admin:home"),
    )


def led_to(turn: Turn, proposal: Proposal) -> Md:
    """What was proposed, in words."""
    if not proposal.topic:
        return turn.say("out of scope")
    topic = turn.library.topic(proposal.topic)
    return turn.say("**{title}**", title=topic.title if topic else proposal.topic)


# --- decisions ----------------------------------------------------------------------------------------------------


def decide(turn: Turn, desk: Desk, gap: str, digest: str, wanted: str) -> Answer:
    """A group is to lead to the topic whose tag is `wanted`, to be out of scope, or to be left. The next one follows.

    Of two admins the later one counts, and is told what the other had proposed.
    """
    topic = None if wanted in (OUT, LEFT) else tagged(turn, wanted)
    if topic is None and wanted not in (OUT, LEFT):
        return show(turn, desk, gap, turn.say("That topic is no longer in the base; nothing was proposed."))
    earlier = next((row for row in desk.proposals() if row.status == "open" and gap in row.gaps), None)
    if earlier:
        return _changed(turn, desk, earlier, topic, wanted)
    found = groups(desk)
    at = place(found, gap)
    group = still_open(turn, desk, found[at]) if at >= 0 else ()
    if not any(one.id == gap for one in group):
        return _dealt_with(turn)
    if digest_of(group) != digest:
        lead = turn.say("The questions are not those that you saw; nothing was proposed. This is how they stand now.")
        return Answer((_screen(turn, desk, group, at + 1, len(found), lead),))
    row = Proposal(group[0].id, tuple(one.id for one in group), group[0].text, topic.id if topic else "", turn.now)
    said = _kept(turn, desk, row, wanted)
    rest = [*found[:at], *found[at + 1 :]]
    return Answer((said, _from(turn, desk, rest, at, last=True)), notice=turn.say.label("Noted."))


def _kept(turn: Turn, desk: Desk, row: Proposal, wanted: str, before: Md = Md("")) -> Reply:  # noqa: B008
    """Keep a decision, and say so in the place of the question."""
    say, text = turn.say, excerpt(row.text)
    row = replace(row, status="left" if wanted == LEFT else "open")
    desk.propose(row)
    if row.status == "left":
        desk.close(row.gaps)
        said = say("“{text}” is off the list, until somebody asks it again.", text=text)
    elif row.topic:
        said = say("Proposed: “{text}” leads to {what}.", text=text, what=led_to(turn, row))
    else:
        said = say("Proposed: “{text}” is out of scope.", text=text)
    more = len(row.gaps) - 1
    alike = say.many("One more like it goes with it.", "{n} more like it go with it.", more) if more else ""
    undo = Button(say.label("Undo"), f"admin:undo:{row.gap}:{tag_of(row)}")
    in_place = _key(row.gap) if turn.event.place == "private" and not before else None
    return Reply(join([said, alike, before]), (undo,), key=_key(row.gap), replaces=in_place)


def _changed(turn: Turn, desk: Desk, earlier: Proposal, topic: Topic | None, wanted: str) -> Answer:
    """Something is proposed already: the same, or something else, which counts no more."""
    say = turn.say
    go_on = Button(say.label("Go on"), "admin:next:")
    if tag_of(earlier) == wanted:
        undo = Button(say.label("Undo"), f"admin:undo:{earlier.gap}:{wanted}")
        return reply(say("That is proposed already; nothing changed."), undo, go_on)
    row = replace(earlier, topic=topic.id if topic else "", at=turn.now)
    before = say("Until now it was proposed otherwise: {what}.", what=led_to(turn, earlier))
    said = _kept(turn, desk, row, wanted, before)
    return Answer((replace(said, buttons=(*said.buttons, go_on)),), notice=say.label("Changed."))


def undo(turn: Turn, desk: Desk, gap: str, wanted: str) -> Answer:
    """Take a proposal back, if it is still the one that the button stands under."""
    say = turn.say
    go_on = Button(say.label("Go on"), "admin:next:")
    row = next((row for row in desk.proposals() if row.gap == gap), None)
    if row is None:
        return reply(say("That was taken back already, or is gone; nothing changed."), go_on)
    if row.status == "applied":
        return reply(say("It is written into {file} already, so it has to be taken out there.", file=row.note), go_on)
    if row.status == "refused":
        return reply(say("It was refused already: {why}", why=row.note), go_on)
    if tag_of(row) != wanted:
        text = say("That was changed since, to {what}; nothing changed now.", what=led_to(turn, row))
        return reply(text, Button(say.label("Undo that"), f"admin:undo:{gap}:{tag_of(row)}"), go_on)
    desk.withdraw(gap)
    if row.status == "left":
        desk.reopen(row.gaps)
    again = Button(say.label("Show it again"), f"admin:show:{gap}")
    return reply(say("Taken back: “{text}” is on the list again.", text=excerpt(row.text)), again, go_on)


def typed(turn: Turn, desk: Desk, gap: str, digest: str, text: str) -> Answer:
    """The name of a topic was typed for the group on screen: that topic, or those that it may be."""
    say, found = turn.say, turn.library.find(text)
    near = [topic for match in found.matches if (topic := turn.library.topic(match.id)) and topic.kind != "path"]
    if near and found.decision == "answer":
        return decide(turn, desk, gap, digest, tag(near[0].id))
    if place(groups(desk), gap) < 0:
        return _dealt_with(turn)
    turn.remember(waiting=f"admin:{gap}:{digest}")
    lead = say("Which topic is “{text}”?", text=excerpt(text)) if near else say("I find no topic of that name.")
    buttons = [
        *_topic_buttons(turn, f"{gap}:{digest}", near[:5]),
        Button(say.label("Show it again"), f"admin:show:{gap}"),
    ]
    return reply(join([lead, say("Type another name, or pick:")]), *buttons)


def _dealt_with(turn: Turn) -> Answer:
    """A button of a question that is not on the list any more."""
    say = turn.say
    return reply(
        say("That question is not on the list any more; nothing changed."),
        Button(say.label("Go on"), "admin:next:"),
        Button(say.label("Back"), "admin:home"),
    )
