"""The conversation: one event in, messages out. Read it from the top; where words and buttons lead is `bot/routes.py`.

`answer` is a plain function. It sees the learner's rows through `tx`, the library, and the moment; it does no input or
output, draws no randomness of its own, and asks no clock. What it changes is buffered in `tx` and committed with the
messages it returns.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from bot import codes, form, gaps, places, polls, routes, schedule, settings, small_talk
from bot.messages import Answer, Event, Refresh
from bot.records import Learner
from bot.turn import Turn, reply
from bot.understand import Intent
from bot.wording import words
from knowledge.model import Library
from scheduler import slots

if TYPE_CHECKING:
    from bot.store.tx import Tx

ASK_VERBS = frozenset({"a", "hint", "skip", "show", "self", "guess", "easy", "again"})
HOME = "home"  # the surface that shows learners how they are doing


def answer(event: Event, tx: Tx, library: Library, now: datetime) -> Answer:
    """Answer one event.

    Args:
        event: what happened.
        tx: the learner's rows; reads what the batch loaded, buffers what changes.
        library: a searchable library.
        now: aware UTC, not before any earlier event of this learner.
    """
    turn = Turn(event, tx, library, now, words(tx.learner.language))
    before = tx.learner
    if event.learner is None:
        _notice(turn)
    return _refreshed(turn, before, _answered(turn, event))


def _answered(turn: Turn, event: Event) -> Answer:
    match event.kind:
        case "text":
            return _typed(turn, event.text)
        case "command":
            return _command(turn, event.action, event.text)
        case "press":
            return _pressed(turn, event.action)
        case "due":
            return schedule.due(turn)
        case "taught":
            return gaps.taught(turn)
        case "poll":
            return polls.answered(turn)
        case "submit":
            return form.submit(turn, event.fields) if event.action == "settings" else Answer()
        case "opened":
            return _opened(turn)
        case "joined":  # into a private chat they come back, and say by themselves what they want
            return small_talk.hello(turn) if event.place == "group" else Answer()
        case "left":
            return _left(turn)


def ask_of(event: Event) -> int | None:
    """The number of the ask that an event's button names, so that the batch can load it; None if it names none."""
    verb, _, rest = event.action.partition(":")
    n = rest.partition(":")[0].partition("-")[2]
    return int(n) if event.kind == "press" and verb in ASK_VERBS and n.isdecimal() and len(n) < 10 else None


def apology(event: Event) -> Answer:
    """What a learner reads when their event could not be handled."""
    if event.learner is not None or event.kind in ("left", "joined", "poll", "opened"):
        return Answer()  # nobody waits for an answer
    say = words(event.language or "en")
    text = say("Something went wrong on my side; nothing of yours was lost. Please try again.")
    return reply(text, audience=event.sender if event.place == "whisper" else None)


def _notice(turn: Turn) -> None:
    """Take note of what a platform says of the sender, and that they are there."""
    event, learner = turn.event, turn.learner
    if event.zone and not learner.zone and slots.is_zone(event.zone):
        turn.change(zone=event.zone)
    if event.kind != "left":
        schedule.heard_from(turn)


# --- words and buttons, by the place they come from ---------------------------------------------------------------


def _typed(turn: Turn, text: str) -> Answer:
    """A message. Where others read along, or it is whispered, it is never the answer to what was asked privately."""
    if turn.event.place == "private":
        return small_talk.introduce(turn, routes.on_text(turn, text))
    intent = turn.meant(text)
    if turn.event.place == "group" and intent.name in ("quiz", "quiz_this"):
        return places.say_in_place(turn, "hello", lambda: polls.start(turn, intent.arg))
    if turn.event.place == "group" and intent.name == "no_command":
        return Answer()  # it may be for another bot
    if turn.event.place in ("group", "channel") and intent.name == "link":
        codes.overheard(turn, intent.arg)
        intent, text = replace(intent, arg=""), f"/{intent.name}"
    name = _meant(turn, intent, text)
    return places.say_in_place(turn, name, lambda: routes.on_intent(turn, intent, text))


def _meant(turn: Turn, intent: Intent, text: str) -> str:
    """The name of an intent; what only looks like a setting ("time series databases") is a question."""
    if intent.name not in settings.NAMES or not intent.arg or settings.read(turn, intent.name, intent.arg):
        return intent.name
    return "question" if turn.library.find(text).decision == "answer" else intent.name


def _command(turn: Turn, name: str, rest: str) -> Answer:
    """A platform's own command; each works as plain words, too. What follows "start" is a link that was opened."""
    if name != "start":
        return _typed(turn, f"/{name} {rest}".strip())
    kind, _, what = rest.partition("_")
    if turn.event.place == "private" and kind == "do":
        return small_talk.introduce(turn, routes.by_name(turn, what))
    if turn.event.place == "private" and kind == "link":
        return small_talk.introduce(turn, codes.link(turn, what))
    return places.say_in_place(turn, "start", lambda: small_talk.start(turn, rest))


def _pressed(turn: Turn, action: str) -> Answer:
    """A button."""
    verb, _, rest = action.partition(":")
    if turn.event.place == "group" and verb == "quiz":
        topic = turn.library.topic(rest)
        return places.say_in_place(turn, "hello", lambda: polls.start(turn, topic=topic))
    # A button's "self" judges an answer; the word asks who Tutor is, which everybody may hear.
    name = "a" if verb in ASK_VERBS else verb
    return places.say_in_place(turn, name, lambda: routes.on_press(turn, action))


# --- coming and going ---------------------------------------------------------------------------------------------


def _opened(turn: Turn) -> Answer:
    """A surface was opened: from now on it is kept up to date; the first meeting, if this is the first of all."""
    if turn.event.action == HOME and not turn.learner.state.surface:
        turn.remember(surface=True)
    if turn.learner.state.met or turn.home is None:
        return Answer()
    return replace(small_talk.meet(turn), to=turn.home)


def _left(turn: Turn) -> Answer:
    """A chat was shut. A group's end says nothing about a learner, nor does a chat that is not their home."""
    here, home = turn.event.alone, turn.learner.home
    if turn.event.place == "private" and here and (home is None or home.lane == here.lane):
        turn.change(paused=turn.learner.paused or "gone", next_due_at=None)
    return Answer()


def _refreshed(turn: Turn, before: Learner, found: Answer) -> Answer:
    """The answer, and a learner's surface drawn anew where what it shows has changed and the answer goes their way.

    What it shows changes with the days, too, so that one which is opened is always drawn.
    """
    opened = turn.event.kind == "opened" and turn.event.action == HOME
    if not (before.state.surface or opened) or turn.event.kind in ("left", "poll"):
        return found
    home, to = turn.home, found.to or turn.event.address
    same = _shown(before) == _shown(turn.learner) and not _is_forgotten(turn)
    if home is None or home.lane != to.lane or (same and not opened):
        return found
    return replace(found, replies=(*found.replies, Refresh(HOME)))


def _is_forgotten(turn: Turn) -> bool:
    return turn.tx.writes.forgotten


def _shown(learner: Learner) -> tuple[object, ...]:
    """What a surface shows of a learner; any answer changes `last_seq`."""
    state, settled = learner.state, (learner.consent, learner.paused, learner.next_due_at, learner.goal)
    clock = (learner.zone, learner.quiz_at, learner.days, learner.quiet_from, learner.quiet_to)
    return (*settled, *clock, learner.cap, learner.retention, learner.last_seq, learner.open_ask, state.session)
