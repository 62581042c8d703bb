"""Where a message or a button leads: each line of a table to one small function.

A message goes through four sieves, in this order: is it what Tutor just asked for (a yes, a time)? Is it the answer
to the open quiz question? Is it a command or a courtesy? Otherwise it is a question about the subject.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot import (
    asked_for,
    codes,
    desk,
    gaps,
    grading,
    paths,
    places,
    privacy,
    progress,
    quiz,
    schedule,
    second_thoughts,
    settings,
    small_talk,
    topics,
)
from bot.messages import Answer
from bot.questions import ask_about, comparison, correction, different_from
from bot.turn import Turn
from bot.understand import Intent, looks_like_question
from knowledge.model import Topic

# --- messages -----------------------------------------------------------------------------------------------------


def on_text(turn: Turn, text: str) -> Answer:
    """A typed message, through the four sieves."""
    intent = turn.meant(text)
    if "edited" in turn.event.fields:  # it was said before: it cannot answer what was asked since
        return on_intent(turn, intent, text)
    waiting = turn.learner.state.waiting
    if waiting:  # whatever was asked for is asked for once: a later "yes" is not an answer to it
        turn.remember(waiting="")
    if waiting.startswith("yes:") and intent.name == "yes":
        return on_press(turn, waiting.removeprefix("yes:"))
    if waiting == "yes:forget:yes" and intent.name == "no":
        return small_talk.kept(turn)
    if waiting.startswith("yes:join:") and intent.name == "no":
        return on_press(turn, "join:no")
    return (
        asked_for.take(turn, waiting, text, intent) or _quiz_answer(turn, text, intent) or on_intent(turn, intent, text)
    )


def _quiz_answer(turn: Turn, text: str, intent: Intent) -> Answer | None:
    """The answer to the open quiz question, typed; a question of the learner's own goes past it."""
    n = turn.learner.open_ask
    ask = turn.tx.ask(n) if n else None
    if ask is None or ask.status != "open":
        return None
    name = quiz.ref(turn, ask)
    spoken: Mapping[str, Callable[[], Answer]] = {
        "unsure": lambda: grading.answer_press(turn, name, "?"),
        "hint": lambda: grading.give_hint(turn, name),
        "skip": lambda: grading.skip(turn, name),
        "next": lambda: grading.skip(turn, name),
        "show": lambda: grading.show_answer(turn, name),
        "think": lambda: quiz.repeat(turn, ask, turn.say("Take your time.")),
        "repeat": lambda: quiz.repeat(turn, ask),
        "leave": lambda: quiz.leave(turn, ask),
    }
    if intent.name in spoken:
        return spoken[intent.name]()
    own = intent.name not in ("question", "nothing") or looks_like_question(text, turn.say)
    return grading.answer_typed(turn, ask, text, question=own)


def on_intent(turn: Turn, intent: Intent, text: str) -> Answer:
    """A command, a courtesy, a follow-up, or a question."""
    if intent.name in PLAIN and not intent.arg:
        return PLAIN[intent.name](turn)
    match intent.name:
        case "quiz":
            return _quiz_on(turn, intent.arg)
        case "quiz_this":
            return quiz.start_topic(turn, turn.topic) if turn.topic else quiz.start(turn)
        case "topics":
            return topics.browse(turn, _kind(intent.arg))
        case "time" | "zone" | "days" | "cap" | "quiet" | "retention":
            return _setting(turn, intent, text)
        case "goal":
            return paths.choose(turn, intent.arg)
        case "link":
            return codes.link(turn, intent.arg)
        case "flag":
            return privacy.flag(turn, intent.arg)
        case "more" | "related" | "sources":
            return _on_topic(turn, intent.name)
        case "compare":
            return comparison(turn, intent.arg, intent.other, text)
        case "differs":
            return different_from(turn, intent.arg, text)
        case "meant":
            return correction(turn, intent.arg)
        case "follow":
            return ask_about(turn, intent.arg)
        case "guessed" | "easy":
            found = second_thoughts.newest(turn, guessed_it=intent.name == "guessed")
            return found or small_talk.nothing_open(turn)
        case "yes" | "no" | "unsure" | "hint" | "skip" | "show" | "think" | "repeat" | "leave":
            return small_talk.nothing_open(turn)
        case "no_command":
            return small_talk.no_command(turn, intent.arg)
        case "admin":
            return desk.open_desk(turn)
        case "nothing":
            return small_talk.nothing_said(turn)
        case _:
            return ask_about(turn, intent.arg or text)


def by_name(turn: Turn, name: str) -> Answer:
    """A command that a link or a button of another chat names: an answer to nothing that is open here."""
    if name not in places.elsewhere(turn):
        return small_talk.start(turn)
    text = f"/{name}"
    return on_intent(turn, turn.meant(text), text)


