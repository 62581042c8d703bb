"""The inverted index and the lexical evidence it gives.

Contributes: for each topic that shares anything with the question, how like the question all of its phrases taken
together are (cosine of TF-IDF over character n-grams that run across words), how like everything it says (the same,
over stems), and how much of the question its texts cover. The centroid of a topic's phrases beat its nearest phrase by
9 points top-1 on CLINC150 and 3 on BANKING77, n-grams across words beat those within words by 4 and 3, a ridge
classifier and a cosine over the stems of phrases added nothing, and posting topics instead of phrases makes it cheap.
Plain dicts and lists: cost grows with the postings touched, and importing numpy alone would cost 0.1 s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt

from knowledge.model import Library, Topic
from knowledge.search.language import Language
from knowledge.search.normalise import stem, words

GRAMS = (3, 4)  # characters; 2-5 was no better
STOP_RARITY, FRAME_RARITY = 0.1, 0.2  # what function and frame words count when asking how much is covered
BODY = {"name": 1.0, "question": 1.0, "summary": 1.0, "details": 0.7, "quiz": 0.5}  # a stem's weight by where it stands
FOREIGN_WORD, ELSEWHERE, FOREIGN_SPELLING = 0.9, 0.5, 0.3  # evidence against: see Index.foreign
SATURATION = 0.6  # a stem of weight w covers w / (w + SATURATION): once in a title 0.63, in title and summary 0.77

Vector = dict[str, float]
Rows = list[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way to ask for a topic: a title, alias or question, as words. `topic` counts in library order."""

    topic: int
    words: tuple[str, ...]
    name: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for one topic, each in 0..1.

    `grams`: cosine of the question to all the topic's phrases; `texts`: to everything the topic says, by stems;
    `covered`: share of the question's weight that the topic's texts hold.
    """

    grams: float = 0.0
    texts: float = 0.0
    covered: float = 0.0


class Index:
    """Postings over the phrases and texts of a library. Never changes once built."""

    def __init__(self, library: Library, language: Language) -> None:
        self._language = language
        self.phrases: list[Phrase] = []
        self.surfaces: Counter[str] = Counter()  # how often each word stands in the base, as written
        self._body: dict[str, Rows] = {}
        for number, topic in enumerate(library.topics.values()):
            for root, weight in self._read(number, topic).items():
                self._body.setdefault(root, []).append((number, weight))
        self._size = len(library.topics)
        careers = any(topic.kind == "career" for topic in library.topics.values())
        self._frames = language.frames | (language.careers if careers else frozenset())
        spread = Counter(root for phrase in self.phrases for root in {stem(word): 0 for word in phrase.words})
        never = _rarity(len(self.phrases), 0)
        self._rarity = {root: _rarity(len(self.phrases), count) / never for root, count in spread.items()}
        owners = [phrase.topic for phrase in self.phrases]
        self._grams = _Space([Counter(grams(phrase.words)) for phrase in self.phrases], owners, self._size)
        self._texts = _Space(self._documents(), range(self._size), self._size)

    def look(self, found: Sequence[str], without: Phrase | None = None) -> dict[int, Evidence]:
        """The evidence for every topic that shares anything with the question.

        Args:
            found: the question's words.
            without: a phrase of the base to be left out, as if it had never been indexed (its rarity apart).
        """
        own = without.topic if without is not None else -1
        by_grams = self._grams.cosines(Counter(grams(found)), own)
        by_texts = self._texts.cosines(Counter(stem(word) for word in found))
        covered = [0.0] * self._size
        total = 0.0
        for word in dict.fromkeys(found):
            rarity = self.rarity(word)
            total += rarity
            for topic, weight in self._body.get(stem(word), ()):
                left = weight - 1.0 if topic == own else weight  # without's words are the question's
                covered[topic] += rarity * left / (left + SATURATION)
        return {
            topic: Evidence(by_grams[topic], by_texts[topic], covered[topic] / total if total else 0.0)
            for topic in range(self._size)
            if by_grams[topic] or covered[topic]
        }

    def rarity(self, word: str) -> float:
        """How much a word says, 0..1: its rarity among the base's phrases times its rarity in the language."""
        if word in self._language.stops:
            return STOP_RARITY
        if word in self._frames:
            return FRAME_RARITY
        return self._rarity.get(stem(word), 1.0) * self._language.bands.get(word, 1.0)

    def substance(self, found: Sequence[str]) -> float:
        """How much a question says: the rarities of its words together."""
        return sum(self.rarity(word) for word in dict.fromkeys(found))

    def foreign(self, found: Sequence[str], topics: Collection[int]) -> float:
        """How much of what a question says belongs elsewhere than to these topics, 0..1.

        A real word that no text of the base holds hints that the words it does hold are meant otherwise ("security
        camera"); one that only other topics hold, that another topic is meant; a word that nobody knows is as likely a
        misspelling.
        """
        foreign, total = 0.0, self.substance(found)
        for word in dict.fromkeys(found):
            weight = self.rarity(word)
            rows = self._body.get(stem(word))
            if rows is None:
                foreign += weight * (FOREIGN_WORD if word in self._language.bands else FOREIGN_SPELLING)
            elif not any(topic in topics for topic, _ in rows):
                foreign += weight * ELSEWHERE
        return foreign / total if total else 0.0

    def _documents(self) -> list[Vector]:
        """Everything each topic says, as one text."""
        documents: list[Vector] = [{} for _ in range(self._size)]
        for root, rows in self._body.items():
            for topic, weight in rows:
                documents[topic][root] = weight
        return documents

    def _read(self, number: int, topic: Topic) -> Vector:
        """Take a topic's phrases in; return the weight of each stem in all of its texts."""
        stems: Vector = {}
        seen: set[tuple[str, ...]] = set()
        for kind, text in _texts(topic):
            found = tuple(words(text, self._language))
            self.surfaces.update(found)
            for word in found:
                root = stem(word)
                stems[root] = stems.get(root, 0.0) + BODY[kind]
            if kind in ("name", "question") and found and found not in seen:
                seen.add(found)
                self.phrases.append(Phrase(number, found, kind == "name"))
        return stems


