"""What was asked in vain and waits for an admin: groups of questions that are alike, and short names for buttons."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING

from bot.records import Proposal
from bot.turn import Turn
from knowledge.model import Topic
from knowledge.workshop.grouping import Gap, answers, grouped

if TYPE_CHECKING:
    from bot.store.desk import Desk

LOOKED_AT = 100  # of the most asked questions are put into groups: the model reads each once, in 3.5 ms (two cores)
CHECKED = 40  # of them are looked up at most for one press, 5 ms each, to see whether the base answers them by now
SHOWN = 8  # questions of a group that are written out
BRIEF = 80  # characters of one in a list, or in what is said about it
OUT, LEFT = "out", "left"  # in the place of a topic's tag

Group = tuple[Gap, ...]


def groups(desk: Desk) -> list[Group]:
    """The questions that nobody has dealt with or proposed anything for, alike ones together, the most asked first."""
    return sorted_out(desk)[0]


def sorted_out(desk: Desk) -> tuple[list[Group], set[str]]:
    """The same groups, and the questions in none of them: something is proposed for them, or they are out of scope.

    A question that is like one that something is proposed for goes with it, also where it was asked later. If the
    proposal does not answer it, it comes up by itself.
    """
    rows = waiting_to_be_written(desk.proposals())
    proposed = dealt_with(desk.proposals())
    left = [gap for gap in desk.open_gaps(LOOKED_AT + len(proposed)) if gap.id not in proposed][:LOOKED_AT]
    leading = [row.text for row in rows[:LOOKED_AT]]
    same = desk.alike([*leading, *(gap.text for gap in left)])[: len(leading), len(leading) :]
    proposed |= {gap.id for gap, like in zip(left, same.T, strict=True) if like.any()}
    found = [
        Gap(gap.id, gap.text, gap.decision, gap.nearest, gap.count, gap.last) for gap in left if gap.id not in proposed
    ]
    return grouped(found, desk.alike), proposed


def dealt_with(rows: Sequence[Proposal]) -> set[str]:
    """The questions that wait for nobody: something is proposed for them, or they were written as out of scope."""
    return {
        gap for row in rows if row.status == "open" or (row.status == "applied" and not row.topic) for gap in row.gaps
    }


def waiting_to_be_written(rows: Sequence[Proposal]) -> list[Proposal]:
    """The proposals that `teach --apply` has not gone through yet, in their order."""
    return [row for row in rows if row.status == "open"]


def asked(group: Group) -> int:
    """How often the questions of a group were asked."""
    return sum(gap.count for gap in group)


def waiting(desk: Desk, group: Group) -> int:
    """How many learners want to be told once the base answers a group."""
    wishes = desk.count_wishes()
    return sum(wishes.get(gap.id, 0) for gap in group)


def excerpt(text: str, most: int = BRIEF) -> str:
    """What somebody typed, on one line and cut."""
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[: most - 1].rstrip() + "…"


def digest_of(group: Group) -> str:
    """Which questions are on screen, 6 hex characters: a press counts for those only."""
    shown = ",".join(sorted(gap.id for gap in group[:SHOWN]))
    return blake2b(shown.encode(), digest_size=3).hexdigest()


def tag(topic: str) -> str:
    """What stands for a topic in a button beside a question, 8 hex characters: both ids would be too long."""
    return blake2b(topic.encode(), digest_size=4).hexdigest() if topic else OUT


def tag_of(proposal: Proposal) -> str:
    """What stands for that which was proposed."""
    return LEFT if proposal.status == "left" else tag(proposal.topic)


def tagged(turn: Turn, wanted: str) -> Topic | None:
    """The topic that a tag stands for; None where there is none any more."""
    return next((topic for topic in turn.library.topics.values() if tag(topic.id) == wanted), None)


def still_open(turn: Turn, desk: Desk, group: Group) -> Group:
    """The group without what the base answers by now: that is closed."""
    if not desk.standing().settled:  # search may be sure of what it will take back
        return group
    done = [gap for gap in group[:CHECKED] if answers(turn.library, gap)]
    if done:
        desk.close([gap.id for gap in done])
    return tuple(gap for gap in group if gap not in done)


def place(found: Sequence[Group], gap: str) -> int:
    """Where the group of a question stands among them, from 0; -1 where none has it."""
    return next((n for n, group in enumerate(found) if any(one.id == gap for one in group)), -1)
