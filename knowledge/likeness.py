"""Is a typed answer the right one? Typos are forgiven, other terms of the base are not taken for typos."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rapidfuzz import process
from rapidfuzz.distance import OSA

from knowledge.model import Library

Verdict = Literal["right", "close", "wrong"]

TYPED_MAX = 200  # characters: nothing longer is an answer

# What learners write around an answer. Taken off both the typed text and the spellings it is compared with.
_LEAD_INS = re.compile(
    r"(?:(?:i think|i guess|i believe|maybe|perhaps|probably|it is|it s|its|that is|that s|thats|this is|is it|they are"
    r"|they re|it s called|called|known as|you call it|the answer is|answer|a|an|the|some) )+(?=\S)"
)
_NOT_PART = re.compile(r"[^\w+#]+|_+")
_NEGATIONS = frozenset({"no", "not", "non", "never", "without"})
# Words that differ only in these are each other's opposites or kin, whatever their distance.
_PREFIXES = (
    "", "a", "an", "anti", "auto", "co", "de", "dis", "down", "en", "ex", "hyper", "hypo", "il", "im", "in", "inter",
    "intra", "ir", "macro", "micro", "mis", "mono", "multi", "non", "out", "over", "poly", "post", "pre", "pro", "re",
    "semi", "sub", "super", "un", "under", "uni", "up",
)  # fmt: skip
_SUFFIXES = ("ee", "er", "ful", "less", "or")
_STEM_MIN = 4  # letters: what must be left without prefix or suffix


@dataclass(frozen=True, slots=True)
class Likeness:
    """What became of a typed answer.

    right: it is `spelling`, or a typo of it. close: nearly; not counted, but worth saying. wrong: neither.
    `rival` is the other term of the base that it is as near to, where that decided.
    """

    verdict: Verdict
    spelling: str = ""
    rival: str = ""


@dataclass(frozen=True, slots=True)
class _Term:
    """A spelling as it is compared: folded, without blanks, each word singular (`single`) or as it is (`raw`)."""

    written: str
    single: str
    raw: str
    negated: bool
    exact: bool  # acronyms and short words: no typo is forgiven

    @property
    def tolerance(self) -> int:
        return 0 if self.exact else 2 if len(self.single) >= 10 else 1


def grade(typed: str, answer: str, accept: Sequence[str] = (), rivals: tuple[str, ...] = ()) -> Likeness:
    """Grade `typed` against `answer` and the other spellings that count.

    Optimal-string-alignment distance of at most 1 for spellings of 5 letters and more, 2 from 10 on, after folding
    capitals, accents, punctuation, articles and plurals; refused when one of `rivals` (terms of the base, see
    `rivals_of`) is as near, when a digit differs, or when only a prefix makes the difference (un-, de-, over-…).
    """
    given = _term(typed[:TYPED_MAX])
    spellings = [_term(spelling) for spelling in (answer, *accept)]
    if not given.single or len(typed) > TYPED_MAX:
        return Likeness("wrong")
    for spelling in spellings:
        if given.single == spelling.single:
            return Likeness("right", spelling.written)
    distance, raw, n = min(
        (OSA.distance(_form(given, raw), _form(spelling, raw), score_cutoff=3), raw, n)
        for n, spelling in enumerate(spellings)
        for raw in (False, True)
    )
    spelling = spellings[n]
    if spelling.exact or distance > spelling.tolerance + 1 or _another_word(given, spelling):
        return Likeness("wrong")
    own = frozenset(_form(spelling, raw) for spelling in spellings)
    rival = _rival(_form(given, raw), distance, rivals, own, raw)
    if rival and _term(rival).single == given.single:
        return Likeness("wrong", rival=rival)
    if rival or distance > spelling.tolerance:
        return Likeness("close", spelling.written, rival)
    return Likeness("right", spelling.written)


def rivals_of(library: Library) -> tuple[str, ...]:
    """Every term that a typed answer might mean instead: titles, aliases, answers and accepted spellings, in order.

    The tuple of a library version is made once, and the same object is returned again: `grade` is quickest with it.
    """
    if library.version not in _rivals:
        while len(_rivals) >= 8:  # a few versions at a time: the one that serves, the last ones, those of tests
            _rivals.pop(next(iter(_rivals)))
        _rivals[library.version] = _collect(library)
    return _rivals[library.version]


_rivals: dict[str, tuple[str, ...]] = {}


def _collect(library: Library) -> tuple[str, ...]:
    terms: dict[str, None] = {}
    for topic in library.topics.values():
        terms |= dict.fromkeys((topic.title, *topic.aliases))
        for item in topic.items:
            if item.kind == "text":
                terms |= dict.fromkeys((item.answer, *item.accept))
    return tuple(terms)


@lru_cache(maxsize=8192)
def _term(text: str) -> _Term:
    letters = [c for c in text if c.isalpha()]
    acronym = 1 < len(letters) <= 6 and sum(c.isupper() for c in letters) >= len(letters) - (letters[-1] == "s")
    words = _words(text)
    single, raw = fold(text), "".join(words)
    return _Term(text, single, raw, not _NEGATIONS.isdisjoint(words), acronym or len(single) < 5)


def _form(term: _Term, raw: bool) -> str:
    return term.raw if raw else term.single


def fold(text: str) -> str:
    """A typed answer without what does not count: case, accents, punctuation, lead-ins, articles, plurals, blanks."""
    return "".join(_singular(word) for word in _words(text))


def _words(text: str) -> list[str]:
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    text = "".join(c for c in text if not unicodedata.combining(c))
    words = _NOT_PART.sub(" ", text).strip()
    return _LEAD_INS.sub("", words, count=1).split()


def _singular(word: str) -> str:
    """Without a plural's s, where dropping it is safe: not in class, status, analysis, dns or https."""
    if len(word) < 5 or not word.endswith("s") or word.endswith(("ss", "us", "is", "os", "as", "ps")):
        return word
    return f"{word[:-3]}y" if word.endswith("ies") and len(word) > 5 else word[:-1]


