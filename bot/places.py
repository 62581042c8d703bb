"""Who reads along: what is said in a group or channel, in a whisper there, and what is for the learner's own chat.

Questions about the subject are everybody's. How somebody is doing, what they set and what is theirs never shows where
others read: it goes to their own chat, or, where that is not known, a button leads them there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.messages import Answer, Button, Refresh, Reply
from bot.small_talk import introduce
from bot.turn import Turn, reply

# What is said in company: names of intents, and verbs of buttons.
FOR_ALL = frozenset({
    "question", "nothing", "no_command", "greeting", "thanks", "bye", "self", "help", "start",
    "browse", "topics", "topic", "more", "related", "sources", "compare", "differs", "meant", "follow",
    "not_it", "not", "none", "why", "yes", "no", "unsure", "think", "repeat", "hello",
})  # fmt: skip
# What not even a whisper shows: quizzes go on for long, and the others are to be found again.
AT_HOME = frozenset({
    "quiz", "quiz_this", "quiz_extra", "start_due", "next", "leave", "skip", "hint", "show", "guessed", "easy", "guess",
    "a", "again", "yes", "no", "unsure", "think", "repeat", "export", "forget", "link", "join",
})  # fmt: skip
# Commands that a button in a group may run in the learner's own chat, and a deep link with them. Anybody can make such
# a link for somebody else to open: what takes an answer back is not among them.
ELSEWHERE = frozenset({
    "quiz", "progress", "settings", "goal", "export", "forget", "privacy", "pause", "resume", "link", "flag",
    "help", "topics", "next", "start",
})  # fmt: skip


def elsewhere(turn: Turn) -> frozenset[str]:
    """The commands that a button in a group, or a deep link, may run in this learner's own chat."""
    return ELSEWHERE | {"admin"} if turn.desk else ELSEWHERE


def say_in_place(turn: Turn, name: str, run: Callable[[], Answer]) -> Answer:
    """What `run` answers, where it belongs. `name` is what was asked for: an intent, or a button's verb."""
    place = turn.event.place
    if place == "private":
        return run()
    if place == "whisper":
        return _at_home(turn, name, run) if name in AT_HOME else _whispered(turn, run)
    return _in_company(turn, run) if name in FOR_ALL else _at_home(turn, name, run)


def _whispered(turn: Turn, run: Callable[[], Answer]) -> Answer:
    """Shown to the sender alone. What was typed privately, and what that will be taken for, is left as it was."""
    waiting = turn.learner.state.waiting
    found = run()
    if turn.learner.state.waiting != waiting:
        turn.remember(waiting=waiting)
    return replace(found, replies=tuple(_to_one(one, turn.event.sender) for one in found.replies))


def _to_one(message: Reply | Refresh, sender: str) -> Reply | Refresh:
    return replace(message, audience=sender) if isinstance(message, Reply) else message


def _in_company(turn: Turn, run: Callable[[], Answer]) -> Answer:
    """Said to everybody, by what this chat talked about: nothing of the learner's own conversation shows or changes."""
    before, opened = turn.learner.state, turn.learner.open_ask
    topics = turn.shared.topics_here() if turn.shared and turn.event.kind in ("text", "command") else []
    turn.change(
        open_ask=0,
        state=replace(
            before, topic=topics[0] if topics else "", offered=(), session=None, waiting="", on_ask=False, met=True
        ),
    )
    found = run()
    after = turn.learner.state
    turn.change(
        open_ask=opened,
        state=replace(before, interests=after.interests, led=after.led, heard_in=after.heard_in),
    )
    return found


def _at_home(turn: Turn, name: str, run: Callable[[], Answer]) -> Answer:
    """Said in the learner's own chat; without one, a button that leads there."""
    say = turn.say
    home = turn.home
    if turn.learner.paused == "gone" and turn.event.alone is None:
        home = None  # they shut that chat, and only they can open it
    if home is None:
        command = name if name in elsewhere(turn) else "start"
        text = say("That is between the two of us. Let's do it in our own chat.")
        return reply(text, Button(say.label("Open our chat"), f"private:{command}"))
    about_this = name in ("flag", "quiz_this") and turn.event.place != "whisper" and turn.shared
    if about_this and (topics := turn.shared.topics_here() if turn.shared else []):
        turn.remember(topic=topics[0], on_ask=False)
    found = introduce(turn, run())
    if not found.replies:
        return found
    return replace(found, to=found.to or home, notice=say.label("I've written to you in our own chat."))
