"""What Tutor just asked for, and a plain message may be: yes or no, a time, a zone, a number, what is wrong."""

from __future__ import annotations

from bot import curating, grading, privacy, schedule, settings
from bot.messages import Answer
from bot.turn import Turn
from bot.understand import Intent, looks_like_question, tidy

CONSENT_WORDS = 4  # of "yes, 9:00" or "no, I'll ask": a longer message is about something else


def take(turn: Turn, waiting: str, text: str, intent: Intent) -> Answer | None:
    """Take the message as what `waiting` names; None where it is something else, which then goes its usual way.

    waiting: consent (may Tutor write?), consent_time (when?), judge (did you know it?), flag:<ask> (what is wrong?),
    admin:<gap>:<group> (which topic should answer that?), or the name of a setting.
    """
    kind, _, rest = waiting.partition(":")
    if kind == "consent":
        return _consent(turn, tidy(text), intent)
    if kind == "judge":
        return grading.judged(turn, knew=intent.name == "yes") if intent.name in ("yes", "no", "unsure") else None
    if kind == "consent_time" and intent.name == "time":
        return schedule.consent(turn, intent.arg)
    if intent.name not in ("question", "nothing") or looks_like_question(text, turn.say):
        return None
    plain = tidy(text)
    if kind == "admin" and turn.desk:
        gap, _, group = rest.partition(":")
        return curating.typed(turn, turn.desk, gap, group, plain)
    if kind == "flag":
        return privacy.flag_press(turn, rest, plain)
    if kind == "consent_time":
        return schedule.consent(turn, plain)
    if kind in settings.NAMES:
        return settings.try_put(turn, kind, plain) or _unless_topic(turn, kind, plain)
    return None


def _consent(turn: Turn, plain: str, intent: Intent) -> Answer | None:
    """The consent question's answers, as words or as its buttons' labels typed."""
    if intent.name in ("yes", "no"):
        return schedule.consent(turn, intent.name)
    if len(plain.split()) > CONSENT_WORDS:
        return None
    labels = {
        "yes": turn.say.label("Yes, {at}"),
        "other": turn.say.label("Another time"),
        "no": turn.say.label("No, I'll ask"),
    }
    first = {tidy(label).split()[0].strip(","): choice for choice, label in labels.items()}
    choice = first.get(plain.replace(",", " ").split()[0]) if plain else None
    return schedule.consent(turn, choice) if choice else None


def _unless_topic(turn: Turn, name: str, plain: str) -> Answer | None:
    """Say that a value could not be read, unless it is a topic that the learner turned to instead."""
    return None if turn.library.find(plain).decision == "answer" else settings.put(turn, name, plain)
