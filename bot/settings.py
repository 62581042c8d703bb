"""What a learner can set: zone, time, days, items a day, quiet hours, retention. By button, or in plain words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from bot.messages import Answer, Button
from bot.schedule import ask_time, ask_zone, clock, minutes_of, next_line, reschedule, weekdays
from bot.turn import Turn, reply
from bot.wording import join
from knowledge.markup import Md
from scheduler import slots

NAMES = frozenset({"time", "zone", "days", "cap", "quiet", "retention"})
CAP_MAX = 50  # items a day; beyond it a day's reviews take half an hour


def show(turn: Turn) -> Answer:
    """All settings, and how to change each."""
    say, learner = turn.say, turn.learner
    on = learner.consent == "yes" and not learner.paused
    quiet = learner.quiet_from != learner.quiet_to
    lines = [
        say("- Scheduled quizzes: on") if on else say("- Scheduled quizzes: off"),
        say("- Time: {at}, {days}", at=clock(learner.quiz_at), days=days_text(turn)),
        say("- Time zone: {zone}", zone=zone_name(learner.zone))
        if learner.zone
        else say("- Time zone: not known yet, so UTC"),
        say("- Questions a day: at most {n}", n=learner.cap),
        say("- Quiet hours: {start} to {end}", start=clock(learner.quiet_from), end=clock(learner.quiet_to))
        if quiet
        else say("- Quiet hours: none"),
        say(
            "- Memory goal: you'd recall {percent} % when a question comes back", percent=round(learner.retention * 100)
        ),
    ]
    hint = say("Or type it: “time 7:30”, “zone Berlin”, “days weekdays”, “questions 5”, “quiet 22-7”, “retention 90”.")
    return reply(
        join([say("Your settings:"), join(lines, "\n"), hint], "\n\n"),
        Button(say.label("Time"), "set:time"),
        Button(say.label("Time zone"), "set:zone"),
        Button(say.label("Days"), "set:days"),
        Button(say.label("Questions a day"), "set:cap"),
        Button(say.label("Quiet hours"), "set:quiet"),
        Button(say.label("Pause"), "pause") if on else Button(say.label("Turn quizzes on"), "turn_on"),
    )


def days_text(turn: Turn) -> Md:
    """The learner's days in words."""
    say, mask = turn.say, turn.learner.days
    if mask == 0b1111111:
        return say("every day")
    if mask == 0b0011111:
        return say("on weekdays")
    names = [name for day, name in enumerate(weekdays(say)) if mask >> day & 1]
    return join(names, ", ")


def choose(turn: Turn, name: str) -> Answer:
    """Ask for the new value of one setting."""
    say = turn.say
    if name == "time":
        return ask_time(turn)
    if name == "zone":
        return ask_zone(turn)
    turn.remember(waiting=name)
    if name == "days":
        return reply(
            say("On which days? Pick, or type them, such as “mon wed fri”."),
            Button(say.label("Every day"), "put:days:every day"),
            Button(say.label("Weekdays"), "put:days:weekdays"),
            Button(say.label("Weekends"), "put:days:weekends"),
        )
    if name == "cap":
        return reply(
            say("How many questions a day, at most?"), *(Button(str(n), f"put:cap:{n}") for n in (3, 5, 8, 12, 20))
        )
    if name == "retention":
        return reply(
            say("How much should you recall when a question comes back? More means more questions."),
            *(Button(f"{percent} %", f"put:retention:{percent}") for percent in (80, 85, 90, 95)),
        )
    return reply(
        say("When should I never write? Type it, such as “22-7”."),
        Button("22:00-7:00", "put:quiet:22-7"),
        Button(say.label("No quiet hours"), "put:quiet:off"),
    )


def put(turn: Turn, name: str, value: str) -> Answer:
    """Set `name` to what was typed or pressed; a value that cannot be read changes nothing and says what can."""
    return try_put(turn, name, value) or _unread(turn, name, value)


def try_put(turn: Turn, name: str, value: str) -> Answer | None:
    """Set `name`, or None where the value cannot be read as one."""
    fields = read(turn, name, value)
    if fields is None:
        return None
    turn.change(**fields)
    done = _said(turn, name)
    turn.remember(waiting="")
    if turn.learner.consent == "yes" and not turn.learner.zone:
        ask = ask_zone(turn).replies[0]
        return Answer((*reply(done).replies, ask))
    reschedule(turn)
    after = next_line(turn) if turn.learner.consent == "yes" and not turn.learner.paused else Md("")
    return reply(join([done, after]), Button(turn.say.label("Settings"), "settings"))


def read(turn: Turn, name: str, value: str) -> dict[str, Any] | None:
    """The learner's fields that setting `name` to what was typed would change; None where it cannot be read."""
    try:
        return _READERS[name](turn.now, value.strip())
    except (ValueError, KeyError):
        return None


