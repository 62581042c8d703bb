"""What search knows of a base's language: frequent words, words without a subject, chat spellings.

Contributes: nothing by itself; every other stage asks it. It is data, in words/<language>.*.txt; a language without
such files is neutral: all words count alike, none is repaired into another language's, and no frame is recognised.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

_WORDS = Path(__file__).parent / "words"
# Rarity of a band of the frequent words, 0..1: how much a word says before the base has been looked at.
_RARITY = {"10": 0.45, "20": 0.7, "35": 0.9, "50": 1.0, "modern": 1.0}
_FAMILIAR = ("10", "20")  # bands; rarer words are too odd to be what a misspelling meant


@dataclass(frozen=True, slots=True)
class Language:
    """A language.

    `bands` maps a frequent word to its rarity 0..1 (0: among the commonest); `stops` are function words; `frames` wrap
    a question around its subject; `joints` join two subjects; `careers` ask about a job, `jobs` among them name one;
    `anaphors` point at what was said before; `rewrites` spell out contractions and chat spellings; `probes` are
    everyday questions. `familiar` are words frequent enough to be what a misspelling meant, by first letter and length.
    """

    bands: Mapping[str, float] = field(default_factory=dict)
    stops: frozenset[str] = frozenset()
    frames: frozenset[str] = frozenset()
    joints: frozenset[str] = frozenset()
    careers: frozenset[str] = frozenset()
    jobs: frozenset[str] = frozenset()
    anaphors: frozenset[str] = frozenset()
    rewrites: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    probes: tuple[str, ...] = ()
    familiar: Mapping[tuple[str, int], Sequence[str]] = field(default_factory=dict)


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
    bands = _sections(_WORDS / f"{code}.words.txt")
    familiar: dict[tuple[str, int], list[str]] = {}
    for word in (word for band in _FAMILIAR for word in bands[band]):
        if len(word) > 1:
            familiar.setdefault((word[0], len(word)), []).append(word)
    return Language(
        bands={word: _RARITY[band] for band, found in bands.items() for word in found},
        stops=_set(forms, "stops"),
        frames=_set(forms, "frames"),
        joints=_set(forms, "joints"),
        careers=_set(forms, "careers"),
        jobs=_set(forms, "jobs"),
        anaphors=_set(forms, "anaphors"),
        rewrites={spelling.strip(): tuple(meant.split()) for spelling, _, meant in rewrites},
        probes=tuple(_sections(_WORDS / f"{code}.probes.txt").get("probes", ())),
        familiar=familiar,
    )


def _sections(path: Path) -> dict[str, list[str]]:
    """The lines under each [heading]; lines that start with "#" and empty ones are left out."""
    sections: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("["):
            lines = sections.setdefault(line[1:-1], [])
        elif line and line[0] != "#":
            lines.append(line)
    return sections


def _set(forms: Mapping[str, list[str]], name: str) -> frozenset[str]:
    return frozenset(word for line in forms.get(name, ()) for word in line.split())
