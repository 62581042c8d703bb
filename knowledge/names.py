"""Names of topics as they are compared: folded until only what a learner means is left."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

_APOSTROPHES = re.compile(r"(?<=\w)['’ʼ`](?=\w)")
# "+" and "#" count where they end a word, so that C, C++ and C# remain three names.
_WORD = re.compile(r"[^\s+#]+[+#]*")


_ASCII_MARKS = {code: " " for code in range(128) if not chr(code).isalnum() and chr(code) not in "+#"}


def _blank_marks(text: str) -> str:
    if text.isascii():  # nearly all names: ten times as quick
        return text.translate(_ASCII_MARKS)
    # Combining marks are part of a word in many scripts, though str.isalnum says no to them.
    return "".join(c if c.isalnum() or c in "+#" or unicodedata.category(c)[0] == "M" else " " for c in text)


@lru_cache(maxsize=8192)
def normalise_name(text: str) -> str:
    """Fold a title, alias or question so that two spellings of one name come out alike.

    NFKC, casefold, apostrophes dropped inside words ("what's" is "whats"), "&" read as "and", every other mark a
    blank, blanks collapsed. Accents stay: they tell words apart in most languages. May return "".
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    folded = _APOSTROPHES.sub("", folded).replace("&", " and ")
    return " ".join(_WORD.findall(_blank_marks(folded)))


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that `word` was probably meant to be, or "" when none is near enough."""
    found = process.extractOne(
        word[:100], list(known), scorer=OSA.normalized_similarity, processor=str.casefold, score_cutoff=0.6
    )
    return found[0] if found else ""


def nearest_topic(wrong: str, known: Iterable[str]) -> str:
    """The full topic id that `wrong` was probably meant to be: the same id of another kind first; else ""."""
    ids = list(known)
    slug = wrong.rsplit("/", 1)[-1]
    return next((full for full in ids if full.split("/", 1)[1] == slug), "") or nearest(wrong, ids)