def local_clock(turn: Turn, offset: str) -> Answer:
    """The learner picked what time it is for them: `offset` minutes east of UTC."""
    try:
        shift = int(offset)
        wanted = (turn.now.hour * 60 + turn.now.minute + shift) % (24 * 60)
        return put(turn, "zone", clock(wanted))
    except ValueError:
        return ask_zone(turn)


def _time(_now: datetime, value: str) -> dict[str, Any]:
    return {"quiz_at": minutes_of(slots.parse_time(value))}


def _zone(now: datetime, value: str) -> dict[str, Any]:
    try:
        return {"zone": slots.zone_from_local_time(now, slots.parse_time(value))}
    except ValueError:
        return {"zone": slots.find_zone(value)}


def _days(_now: datetime, value: str) -> dict[str, Any]:
    return {"days": sum(1 << day for day in slots.parse_days(value))}


def _cap(_now: datetime, value: str) -> dict[str, Any]:
    n = int(value)
    if not 1 <= n <= CAP_MAX:
        raise ValueError(value)
    return {"cap": n}


def _quiet(_now: datetime, value: str) -> dict[str, Any]:
    if value.casefold() in ("off", "none", "no"):
        return {"quiet_from": 0, "quiet_to": 0}
    start, dash, end = value.replace("–", "-").replace(" to ", "-").partition("-")
    if not dash:
        raise ValueError(value)
    begins, ends = minutes_of(slots.parse_time(start)), minutes_of(slots.parse_time(end))
    if begins == ends:  # all day, or never? It cannot be told
        raise ValueError(value)
    return {"quiet_from": begins, "quiet_to": ends}


def _retention(_now: datetime, value: str) -> dict[str, Any]:
    share = float(value.replace(",", ".").rstrip("% "))
    share = share / 100 if share > 1 else share
    if not 0.7 <= share <= 0.95:
        raise ValueError(value)
    return {"retention": round(share, 2)}


_READERS: dict[str, Callable[[datetime, str], dict[str, Any]]] = {
    "time": _time,
    "zone": _zone,
    "days": _days,
    "cap": _cap,
    "quiet": _quiet,
    "retention": _retention,
}


def _said(turn: Turn, name: str) -> Md:
    """What a setting is now."""
    say, learner = turn.say, turn.learner
    if name == "time":
        return say("I'll use {at}, your time.", at=clock(learner.quiz_at))
    if name == "zone":
        return _zone_said(turn)
    if name == "days":
        return say("Days: {days}.", days=days_text(turn))
    if name == "cap":
        return say.many("At most {n} question a day.", "At most {n} questions a day.", learner.cap)
    if name == "retention":
        percent = round(learner.retention * 100)
        return say("I'll bring questions back when you'd recall about {percent} % of them.", percent=percent)
    if learner.quiet_from == learner.quiet_to:
        return say("No quiet hours.")
    return say("I'm quiet from {start} to {end}.", start=clock(learner.quiet_from), end=clock(learner.quiet_to))


def _zone_said(turn: Turn) -> Md:
    zone, now = turn.learner.zone, clock(turn.local.hour * 60 + turn.local.minute)
    if zone.startswith("Etc/"):
        shown = zone_name(zone)
        return turn.say(
            "It is {now} for you ({zone}). Name your city, and I follow its summer time.", now=now, zone=shown
        )
    return turn.say("Your time zone is {zone}; it is {now} there.", zone=zone, now=now)


def zone_name(zone: str) -> str:
    """A zone as people know it: Etc/GMT-1, whose sign is the POSIX one, is UTC+1."""
    if not zone.startswith("Etc/GMT"):
        return zone
    return "UTC" + zone.removeprefix("Etc/GMT").translate(str.maketrans("+-", "-+"))


def _unread(turn: Turn, name: str, value: str) -> Answer:
    """Say what was understood and what to type instead."""
    say, shown = turn.say, value[:40]
    turn.remember(waiting=name)
    texts = {
        "time": say("I couldn't read “{value}” as a time. Try 9:00, or pick:", value=shown),
        "zone": say(
            "I couldn't find “{value}”. Type the time it is for you, such as 14:30, or a city, such as Berlin.",
            value=shown,
        ),
        "days": say("I couldn't read “{value}” as days. Try “mon wed fri”, “weekdays” or “every day”.", value=shown),
        "cap": say("“{value}” is not a number from 1 to {most}.", value=shown, most=CAP_MAX),
        "quiet": say("I couldn't read “{value}” as hours. Try “22-7”, or “off”.", value=shown),
        "retention": say("“{value}” is not a share from 70 to 95 percent.", value=shown),
    }
    if name not in texts:
        return show(turn)
    times = [Button(at, f"put:time:{at}") for at in ("8:00", "9:00", "18:00")] if name == "time" else []
    return reply(texts[name], *times, Button(say.label("Leave it"), "settings"))