def _another_word(given: _Term, spelling: _Term) -> bool:
    """Whether the difference is one of meaning: a "not", a digit, a sign, an opposite's prefix or suffix."""
    one, other = given.raw, spelling.raw
    if given.negated != spelling.negated or _no_letters(one) != _no_letters(other):
        return True
    return _differ_in(_PREFIXES, one, other) or _differ_in(_SUFFIXES, one[::-1], other[::-1], backwards=True)


def _no_letters(text: str) -> str:
    return "".join(c for c in text if not c.isalpha())


def _differ_in(parts: Sequence[str], one: str, other: str, *, backwards: bool = False) -> bool:
    """Whether the two begin with different `parts` and go on alike."""
    for part in parts:
        begun = part[::-1] if backwards else part
        rest = other.removeprefix(begun)
        if not other.startswith(begun) or len(rest) < _STEM_MIN or not one.endswith(rest):
            continue
        before = one[: len(one) - len(rest)]
        before = before[::-1] if backwards else before
        if before in parts and before != part and not ({part, before} == {"", "a"} and rest[0] in "aeiou"):
            return True
    return False


def _rival(given: str, distance: int, rivals: tuple[str, ...], own: frozenset[str], raw: bool) -> str:
    """The nearest rival that is no farther from what was typed than the answer is."""
    lengths = _by_length(rivals, raw)
    near = [
        (found, rival)
        for length in range(len(given) - distance, len(given) + distance + 1)
        if length in lengths
        for form, found, rival in process.extract(
            given, lengths[length], scorer=OSA.distance, score_cutoff=distance, limit=None
        )
        if form not in own
    ]
    return min(near)[1] if near else ""


@lru_cache(maxsize=64)
def _by_length(rivals: tuple[str, ...], raw: bool) -> Mapping[int, Mapping[str, str]]:
    """The forms of the rivals, by their lengths: a form that is longer by two cannot be nearer than two."""
    lengths: dict[int, dict[str, str]] = {}
    for rival in rivals:
        form = _form(_term(rival), raw)
        lengths.setdefault(len(form), {})[rival] = form
    return lengths
