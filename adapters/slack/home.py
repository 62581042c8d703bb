"""App Home: what is due, what comes, how it goes, settings, help and privacy. Useful to somebody who never wrote, too.

It is read beside the inbox, and says what the conversation would say: the same rows, the same words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from adapters.slack import modal, render
from bot import paths, privacy, progress, schedule
from bot.lookup import Lookup
from bot.messages import Address, Answer, Button, Event, Reply
from bot.records import CardRow, Learner, Review
from bot.schedule import clock
from bot.settings import days_text, zone_name
from bot.store.tx import Tx
from bot.turn import Turn
from bot.wording import Words, join, words
from knowledge.markup import Md, plain
from knowledge.model import Library

CALLBACK = "home"
OPEN_SETTINGS = "open:settings"  # the button that opens the modal: a press that never reaches the conversation
FORECAST_DAYS = 7
REVIEWS = 2000  # the newest ones, among which a week's are: more than anybody answers in a week
HEADER_MAX = 150
BLOCKS_MAX = 100

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Rows:
    """What the conversation's reports read of a `Tx`, read beforehand; nothing can be written."""

    learner: Learner
    all_cards: Sequence[CardRow]
    reviews: Sequence[Review]

    def cards(self) -> list[CardRow]:
        return list(self.all_cards)

    def due_cards(self, day: date, limit: int) -> list[CardRow]:
        due = [row for row in self.all_cards if row.card.due and row.card.due <= day and not row.leech]
        return sorted(due, key=lambda row: (row.card.due or day, row.item))[:limit]

    def reviews_since(self, at: datetime) -> list[Review]:
        return [row for row in self.reviews if row.at >= at]

    def newest_reviews(self, limit: int) -> list[Review]:
        return list(self.reviews[::-1][:limit])


class Screens:
    """App Home and the settings modal of a user, drawn from what is stored."""

    def __init__(self, lookup: Lookup, library: Callable[[], Library], now: Callable[[], datetime]) -> None:
        """Read through `lookup`, serve `library()`, and tell the time by `now()` (aware UTC)."""
        self._lookup = lookup
        self._library = library
        self._now = now

    async def home(self, team: str, user: str) -> Json:
        """The App Home view of a user, for views.publish."""
        turn = await self._turn(team, user)
        sections = (_today, _forecast, _progress, _goal, _settings, _help, _privacy)
        blocks = [block for section in sections for block in section(turn)]
        for n, button in enumerate(_buttons(blocks)):  # an action_id may be there once in a view
            if button["action_id"] != OPEN_SETTINGS:
                button["action_id"] = f"act:{n}"
        return {"type": "home", "callback_id": CALLBACK, "blocks": blocks[:BLOCKS_MAX]}

    async def settings(self, team: str, user: str) -> Json:
        """The settings modal of a user, for views.open."""
        learner = await self._learner(team, user)
        return modal.view(learner, words(learner.language))

    async def _learner(self, team: str, user: str) -> Learner:
        found = await self._lookup.learner(f"slack:{team}:{user}")
        return found or Learner(id=0, created_at=self._now(), language=self._library().base.language)

    async def _turn(self, team: str, user: str) -> Turn:
        learner, now = await self._learner(team, user), self._now()
        cards = await self._lookup.cards(learner) if learner.id else []
        reviews = await self._lookup.newest_reviews(learner, REVIEWS) if learner.id else []
        rows = cast(Tx, _Rows(learner, cards, reviews[::-1]))
        event = Event("", "opened", now, user, Address("slack", team, user), action=CALLBACK)
        return Turn(event, rows, self._library(), now, words(learner.language))


# --- sections: a header, a text, and buttons below it


def _today(turn: Turn) -> list[Json]:
    """What is due today, and a way to begin."""
    say = turn.say
    due, left = len(turn.due()), turn.left_today
    ready = min(due, left)
    if ready:
        minutes = max(1, round(ready * schedule.SECONDS_A_QUESTION / 60))
        text = join(
            [
                say.many("{n} question is due,", "{n} questions are due,", ready),
                say.many("about {n} minute.", "about {n} minutes.", minutes),
            ]
        )
        ways = [Button(say.label("Start"), "start_due")]
    elif due:
        text = say("You have done your share for today. What is still due waits for tomorrow.")
        ways = [Button(say.label("Quiz me anyway"), "quiz_extra")]
    elif turn.tx.cards():
        text = say("Nothing is due today. A few new questions?")
        ways = [Button(say.label("Quiz me"), "quiz")]
    else:
        base = turn.library.base
        welcome = (
            say("Hi, I'm Tutor. {welcome}", welcome=base.welcome)
            if base.welcome
            else say("Hi, I'm Tutor. Ask me anything about this: {title}.", title=base.title)
        )
        text = join(
            [welcome, say("Five questions are a good start. I bring them back before you forget them, if you want.")],
            "\n\n",
        )
        ways = [Button(say.label("Quiz me"), "quiz"), Button(say.label("Browse topics"), "browse")]
    # What a button here starts appears in the other tab: without a word it would seem to do nothing.
    return _section(say.label("Today's quiz"), join([text, say("I'll ask under Messages.")]), *ways)


