"""The settings as a form, such as a modal: all of it is right, or nothing is changed and each wrong field says why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot import settings
from bot.messages import Answer
from bot.schedule import reschedule
from bot.turn import Turn

ON, OFF = "on", "off"  # values of the field "reminders"
CONSENT = ("consent", "consent_time")  # what is asked in the chat, and settled by that field


def submit(turn: Turn, fields: Mapping[str, str]) -> Answer:
    """Set what the form holds: reminders (on or off), and settings as they would be typed.

    A field that is absent or empty changes nothing, but empty quiet hours are none. No message: the surface shows it.
    """
    errors: dict[str, str] = {}
    changes: dict[str, Any] = {}
    for name, value in fields.items():
        if name not in settings.NAMES or (not value.strip() and name != "quiet"):
            continue
        found = settings.read(turn, name, value if value.strip() else "off")
        if found is None:
            errors[name] = _wrong(turn, name)
        else:
            changes |= found
    reminders = fields.get("reminders", "").strip().casefold()
    if reminders not in ("", ON, OFF):
        errors["reminders"] = turn.say.label("Choose on or off.")
    if reminders == ON and "zone" not in errors and not (turn.learner.zone or changes.get("zone")):
        errors["zone"] = turn.say.label("Name your city, so that I write at the right hour.")
    if reminders == ON and not (turn.home or turn.learner.home):
        errors["reminders"] = turn.say.label("Open our own chat first, so that I can write to you.")
    if errors:
        return Answer(errors=errors)
    turn.change(**changes, **_reminders(turn, reminders))
    if turn.learner.state.waiting in settings.NAMES or (reminders and turn.learner.state.waiting in CONSENT):
        turn.remember(waiting="")  # it is answered
    reschedule(turn)
    return Answer(notice=turn.say.label("Saved."), to=turn.home)


def _reminders(turn: Turn, wanted: str) -> dict[str, Any]:
    """What turning reminders on or off changes; nothing where they are so already."""
    learner = turn.learner
    is_on = learner.consent == "yes" and not learner.paused
    if wanted == ON and not is_on:
        home = turn.home or learner.home
        return {"consent": "yes", "paused": "", "silent": 0, "silent_since": None, "home": home}
    if wanted == OFF and is_on:
        return {"paused": "learner", "next_due_at": None}
    return {}


def _wrong(turn: Turn, name: str) -> str:
    """What to type in a field instead."""
    say = turn.say
    return {
        "time": say.label("I can't read this as a time. Try 9:00."),
        "zone": say.label("I can't find this. Type a city, such as Berlin, or the time it is for you, such as 14:30."),
        "days": say.label("I can't read this as days. Try mon wed fri, weekdays or every day."),
        "cap": say.label("Type a number from 1 to {most}.", most=settings.CAP_MAX),
        "quiet": say.label("I can't read this as hours. Try 22-7, or leave it empty for none."),
        "retention": say.label("Type a share from 70 to 95 percent."),
    }[name]
