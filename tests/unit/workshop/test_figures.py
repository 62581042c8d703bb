"""Item analysis: the figures are those of the textbooks, of the present text, and of nobody in particular."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from knowledge.assembly import assemble
from knowledge.model import Base, Item, Library, Topic
from knowledge.workshop.figures import (
    FEW,
    LEARNERS_MIN,
    REST_MIN,
    SECONDS_MAX,
    Answer,
    Figures,
    Tally,
    Wording,
    fold,
    wording,
    wording_of,
)
from knowledge.workshop.intervals import Correlation, Share
from tests.simulation import TOPIC, base, choice


def answer(item: Item, *, right: bool = True, chosen: str = "", put: Wording | None = None, **fields: Any) -> Answer:
    given = Answer(item.key, "right" if right else "wrong", False, False, chosen, 10.0, 0.85, put or wording_of(item))
    return given._replace(**fields)


def figures(library: Library, logs: Iterable[list[Answer]]) -> dict[str, Figures]:
    tally = Tally(library)
    for log in logs:
        tally.add(log)
    return tally.figures()


# --- intervals


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(0, 10, 0.0, 0.278), (1, 10, 0.018, 0.404), (5, 10, 0.237, 0.763), (10, 10, 0.722, 1.0), (81, 263, 0.255, 0.366)],
)
def test_wilsons_interval(count: int, of: int, low: float, high: float) -> None:
    """The last row is the example of Newcombe 1998, Statistics in Medicine 17."""
    share = Share(count, of)
    assert (round(share.low, 3), round(share.high, 3)) == (low, high)


def test_of_nothing_everything_is_possible() -> None:
    nothing = Share(0, 0)
    assert nothing.share == 0
    assert nothing.low == pytest.approx(0)
    assert nothing.high == pytest.approx(1)


def test_fishers_interval() -> None:
    found = Correlation(0.5, 30)
    assert (round(found.low, 3), round(found.high, 3)) == (0.17, 0.729)
    assert Correlation(1.0, 30).low > 0.99
    assert Correlation(-1.0, 30).high < -0.99


# --- figures


def test_where_all_answer_all_discrimination_is_the_classical_coefficient() -> None:
    """The corrected point-biserial: the item's 0 or 1 with the number right on the others."""
    rng = np.random.default_rng(5)
    items = [choice(f"item{n}") for n in range(15)]
    ability = rng.normal(size=80)
    known = (rng.normal(size=(80, 15)) < ability[:, None] + rng.normal(size=15)).astype(int)
    library = base(*items)
    found = figures(
        library, ([answer(item, right=bool(row[n])) for n, item in enumerate(items)] for row in known.tolist())
    )
    for n, item in enumerate(items):
        classical = np.corrcoef(known[:, n], known.sum(axis=1) - known[:, n])[0, 1]
        own = found[item.key].discrimination
        assert own is not None
        assert own.of == 80
        assert own.r == pytest.approx(classical)


def test_easy_and_hard_neighbours_do_not_count_as_ability() -> None:
    """Learners of one ability meet an item among easy or among hard ones: it tells nobody apart, and shows it."""
    rng = random.Random(3)
    easy, hard = [choice(f"easy{n}") for n in range(20)], [choice(f"hard{n}") for n in range(20)]
    item = choice("item")
    logs = []
    for n in range(400):
        rest = easy if n % 2 else hard
        met = [answer(each, right=rng.random() < (0.9 if rest is easy else 0.2)) for each in rest]
        logs.append([*met, answer(item, right=rng.random() < (0.7 if rest is easy else 0.3))])
    found = figures(base(item, *easy, *hard), logs)[item.key].discrimination
    assert found is not None
    assert found.low < 0 < found.high


def test_a_handful_of_learners_is_told_nothing_of() -> None:
    item = choice("item")
    library = base(item)
    few = figures(library, [[answer(item), answer(item, right=False)]] * (FEW - 1))[item.key]
    assert few == Figures(answers=2 * (FEW - 1), learners=FEW - 1)
    enough = figures(library, [[answer(item)]] * FEW)[item.key]
    assert enough.known == Share(FEW, FEW)
    assert enough.lapsed is None  # nobody came back
    returned = figures(library, [[answer(item), answer(item)], *[[answer(item)]] * FEW])[item.key]
    assert returned.lapsed is None  # one did: that would be a person's


