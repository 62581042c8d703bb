"""Questions that name their topic outright.

Contributes: an exact title or alias wins before any score is computed, bare or inside a question frame ("tell me about
X please"), in the singular or plural, and with blanks lost or added ("dev ops"); several names joined ("X vs Y") give
several topics. Names inside longer questions are handed to fusion as mentions.

Its share: no set loses without it, since letters and words find most names too; but names are sure then, titles that
collide are told apart (tests/unit/search/test_collisions.py), and the model need not be asked. Names inside questions:
0.2 points of top-1 on the shipped base, and all questions in other languages that hold one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from knowledge.model import Library
from knowledge.search.language import Language
from knowledge.search.normalise import Reader

NAME_WORDS = 8  # longer titles are sentences: they match whole, but are not looked for inside questions
NEAR_LENGTH = 7  # characters without blanks from which one wrong letter may pass; two pass from twice as many
JOINED_MAX = 3  # topics that one question can name
NEARLY = 0.6  # likeness from which a job's name and a topic's that start alike are easily taken for each other
FRAME_MAX = 12  # words of a frame on either side of a name

_GLUE = frozenset({"a", "an", "and", "the"})


@dataclass(frozen=True, slots=True)
class Mention:
    """A name found inside a question: the topic (counted in library order) and the words that name it."""

    topic: int
    words: tuple[str, ...]


class NameBook:
    """Every title and alias of a library, ready to be recognised. Titles win over aliases of other topics."""

    def __init__(self, library: Library, language: Language) -> None:
        self._language = language
        self._careers = frozenset(n for n, topic in enumerate(library.topics.values()) if topic.kind == "career")
        self._exact: dict[tuple[str, ...], int] = {}
        self._loose: dict[tuple[str, ...], int] = {}
        self._squashed: dict[str, int] = {}
        topics = tuple(library.topics.values())
        names = [(number, topic.title) for number, topic in enumerate(topics)]
        names += [(number, alias) for number, topic in enumerate(topics) for alias in topic.aliases]
        read = Reader(language)
        named = [(number, tuple(read(name))) for number, name in names]
        for number, found in named:
            if found:
                self._exact.setdefault(found, number)
        acronyms = {found for (_, found), (_, name) in zip(named, names, strict=True) if name.isupper()}
        for found, number in self._exact.items():
            if found not in acronyms:  # HTTPS is not several HTTP
                self._loose.setdefault(_loosen(found), number)
            self._squashed.setdefault("".join(found), number)
        self.rivals = _rivals(named, self._careers)
        self._openings = frozenset(name[0] for name in (*self._exact, *self._loose) if name)
        self.vocabulary = frozenset(word for name in self._exact for word in name)

    def named(self, found: Sequence[str], guess: bool) -> list[int]:
        """The topics that the whole question names, at most `JOINED_MAX`; [] where anything else is said.

        Args:
            found: the question's words.
            guess: whether the question held a misspelling, so that a near name may pass too.
        """
        one = self._framed(found, guess)
        if one is not None:
            return [one]
        parts = _parted(found, self._language.joints)
        if not 2 <= len(parts) <= JOINED_MAX:
            return []
        topics = [self._framed(part, guess) for part in parts]
        return list(dict.fromkeys(t for t in topics if t is not None)) if None not in topics else []

    def mentions(self, found: Sequence[str]) -> list[Mention]:
        """Names inside the question, longest first at each place, without overlaps."""
        out: list[Mention] = []
        start = 0
        while start < len(found):
            opens = found[start] in self._openings or _singular(found[start]) in self._openings or found[start] in _GLUE
            for end in range(min(len(found), start + NAME_WORDS), start, -1) if opens else ():
                span = tuple(found[start:end])
                topic = self._exact.get(span, self._loose.get(_loosen(span)))
                if topic is not None and not all(word in self._language.stops for word in span):
                    out.append(Mention(topic, span))
                    start = end - 1
                    break
            start += 1
        return out

    def _framed(self, found: Sequence[str], guess: bool) -> int | None:
        """The topic named by the words once question frames, and for careers career cues, are taken off."""
        for span in _spans(found, self._language.frames):
            topic = self._lookup(span, guess)
            if topic is not None:
                return topic
        for span in _spans(found, self._language.frames | self._language.careers):
            topic = self._lookup(span, guess)
            if topic in self._careers:
                return topic
        return None

    def _lookup(self, span: tuple[str, ...], guess: bool) -> int | None:
        topic = self._exact.get(span)
        if topic is None:
            topic = self._loose.get(_loosen(span))
        squashed = "".join(span)
        if topic is None and len(squashed) >= 4:
            topic = self._squashed.get(squashed)
        if topic is None and guess and len(span) <= NAME_WORDS:
            topic = _near(squashed, self._squashed)
        return topic


def _rivals(named: Sequence[tuple[int, tuple[str, ...]]], careers: frozenset[int]) -> Mapping[int, frozenset[int]]:
    """For each topic, the careers that are called nearly the same: Data Engineer for Data Engineering."""
    jobs: dict[str, list[tuple[int, str]]] = {}
    for number, found in named:
        if number in careers and found:
            jobs.setdefault(found[0], []).append((number, "".join(found)))
    rivals: dict[int, set[int]] = {}
    for number, found in named:
        for job, squashed in jobs.get(found[0], ()) if found and number not in careers else ():
            if OSA.normalized_similarity("".join(found), squashed) >= NEARLY:
                rivals.setdefault(number, set()).add(job)
    return {number: frozenset(jobs) for number, jobs in rivals.items()}


def _spans(found: Sequence[str], frame: frozenset[str]) -> Iterator[tuple[str, ...]]:
    """The question, and what is left when words of the frame are taken off its ends, longest first."""
    head = next((i for i, word in enumerate(found) if word not in frame), len(found))
    tail = next((i for i, word in enumerate(reversed(found)) if word not in frame), len(found))
    head, tail = min(head, FRAME_MAX), min(tail, FRAME_MAX)
    spans = [
        (start, end) for start in range(head + 1) for end in range(len(found) - tail, len(found) + 1) if start < end
    ]
    for start, end in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
        yield tuple(found[start:end])


def _parted(found: Sequence[str], joints: frozenset[str]) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for word in found:
        if word in joints:
            parts.append([])
        else:
            parts[-1].append(word)
    return [part for part in parts if part]


def _loosen(name: tuple[str, ...]) -> tuple[str, ...]:
    """A name without articles and "and", in the singular: "the cloud platforms" and "cloud platform" are one."""
    return tuple(_singular(word) for word in name if word not in _GLUE)


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word[-1] == "s" and word[-2] not in "su" else word


def _near(squashed: str, names: Mapping[str, int]) -> int | None:
    """The topic whose name is nearest, if its spelling is off by a letter, or two in a long name."""
    allowed = 2 if len(squashed) >= 2 * NEAR_LENGTH else 1
    if len(squashed) < NEAR_LENGTH:
        return None
    best: tuple[int, str] | None = None
    for name in names:
        if abs(len(name) - len(squashed)) <= allowed:
            distance = OSA.distance(squashed, name, score_cutoff=allowed)
            if distance <= allowed and (best is None or (distance, name) < best):
                best = distance, name
    return names[best[1]] if best else None
