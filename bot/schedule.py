"""When Tutor may write: consent, the scheduled quiz, snoozing, pausing, and backing off in silence.

Nothing is ever sent unasked. `next_due_at` of a learner is the only thing the ticker looks at; it is set here alone.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cache

from bot.habits import habits, may_write, slot_on
from bot.messages import Answer, Button, Reply
from bot.turn import Turn, answer, reply
from bot.wording import Words, join
from knowledge.markup import Md
from scheduler import slots
from scheduler.spacing import learning_day

SILENCE = timedelta(days=14)  # without a word for so long, Tutor stops writing
SECONDS_A_QUESTION = 30  # for "about 3 minutes"; medians of chat quizzes are of this order, the learner's own vary
EVENING_ENDS = 21  # o'clock from which "this evening" means tomorrow
STEPS = (1, 1, 2, 4, 4)  # days to the next reminder after 0, 1, 2… unanswered ones


def clock(minutes: int) -> str:
    """A time of day as learners read it: 9:00."""
    return f"{minutes // 60}:{minutes % 60:02d}"


def after_session(turn: Turn, summary: Md) -> tuple[Md, tuple[Button, ...]]:
    """What follows a finished quiz: the one consent question, or when the next is due."""
    say, learner = turn.say, turn.learner
    if learner.consent == "":
        question, answers = consent_question(turn)
        return join([summary, question]), answers
    if learner.consent == "yes" and not learner.zone:
        asked = zone_question(turn)
        return join([summary, asked.text]), asked.buttons
    reschedule(turn)
    buttons = (Button(say.label("Quiz me"), "quiz"), Button(say.label("Progress"), "progress"))
    return join([summary, next_line(turn)]), buttons


def consent_question(turn: Turn) -> tuple[Md, tuple[Button, ...]]:
    """The question, with when it would be, and its three answers."""
    say, at = turn.say, clock(turn.learner.quiz_at)
    turn.change(consent="asked", home=turn.home or turn.learner.home)
    turn.remember(waiting="consent")
    text = say(
        "Bring these back when you're about to forget them? I'd write at {at} your time, at most once a day.", at=at
    )
    return text, (
        Button(say.label("Yes, {at}", at=at), "consent:yes"),
        Button(say.label("Another time"), "consent:other"),
        Button(say.label("No, I'll ask"), "consent:no"),
    )


def next_line(turn: Turn) -> Md:
    """When the next quiz comes, or why none does."""
    say, learner = turn.say, turn.learner
    if learner.next_due_at:
        return say("I'll write {when}.", when=moment(turn, learner.next_due_at))
    day = turn.next_due_day()
    if day is None:
        return say("Nothing is waiting to come back.")
    return say("The next one is due {when}; say “quiz” whenever you like.", when=on_day(turn, day))


def reschedule(turn: Turn, not_before: datetime | None = None) -> None:
    """Set when to write next: the first of the learner's slots on a day when something is due; never without a yes."""
    day = turn.next_due_day() if may_write(turn.learner) else None
    if day is None:
        if turn.learner.next_due_at:
            turn.change(next_due_at=None)
        return
    turn.change(next_due_at=slot_on(turn.learner, day, not_before or turn.now))


def sooner(turn: Turn, day: date) -> datetime | None:
    """`next_due_at`, moved forward where a card is due earlier; the cheap form of `reschedule` for each answer."""
    learner = turn.learner
    if not may_write(turn.learner):
        return learner.next_due_at
    current = learner.next_due_at
    if current and learning_day(current, turn.zone) <= day:
        return current
    return slot_on(turn.learner, day, turn.now)


