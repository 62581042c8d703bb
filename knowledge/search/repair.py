"""Spelling repair: which question was meant by the one typed.

Contributes: unknown words become what was most likely meant, merged words are taken apart, split words put together,
also where another letter of them is wrong. The reading of the whole question is chosen that is most likely: how likely
each word is after the one before it (`likely`) times how likely it is to be typed like that (`spelling`). A word that
the language knows stays, unless it fits neither neighbour and a near word does; a name that nobody knows stays where
that is likelier than any reading. Of questions that each hold an edit or two and a merged or split word it restores
73 % on CLINC150 and 80 % on BANKING77 to the letter; 30 and 21 % of wrong words become 4.2 and 2.2 %. Of clean
questions it changes 3 and 2 %, most of them to what was meant.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from knowledge.search import spelling
from knowledge.search.language import Language
from knowledge.search.likely import Likely
from knowledge.search.nearby import Nearby
from knowledge.search.normalise import stem

REPAIRS_MAX = 12  # words looked at in one question; more of them is another language or noise
WORD_MAX = 24  # characters; longer ones are no words
FOREIGN_MAX = 1  # function words of other languages in a question that is still repaired
FOREIGN_SURE = 4  # letters; such a word hit by a slip of the hand is rare

SELDOM = 1e-5  # chance of the oddest word that, as half of a merged one, is not misspelled
REAL = 3.0  # more for taking a word of the language for another
REAL_MIN = 7.0  # words less surprising than that are never doubted
BOTH_REAL = 2.0  # more for joining two words that are known
PLAIN = 18.0  # a reading that costs less is good enough not to look for misspelled halves
STANDS = 16.5  # surprise of the oddest word that may stand in a merged one
FAR = 8.0  # nats; candidates that much less likely than the best are not looked at closer
READINGS = 8  # of one word
KEPT = 4  # readings of the question so far

SHORT = 5  # letters of a word to which others are near, acronyms above all

Repairs = tuple[tuple[str, str], ...]

_GLUED = re.compile(r"(\d+)([a-z]{2,})|([a-z]{2,})(\d+)")
_UNITS = frozenset(("am", "pm", "st", "nd", "rd", "th"))

Edge = tuple[int, float, tuple[str, ...]]  # how many words typed, what reading them so costs, and what was meant


@dataclass(frozen=True, slots=True)
class _Reading:
    """The best reading up to a word: what it costs, the one before, how many words it took, and what was meant."""

    cost: float
    before: _Reading | None
    taken: int
    meant: tuple[str, ...]


class Repairer:
    """Repairs questions against a vocabulary. Build once; safe to call from any thread.

    Args:
        surfaces: the words of the base and how often each stands there.
        names: the words of its titles and aliases.
        language: what else people say.
        followed: how often one word follows another in the base, as `likely.pairs` counts it.
    """

    def __init__(
        self,
        surfaces: Mapping[str, int],
        names: frozenset[str],
        language: Language,
        followed: Mapping[tuple[str, str], int] | None = None,
    ) -> None:
        self._base = surfaces
        self._stems = {stem(word) for word in surfaces}
        self._names = names
        self._language = language
        # contractions without their apostrophe ("dont") are words that can be misspelled too
        short = {spelled.replace("'", "") for spelled in language.rewrites if "'" in spelled}
        self._short = {word: language.others[word] for word in sorted(short) if word in language.others}
        self._own = Nearby((*(word for word in surfaces if word not in language.surprises), *self._short))
        self._likely = Likely(surfaces, names, language, followed or {}, self._short)
        self._near = lru_cache(maxsize=2048)(self._near_to)
        self._readings = lru_cache(maxsize=2048)(self._readings_of)

    def repair(self, found: Sequence[str]) -> list[str]:
        """The question's words, repaired."""
        return self.repairs(found)[0]

    def repairs(self, found: Sequence[str]) -> tuple[list[str], Repairs]:
        """The question's words, repaired, and what was repaired: as typed and as meant, in order."""
        edges = self._edges(found)
        if not any(edges):
            return list(found), ()
        said: list[str] = []
        changes: list[tuple[str, str]] = []
        at = 0
        for reading in self._best(found, edges):
            typed = found[at : at + reading.taken]
            at += reading.taken
            meant = list(reading.meant)
            if meant != list(typed):
                meant = [part for word in meant for part in self._spelled_out(word)]
                changes.append((" ".join(typed), " ".join(meant)))
            said.extend(meant)
        return said, tuple(changes)

    def certain(self, repairs: Repairs) -> bool:
        """Whether these repairs can hardly be wrong.

        It may be where a real word was replaced, and where a short one differs by more than two swapped letters: there
        is another acronym at one edit from most of them.
        """
        return not any(self._perhaps(typed, meant) for typed, meant in repairs)

    def _perhaps(self, typed: str, meant: str) -> bool:
        if " " in typed or " " in meant:
            return False
        if typed in self._language.bands:
            return True
        swapped = sorted(typed) == sorted(meant)
        return not swapped and (len(typed) <= SHORT - 2 or (len(typed) <= SHORT and len(typed) == len(meant)))

    def known(self, word: str) -> bool:
        """Whether the word needs no repair: the base or the language has it, or it is no plain word ("k8s", "401")."""
        return not word.isalpha() or self._word(word) or (len(word) > 4 and word[-1] == "s" and self._word(word[:-1]))

    def _word(self, word: str) -> bool:
        return word in self._base or word in self._language.bands or word in self._language.stops

    def _edges(self, found: Sequence[str]) -> list[list[Edge]]:
        """Other readings of what starts at each word of the question."""
        edges: list[list[Edge]] = [[] for _ in found]
        if self._foreign(found):
            return edges
        budget = REPAIRS_MAX
        open_to = [False] * len(found)  # whether the word is unknown and within the budget
        for at, word in enumerate(found):
            if len(word) > WORD_MAX or budget == 0:
                continue
            if not self.known(word):
                open_to[at] = True
                edges[at] += self._readings(word)
            elif not word.isalpha():
                edges[at] += self._unglued(word)
            elif self._doubtful(found, at):
                edges[at] += [(1, price + REAL, (near,)) for price, near in self._near(word, 1, 8)]
            else:
                continue
            budget -= 1
        for at in range(len(found) - 1):
            edges[at] += self._joined(found[at], found[at + 1], open_to[at] or open_to[at + 1])
        return edges

    def _foreign(self, found: Sequence[str]) -> bool:
        """Whether the question is in another language than the base."""
        foreign = [word for word in found if word in self._language.foreign and word not in self._base]
        unknown = sum(not self.known(word) for word in found)
        return (
            len(foreign) > FOREIGN_MAX
            or any(len(word) >= FOREIGN_SURE for word in foreign)
            or (len(foreign) > 0 and 3 * unknown >= 2 * len(found))
        )

    def _doubtful(self, found: Sequence[str], at: int) -> bool:
        """Whether a known word fits neither what stands before it nor what follows."""
        word = found[at]
        if len(word) < 2 or stem(word) in self._stems or self._language.surprises.get(word, 0.0) <= REAL_MIN:
            return False
        surprise = self._language.pairs.surprise
        if surprise(found[at - 1] if at else "", word) is not None:
            return False
        return at + 1 == len(found) or surprise(word, found[at + 1]) is None

    def _unglued(self, word: str) -> list[Edge]:
        """A number and the word that it was typed together with ("25mins", "at7")."""
        match = _GLUED.fullmatch(word)
        if match is None or word in self._base:
            return []
        number, after, before, last = match.groups()
        if after in self._language.rewrites:
            return [(1, 0.0, (number, *self._language.rewrites[after]))]
        if (
            number
            and after not in _UNITS
            and (after in self._language.stops or (len(after) > 3 and self._stands(after)))
        ):
            return [(1, 0.0, (number, after))]
        return [(1, 0.0, (before, last))] if before in self._language.stops else []

    def _joined(self, word: str, following: str, unknown: bool) -> Iterator[Edge]:
        """One word that was split in two, or two words whose blank stands one letter off."""
        joined = word + following
        if not joined.isalpha() or len(joined) > WORD_MAX:
            return
        if self._likely.said(joined):
            yield 2, spelling.SPLIT + (0.0 if unknown else BOTH_REAL), (joined,)
        if not unknown:
            return
        if len(joined) >= 4:
            for price, near in self._near(joined, 1 if len(joined) < 7 else 2, 4):
                yield 2, spelling.SPLIT + price, (near,)
        for cut in (len(word) - 1, len(word) + 1):
            left, right = joined[:cut], joined[cut:]
            if left and right and self._stands(left) and self._stands(right):
                yield 2, spelling.SHIFTED, (left, right)

    def _readings_of(self, word: str) -> tuple[Edge, ...]:
        """What an unknown word may have been meant to be: another word, or two."""
        found: list[tuple[float, tuple[str, ...]]] = [
            (price, (near,)) for price, near in self._near(word, 1 if len(word) < 5 else 2, 12)
        ]
        if len(word) > 3:
            found += [(spelling.BY_EAR, (near,)) for near in self._by_ear(word)]
        cuts = [(word[:cut], word[cut:]) for cut in range(1, len(word))]
        found += [(spelling.MERGED, cut) for cut in cuts if self._apart(*cut)]
        if len(word) >= 4 and min((self._likely.alone(*reading) for reading in found), default=math.inf) > PLAIN:
            halves = [
                (spelling.MERGED + before + after, (left, right))
                for one, other in cuts
                if (lefts := self._half(one)) and (rights := self._half(other))
                for before, left in lefts
                for after, right in rights
                if before + after > 0
            ]
            found += sorted(halves, key=lambda reading: (self._likely.alone(*reading), reading))[:6]
        found.sort(key=lambda reading: (self._likely.alone(*reading), reading))
        return tuple((1, price, meant) for price, meant in found[:READINGS])

    def _half(self, part: str) -> list[tuple[float, str]]:
        """What one part of a merged word may have been meant to be."""
        found = [(0.0, part)] if self._stands(part) else []
        if len(part) >= 3 and (not found or sum(self._likely.chances(part)) < SELDOM):
            near = self._near(part, 1 if len(part) < 7 else 2, 4)
            near = tuple((price, word) for price, word in near if price > 0 and len(word) > 1)
            found += sorted(near, key=lambda reading: (self._likely.alone(reading[0], (reading[1],)), reading))[:3]
        return found

    def _apart(self, left: str, right: str) -> bool:
        """Whether two words may have been merged: both are words, and were ever seen together unless one is small."""
        if not (self._stands(left) and self._stands(right)):
            return False
        if (left in self._base or right in self._base) or not self._language.stops.isdisjoint((left, right)):
            return True
        return self._language.pairs.surprise(left, right) is not None

    def _stands(self, part: str) -> bool:
        """Whether a part of a merged word can stand by itself; short ones fit by chance and must be sure."""
        if len(part) == 1:
            return part in ("a", "i")
        if part in self._language.stops or part in self._short:
            return True
        if len(part) == 2:
            return part in self._names
        return part in self._base or self._language.surprises.get(part, math.inf) < STANDS

    def _near_to(self, word: str, edits: int, most: int) -> tuple[tuple[float, str], ...]:
        """The likeliest words within some edits, and what it costs to type them like that."""
        near = {
            found: distance
            for nearby in (self._language.meant, self._own)
            for found, distance in nearby.near(word, edits)
            if distance
        }
        rough = sorted(
            (self._likely.alone(distance * spelling.MISSING, (found,)), found) for found, distance in near.items()
        )
        prices = {found: spelling.cost(word, found) for guess, found in rough[:most] if guess < rough[0][0] + FAR}
        return tuple((price, found) for found, price in prices.items())

    def _by_ear(self, word: str) -> Iterator[str]:
        """Words that sound like a misspelled one."""
        for found in spelling.by_ear(word):
            if found in self._base or self._language.surprises.get(found, math.inf) < STANDS:
                yield found

    def _best(self, found: Sequence[str], edges: Sequence[Sequence[Edge]]) -> list[_Reading]:
        """The likeliest reading of the whole question, part by part (Viterbi, with few readings kept at each word)."""
        ends: list[dict[str, _Reading]] = [{} for _ in range(len(found) + 1)]
        ends[0][""] = _Reading(0.0, None, 0, ())
        for at, word in enumerate(found):
            best = sorted(ends[at].items(), key=lambda end: (end[1].cost, end[0]))[:KEPT]
            for taken, price, meant in ((1, 0.0, (word,)), *edges[at]):
                for last, reading in best:
                    total, before = reading.cost + price, last
                    for part in meant:
                        total += self._likely.surprise(before, part)
                        before = part
                    known = ends[at + taken].get(before)
                    if known is None or total < known.cost:
                        ends[at + taken][before] = _Reading(total, reading, taken, meant)
        path: list[_Reading] = []
        at_end: _Reading | None = min(ends[-1].items(), key=lambda end: (end[1].cost, end[0]))[1]
        while at_end is not None and at_end.taken:
            path.append(at_end)
            at_end = at_end.before
        return path[::-1]

    def _spelled_out(self, word: str) -> tuple[str, ...]:
        return self._language.rewrites.get(word, (word,)) if word in self._short else (word,)