@pytest.mark.parametrize(("count", "each"), [(LEARNERS_MIN - 1, REST_MIN + 1), (LEARNERS_MIN, REST_MIN)])
def test_discrimination_takes_enough_learners_and_enough_of_each(count: int, each: int) -> None:
    rng = random.Random(1)
    items = [choice(f"item{n}") for n in range(each)]

    def found(count: int, items: list[Item]) -> list[Correlation | None]:
        logs = [[answer(item, right=rng.random() < 0.5) for item in items] for _ in range(count)]
        return [each.discrimination for each in figures(base(*items), logs).values()]

    assert found(count, items) == [None] * each
    more = [*items, choice("one-more")] if each == REST_MIN else items
    assert None not in found(LEARNERS_MIN, more)


def test_first_answers_count_and_a_declared_guess_is_not_known() -> None:
    item = choice("item")
    log = [answer(item, guessed=True, seconds=4.0), answer(item), answer(item, right=False)]
    unsure = [answer(item, outcome="unknown", hinted=True, seconds=9e9)]
    found = figures(base(item), [*[log] * 5, unsure])[item.key]
    assert (found.answers, found.learners, found.older) == (16, 6, 0)
    assert found.known == Share(0, 6)
    assert found.guessed == Share(5, 6)
    assert (found.unknown, found.hinted) == (Share(1, 6), Share(1, 6))
    assert found.seconds == 4
    assert figures(base(item), [unsure] * 5)[item.key].seconds == SECONDS_MAX


def test_lapses_are_losses_of_what_was_known() -> None:
    """Right, lost, regained by a guess only; a learner who never knew it has nothing to lose.

    What is expected at an answer is what the one before was scheduled for.
    """
    item = choice("item")
    lost = [answer(item), answer(item, right=False, retention=0.9), answer(item, guessed=True, retention=0.8)]
    never = [answer(item, right=False)] * 4
    learned = [answer(item, right=False), answer(item), answer(item)]
    found = figures(base(item), [*[lost] * 5, never, learned])[item.key]
    assert found.lapsed == Share(10, 11)
    assert found.expected == pytest.approx((5 * 0.15 + 5 * 0.1 + 0.15) / 11)


def test_what_was_answered_of_an_older_text_is_another_question() -> None:
    """An option that stays keeps its id; what was chosen beside other options is left out all the same."""
    now = choice("item", texts=("key", "wrong", "newer"))
    then = wording_of(choice("item", texts=("key", "wrong", "other")))
    log = [answer(now, right=False, chosen=fold("wrong item"), put=then)]
    seen = [answer(now, right=False, chosen=fold("newer item"))]
    found = figures(base(now), [*[log] * 20, *[seen] * 6])[now.key]
    assert (found.learners, found.older, found.answers) == (6, 20, 26)
    assert {option.text: option.chosen.count for option in found.options} == {
        "key item": 0,
        "wrong item": 0,
        "newer item": 6,
    }
    nobody_knows = figures(base(now), [[answer(now)._replace(put=None)]] * 6)[now.key]
    assert (nobody_knows.learners, nobody_knows.older) == (0, 6)


def test_what_makes_a_text_another() -> None:
    item = choice("item")
    options = [(option.text, option.right) for option in item.options]
    same = wording(f"  {item.ask.upper()} ", options[::-1], options[0][0], ())
    assert same == wording_of(item)
    assert wording(item.ask, [(text, not right) for text, right in options], "", ()) != wording_of(item)
    assert wording("ask", (), "redundancy", ("spare",)) == wording("Ask", (), "Redundancy", ("spare", "Spare"))
    assert wording("ask", (), "redundancy", ("spare",)) != wording("ask", (), "redundancy", ())


def test_answers_follow_a_renamed_item_and_outlive_a_retired_one() -> None:
    """A retired item is not listed; it still tells how much its learners know."""
    rng = random.Random(2)
    now = Item(f"{TOPIC}#now", "now", TOPIC, "recall", 1, "Why?", answer="because", formerly=("then",))
    library = assemble(Base("A subject"), [Topic(TOPIC, "skill", "Subject", "A subject.", items=(now,))])
    then = answer(now)._replace(item=f"{TOPIC}#then")
    gone = [choice(f"gone{n}") for n in range(REST_MIN)]
    logs = [
        [then._replace(outcome=rng.choice(("right", "wrong"))), *(answer(g, right=rng.random() < 0.5) for g in gone)]
        for _ in range(LEARNERS_MIN)
    ]
    found = figures(library, logs)
    assert list(found) == [now.key]
    assert found[now.key].learners == LEARNERS_MIN
    assert found[now.key].discrimination is not None


def test_nobody_has_answered() -> None:
    item = choice("item")
    assert figures(base(item), []) == {item.key: Figures()}