def consent(turn: Turn, choice: str) -> Answer:
    """The learner's word on being written to: yes, no, other (another time), or that time itself."""
    say = turn.say
    if choice == "no":
        turn.change(consent="no", next_due_at=None)
        return reply(say("Then I won't write. Say “quiz” whenever you like."), Button(say.label("Quiz me"), "quiz"))
    if choice == "other":
        return ask_time(turn, waiting="consent_time", verb="consent")
    if choice != "yes":
        try:
            turn.change(quiz_at=minutes_of(slots.parse_time(choice)))
        except ValueError:
            lead = say("I couldn't read “{value}” as a time.", value=choice[:40])
            return ask_time(turn, waiting="consent_time", verb="consent", lead=lead)
    turn.change(consent="yes", paused="", silent=0, silent_since=None, home=turn.home or turn.learner.home)
    if not turn.learner.zone:
        return ask_zone(turn)
    reschedule(turn)
    return reply(join([say("Good."), next_line(turn)]), Button(say.label("Settings"), "settings"))


def ask_time(turn: Turn, waiting: str = "time", verb: str = "put:time", lead: str = "") -> Answer:
    """Ask for a time of day."""
    turn.remember(waiting=waiting)
    times = (Button(label, f"{verb}:{label}") for label in ("8:00", "12:00", "18:00", "21:00"))
    return reply(join([lead, turn.say("What time suits you? Pick one, or type it, such as 7:30.")]), *times)


def ask_zone(turn: Turn) -> Answer:
    """Ask what time it is for the learner: a platform such as Telegram tells no zone."""
    return answer(zone_question(turn))


def zone_question(turn: Turn) -> Reply:
    """The question, with times to pick from."""
    say = turn.say
    turn.remember(waiting="zone")
    buttons = []
    for hours in (-8, -6, -5, -3, 0, 1, 2, 3, 5.5, 8, 9, 10):
        local = turn.now + timedelta(hours=hours)
        buttons.append(Button(f"{local:%H:%M}", f"clock:{local.hour * 60 + local.minute}:{round(hours * 60)}"))
    return Reply(say("What time is it for you? Pick it, or type the time or your city."), tuple(buttons))


def due(turn: Turn) -> Answer:
    """The ticker says a quiz is due. Checked again here, under the learner's lock: things may have changed."""
    say, learner = turn.say, turn.learner
    if (
        not may_write(turn.learner)
        or learner.next_due_at is None
        or learner.next_due_at > turn.now
        or learner.home is None
    ):
        return Answer()
    if learner.silent_since and turn.now - learner.silent_since >= SILENCE:
        turn.change(paused="silent", next_due_at=None)
        kept = len(turn.tx.cards())
        text = say.many(
            "I'll stop writing now. Your item is safe; say “quiz” whenever you like.",
            "I'll stop writing now. Your {n} items are safe; say “quiz” whenever you like.",
            kept,
        )
        return Answer((*reply(text).replies,), to=learner.home)
    n = len(turn.due(turn.left_today))
    if n == 0:  # done already, or today's share is: the next chance is another day
        tomorrow = slots.tomorrow(habits(learner), turn.now)
        reschedule(turn, not_before=tomorrow - timedelta(microseconds=1) if turn.left_today == 0 else None)
        return Answer()
    wait = timedelta(days=STEPS[min(learner.silent, len(STEPS) - 1)])
    turn.change(
        silent=learner.silent + 1,
        silent_since=learner.silent_since or turn.now,
        next_due_at=slots.next_slot(habits(learner), turn.now + wait - timedelta(hours=12)),
        state=replace(learner.state, reminded=turn.today),
    )
    minutes = max(1, round(n * SECONDS_A_QUESTION / 60))
    text = join(
        [
            greeting(turn),
            say.many("{n} question is due,", "{n} questions are due,", n),
            say.many("about {n} minute.", "about {n} minutes.", minutes),
        ]
    )
    found = reply(
        text,
        Button(say.label("Start"), "start_due"),
        Button(say.label("This evening"), "snooze:evening"),
        Button(say.label("Tomorrow"), "snooze:tomorrow"),
        Button(say.label("Pause"), "pause"),
        key=turn.event.id,
    )
    return replace(found, to=learner.home)


def greeting(turn: Turn) -> Md:
    """By the learner's own clock."""
    hour = turn.local.hour
    if 4 <= hour < 12:
        return turn.say("Good morning.")
    return turn.say("Good afternoon.") if 12 <= hour < 18 else turn.say("Good evening.")


