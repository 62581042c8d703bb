"""Text to words, the same way for the base and for questions.

Contributes: Unicode folding (compatibility forms, accents, zalgo marks, look-alike letters), case, contractions and
chat spellings, a bounded length, and light stems.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from knowledge.search.language import Language

HEAD, TAIL = 1200, 500  # characters kept of a long message: people open with the question or paste and end with it
TOKENS_HEAD, TOKENS_TAIL = 80, 40  # words kept, likewise
TOKEN_MAX = 40  # characters; longer runs are noise, and edit distance on them costs

# a run of letters and digits, Latin, Greek and Cyrillic apart from scripts that are written without blanks or attach
# endings to foreign names: "Kubernetesとは" is two words
_WORD = re.compile("[^\\W_\u0590-\u1cff\u2000-\U0010ffff]+(?:\\+\\+|#)?|[^\\W_\x00-\u058f\u1d00-\u1fff]+")
_SCHEME = re.compile("https?://")  # of an address: it says nothing of HTTPS
_APOSTROPHES = re.compile("[’ʼ`´‘]")
# marks that zalgo text piles up, soft hyphens, zero-width characters and direction overrides
_IGNORED = re.compile("[\u0300-\u036f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufe00-\ufe0f]")
_LOOKALIKES = str.maketrans("асеорхуіјѕкмтвнԁӏοαεινρτυχκ", "aceopxyijskmtbhdloaeivptuxk")
_LATIN = re.compile("[a-z]")
_CYRILLIC_OR_GREEK = re.compile("[\u0370-\u052f]")


def shorten(text: str) -> str:
    """The first and last part of a message too long to be one question."""
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]} {text[-TAIL:]}"


def fold(text: str) -> str:
    """Lower case without accents, compatibility forms and invisible characters."""
    if text.isascii():
        return text.lower()
    # twice shortened: a compatibility form may stand for eighteen characters
    folded = unicodedata.normalize("NFKD", shorten(unicodedata.normalize("NFKC", text)).casefold())
    return unicodedata.normalize("NFC", _IGNORED.sub("", folded))


def words(text: str, language: Language) -> list[str]:
    """The words of `text` in order, folded, contractions and chat spellings spelled out; many lose their middle."""
    return Reader(language)(text)


class Reader:
    """`words` for many texts: it remembers the words of what stood between two blanks before."""

    def __init__(self, language: Language) -> None:
        self._spelled = _Spelled(language)

    def __call__(self, text: str) -> list[str]:
        """The words of `text`, as `words` gives them."""
        spelled = self._spelled
        found = [word for chunk in _plain(text).split() for word in spelled[chunk]]
        return found if len(found) <= TOKENS_HEAD + TOKENS_TAIL else found[:TOKENS_HEAD] + found[-TOKENS_TAIL:]


class _Spelled(dict[str, Sequence[str]]):
    """The words of each thing that stood between two blanks, found when it is first met."""

    def __init__(self, language: Language) -> None:
        super().__init__()
        self._language = language

    def __missing__(self, chunk: str) -> Sequence[str]:
        found = self[chunk] = _words_of(chunk, self._language)
        return found


def _plain(text: str) -> str:
    """Folded, with apostrophes of one kind and without what addresses begin with."""
    folded = _APOSTROPHES.sub("'", fold(shorten(text)))
    if "://" in folded:
        folded = _SCHEME.sub(" ", folded)
    return folded.replace("&", " and ")


def _words_of(chunk: str, language: Language) -> Sequence[str]:
    """The words of what stands between two blanks."""
    bare = chunk.strip('.,;:!?"()[]{}<>…')
    rewritten = language.rewrites.get(bare)
    if rewritten is not None:
        return rewritten
    if bare.endswith("'s"):
        bare = bare[:-2]
    found: list[str] = []
    for match in _WORD.finditer(bare.replace("'", "")):
        word = match.group()[:TOKEN_MAX]
        if not word.isascii() and _LATIN.search(word) and _CYRILLIC_OR_GREEK.search(word):
            word = word.translate(_LOOKALIKES)  # only where scripts are mixed: never in Russian or Greek
        rewritten = language.rewrites.get(word)
        found.extend(rewritten if rewritten is not None else (word,))
    return found


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """A light English stem: plural, -ing, -ed, -ly and a final e or y fall, so that scale, scaling and scaled meet.

    Ends that change the meaning (-er, -or, -ity, -able, -ment) stay: an engineer is not engineering. Character
    n-grams bridge those more cautiously.
    """
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith(("sses", "shes", "ches", "xes", "zes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed", "ly"):
        root = word[: -len(ending)]
        if word.endswith(ending) and len(root) >= 3 and any(vowel in root for vowel in "aeiouy"):
            word = root
            if ending != "ly" and len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouls":
                word = word[:-1]
            break
    if len(word) > 3 and word[-1] in "ey":
        word = word[:-1]
    return word
