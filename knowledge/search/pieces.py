"""Words to word pieces: the numbers that the model reads.

Contributes a spelling for words the model never met: what is not one of its 30,522 pieces is put together from them.
BERT's uncased WordPiece (Devlin et al. 2019, arXiv:1810.04805; Wu et al. 2016, arXiv:1609.08144): fold, split at
blanks, punctuation and Chinese characters, then take the longest piece that fits, again and again.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

_FILE = Path(__file__).parent / "words" / "en.pieces.txt"  # one piece a line, in the order of their numbers
# Pieces kept of a long text, as in normalise.py: people open with the question, or paste and end with it. The model's
# time grows with each piece; fewer lose answers: 38 in all lost 0.3 to 0.6 points on BANKING77, whose texts are long.
HEAD, TAIL = 40, 22
_TEXT_HEAD, _TEXT_TAIL = 2000, 1000  # characters looked at; enough for HEAD and TAIL unless it is mostly blanks
_WORD_MAX = 100  # characters; BERT's own bound, longer words are unknown

# Where Chinese characters are, as BERT counts them: without Hangul, Hiragana and Katakana, which are written in words.
_CHINESE = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B920, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


@lru_cache(maxsize=1)
def vocabulary() -> Mapping[str, int]:
    """Each piece's number, 0..30521; a piece that continues a word starts with "##"."""
    # not splitlines: a piece may be a character that Unicode counts as the end of a line
    return {piece: n for n, piece in enumerate(_FILE.read_text("utf-8").rstrip("\n").split("\n"))}


def pieces(text: str) -> list[int]:
    """The numbers of `text`'s pieces between [CLS] and [SEP], at most HEAD + TAIL of them; none for a blank text.

    Equal to BERT's own, except that "[MASK]" and the like in a text are punctuation and letters, never marks.
    """
    if len(text) > _TEXT_HEAD + _TEXT_TAIL:
        text = f"{text[:_TEXT_HEAD]} {text[-_TEXT_TAIL:]}"
    numbers = [number for word in _words(text) for number in _split(word)]
    kept = numbers if len(numbers) <= HEAD + TAIL else numbers[:HEAD] + numbers[-TAIL:]
    known = vocabulary()
    return [known["[CLS]"], *kept, known["[SEP]"]] if kept else []


@lru_cache(maxsize=16384)
def _split(word: str) -> tuple[int, ...]:
    """The longest known start of the word, then of what remains, and so on; unknown as a whole if something remains."""
    known = vocabulary()
    whole = known.get(word)
    if whole is not None:
        return (whole,)
    unknown = (known["[UNK]"],)
    if len(word) > _WORD_MAX:
        return unknown
    numbers: list[int] = []
    start = 0
    while start < len(word):
        mark = "##" if start else ""
        for end in range(len(word), start, -1):
            number = known.get(mark + word[start:end])
            if number is not None:
                numbers.append(number)
                start = end
                break
        else:
            return unknown
    return tuple(numbers)


def _words(text: str) -> Iterator[str]:
    """Runs of letters and digits, and each punctuation mark or Chinese character by itself, folded."""
    for run in _fold(text).split(" "):
        if run.isalnum() and run.isascii():
            yield run
        else:
            yield from _apart(run)


def _apart(run: str) -> Iterator[str]:
    start = 0
    for at, character in enumerate(run):
        if _alone(character):
            if start < at:
                yield run[start:at]
            yield character
            start = at + 1
    if start < len(run):
        yield run[start:]


def _fold(text: str) -> str:
    """Lower case without accents and control characters; whatever blank, a space."""
    if text.isascii() and text.isprintable():
        return text.lower()
    seen = "".join(" " if c.isspace() and c not in _NO_BLANKS else c for c in text if c in "\t\n\r" or not _control(c))
    bare = "".join(c for c in unicodedata.normalize("NFD", seen) if unicodedata.category(c) != "Mn")
    return "".join(map(str.lower, bare))  # one by one: a sigma that ends a word is like any other


_NO_BLANKS = "\x1c\x1d\x1e\x1f"  # blanks to Python, control characters to Unicode


def _control(character: str) -> bool:
    return character == "\ufffd" or unicodedata.category(character) in ("Cc", "Cf", "Co", "Cs")


@lru_cache(maxsize=4096)
def _alone(character: str) -> bool:
    if character.isascii():
        return not character.isalnum()
    code = ord(character)
    return unicodedata.category(character)[0] == "P" or any(low <= code <= high for low, high in _CHINESE)