def _quiz_on(turn: Turn, wanted: str) -> Answer:
    """A quiz, mixed or on the topic that is named."""
    if not wanted:
        return quiz.start(turn)
    found = turn.library.find(wanted, turn.learner.state.topic or None)
    near = gaps.known(turn, found)
    if found.decision == "answer" and near:
        return quiz.start_topic(turn, near[0])
    if near and found.decision == "suggest":
        return small_talk.quiz_offer(turn, near)
    return gaps.unknown(turn, found)


def _on_topic(turn: Turn, name: str) -> Answer:
    """More, related or sources of the topic that the conversation is on."""
    topic = turn.topic
    return TOPIC_BUTTONS[name](turn, topic) if topic else small_talk.no_topic(turn)


def _setting(turn: Turn, intent: Intent, text: str) -> Answer:
    """A setting in words. What only looks like one ("time series databases") is a question."""
    if not intent.arg:
        return settings.choose(turn, intent.name)
    done = settings.try_put(turn, intent.name, intent.arg)
    if done is None and turn.library.find(text).decision == "answer":
        return ask_about(turn, text)
    return done or settings.put(turn, intent.name, intent.arg)


def _resume(turn: Turn) -> Answer:
    """ "Resume": reminders that were paused, or else the quiz that was left."""
    learner = turn.learner
    if learner.consent != "yes" and not learner.paused and learner.state.session:
        return quiz.start(turn)
    return schedule.resume(turn)


def _kind(word: str) -> str:
    """The kind that a word names: "jobs" are careers."""
    singular = word.rstrip("s")
    return {"job": "career"}.get(singular, singular)


# --- buttons ------------------------------------------------------------------------------------------------------


def on_press(turn: Turn, action: str) -> Answer:
    """A button: `verb`, or `verb:argument`, or `verb:argument:value`."""
    verb, _, rest = action.partition(":")
    if turn.learner.state.waiting:
        turn.remember(waiting="")
    if not rest and verb in PLAIN:
        return PLAIN[verb](turn)
    if verb in TOPIC_BUTTONS:
        topic = turn.library.topic(rest)
        return TOPIC_BUTTONS[verb](turn, topic) if topic else small_talk.topic_gone(turn)
    if verb in BUTTONS:
        return BUTTONS[verb](turn, rest)
    return small_talk.lost(turn)


def _two(act: Callable[[Turn, str, str], Answer]) -> Callable[[Turn, str], Answer]:
    """A handler of "argument:value"."""

    def split(turn: Turn, rest: str) -> Answer:
        first, _, second = rest.partition(":")
        return act(turn, first, second)

    return split


def _browse(turn: Turn, kind: str, start: str) -> Answer:
    return topics.browse(turn, kind, int(start) if start.isdecimal() else 0)


def _forget(turn: Turn, choice: str) -> Answer:
    return privacy.forget_now(turn) if choice == "yes" else small_talk.kept(turn)


PLAIN: Mapping[str, Callable[[Turn], Answer]] = {
    "start": small_talk.start,
    "help": small_talk.help_text,
    "greeting": small_talk.greeting,
    "thanks": small_talk.thanks,
    "bye": small_talk.bye,
    "self": small_talk.who,
    "why": small_talk.why,
    "browse": topics.browse,
    "quiz": quiz.start,
    "quiz_extra": quiz.start_extra,
    "start_due": quiz.start_due,
    "next": quiz.resume,
    "progress": progress.show,
    "settings": settings.show,
    "pause": schedule.pause,
    "resume": _resume,
    "turn_on": lambda turn: schedule.consent(turn, "yes"),
    "undo": second_thoughts.undo,
    "privacy": privacy.explain,
    "export": privacy.export,
    "forget": privacy.forget,
    "goal": paths.choose,
    "link": codes.link,
    "wish_last": gaps.wish_last,
    "not_it": lambda turn: gaps.not_it(turn, turn.topic),
}

TOPIC_BUTTONS: Mapping[str, Callable[[Turn, Topic], Answer]] = {
    "topic": topics.answer_topic,
    "more": topics.more,
    "related": topics.related,
    "sources": topics.sources,
    "quiz": quiz.start_topic,
    "not": gaps.not_it,
}

BUTTONS: Mapping[str, Callable[[Turn, str], Answer]] = {
    "a": _two(grading.answer_press),
    "hint": grading.give_hint,
    "skip": grading.skip,
    "show": grading.show_answer,
    "self": _two(grading.self_rated),
    "guess": second_thoughts.guessed,
    "easy": second_thoughts.too_easy,
    "again": second_thoughts.ask_again,
    "browse": _two(_browse),
    "none": gaps.none_of_these,
    "wish": gaps.wish,
    "unwish": gaps.unwish,
    "consent": schedule.consent,
    "snooze": schedule.snooze,
    "set": settings.choose,
    "put": _two(settings.put),
    "clock": _two(lambda turn, _minutes, offset: settings.local_clock(turn, offset)),
    "goal": paths.pressed,
    "flag": _two(privacy.flag_press),
    "forget": _forget,
    "join": codes.pressed,
    "admin": desk.pressed,
    "private": lambda turn, name: by_name(turn, name),
}
