"""Goals: a career or a path that a learner works towards, the topics on the way, and how near they are."""

from __future__ import annotations

from bot.messages import Answer, Button
from bot.records import CardRow
from bot.turn import Turn, reply
from knowledge.model import Library, Topic
from scheduler.spacing import Memory, retrievability


def steps(library: Library, goal: str) -> tuple[str, ...]:
    """The topics on the way to a goal: a path's steps, or what a career needs, highest level first."""
    topic = library.topic(goal) if goal else None
    if topic is None:
        return ()
    needs = sorted(topic.needs, key=lambda need: -need.level)
    return tuple(id for id in (*topic.steps, *(need.topic for need in needs)) if id in library.topics)


def readiness(turn: Turn, cards: list[CardRow]) -> tuple[float, Topic | None]:
    """How much of a goal would be remembered today, 0..1, and the topic that lacks most.

    Each step counts by its level (a path's steps alike): the mean, over the items of the topic and its concepts, of
    the chance to recall them today; items never met count nothing.
    """
    library = turn.library
    goal = library.topic(turn.learner.goal)
    weights = {need.topic: need.level for need in goal.needs} if goal else {}
    memory = Memory(turn.learner.retention)
    held: dict[str, float] = {}
    for row in cards:
        held[row.item] = retrievability(row.card, turn.today, memory)
    total = gained = 0.0
    weakest: tuple[float, Topic | None] = (-1.0, None)
    for id in steps(library, turn.learner.goal):
        ids = (id, *library.children.get(id, ()))
        items = [item.key for topic in ids for item in library.topics[topic].items]
        if not items:
            continue
        share = sum(held.get(key, 0.0) for key in items) / len(items)
        weight = weights.get(id, 1)
        total, gained = total + weight, gained + weight * share
        lack = weight * (1 - share)
        if lack > weakest[0]:
            weakest = (lack, library.topics[id])
    return (gained / total if total else 0.0), weakest[1]


def choose(turn: Turn, wanted: str = "") -> Answer:
    """Set the goal that `wanted` names, or offer the careers and paths there are."""
    say = turn.say
    goals = [*turn.library.of_kind("path"), *turn.library.of_kind("career")]
    if not goals:
        return reply(say("This base has no careers or paths to work towards yet."))
    current = turn.library.topic(turn.learner.goal)
    lead = say("What do you work towards? New questions will come from what it needs.")
    if current:
        lead = say("Your goal is **{title}**. Another one?", title=current.title)
    if wanted:
        found = turn.library.find(wanted)
        best = turn.library.topic(found.matches[0].id) if found.decision == "answer" else None
        if best in goals:
            return set_goal(turn, best)
        lead = say("I have no goal called “{wanted}”. These are the ones I know:", wanted=wanted[:60])
    none = Button(say.label("No goal"), "goal:none") if current else None
    return reply(lead, *(Button(topic.title, f"goal:{topic.id}") for topic in goals[:20]), none)


def pressed(turn: Turn, id: str) -> Answer:
    """A goal was picked, or "none"; a goal that left the base meanwhile changes nothing."""
    topic = turn.library.topic(id)
    return set_goal(turn, topic) if topic or id == "none" else choose(turn)


def set_goal(turn: Turn, topic: Topic | None) -> Answer:
    """Work towards `topic` from now on; None for nothing in particular."""
    say = turn.say
    turn.change(goal=topic.id if topic else "")
    if topic is None:
        return reply(say("No goal, then. New questions come from the topics you ask about."))
    return reply(
        say("Your goal is **{title}** now. New questions come from what it needs.", title=topic.title),
        Button(say.label("Quiz me"), "quiz"),
        Button(say.label("What it needs"), f"topic:{topic.id}"),
    )
