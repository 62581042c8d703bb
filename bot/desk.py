"""What an admin sees of Tutor, in their own chat: what is served, and what waits for somebody to see to it.

Only those whom the setting ADMINS names have a `Turn.desk`. To everybody else the word means nothing, and the buttons
do nothing: no answer tells that this exists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from bot import curating
from bot.messages import Answer, Button
from bot.records import Proposal
from bot.small_talk import lost
from bot.turn import Turn, reply
from bot.unanswered import Group, asked, excerpt, sorted_out, tag_of, waiting_to_be_written
from bot.wording import join
from knowledge.markup import Md

if TYPE_CHECKING:
    from bot.store.desk import Desk
    from bot.store.queries.flags import Flagged

GROUPS_SHOWN = 5  # on the first screen
PROBLEMS_SHOWN = 3
LISTED = 8  # flags or proposals on one screen, each with a button
SETTLED_SHOWN = 5  # proposals that came to an end
COMMAND = "tutor knowledge teach --apply"


def open_desk(turn: Turn) -> Answer:
    """The first screen; to somebody who has no desk, a word like any other."""
    return _overview(turn, turn.desk) if turn.desk else lost(turn)


def pressed(turn: Turn, rest: str) -> Answer:
    """A button of these screens: what to do, and with which question, flag or proposal."""
    what, *names = rest.split(":")
    desk = turn.desk
    if desk is None or len(names) != _SCREENS.get(what, (None, -1))[1]:
        return lost(turn)
    return _SCREENS[what][0](turn, desk, *names)


# --- the first screen ---------------------------------------------------------------------------------------------


def _overview(turn: Turn, desk: Desk) -> Answer:
    say = turn.say
    found, proposed = sorted_out(desk)
    rows = desk.proposals()
    flags = desk.count_flags()
    text = join(
        [
            join([_served(turn), _health(turn, desk)], "\n"),
            _questions(turn, desk, found, proposed),
            join([_flag_count(turn, flags), _dead(turn, desk), _proposal_count(turn, rows)], "\n"),
        ],
        "\n\n",
    )
    return reply(
        text,
        Button(say.label("Go through the questions"), "admin:next:") if found else None,
        Button(say.label("Flags"), "admin:flags") if flags else None,
        Button(say.label("Proposals"), "admin:proposals") if rows else None,
    )


def _served(turn: Turn) -> Md:
    say, library = turn.say, turn.library
    return say(
        "I serve **{title}**: {topics}, {items}, version {version}.",
        title=library.base.title,
        topics=say.many("{n} topic", "{n} topics", sum(topic.kind != "path" for topic in library.topics.values())),
        items=say.many("{n} quiz item", "{n} quiz items", len(library.items)),
        version=library.version,
    )


def _health(turn: Turn, desk: Desk) -> Md:
    say, standing = turn.say, desk.standing()
    lines = []
    if not standing.settled and standing.problems:
        lines.append(say("Search has not read this version yet; it does once the files are in order."))
    elif not standing.settled:
        lines.append(say("Search is still reading this version: some questions are not understood until it has."))
    if standing.problems:
        count = len(standing.problems)
        lead = say.many(
            "The files have one problem; until it is mended, I serve the version before:",
            "The files have {n} problems; until those are mended, I serve the version before:",
            count,
        )
        shown = [say("- {problem}", problem=excerpt(line, 300)) for line in standing.problems[:PROBLEMS_SHOWN]]
        left = count - PROBLEMS_SHOWN
        more = say.many("- and one more", "- and {n} more", left) if left > 0 else ""
        lines.append(join([lead, *shown, more], "\n"))
    return join(lines, "\n")


def _questions(turn: Turn, desk: Desk, found: list[Group], proposed: set[str]) -> Md:
    """How much was asked in vain, and the groups that were asked most."""
    say = turn.say
    if not found:
        return say("Questions asked in vain: none that waits.")
    questions, times = desk.count_gaps(proposed)
    once = times == questions > 1
    wishes = desk.count_wishes()
    head = join(
        [
            say.many("Questions asked in vain: one,", "Questions asked in vain: {n},", questions),
            say("each asked once.") if once else say.many("asked once.", "asked {n} times in all.", times),
            _waiting(turn, sum(count for gap, count in wishes.items() if gap not in proposed)),
            say("Asked most:"),
        ]
    )
    lines = []
    for group in found[:GROUPS_SHOWN]:
        waits = sum(wishes.get(gap.id, 0) for gap in group)
        parts = [
            say.many("asked once", "asked {n} times", asked(group)),
            say.many("in one form", "in {n} forms", len(group)) if len(group) > 1 else "",
            say.many("one waits for it", "{n} wait for it", waits) if waits else "",
        ]
        lines.append(say("- “{text}”: {what}", text=excerpt(group[0].text), what=join(parts, ", ")))
    more = len(found) - GROUPS_SHOWN
    if more > 0:
        lines.append(say.many("- and one more group", "- and {n} more groups", more))
    return join([head, *lines], "\n")


def _waiting(turn: Turn, count: int) -> Md:
    if not count:
        return Md("")
    return turn.say.many("One learner wants to be told.", "{n} learners want to be told.", count)


def _flag_count(turn: Turn, flags: int) -> Md:
    if not flags:
        return turn.say("Flags: none.")
    return turn.say.many("Flags: one that nobody has seen to.", "Flags: {n} that nobody has seen to.", flags)


def _dead(turn: Turn, desk: Desk) -> Md:
    found = desk.dead_messages()
    if not found:
        return turn.say("Messages that could not be sent: none.")
    parts = ", ".join(f"{platform} {count}" for platform, count in sorted(found.items()))
    return turn.say("Messages that could not be sent, of the last 30 days: {parts}.", parts=parts)


def _proposal_count(turn: Turn, rows: list[Proposal]) -> Md:
    say = turn.say
    waits, written, refused = (sum(row.status == s for row in rows) for s in ("open", "applied", "refused"))
    if not (waits or written or refused):
        return say("Proposals: none.")
    return say(
        "Proposals: {waits} to be written, {written} written, {refused} refused.",
        waits=waits,
        written=written,
        refused=refused,
    )


# --- proposals ----------------------------------------------------------------------------------------------------


def _proposals(turn: Turn, desk: Desk) -> Answer:
    """What is proposed, with a way to take each back; and what became of the others."""
    say = turn.say
    rows = desk.proposals()
    waits = waiting_to_be_written(rows)
    parts = []
    if waits:
        head = say("To be written by `{command}`, where the files of the base are:", command=COMMAND)
        lines = [
            say("{n}. “{text}”: {what}", n=n, text=excerpt(row.text), what=curating.led_to(turn, row))
            for n, row in enumerate(waits[:LISTED], 1)
        ]
        more = len(waits) - LISTED
        rest = say.many("One more waits.", "{n} more wait.", more) if more > 0 else ""
        parts += [join([head, *lines], "\n"), rest]
    for status, head in (("refused", say("Refused:")), ("applied", say("Written:"))):
        done = sorted((r for r in rows if r.status == status), key=lambda r: (r.done_at or r.at, r.gap), reverse=True)
        lines = [_ended(turn, row) for row in done[:SETTLED_SHOWN]]
        parts.append(join([head, *lines], "\n") if lines else "")
    text = join(parts, "\n\n") if any(parts) else say("Nothing is proposed.")
    buttons = [
        Button(say.label("Take back {n}", n=n), f"admin:undo:{row.gap}:{tag_of(row)}")
        for n, row in enumerate(waits[:LISTED], 1)
    ]
    return reply(text, *buttons, Button(say.label("Back"), "admin:home"))


def _ended(turn: Turn, row: Proposal) -> Md:
    """A proposal that came to an end: where it was written, or why it was refused."""
    say, text, what = turn.say, excerpt(row.text), curating.led_to(turn, row)
    if row.status == "applied":
        return say("- “{text}”: {what}, in {file}", text=text, what=what, file=row.note)
    return say("- “{text}”: {what}; {why}", text=text, what=what, why=row.note)


# --- flags --------------------------------------------------------------------------------------------------------


def _flags(turn: Turn, desk: Desk, lead: Md = Md("")) -> Answer:  # noqa: B008 - frozen
    """What learners found wrong, the newest first, with a way to take each off the list."""
    say = turn.say
    found = desk.flags(LISTED + 1)
    back = Button(say.label("Back"), "admin:home")
    if not found:
        return reply(join([lead, say("No flag waits for anybody.")]), back)
    lines = [_flag(turn, n, flag) for n, flag in enumerate(found[:LISTED], 1)]
    more = say("There are older ones, too.") if len(found) > LISTED else ""
    buttons = [Button(say.label("Seen to {n}", n=n), f"admin:seen:{f.id}") for n, f in enumerate(found[:LISTED], 1)]
    return reply(join([lead, join(lines, "\n"), more], "\n\n"), *buttons, back)


def _flag(turn: Turn, n: int, flag: Flagged) -> Md:
    say = turn.say
    item, topic = turn.library.item(flag.about), turn.library.topic(flag.about.partition("#")[0])
    about = item.ask if item else topic.title if topic else flag.about
    line = say(
        "{n}. “{about}” ({id}): “{note}”, {day}",
        n=n,
        about=excerpt(about, 120),
        id=flag.about,
        note=excerpt(flag.note, 300),
        day=flag.at.date().isoformat(),
    )
    return line if flag.version == turn.library.version else join([line, say("(the base has changed since)")])


def _seen(turn: Turn, desk: Desk, flag: str) -> Answer:
    """A flag was seen to: it is off the list, here and for `tutor knowledge items`."""
    if flag.isdecimal() and len(flag) < 19:
        desk.settle(int(flag))
    return _flags(turn, desk, turn.say("That flag is off the list."))


_Screen = Callable[..., Answer]
# What a button's payload names, how it is answered, and how many names follow.
_SCREENS: Mapping[str, tuple[_Screen, int]] = {
    "home": (_overview, 0),
    "next": (curating.go_through, 1),
    "show": (curating.show, 1),
    "to": (curating.decide, 3),
    "undo": (curating.undo, 2),
    "proposals": (_proposals, 0),
    "flags": (_flags, 0),
    "seen": (_seen, 1),
}
