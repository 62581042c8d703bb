"""Large bases to measure with: the shipped topics again and again, each time with other words.

A copy has the size and the form of what it was made from: each word that tells its subject is replaced
by another English word of the same length, always the same one within a copy, so that a term stays a term. References
stay within a copy. So there are N distinct topics about N subjects, in files as people write them; they mean nothing.
Copies are always the same: a smaller base is part of a larger one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from math import ceil
from pathlib import Path
from random import Random

from spellchecker import SpellChecker

from adapters import CONTENT
from knowledge.files import BASE_FILE
from knowledge.model import FOLDERS

FRAME = (
    150  # the most frequent words of the shipped base stay what they are: they are the language's, not the subject's
)
VOCABULARY = 60_000  # of the language's words, the most frequent
_KINDS = "|".join(FOLDERS)
_REFERENCE = re.compile(rf"\b({_KINDS})/([a-z0-9-]+)")
_ID = re.compile(r"^id: (.+)$", re.MULTILINE)
_TITLE = re.compile(r"^title: (.+)$", re.MULTILINE)
_NAMES = re.compile(r"^aliases:(?: \[.*\]\n|\n(?: +- .*\n)+)", re.MULTILINE)
_WORD = re.compile(r"(?<![\w/.:@#+`'-])[a-zA-Z][a-z]{3,}(?![\w/.@#+`:'-])")  # not in addresses, ids, code, keys, don't
_WORD_OR_ID = re.compile(rf"^ *(?:- )?id: .*$|{_WORD.pattern}", re.MULTILINE)
_KEYS = frozenset({"true", "false", "choice", "text", "recall", "skill", "practice", "career", "concept", "path"})


def write(folder: Path, topics: int, pattern: Path = CONTENT) -> Path:
    """A base of so many topics in this folder, which must be new or empty: whole copies of `pattern`, rounded up."""
    for name in FOLDERS.values():
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / BASE_FILE).write_text("title: A large base\n", encoding="utf-8")
    files = _files(pattern)
    subject = _subject([text for _, text in files])
    for copy in range(ceil(topics / len(files))):
        other = _exchange(copy, subject)
        for number, (path, text) in enumerate(files):
            path, text = _copied(path, text, copy, number, other)
            (folder / path).write_text(text, encoding="utf-8")
    return folder


def _files(base: Path) -> Sequence[tuple[str, str]]:
    files = sorted(base.glob("*/*.yaml"))
    found = [(f"{file.parent.name}/{file.name}", file.read_text(encoding="utf-8")) for file in files]
    return [(path, text) for path, text in found if path.split("/")[0] in FOLDERS.values()]


@lru_cache(maxsize=1)
def _vocabulary() -> Mapping[int, Sequence[str]]:
    """Words to take, by their length."""
    known = SpellChecker().word_frequency.dictionary
    lengths: dict[int, list[str]] = {}
    for word in sorted(known, key=known.__getitem__, reverse=True)[:VOCABULARY]:
        if len(word) > 3 and word.isascii() and word.isalpha() and word not in ("true", "false", "null"):
            lengths.setdefault(len(word), []).append(word)
    return lengths


def _subject(texts: Sequence[str]) -> Sequence[str]:
    """The words that tell what topics are about, in lower case."""
    return sorted({word.lower() for text in texts for word in _WORD.findall(text)} - _frame() - _KEYS)


@lru_cache(maxsize=1)
def _frame() -> frozenset[str]:
    count = Counter(word.lower() for _, text in _files(CONTENT) for word in _WORD.findall(text))
    return frozenset(word for word, _ in count.most_common(FRAME))


def _exchange(copy: int, subject: Sequence[str]) -> Callable[[str], str]:
    """The other word for each word of this copy; the first copy is the pattern itself."""
    if copy == 0:
        return lambda word: word
    chance = Random(copy)
    words: dict[str, str] = {}
    for length, others in _vocabulary().items():  # no two become one: names must stay apart
        taken = [word for word in subject if len(word) == length]
        words |= zip(taken, chance.sample(others, min(len(taken), len(others))), strict=False)

    def other(word: str) -> str:
        found = words.get(word.lower(), word)
        return found.capitalize() if word[0].isupper() else found

    return other


def _copied(path: str, text: str, copy: int, number: int, other: Callable[[str], str]) -> tuple[str, str]:
    if copy == 0:
        return path, text
    told = f" {copy}x{number}"  # titles and aliases must differ in any case
    text = _WORD_OR_ID.sub(lambda found: found[0] if ":" in found[0] else other(found[0]), text)
    text = _REFERENCE.sub(rf"\1/\2-{copy}", text)
    text = _ID.sub(rf"id: \1-{copy}", text, count=1)
    text = _TITLE.sub(lambda found: f"title: {_longer(found[1], told)}", text, count=1)
    text = _NAMES.sub(lambda found: _named(found[0], told), text, count=1)
    folder, _, name = path.rpartition("/")
    return f"{folder}/{name.removesuffix('.yaml')}-{copy}.yaml", text


def _longer(name: str, told: str) -> str:
    """A name as it is written, with something more in it."""
    return f"{name[:-1]}{told}{name[-1]}" if name[-1] in "\"'" else f"{name}{told}"


def _named(aliases: str, told: str) -> str:
    lines = aliases.splitlines()
    if len(lines) > 1:
        return "\n".join([lines[0], *(_longer(line, told) for line in lines[1:])]) + "\n"
    inside = lines[0].removeprefix("aliases: [").removesuffix("]")
    return f"aliases: [{', '.join(_longer(name, told) for name in inside.split(', '))}]\n"
