"""What the store tells of quiz items, on all three stores: answers that count, how items read then, and flags."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import insert

from bot.history import counting
from bot.records import Review
from bot.store import codec
from bot.store.db import Database
from bot.store.queries import flags
from bot.store.queries import items as read
from bot.store.tables import ASK, FLAG, REVIEW_LOG
from knowledge.model import Library
from knowledge.workshop.figures import Answer, Figures, Tally, fold, wording, wording_of
from knowledge.workshop.intervals import Share
from knowledge.workshop.reasons import suspects
from tests.contract.handing import NOW, ask, review
from tests.simulation import Fault, Given, base, choice, learners, store

ITEMS = [choice(f"item{n:02}") for n in range(40)]


def logs(db: Database) -> list[list[Answer]]:
    with db.read() as conn:
        return list(read.logs(conn))


def figures(library: Library, told: Iterable[list[Answer]]) -> dict[str, Figures]:
    tally = Tally(library)
    for log in told:
        tally.add(log)
    return tally.figures()


def write(db: Database, me: int, reviews: Iterable[Review]) -> None:
    with db.begin() as conn:
        conn.execute(insert(REVIEW_LOG), [codec.review_values(me, row) for row in reviews])


def test_what_was_undone_or_thought_better_of_does_not_count(db: Database) -> None:
    """The same answers, in the same order, as the conversation itself goes by."""
    rng = random.Random(7)
    expected = []
    for me in range(1, 41):
        log: list[Review] = []
        for seq in range(1, rng.randint(2, 60)):
            standing = counting(log)
            if standing and rng.random() < 0.3:  # an undo or a second thought
                log.append(replace(rng.choice(standing), seq=seq, cancels=rng.choice(standing).seq))
            else:
                outcome = rng.choice(("right", "wrong", "unknown"))
                log.append(review(seq, f"t#{rng.randint(1, 9)}", outcome=outcome, guessed=rng.random() < 0.2))
        write(db, me, rng.sample(log, len(log)))
        expected.append([(row.item, row.outcome, row.guessed) for row in counting(log)])
    found = [[(a.item, a.outcome, a.guessed) for a in log] for log in logs(db)]
    assert found == [log for log in expected if log]


def test_an_item_is_told_as_it_was_put(db: Database) -> None:
    """Texts with what JSON escapes, an option that changed, a typed answer, and an ask that nobody has any more."""
    options = ask().options
    tricky = 'Say "x","version":"0" \\ ✓?'
    asks = [
        replace(ask(1, "t#a"), stem=tricky, chosen="b2", version="v1"),
        replace(ask(2, "t#a"), stem=tricky, options=(options[0], replace(options[1], text="The  Relay")), version="v2"),
        replace(ask(3, "t#b"), kind="text", options=(), answer="Spare", accept=("a spare",), version="v2"),
        ask(4, "t#c", version=""),
    ]
    with db.begin() as conn:
        conn.execute(insert(ASK), [codec.ask_values(me, one) for me in (1, 2) for one in asks])
    write(db, 1, [review(1, "t#a", ask=1, chosen="b2"), review(2, "t#b", ask=3), review(3, "t#c", ask=4)])
    write(db, 2, [review(1, "t#a", ask=2, chosen="b2"), review(2, "t#a", ask=1), review(3, "t#c", ask=9)])
    then, now, unknown = "the proxy", "the relay", None
    both = [(options[0].text, True), ("the proxy", False)]
    assert [[(a.chosen, a.put) for a in log] for log in logs(db)] == [
        [
            (then, wording(tricky, both, "", ())),
            ("", wording(ask().stem, (), "spare", ("a spare",))),
            ("", wording(ask().stem, both, "", ())),
        ],
        [(now, wording(tricky, [both[0], (now, False)], "", ())), ("", unknown), ("", unknown)],
    ]


def test_bad_items_are_found_in_the_log(db: Database) -> None:
    """Simulated learners' answers, written and read: the same figures as without a database, and what they show."""
    library = base(*ITEMS, version="cafe")
    faults: dict[str, Fault] = dict(zip(library.items, ("miskeyed", "dead", "blunt"), strict=False))
    texts = {option.id: fold(option.text) for item in ITEMS for option in item.options}
    expected: list[list[Answer]] = []
    with db.begin() as conn:
        for me, log in enumerate(learners(library, 1000, 30, faults, seed=11), 1):
            store(conn, library, me, log)
            expected.append(
                [
                    Answer(g.item.key, g.outcome, False, False, texts.get(g.chosen, ""), 10.0, 0.85, wording_of(g.item))
                    for g in log
                ]
            )
    assert logs(db) == expected
    found = suspects(figures(library, logs(db)), {})
    gravest = {one.key: one.reasons[0].code for one in found}
    assert found[0].key == ITEMS[0].key
    assert [gravest[item.key] for item in ITEMS[:3]] == ["key-suspect", "unused", "blunt"]


def test_answers_to_an_older_text_stay_apart(db: Database) -> None:
    """A wrong option was replaced: the others kept their ids, and what was chosen beside the old one is left out."""
    then, now = choice("item", texts=("key", "wrong", "other")), choice("item", texts=("key", "wrong", "newer"))
    assert then.options[1].id == now.options[1].id
    before, after = base(then, version="v1"), base(now, version="v2")
    with db.begin() as conn:
        for me in range(1, 11):
            store(conn, before, me, [Given(then, "wrong", then.options[1].id)])
        for me in range(11, 18):
            store(conn, after, me, [Given(now, "right", now.options[0].id)])
        for me in range(1, 6):  # they have been taught the answer: no first sight
            store(conn, after, me, [Given(now, "right", now.options[0].id)], after=1)
    found = figures(base(now), logs(db))[now.key]
    assert (found.learners, found.older, found.answers) == (7, 10, 22)
    assert found.known == Share(7, 7)
    assert [option.chosen.count for option in found.options] == [7, 0, 0]


def test_a_large_log_is_never_in_memory_at_once(db: Database) -> None:
    library = base(*ITEMS, version="cafe")
    with db.begin() as conn:
        for me, log in enumerate(learners(library, 500, 40, {}, seed=1), 1):
            store(conn, library, me, log)
    with db.read() as conn:
        tracemalloc.start()
        told = sum(len(log) for log in read.logs(conn))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert told == 20_000
    assert peak < 6_000_000  # bytes; the bodies of the asks alone are twice that, and ROWS of them a tenth


def test_flags_are_settled_and_kept(db: Database) -> None:
    with db.begin() as conn:
        for note in ("wrong", "unclear", "old"):
            conn.execute(insert(FLAG).values(item="t#a", note=note, version="v1", at=NOW))
    with db.read() as conn:
        first, second, third = flags.flags(conn)
    assert (first.about, first.note, first.version, first.at, first.settled) == ("t#a", "wrong", "v1", NOW, None)
    with db.begin() as conn:
        flags.settle(conn, [first.id, third.id], NOW)
    with db.begin() as conn:
        flags.settle(conn, [first.id], NOW + timedelta(days=1))  # by somebody else, later
        flags.settle(conn, [], NOW)
    with db.read() as conn:
        assert list(flags.flags(conn)) == [replace(first, settled=NOW), second, replace(third, settled=NOW)]
