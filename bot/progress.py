"""How a learner is doing: the one useful thing to say about it."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from bot import paths
from bot.history import counting, current_streak
from bot.messages import Answer, Button
from bot.records import CardRow
from bot.turn import Turn, reply
from bot.wording import join
from knowledge.markup import Md
from scheduler.spacing import Memory, retrievability

SLIPPING = 0.8  # a topic is slipping when its items would be recalled with less than this on average


def by_topic(turn: Turn, cards: list[CardRow]) -> dict[str, tuple[float, int]]:
    """Topic id -> (number of its items likely recalled today, items met); a concept counts for its topic."""
    memory = Memory(turn.learner.retention)
    sums: dict[str, list[float]] = defaultdict(list)
    for row in cards:
        topic = turn.library.topic(row.topic)
        if topic:
            sums[topic.part_of or topic.id].append(retrievability(row.card, turn.today, memory))
    return {id: (sum(chances), len(chances)) for id, chances in sums.items()}


def show(turn: Turn) -> Answer:
    """This week, what is strongest, what slips, the streak, what comes, and how near the goal is."""
    say = turn.say
    cards = [row for row in turn.tx.cards() if turn.library.item(row.item)]
    if not cards:
        return reply(
            say("Nothing to show yet: answer a few questions, and I'll keep count."),
            Button(say.label("Quiz me"), "quiz"),
        )
    week = counting(turn.tx.reviews_since(turn.now - timedelta(days=7)))
    lines: list[Md] = []
    if week:
        right = sum(row.outcome == "right" and not row.guessed for row in week)
        percent = round(100 * right / len(week))
        lines.append(
            say.many(
                "This week: {n} question, {percent} % right.",
                "This week: {n} questions, {percent} % right.",
                len(week),
                percent=percent,
            )
        )
    else:
        lines.append(
            say.many("{n} item met so far; none this week.", "{n} items met so far; none this week.", len(cards))
        )
    known = {row.topic for row in week if row.outcome == "right" and not row.guessed}
    slipping = _strengths(turn, cards, lines, known)
    streak = current_streak(turn.learner, turn.today)
    if streak > 1:
        lines.append(say.many("{n} day in a row.", "{n} days in a row.", streak))
    due = sum(row.card.due is not None and row.card.due <= turn.today and not row.leech for row in cards)
    soon = sum(row.card.due == turn.today + timedelta(days=1) and not row.leech for row in cards)
    lines.append(say("Due today: {due}. Tomorrow: {soon}.", due=due, soon=soon))
    goal = turn.library.topic(turn.learner.goal)
    if goal:
        share, lacking = paths.readiness(turn, cards)
        percent = round(100 * share)
        text = say("{goal} readiness {percent} %.", goal=goal.title, percent=percent)
        if lacking:
            text = say(
                "{goal} readiness {percent} %: next, {topic}.", goal=goal.title, percent=percent, topic=lacking.title
            )
        lines.append(text)
    return reply(
        join(lines),
        Button(say.label("Practise what slips"), f"quiz:{slipping}")
        if slipping
        else Button(say.label("Quiz me"), "quiz"),
        Button(say.label("Change goal"), "goal") if goal else Button(say.label("Set a goal"), "goal"),
    )


def _strengths(turn: Turn, cards: list[CardRow], lines: list[Md], known: set[str]) -> str:
    """Add what is strongest and what slips; gives the id of the slipping topic, or "".

    `known`: topics with a right answer lately. Recall is likely just after any answer, a wrong one too, so that alone
    makes nothing strong.
    """
    say = turn.say
    topics = by_topic(turn, cards)
    ranked = sorted(topics, key=lambda id: (-topics[id][0] / topics[id][1], id))
    if not ranked:
        return ""
    strongest, weakest = ranked[0], ranked[-1]
    expected, met = topics[weakest]
    slips = expected / met < SLIPPING
    strong = {turn.library.topics[id].part_of or id for id in known if id in turn.library.topics}
    if strongest in strong and (strongest != weakest or not slips):
        lines.append(say("Strongest: {title}.", title=turn.library.topics[strongest].title))
    if not slips:
        return ""
    lines.append(
        say.many(
            "Slipping: {title} ({held} of {n} would stick today).",
            "Slipping: {title} ({held} of {n} would stick today).",
            met,
            title=turn.library.topics[weakest].title,
            held=int(expected),
        )
    )
    return weakest