def snooze(turn: Turn, until: str) -> Answer:
    """Not now: this evening, or tomorrow."""
    if not may_write(turn.learner):
        return reply(turn.say("Nothing is scheduled just now. Say “quiz” whenever you like."))
    if not turn.due(1):
        return reply(
            join([turn.say("Nothing is due any more."), next_line(turn)]), Button(turn.say.label("Quiz me"), "quiz")
        )
    kept = habits(turn.learner)
    tonight = until == "evening" and turn.local.hour < EVENING_ENDS
    at = slots.evening(kept, turn.now) if tonight else slots.tomorrow(kept, turn.now)
    turn.change(next_due_at=at)
    return reply(
        turn.say("All right, {when}.", when=moment(turn, at)), Button(turn.say.label("Start now"), "start_due")
    )


def pause(turn: Turn) -> Answer:
    """Write no more until told so."""
    say = turn.say
    turn.change(paused="learner", next_due_at=None)
    return reply(
        say("Paused: I won't write. What comes due waits, and comes back a few a day. Say “resume” when you're ready."),
        Button(say.label("Resume"), "resume"),
    )


def resume(turn: Turn) -> Answer:
    """Write again, if that was ever wanted; due items come back under the daily cap, so nothing piles up."""
    say, learner = turn.say, turn.learner
    turn.change(paused="", silent=0, silent_since=None, home=turn.home or turn.learner.home)
    if learner.consent != "yes":
        text, buttons = consent_question(turn)
        return reply(text, *buttons)
    if not learner.zone:
        return ask_zone(turn)
    reschedule(turn)
    return reply(join([say("Welcome back."), next_line(turn)]), Button(say.label("Quiz me"), "quiz"))


def heard_from(turn: Turn) -> None:
    """The learner said something: reminders are not unanswered any more, and one who had gone is back.

    What is said in a group tells nothing about a private chat that was shut.
    """
    learner = turn.learner
    if learner.silent or learner.paused in ("gone", "silent"):
        alone = turn.event.alone if turn.event.kind != "poll" else None
        back = learner.paused == "silent" or (learner.paused == "gone" and alone is not None)
        turn.change(silent=0, silent_since=None, paused="" if back else learner.paused)
        if learner.paused == "gone" and alone and learner.home:
            turn.change(home=alone)  # where they are now: the other chat may still be shut
        if back:
            reschedule(turn)


def moment(turn: Turn, at: datetime) -> Md:
    """An instant on the learner's clock: "tomorrow at 9:00"."""
    local = at.astimezone(turn.local.tzinfo)
    return turn.say(
        "{day} at {time}", day=on_day(turn, local.date(), turn.local.date()), time=clock(local.hour * 60 + local.minute)
    )


def on_day(turn: Turn, day: date, today: date | None = None) -> Md:
    """A day as people say it: today, tomorrow, on Friday, on 4 March."""
    say = turn.say
    days = (day - (today or turn.today)).days
    if days <= 0:
        return say("today")
    if days == 1:
        return say("tomorrow")
    if days < 7:
        return say("on {weekday}", weekday=weekdays(say)[day.weekday()])
    return say("on {day} {month}", day=day.day, month=months(say)[day.month - 1])


@cache
def weekdays(say: Words) -> tuple[Md, ...]:
    """The days of the week, Monday first."""
    return (
        say("Monday"),
        say("Tuesday"),
        say("Wednesday"),
        say("Thursday"),
        say("Friday"),
        say("Saturday"),
        say("Sunday"),
    )


@cache
def months(say: Words) -> tuple[Md, ...]:
    """The months of the year."""
    first = (say("January"), say("February"), say("March"), say("April"), say("May"), say("June"))
    return (*first, say("July"), say("August"), say("September"), say("October"), say("November"), say("December"))


def minutes_of(at: time) -> int:
    """Minutes since midnight."""
    return at.hour * 60 + at.minute
