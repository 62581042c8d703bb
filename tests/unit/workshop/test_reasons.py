"""Why an item is on the list, and where: bad items are found in simulated answers, sound ones are left alone."""

from __future__ import annotations

from functools import cache

import pytest

from knowledge.workshop.figures import Answer, Figures, OptionFigures, Tally, fold, wording_of
from knowledge.workshop.intervals import Correlation, Share
from knowledge.workshop.reasons import CODES, Suspect, percent, reasons, suspects
from tests.simulation import Fault, base, choice, learners

ITEMS = [choice(f"item{n:02}") for n in range(60)]
FAULTS: dict[str, Fault] = dict(zip((item.key for item in ITEMS), ("miskeyed", "dead", "blunt", "easy"), strict=False))
WRONG_OPTIONS = 2


@cache
def simulated(seed: int, count: int = 400) -> list[Suspect]:
    """What is listed after `count` learners answered 40 of the 60 items each."""
    tally = Tally(base(*ITEMS))
    for log in learners(base(*ITEMS), count, 40, FAULTS, seed):
        tally.add(
            [
                Answer(
                    given.item.key, given.outcome, False, False, text(given.chosen), 10, 0.85, wording_of(given.item)
                )
                for given in log
            ]
        )
    return suspects(tally.figures(), {})


TEXTS = {option.id: fold(option.text) for item in ITEMS for option in item.options}


def text(chosen: str) -> str:
    return TEXTS.get(chosen, "")


def codes(one: Suspect) -> list[str]:
    return [reason.code for reason in one.reasons]


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_bad_items_are_found_and_the_miskeyed_one_is_the_worst(seed: int) -> None:
    """With some 670 first answers to each item, a useless one is missed once in a thousand samples."""
    found = simulated(seed, count=1000)
    by_key = {one.key: one for one in found}
    miskeyed, dead, blunt, easy = (item.key for item in ITEMS[:4])
    assert found[0].key == miskeyed
    assert codes(found[0])[0] == "key-suspect"
    assert found[0].reasons[0].text.endswith("those who know more choose the former")
    assert f'nobody picks "{ITEMS[1].options[-1].text}"' in {reason.text for reason in by_key[dead].reasons}
    assert codes(by_key[easy]) == ["easy"]
    assert {"blunt", "key-suspect"} & set(codes(by_key[blunt]))
    sound = [one for one in found if one.key not in FAULTS]
    assert not {"key-suspect", "two-answers", "misleads"} & {code for one in sound for code in codes(one)}


@pytest.mark.slow
def test_sound_items_are_rarely_listed() -> None:
    """Over 20 samples; the ends of the simulated difficulties do leave options unused, and tell few apart."""
    listed = [code for seed in range(20) for one in simulated(seed) if one.key not in FAULTS for code in codes(one)]
    sound = 20 * (len(ITEMS) - len(FAULTS))
    assert set(listed) <= {"blunt", "unused", "hard", "easy"}
    assert listed.count("blunt") < 0.025 * sound
    assert listed.count("unused") < 0.05 * WRONG_OPTIONS * sound


@pytest.mark.slow
def test_a_useless_item_mostly_shows_after_some_270_first_answers() -> None:
    """The estimate strays by 0.06, and its interval must end below 0.20: nine times in ten it does."""
    assert sum(ITEMS[2].key in {one.key for one in simulated(seed)} for seed in range(20)) >= 15


def test_few_learners_are_no_evidence() -> None:
    """Of eight learners each, only what no chance explains is told: nobody is accused by three answers."""
    found = [one for seed in range(20) for one in simulated(seed, count=8) if one.key not in FAULTS]
    assert len(found) < 0.025 * 20 * (len(ITEMS) - len(FAULTS))


def figures(
    chosen: tuple[int, ...] = (), leans: tuple[float | None, ...] = (None, None, None), **fields: object
) -> Figures:
    """Figures of an item with these choices, the key's first; 300 learners."""
    options = tuple(
        OptionFigures(name, name == "key", Share(count, 300), None if lean is None else Correlation(lean, 300))
        for name, count, lean in zip(("key", "rival", "third"), chosen, leans, strict=False)
    )
    return Figures(**{"answers": 300, "learners": 300, "options": options, **fields})  # type: ignore[arg-type]


def test_each_reason_in_words() -> None:
    every = figures((60, 186, 0), known=Share(60, 300), lapsed=Share(60, 100), expected=0.15)
    assert [reason.text for reason in reasons(every, ["unclear", "wrong", "unclear"])] == [
        'key suspect: 62 % chose "rival", 20 % the key',
        'flagged 3 times: "unclear" (2 times), "wrong"',
        "slips after it was known: 60 % of later answers wrong, 15 % expected",
        "hard: only 20 % right at first sight",
        'nobody picks "third"',
    ]
    assert [r.text for r in reasons(figures((290, 8, 2), known=Share(290, 300)))] == [
        'only 0.7 % pick "third"',
    ]
    assert [r.text for r in reasons(figures((299, 1, 0), known=Share(299, 300)))] == [
        "too easy: 99.7 % right at first sight"
    ]


@pytest.mark.parametrize(
    ("leans", "code"),
    [
        ((-0.3, 0.3, 0.0), "key-suspect"),
        ((0.3, -0.3, 0.0), "misleads"),
        ((None, None, None), "key-suspect"),
    ],
)
def test_a_popular_wrong_option_is_judged_by_who_chooses_it(leans: tuple[float | None, ...], code: str) -> None:
    found = reasons(figures((60, 186, 54), leans))
    assert found[0].code == code
    assert 'chose "rival", 20 % the key' in found[0].text


def test_an_interval_that_reaches_the_cut_off_is_no_reason() -> None:
    assert reasons(figures((150, 130, 20), discrimination=Correlation(0.15, 300))) == ()
    assert [r.code for r in reasons(figures((150, 130, 20), discrimination=Correlation(0.05, 300)))] == ["blunt"]
    assert [r.code for r in reasons(figures((150, 130, 20), discrimination=Correlation(-0.2, 300)))] == ["key-suspect"]
    assert reasons(figures((150, 130, 20), known=Share(90, 300))) == ()
    assert reasons(figures((), known=Share(0, 5))) == ()
    rival = figures((150, 130, 20), (0.2, 0.2, 0.0))
    assert [r.code for r in reasons(rival)] == ["two-answers"]


def test_worst_first() -> None:
    fine = figures((150, 130, 20))
    items = {
        "easy": figures((299, 1, 0), known=Share(299, 300)),
        "once": fine,
        "fine": fine,
        "twice": fine,
        "miskeyed": figures((60, 186, 54)),
        "unmet": Figures(),
        "hard": figures((), known=Share(3, 300)),
    }
    found = suspects(items, {"once": ["x"], "twice": ["x", "y"], "unmet": ["z"], "elsewhere": ["w"]})
    assert [one.key for one in found] == ["miskeyed", "twice", "once", "unmet", "hard", "easy"]
    assert [one.flags for one in found] == [0, 2, 1, 1, 0, 0]
    assert {reason.code for one in found for reason in one.reasons} <= set(CODES)


def test_shares_read_as_what_they_are() -> None:
    told = [percent(Share(*pair)) for pair in ((0, 9), (1, 3000), (1, 7), (2999, 3000), (99999, 100000), (9, 9))]
    assert told == ["0 %", "0.1 %", "14 %", "99.9 %", "99.9 %", "100 %"]
