"""Learners who answer quiz items as item response theory has it, some items being bad in a known way.

The two-parameter logistic model (Birnbaum 1968): a learner of ability t, standard normal, knows an item of difficulty b
and slope a with probability 1 / (1 + exp(-a (t - b))). Who does not know says so one time in ten, and else picks any
option that looks like an answer. The parameters are those customary in simulations: b standard normal within -2 to 2,
a between 0.8 and 2.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, insert

from bot.quiz import shuffled
from bot.records import Ask, Outcome, Review
from bot.store import codec
from bot.store.tables import ASK, REVIEW_LOG
from knowledge.assembly import assemble
from knowledge.draft import option_ids
from knowledge.model import Base, Item, Library, Option, Topic

Fault = Literal["miskeyed", "dead", "blunt", "easy"]
START = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
TOPIC = "skill/subject"
UNSURE = 0.1


def choice(name: str, stem: str = "", texts: tuple[str, ...] = ("key", "wrong", "other")) -> Item:
    """A choice item of TOPIC whose first option is right."""
    told = [f"{text} {name}" for text in texts]
    options = tuple(Option(id, text, not n) for n, (id, text) in enumerate(zip(option_ids(told), told, strict=True)))
    return Item(f"{TOPIC}#{name}", name, TOPIC, "choice", 1, stem or f"What is {name}?", options=options)


def base(*items: Item, version: str = "") -> Library:
    """A library of one topic with these items."""
    return assemble(Base("A subject"), [Topic(TOPIC, "skill", "Subject", "A subject.", items=items)], version)


@dataclass(frozen=True, slots=True)
class Given:
    """An answer: the item, what became of it, and the id of the chosen option."""

    item: Item
    outcome: Outcome
    chosen: str


def learners(library: Library, count: int, each: int, faults: Mapping[str, Fault], seed: int) -> Iterator[list[Given]]:
    """First answers of `count` learners to `each` items of their own, drawn by chance.

    An item is as bad as `faults` says: miskeyed (who knows picks the first wrong option), dead (nobody picks the last
    option), blunt (whether it is known has nothing to do with ability), easy (everybody knows it).
    """
    rng = random.Random(seed)
    items = [item for item in library.items.values() if item.kind == "choice"]
    slope = {item.key: rng.uniform(0.8, 2.0) for item in items}
    hardness = {item.key: max(-2.0, min(2.0, rng.gauss(0, 1))) for item in items}
    for _ in range(count):
        ability = rng.gauss(0, 1)
        yield [
            _given(rng, item, ability, slope[item.key], hardness[item.key], faults.get(item.key))
            for item in rng.sample(items, each)
        ]


def _given(rng: random.Random, item: Item, ability: float, slope: float, hardness: float, fault: Fault | None) -> Given:
    chance = 0.5 if fault == "blunt" else 1.0 if fault == "easy" else 1 / (1 + math.exp(-slope * (ability - hardness)))
    key = item.right_option
    wrong = [option for option in item.options if not option.right]
    looks_right = [key, *(wrong[:-1] if fault == "dead" else wrong)]
    if rng.random() < chance:
        picked = wrong[0] if fault == "miskeyed" else key
    elif rng.random() < UNSURE:
        return Given(item, "unknown", "?")
    else:
        picked = rng.choice(looks_right)
    return Given(item, "right" if picked.right else "wrong", picked.id)


def store(conn: Connection, library: Library, me: int, answers: list[Given], after: int = 0) -> None:
    """Write a learner's answers as Tutor would: an ask with the question as it was put, and its review."""
    asks, reviews = [], []
    for n, given in enumerate(answers, after + 1):
        at, item = START + timedelta(minutes=n), given.item
        ask = Ask(
            n=n,
            item=item.key,
            topic=item.topic,
            kind=item.kind,
            stem=item.ask,
            version=library.version,
            asked_at=at,
            options=shuffled(item, f"{me}-{n}"),
            answer=item.answer or item.right_option.text,
            accept=item.accept,
            status="answered",
            chosen=given.chosen,
            outcome=given.outcome,
            seq=n,
            answered_at=at + timedelta(seconds=10),
        )
        asks.append(codec.ask_values(me, ask))
        rating = 3 if given.outcome == "right" else 1
        reviews.append(
            codec.review_values(
                me,
                Review(
                    n,
                    at,
                    at.date(),
                    item.key,
                    item.topic,
                    rating,
                    given.outcome,
                    ask=n,
                    seconds=10,
                    chosen=given.chosen,
                ),
            )
        )
    conn.execute(insert(ASK), asks)
    conn.execute(insert(REVIEW_LOG), reviews)
