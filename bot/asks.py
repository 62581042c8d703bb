"""Which question a button or a word means, and a kind explanation where it is not the learner's, or settled already."""

from __future__ import annotations

from bot.messages import Answer, Button
from bot.records import Ask
from bot.turn import Turn, reply
from knowledge.markup import Md
from scheduler.spacing import learning_day

NUMBER_MAX = 10  # digits


def own_ask(turn: Turn, name: str) -> Ask | Answer:
    """The ask that a button names; an explanation where it is another learner's, or long gone."""
    say, n = turn.say, own_number(turn, name)
    if n is None:
        return reply(
            say("That question isn't one of yours, so nothing changed. Here is the way to one of your own."),
            Button(say.label("Quiz me"), "quiz"),
        )
    ask = turn.tx.ask(n)
    if ask is None:
        return reply(say("That question is long past; nothing changed."), Button(say.label("Quiz me"), "quiz"))
    return ask


def own_number(turn: Turn, name: str) -> int | None:
    """The number of the ask that a button names ("7-12"), 0 where it names none; None where it is another learner's."""
    learner, _, n = name.partition("-")
    if learner != str(turn.learner.id):
        learner, n = _since_joined(turn, learner, n)
    if learner != str(turn.learner.id):
        return None
    return int(n) if n.isdecimal() and len(n) < NUMBER_MAX else 0


def _since_joined(turn: Turn, learner: str, n: str) -> tuple[str, str]:
    """The present name of an ask that was put before its learner was joined with this one."""
    for entry in turn.learner.state.joined:
        former, _, added = entry.partition(":")
        if former == learner and n.isdecimal() and len(n) < NUMBER_MAX:
            return str(turn.learner.id), str(int(n) + int(added))
    return learner, n


def open_ask(turn: Turn, name: str) -> Ask | Answer:
    """The ask that a button names, if it still waits for an answer; otherwise a kind explanation."""
    ask = own_ask(turn, name)
    if isinstance(ask, Ask) and ask.status != "open":
        return stale(turn, ask)
    return ask


def stale(turn: Turn, ask: Ask) -> Answer:
    """A button of a question that is settled: say what became of it; nothing changes."""
    say = turn.say
    following = Button(say.label("Next question"), "next")
    if ask.status == "open":
        return reply(say("That button belongs to an older form of this question; nothing changed."), following)
    if ask.status == "skipped" or ask.outcome is None:
        return reply(say("That question was set aside. Nothing changed."), following)
    outcomes = {"right": say("right"), "wrong": say("not right"), "unknown": say("you didn't know")}
    when = _ago(turn, ask)
    return reply(
        say(
            "That question was answered {when} ({outcome}). Nothing changed.", when=when, outcome=outcomes[ask.outcome]
        ),
        following,
    )


def _ago(turn: Turn, ask: Ask) -> Md:
    """When an ask was answered, in the learner's days."""
    say = turn.say
    days = (turn.today - learning_day(ask.answered_at or ask.asked_at, turn.zone)).days
    if days <= 0:
        return say("earlier today")
    return say("yesterday") if days == 1 else say.many("{n} day ago", "{n} days ago", days)
