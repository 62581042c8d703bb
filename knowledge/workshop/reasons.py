"""Which items need a curator's eye, why, and which of them first.

A figure is a reason once its whole 95 % interval lies beyond a cut-off: few answers alone never are one.
**Worst first** means: by the gravest reason of an item, in the order of `CODES`; among equals the one flagged more
often, then the one with more reasons, then the one that more learners have met, then by name.

==============  ==================================================================================================
key-suspect     a wrong option is chosen more often than the right one, and not by those who know less; or those who
                know more get the item wrong more often than the others (r < 0). Learners may be taught an error.
flagged         learners said that something is wrong
two-answers     those who know more choose a wrong option more often: it may be right, too (r > 0; Tarrant, Ware and
                Mohammed 2009 count such an option as not working)
blunt           does not tell the knowing from the guessing: r < 0.20 (Ebel and Frisbie 1991: poor, to be revised)
misleads        a wrong option is chosen more often than the right one, though not by those who know more
slips           after it was known, it is lost more than twice as often as the spacing reckons with (ours)
hard            known by fewer than 30 % at first sight (Blackboard's item analysis)
unused          a wrong option that fewer than 5 % choose (Haladyna and Downing 1993; Tarrant and others 2009)
easy            known by 95 % or more at first sight (assess.com on classical item statistics: 0.95 to 1.0)
==============  ==================================================================================================

Ease and difficulty come last: what is easy at first sight may still be worth asking, and what is hard is there to be
learned. Of an easy item, unused options are not told: hardly anybody is left to choose them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from knowledge.workshop.figures import Figures, OptionFigures
from knowledge.workshop.intervals import Share

CODES = ("key-suspect", "flagged", "two-answers", "blunt", "misleads", "slips", "hard", "unused", "easy")
POOR = 0.20
SLIPS = 2.0  # times the lapses that the spacing reckons with
HARD = 0.30
UNUSED = 0.05
EASY = 0.95
NOTES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an item needs an eye: one of CODES, and a line for people."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Suspect:
    """An item that needs an eye; `reasons` has the gravest first, one at least."""

    key: str
    figures: Figures
    reasons: tuple[Reason, ...]
    flags: int = 0


def suspects(figures: Mapping[str, Figures], notes: Mapping[str, Sequence[str]]) -> list[Suspect]:
    """The items that need an eye, worst first.

    Args:
        figures: of each item, by key.
        notes: of each flagged item, by key: what learners said, a note each.
    """
    found = []
    for key, each in figures.items():
        said = notes.get(key, ())
        if why := reasons(each, said):
            found.append(Suspect(key, each, why, len(said)))
    return sorted(found, key=_rank)


def _rank(one: Suspect) -> tuple[int, int, int, int, str]:
    return CODES.index(one.reasons[0].code), -one.flags, -len(one.reasons), -one.figures.learners, one.key


def reasons(figures: Figures, notes: Sequence[str] = ()) -> tuple[Reason, ...]:
    """Why an item needs an eye, the gravest reason first; none where it does not, or too few answered."""
    found = [*_key(figures), *_flags(notes), *_options(figures), *_share(figures), *_rest(figures)]
    return tuple(sorted(found, key=lambda reason: CODES.index(reason.code)))


def _key(figures: Figures) -> Iterator[Reason]:
    """Whether the key is right."""
    key, rival = _key_and_rival(figures)
    own = figures.discrimination
    if key and rival:
        told = f"{percent(rival.chosen)} chose {quoted(rival.text)}, {percent(key.chosen)} the key"
        if rival.lean is None or key.lean is None:
            yield Reason("key-suspect", f"key suspect: {told}")
        elif rival.lean.r > key.lean.r:
            yield Reason("key-suspect", f"key suspect: {told}; those who know more choose the former")
        else:
            yield Reason("misleads", f"misleads: {told}; those who know more choose the key")
    elif own and own.high < 0:
        yield Reason("key-suspect", "key suspect: those who know more get it wrong more often than the others")


def _key_and_rival(figures: Figures) -> tuple[OptionFigures | None, OptionFigures | None]:
    """The right option, and a wrong one that is chosen more often than it; None where there is none."""
    key = next((option for option in figures.options if option.right), None)
    wrong = [option for option in figures.options if not option.right]
    rival = max(wrong, key=lambda option: option.chosen.count, default=None)
    ahead = key and rival and Share(rival.chosen.count, rival.chosen.count + key.chosen.count).low > 0.5
    return key, rival if ahead else None


def _flags(notes: Sequence[str]) -> Iterator[Reason]:
    if notes:
        said = [
            f"{quoted(note)}{f' ({n} times)' if n > 1 else ''}" for note, n in Counter(notes).most_common(NOTES_SHOWN)
        ]
        more = len(set(notes)) - NOTES_SHOWN
        yield Reason("flagged", f"flagged {times(len(notes))}: {', '.join(said)}{f' and {more} more' * (more > 0)}")


def _options(figures: Figures) -> Iterator[Reason]:
    """Wrong options that do not do their work."""
    easy = figures.known is not None and figures.known.low >= EASY
    _, rival = _key_and_rival(figures)  # what `_key` has told of already
    for option in figures.options:
        if option.right:
            continue
        if option is not rival and option.lean and option.lean.low > 0:
            yield Reason("two-answers", f"two answers? those who know more choose {quoted(option.text)} more often")
        if option.chosen.high < UNUSED and not easy:
            who = "nobody picks" if option.chosen.count == 0 else f"only {percent(option.chosen)} pick"
            yield Reason("unused", f"{who} {quoted(option.text)}")


def _share(figures: Figures) -> Iterator[Reason]:
    """Ease, difficulty, and slipping."""
    known, lapsed = figures.known, figures.lapsed
    if known and known.low >= EASY:
        yield Reason("easy", f"too easy: {percent(known)} right at first sight")
    if known and known.high < HARD:
        yield Reason("hard", f"hard: only {percent(known)} right at first sight")
    if lapsed and lapsed.low > SLIPS * figures.expected:
        told = f"{percent(lapsed)} of later answers wrong, {100 * figures.expected:.0f} % expected"
        yield Reason("slips", f"slips after it was known: {told}")


def _rest(figures: Figures) -> Iterator[Reason]:
    own = figures.discrimination
    if own and 0 <= own.high < POOR:
        yield Reason("blunt", f"does not tell the knowing from the guessing: discrimination {own.r:.2f}")


def percent(share: Share) -> str:
    """ "62 %"; what is not quite 0 or 1 does not read as if it were."""
    whole = 100 * share.share
    if 0 < whole < 1 or 99 < whole < 100:
        return f"{min(max(whole, 0.1), 99.9):.1f} %"
    return f"{whole:.0f} %"


def quoted(text: str) -> str:
    """A text of an item or a learner, in one line."""
    return f'"{" ".join(text.split())}"'


def times(count: int) -> str:
    """ "once", "twice", "3 times"."""
    return "once" if count == 1 else "twice" if count == 2 else f"{count} times"
