"""Misspelled words in what learners read: words that neither the language nor the base knows.

Dictionaries are those of pyspellchecker (github.com/barrust/pyspellchecker, word frequencies from OpenSubtitles). A
base adds words of its own in `terms.txt`, one a line; titles and aliases count as known. Questions and tests are left
alone: they are written as learners type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from knowledge.draft import Draft
from knowledge.errors import Problem
from knowledge.model import Item, Library, Topic

if TYPE_CHECKING:
    from spellchecker import SpellChecker

TERMS = "terms.txt"
LETTERS_MIN = 4  # shorter unknown words are mostly abbreviations
_NO_PROSE = re.compile(r"```.*?```|`[^`]*`|https?://\S+|\]\([^)]*\)", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def misspelled(library: Library, drafts: Sequence[Draft], terms: Sequence[str]) -> Iterator[Problem]:
    """A warning for each word of a topic that is unknown; none at all for languages without a dictionary."""
    dictionary = _dictionary(library.base.language.split("-")[0].lower())
    if dictionary is None:
        return
    known = {word for term in terms for word in _words(term)}
    for topic in library.topics.values():
        known.update(word for name in (topic.title, *topic.aliases) for word in _words(name))
    said = {draft.id: [(at, _prose(text)) for at, text in _texts(library.topics[draft.id])] for draft in drafts}
    # each word once: looking it up takes longer than finding it
    vocabulary = {word for texts in said.values() for _, words in texts for word in words}
    wrong = dictionary.unknown(vocabulary) - known
    for draft in drafts:
        seen: set[str] = set()
        for at, words in said[draft.id]:
            for word in (words & wrong) - seen:
                seen.add(word)
                yield _problem(draft, at, word, dictionary)


def _prose(text: str) -> frozenset[str]:
    """The words of a text that a dictionary should know."""
    words = _words(_NO_PROSE.sub(" ", text))
    return frozenset(word for word in words if word.islower() and len(word) >= LETTERS_MIN)


def _problem(draft: Draft, at: tuple[str | int, ...], word: str, dictionary: SpellChecker) -> Problem:
    meant = _meant(dictionary, word)
    help = (
        f'did you mean "{meant}"? If not, put it into {TERMS}' if meant and meant != word else f"or put it into {TERMS}"
    )
    found = draft.sheet.problem("spelling", f'"{word}" is no known word', at, help=help, severity="warning")
    return draft.sheet.at_word(found, word)


@lru_cache(maxsize=4096)
def _meant(dictionary: SpellChecker, word: str) -> str | None:
    return dictionary.correction(word)  # milliseconds each, and a word that is missing is often used again


@lru_cache(maxsize=2)
def _dictionary(language: str) -> SpellChecker | None:
    from spellchecker import SpellChecker  # a quarter of a second and 60 MB: for checks only

    if language not in SpellChecker.languages():
        return None
    return SpellChecker(language=language, distance=1)


def _words(text: str) -> list[str]:
    return [word.replace("’", "'").rstrip("⁰¹²³").removesuffix("'s") for word in _WORD.findall(text)]


def _texts(topic: Topic) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What learners read of a topic, with the steps to its place."""
    yield ("summary",), topic.summary
    yield ("details",), topic.details
    for n, item in enumerate(topic.items):
        for at, text in _item_texts(item):
            yield ("quiz", n, *at), text


def _item_texts(item: Item) -> Iterator[tuple[tuple[str | int, ...], str]]:
    yield from ((("ask",), item.ask), (("hint",), item.hint), (("explain",), item.explain), (("answer",), item.answer))
    for n, option in enumerate(item.options):
        yield ("options", n, "text"), option.text
        yield ("options", n, "why"), option.why
