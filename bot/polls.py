"""Quizzes in groups: one native poll at a time for everybody, graded for each person who answers it."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable

from bot import gaps, small_talk
from bot.grading import count
from bot.messages import Answer, Button, Poll, Reply
from bot.records import Ask, AskOption
from bot.topics import has_items
from bot.turn import Turn, reply
from knowledge.model import Item, Topic

# Telegram's limits, in UTF-16 code units as it counts; a poll with less than two options is none.
QUESTION_MAX, OPTION_MAX, OPTIONS_MAX, EXPLANATION_MAX = 300, 100, 10, 200
LINE_FEEDS_MAX = 2
_SENTENCE = re.compile(r"(?<=[.!?…])\s+")


def start(turn: Turn, wanted: str = "", topic: Topic | None = None) -> Answer:
    """One poll: on what is named, or on what this chat talked about, or on anything."""
    if wanted:
        found = turn.library.find(wanted)
        near = gaps.known(turn, found)
        if near and found.decision == "suggest":
            return small_talk.quiz_offer(turn, near)
        if not near or found.decision != "answer":
            return gaps.unknown(turn, found)
        topic = near[0]
    key = _key(turn)
    if key and turn.shared and turn.shared.is_said(key):
        return Answer(notice=turn.say.label("That question is here already."))  # pressed twice, or by two people
    item = _chosen(turn, topic)
    if item is None and topic:
        text = turn.say("I have no questions on **{title}** that fit a poll.", title=topic.title)
        return reply(text, Button(turn.say.label("Quiz on something else"), "quiz"))
    if item is None:
        return reply(turn.say("I have no questions that fit a poll yet."))
    another = Button(turn.say.label("Another one"), f"quiz:{topic.id}" if topic else "quiz")
    return Answer((Reply("", (another,), poll=poll_of(turn, item), key=key, topics=(item.topic,)),))


def _key(turn: Turn) -> str:
    """What names the poll that follows a button; a poll that was asked for in words follows nothing."""
    pressed = turn.event.message
    return f"after:{pressed.id}" if turn.event.kind == "press" and pressed else ""


def _chosen(turn: Turn, topic: Topic | None) -> Item | None:
    """An item that fits, not one of this chat's last ones if there is another; which one hangs on the event alone."""
    shared = turn.shared
    recent = shared.items_here() if shared else []
    fitting = [item for item in _candidates(turn, topic) if fits(item)]
    if not fitting:
        return None
    fresh = [item for item in fitting if item.key not in recent]
    if not fresh:  # all were had: the one longest ago
        return max(fitting, key=lambda item: recent.index(item.key))
    return random.Random(f"{turn.event.id}").choice(fresh)  # noqa: S311 a choice, not a secret


def _candidates(turn: Turn, topic: Topic | None) -> list[Item]:
    library = turn.library
    if topic:
        return _items(turn, (topic.id,))
    recent = [id for id in (turn.shared.topics_here() if turn.shared else []) if library.topic(id)]
    for id in recent:
        talked = library.topics[id]
        found = [item for item in _items(turn, (id,)) if fits(item)] if has_items(turn, talked) else []
        asked = turn.shared.items_here() if turn.shared else []
        if any(item.key not in asked for item in found):
            return found
    return list(library.items.values())


def _items(turn: Turn, topics: Iterable[str]) -> list[Item]:
    library = turn.library
    ids = [part for id in topics for part in (id, *library.children.get(id, ()))]
    return [item for id in ids for item in library.topics[id].items]


def fits(item: Item) -> bool:
    """Whether an item can be a poll as it is: nothing of a question or an option is ever cut."""
    return (
        item.kind == "choice"
        and 2 <= len(item.options) <= OPTIONS_MAX
        and _length(item.ask) <= QUESTION_MAX
        and all(0 < _length(option.text) <= OPTION_MAX for option in item.options)
    )


def poll_of(turn: Turn, item: Item) -> Poll:
    """The poll that asks `item`, with all that grading needs."""
    options = list(item.options)
    random.Random(f"{turn.event.id}:{item.key}").shuffle(options)  # noqa: S311 an order, not a secret
    right = item.right_option
    return Poll(
        question=item.ask,
        options=tuple(option.text for option in options),
        right=options.index(right),
        explanation=shortened(item.explain or right.why),
        item=item.key,
        topic=item.topic,
        title=turn.library.topics[item.topic].title,
        ids=tuple(option.id for option in options),
        whys=tuple(option.why for option in options),
        explain=item.explain,
        version=turn.library.version,
    )


def shortened(text: str, most: int = EXPLANATION_MAX) -> str:
    """As many whole sentences as fit, or else as many whole words."""
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    whole = "\n".join(lines) if len(lines) <= LINE_FEEDS_MAX + 1 else " ".join(lines)
    if _length(whole) <= most:
        return whole
    kept = ""
    for sentence in _SENTENCE.split(whole):
        if _length(f"{kept} {sentence}".strip()) > most:
            break
        kept = f"{kept} {sentence}".strip()
    if kept:
        return kept
    for word in whole.split():
        if _length(f"{kept} {word}…") > most:
            break
        kept = f"{kept} {word}".strip()
    return f"{kept}…" if kept else whole[: most // 2 - 1] + "…"


def _length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def answered(turn: Turn) -> Answer:
    """Somebody answered a poll: it counts for them as any answer does, once, and nobody is written to."""
    shared, chosen = turn.shared, turn.event.text
    sent = shared.poll() if shared else None
    if shared is None or sent is None or not chosen.isdecimal() or len(chosen) > 3:
        return Answer()
    poll, at = sent.poll, int(chosen)
    if at >= len(poll.options) or not poll.item:
        return Answer()
    n = turn.learner.last_ask + 1
    item = turn.library.moved_items.get(poll.item, poll.item)  # it may have been renamed since the poll was sent
    whys = poll.whys or ("",) * len(poll.options)
    options = tuple(
        AskOption(id, text, place == poll.right, why)
        for place, (id, text, why) in enumerate(zip(poll.ids, poll.options, whys, strict=True))
    )
    ask = Ask(
        n=n,
        item=item,
        topic=poll.topic if item == poll.item else item.partition("#")[0],
        kind="choice",
        stem=poll.question,
        version=poll.version,
        asked_at=min(sent.at, turn.now),
        options=options,
        answer=poll.options[poll.right],
        explain=poll.explain,
        title=poll.title,
        polled=True,
    )
    turn.change(last_ask=n)
    count(turn, ask, "right" if at == poll.right else "wrong", options[at].id)
    shared.vote(sent.key, n)
    return Answer()
