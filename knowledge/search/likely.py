"""How likely a word is in a question, after the word before it.

Contributes: what a question may have meant, before looking at how it is spelled: what the base says, by word and by
pair of words, mixed with what the language at large says, so that neither a rare word of the base nor a frequent one of
the language wins by itself. Pairs of the base restore 2 to 3 % more of the questions with typos than its words alone.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain, pairwise

from knowledge.search.language import Language

IN_BASE, NAMED = 0.35, 2  # share; a name's word counts as often more
PAIRED = 0.5  # share of the base's words in pairs, of all it says
FOLLOWS = 0.8  # share of the language's pairs, of all it says
ALONE = 1.2  # a pair that the language does not know is that much less likely than its second word
SELDOM = 1e-9  # chance of a word of the language that was never counted
NEW, NEW_NEUTRAL = 7.5, 1.0  # a word that nobody knows; in a language without lists that is most words
LETTER = 3.0  # and for each of its letters
DOUBT = 1.5  # a name or abbreviation is that much less likely than counted: many of those counted were misspelled


def pairs(phrases: Iterable[Sequence[str]]) -> Counter[tuple[str, str]]:
    """How often one word follows another in these phrases; "" stands before the first of each."""
    return Counter(chain.from_iterable(pairwise(("", *phrase)) for phrase in phrases))


class Likely:
    """A model of the questions that are asked of a base. Build once; safe to call from any thread.

    Args:
        surfaces: the words of the base and how often each stands there.
        names: the words of its titles and aliases.
        language: what else people say.
        followed: how often one word follows another in the base, as `pairs` counts it.
        short: words that the language writes otherwise ("dont"), and their surprise in nats.
    """

    def __init__(
        self,
        surfaces: Mapping[str, int],
        names: frozenset[str],
        language: Language,
        followed: Mapping[tuple[str, str], int],
        short: Mapping[str, float],
    ) -> None:
        self._base = surfaces
        self._names = names
        self._language = language
        self._short = short
        self._total = sum(surfaces.values()) + NAMED * len(names) or 1
        self._followed = followed
        self._firsts: Counter[str] = Counter()
        for (first, _), count in followed.items():
            self._firsts[first] += count
        self._in_base = IN_BASE if language.surprises else 1.0
        self.chances = lru_cache(maxsize=16384)(self._chances)

    def said(self, word: str) -> bool:
        """Whether the base or the language has the word."""
        return self.chances(word) != (0.0, 0.0)

    def alone(self, price: float, meant: tuple[str, ...]) -> float:
        """What it costs to have meant these words, typed at this price, whatever stands around them; in nats."""
        for word in meant:
            own, others = self.chances(word)
            price -= math.log(self._in_base * own + (1 - self._in_base) * others + 1e-12)
        return price

    def _chances(self, word: str) -> tuple[float, float]:
        """How likely the word is in the base and in the language; 0, 0 if neither has it."""
        own = (self._base.get(word, 0) + NAMED * (word in self._names)) / self._total
        surprise = self._language.surprises.get(word, self._short.get(word))
        if surprise is not None:
            return own, math.exp(-surprise)
        return own, SELDOM if word in self._language.bands else 0.0

    def surprise(self, before: str, word: str) -> float:
        """Minus the logarithm of how likely the word is after another, in nats; "" stands before the first."""
        own, others = self.chances(word)
        if not own and not others:
            new = (NEW if self._language.surprises else NEW_NEUTRAL) + LETTER * len(word)
            return min(new, self._language.others.get(word, math.inf) + DOUBT)
        together = self._followed.get((before, word))
        if together:
            own = (1 - PAIRED) * own + PAIRED * together / (self._firsts[before] + 2)
        surprise = self._language.pairs.surprise(before, word)
        if surprise is None:
            others *= math.exp(-ALONE)
        else:
            others = FOLLOWS * math.exp(-surprise) + (1 - FOLLOWS) * others
        return -math.log(self._in_base * own + (1 - self._in_base) * others)