def _forecast(turn: Turn) -> list[Json]:
    """How many questions come back on each of the next days, on the learner's calendar."""
    say, cards = turn.say, _alive(turn)
    if not cards:
        return []
    today = turn.today
    counts = Counter(max(row.card.due, today) for row in cards if row.card.due and not row.leech)
    lines = []
    for day in (today + timedelta(days=ahead) for ahead in range(FORECAST_DAYS)):
        name = _day_name(turn, day)
        if counts[day]:
            lines.append(say.many("- {day}: {n} question", "- {day}: {n} questions", counts[day], day=name))
        else:
            lines.append(say("- {day}: nothing", day=name))
    parts = [join(lines, "\n")]
    if turn.learner.next_due_at:
        parts.append(schedule.next_line(turn))
    return _section(say.label("The next seven days"), join(parts, "\n\n"))


def _progress(turn: Turn) -> list[Json]:
    """What "progress" says, with its buttons but that for the goal, which has a section."""
    say = turn.say
    if not _alive(turn):
        return []
    found = _reply(progress.show(turn))
    buttons = [button for button in found.buttons if button.action != "goal"]
    return _section(say.label("Your progress"), Md(found.text), *buttons)


def _goal(turn: Turn) -> list[Json]:
    """What the learner works towards."""
    say = turn.say
    goal = turn.library.topic(turn.learner.goal)
    if goal is None:
        if not (turn.library.of_kind("path") or turn.library.of_kind("career")):
            return []
        text = say("Work towards a job or a path, and new questions come from what it needs.")
        return _section(say.label("Your goal"), text, Button(say.label("Set a goal"), "goal"))
    share, lacking = paths.readiness(turn, turn.tx.cards())
    text = say(
        "**{title}**: {percent} % of what it needs would stick today.", title=goal.title, percent=round(100 * share)
    )
    if lacking:
        text = join([text, say("Next: {topic}.", topic=lacking.title)])
    practise = Button(say.label("Practise it"), f"quiz:{lacking.id}") if lacking else None
    return _section(say.label("Your goal"), text, practise, Button(say.label("Change goal"), "goal"))


def _settings(turn: Turn) -> list[Json]:
    """The settings that matter, and the way to change them all."""
    say, learner = turn.say, turn.learner
    on = learner.consent == "yes" and not learner.paused
    lines = [
        say("- Scheduled quizzes: on") if on else say("- Scheduled quizzes: off"),
        say("- Time: {at}, {days}", at=clock(learner.quiz_at), days=days_text(turn)),
        say("- Time zone: {zone}", zone=zone_name(learner.zone))
        if learner.zone
        else say("- Time zone: not known yet, so UTC"),
        say("- Questions a day: at most {n}", n=learner.cap),
    ]
    blocks = _section(say.label("Settings"), join(lines, "\n"), Button(say.label("Change settings"), OPEN_SETTINGS))
    for button in _buttons(blocks):
        button["action_id"] = OPEN_SETTINGS
        button.pop("value", None)
    return blocks


def _help(turn: Turn) -> list[Json]:
    """How to ask, and where to find more."""
    say, base = turn.say, turn.library.base
    examples = base.examples or tuple(q for topic in turn.library.topics.values() for q in topic.questions[:1])
    lines = [
        say("Write to me under Messages, mention me in a channel, or type “/tutor” and your question anywhere."),
        say("Try: “{example}”", example=examples[0]) if examples else Md(""),
    ]
    ways = (Button(say.label("How it works"), "help"), Button(say.label("Browse topics"), "browse"))
    return _section(say.label("Help"), join(lines, "\n\n"), *ways)


def _privacy(turn: Turn) -> list[Json]:
    """What "privacy" says: what is kept, handing it over, deleting it."""
    say, text = turn.say, Md(_reply(privacy.explain(turn)).text)
    ways = (Button(say.label("Export my data"), "export"), Button(say.label("Delete my data"), "forget"))
    return _section(say.label("Privacy"), text, *ways)


# --- pieces


def _reply(answer: Answer) -> Reply:
    return next(found for found in answer.replies if isinstance(found, Reply))


def _section(title: str, text: Md, *buttons: Button | None) -> list[Json]:
    shown = [button for button in buttons if button]
    header = {"type": "header", "text": {"type": "plain_text", "text": title[:HEADER_MAX], "emoji": False}}
    return [header, *render.blocks(text), *(render.actions(shown) if shown else [])]


def _buttons(blocks: Sequence[Json]) -> list[Json]:
    return [element for block in blocks if block["type"] == "actions" for element in block["elements"]]


def _alive(turn: Turn) -> list[CardRow]:
    """The learner's cards whose items the base still has."""
    return [row for row in turn.tx.cards() if turn.library.item(row.item)]


def _day_name(turn: Turn, day: date) -> str:
    say: Words = turn.say
    if day == turn.today:
        return say.label("Today")
    if day == turn.today + timedelta(days=1):
        return say.label("Tomorrow")
    return plain(schedule.weekdays(say)[day.weekday()])