class _Space:
    """TF-IDF over phrases, summed by owner: cosines of a question to the phrases of each owner taken together."""

    def __init__(self, phrases: Sequence[Mapping[str, float]], owners: Sequence[int], size: int) -> None:
        self._size = size
        spread = Counter(key for phrase in phrases for key in phrase)
        self._idf = {key: _rarity(len(phrases), count) for key, count in spread.items()}
        self._unseen = _rarity(len(phrases), 0)
        sums: list[Vector] = [{} for _ in range(size)]
        for phrase, owner in zip(phrases, owners, strict=True):
            total = sums[owner]
            for key, weight in self._vector(phrase).items():
                total[key] = total.get(key, 0.0) + weight
        self._postings: dict[str, Rows] = {}
        for owner, total in enumerate(sums):
            for key, weight in total.items():
                self._postings.setdefault(key, []).append((owner, weight))
        self._squares = [sum(weight * weight for weight in total.values()) for total in sums]

    def cosines(self, counts: Mapping[str, float], own: int = -1) -> list[float]:
        """The cosine of a question to each owner, 0..1; `own` is the owner that it is one phrase of, to be left out."""
        dots = [0.0] * self._size
        postings = self._postings
        for key, weight in self._vector(counts).items():
            for owner, held in postings.get(key, ()):
                dots[owner] += weight * held
        if own >= 0:
            rest = self._squares[own] - 2 * dots[own] + 1  # |sum - p|² = |sum|² - 2 sum·p + 1
            out = (dots[own] - 1) / sqrt(rest) if rest > 1e-6 else 0.0
        cosines = [dot / sqrt(square) if dot else 0.0 for dot, square in zip(dots, self._squares, strict=True)]
        if own >= 0:
            cosines[own] = max(0.0, out)
        return cosines

    def _vector(self, counts: Mapping[str, float]) -> Vector:
        idf, unseen = self._idf, self._unseen
        weights = {
            key: (count if count <= 1 else 1 + log(count)) * idf.get(key, unseen) for key, count in counts.items()
        }
        length = sqrt(sum(weight * weight for weight in weights.values()))
        return {key: weight / length for key, weight in weights.items()} if length else {}


def _rarity(size: int, count: int) -> float:
    """How rare is what occurs in `count` of `size` phrases: the logarithm of the odds against it, about."""
    return log(1 + max(size, 1) / (count + 0.5))


def grams(found: Sequence[str]) -> Iterator[str]:
    """The character n-grams of the words joined by blanks, so that they bridge merged and split words."""
    text = f" {' '.join(found)} "
    for size in GRAMS:
        for start in range(len(text) - size + 1):
            yield text[start : start + size]


def _texts(topic: Topic) -> Iterator[tuple[str, str]]:
    """A topic's texts with their kind. `tests` are left out: they are questions kept back to prove the index."""
    yield "name", topic.title
    for alias in topic.aliases:
        yield "name", alias
    for question in topic.questions:
        yield "question", question
    yield "summary", topic.summary
    yield "details", topic.details
    for item in topic.items:
        yield "quiz", item.ask
        yield "quiz", item.explain
