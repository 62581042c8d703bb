"""What search knows of a base's language: its words, how frequent they are, which follow which, and chat spellings.

Contributes: nothing by itself; every other stage asks it. It is data, in words/<language>.*.txt; a language without
such files is neutral: all words count alike, none is repaired into another language's, and no frame is recognised.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from knowledge.search.nearby import Nearby

_WORDS = Path(__file__).parent / "words"
# Rarity of a band of the frequent words, 0..1: how much a word says before the base has been looked at.
_RARITY = {"10": 0.45, "20": 0.7, "35": 0.9, "50": 1.0, "modern": 1.0}
_MEANT = 16.0  # surprise, in nats; rarer words are too odd to be what a misspelling meant


class Pairs:
    """Which words follow which, read row by row as they are asked for: a question needs few of them.

    Args:
        lines: a word, then a surprise in nats before the words that follow with it; "" opens a sentence.
    """

    def __init__(self, lines: Sequence[str] = ()) -> None:
        rows = (line.partition(" ") for line in lines)
        self._lines = {first: row for first, _, row in rows}
        self._rows: dict[str, dict[str, float]] = {}

    def surprise(self, first: str, second: str) -> float | None:
        """Minus the logarithm of the chance that `second` follows `first`, in nats; None if too seldom to be known."""
        row = self._rows.get(first)
        if row is None:
            line = self._lines.get(first)
            if line is None:
                return None
            row = self._rows[first] = _row(line)
        return row.get(second)


@dataclass(frozen=True, slots=True)
class Language:
    """A language.

    `bands` maps a frequent word to its rarity 0..1 (0: among the commonest); `stops` are function words; `frames` wrap
    a question around its subject; `joints` join two subjects; `careers` ask about a job, `jobs` among them name one;
    `anaphors` point at what was said before; `yours` say that something is the reader's, or anybody's where one of
    `asking` makes a question of it; `rewrites` spell out contractions and chat spellings; `probes` are
    everyday questions. `surprises` say how seldom a word of `bands` is, as minus the logarithm of its share of a large
    text, in nats, `others` the same of names, abbreviations and rarer words; `pairs` what follows what; `meant` finds
    the words that a misspelling may have meant; `foreign` are function words of other languages.
    """

    bands: Mapping[str, float] = field(default_factory=dict)
    stops: frozenset[str] = frozenset()
    frames: frozenset[str] = frozenset()
    joints: frozenset[str] = frozenset()
    careers: frozenset[str] = frozenset()
    jobs: frozenset[str] = frozenset()
    anaphors: frozenset[str] = frozenset()
    yours: frozenset[str] = frozenset()
    asking: frozenset[str] = frozenset()
    rewrites: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    probes: tuple[str, ...] = ()
    surprises: Mapping[str, float] = field(default_factory=dict)
    others: Mapping[str, float] = field(default_factory=dict)
    pairs: Pairs = field(default_factory=Pairs)
    meant: Nearby = field(default_factory=Nearby)
    foreign: frozenset[str] = frozenset()


def language(tag: str) -> Language:
    """What is known of the language with this BCP 47 tag."""
    return _read(tag.lower().split("-")[0])


@lru_cache(maxsize=4)
def _read(code: str) -> Language:
    # the code comes from a base's author: it must not lead out of the folder
    if not code.isalpha() or not (_WORDS / f"{code}.forms.txt").is_file():
        return Language()
    forms = _sections(_WORDS / f"{code}.forms.txt")
    rewrites = (line.partition("=") for line in forms.get("rewrites", ()))
    bands: dict[str, float] = {}
    surprises: dict[str, float] = {}
    others: dict[str, float] = {}
    for heading, lines in _sections(_WORDS / f"{code}.words.txt").items():
        band, _, surprise = heading.partition(" ")
        found = [word for line in lines for word in line.split()]
        if band in _RARITY:
            bands.update(dict.fromkeys(found, _RARITY[band]))
        if surprise != "-":
            (surprises if band in _RARITY else others).update(dict.fromkeys(found, float(surprise)))
    return Language(
        bands=bands,
        stops=_set(forms, "stops"),
        frames=_set(forms, "frames"),
        joints=_set(forms, "joints"),
        careers=_set(forms, "careers"),
        jobs=_set(forms, "jobs"),
        anaphors=_set(forms, "anaphors"),
        yours=_set(forms, "yours"),
        asking=_set(forms, "asking"),
        rewrites={spelling.strip(): tuple(meant.split()) for spelling, _, meant in rewrites},
        probes=tuple(_sections(_WORDS / f"{code}.probes.txt").get("probes", ())),
        surprises=surprises,
        others=others,
        pairs=Pairs(_lines(_WORDS / f"{code}.pairs.txt")),
        meant=Nearby(word for word, surprise in surprises.items() if surprise <= _MEANT),
        foreign=_set(forms, "foreign"),
    )


def _lines(path: Path) -> list[str]:
    """The lines but comments, which start with "#", and empty ones."""
    return [line for line in path.read_text("utf-8").splitlines() if line and line[0] != "#"]


def _sections(path: Path) -> dict[str, list[str]]:
    """The lines under each [heading]."""
    sections: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in _lines(path):
        if line.startswith("["):
            lines = sections.setdefault(line[1:-1], [])
        else:
            lines.append(line)
    return sections


def _set(forms: Mapping[str, list[str]], name: str) -> frozenset[str]:
    return frozenset(word for line in forms.get(name, ()) for word in line.split())


def _row(line: str) -> dict[str, float]:
    row: dict[str, float] = {}
    surprise = 0.0
    for part in line.split():
        if part.isdecimal():
            surprise = float(part)
        else:
            row[part] = surprise
    return row
