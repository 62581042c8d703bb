"""The inverted index and the lexical evidence it gives.

Contributes: for each topic that shares anything with the question, how like the question all of its phrases taken
together are (cosine of TF-IDF over character n-grams that run across words), how like everything it says (the same,
over stems), and how much of the question its texts cover. The centroid of a topic's phrases beat its nearest phrase by
9 points top-1 on CLINC150 and 3 on BANKING77, n-grams across words beat those within words by 4 and 3. Postings are of
topics, not of phrases: the cost grows with what a question shares with the base.

Their shares, in points of top-1 lost without them on the shipped base's golden questions, as they are and misspelled:
letters 0.3 and 1.6, texts 0.2 and 0.8, coverage 1.6 and 2.2; on CLINC150 and BANKING77, where the model carries more,
0.5 at most.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from knowledge.model import Library, Topic
from knowledge.progress import Progress, told
from knowledge.search.arrays import Floats
from knowledge.search.counts import Counts, letters, numbered, together
from knowledge.search.language import Language
from knowledge.search.normalise import Reader, stem
from knowledge.search.space import Postings, Space, Topics, postings, rarity, space

GRAMS = (3, 4)  # characters; 2-5 was no better
STOP_RARITY, FRAME_RARITY = 0.1, 0.2  # what function and frame words count when asking how much is covered
PhraseKind = Literal["name", "question", "said"]
BODY = {
    "name": 1.0,
    "question": 1.0,
    "summary": 1.0,
    "details": 0.7,
    "ask": 0.5,
    "explain": 0.5,
}  # a stem's weight by where it stands
DOUBT = 1.0  # what a rare word says, added to what the question says: one word that a text holds by chance covers half
SAID = ("summary", "ask")  # texts whose sentences count for meaning
_SENTENCE = re.compile(r"(?<=[.!?:;])\s+")
SATURATION = 0.6  # a stem of weight w covers w / (w + SATURATION): once in a title 0.63, in title and summary 0.77


@dataclass(frozen=True, slots=True)
class Phrase:
    """A title or alias, a way to ask, or a sentence that a topic says of itself, as words.

    `topic` counts in library order. What is said only counts for meaning.
    """

    topic: int
    words: tuple[str, ...]
    kind: PhraseKind


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the letters and words of a question say for each topic: three arrays (topics,), each value in 0..1.

    `letters`: cosine of the question to all the topic's phrases; `texts`: to everything the topic says, by stems;
    `covered`: share of the question's weight that the topic's texts hold.
    """

    letters: Floats
    texts: Floats
    covered: Floats


@dataclass(frozen=True, slots=True)
class Foreign:
    """What of a question belongs elsewhere, as shares of its substance, 0..1 each.

    `unheard`: words of the language that no text of the base holds; `elsewhere`: words that only other topics hold;
    `unknown`: words that nobody knows.
    """

    unheard: float
    elsewhere: float
    unknown: float


@dataclass(frozen=True, slots=True)
class Index:
    """Postings over the phrases and texts of a library.

    `phrases` are the ways to ask, ascending by topic; `surfaces` how often each word stands in the base, as written;
    `spread` the rarity of each stem among the phrases, 0..1; `frames` words that wrap a question around its subject.
    """

    language: Language
    frames: frozenset[str]
    phrases: Sequence[Phrase]
    surfaces: Mapping[str, int]
    spread: Mapping[str, float]
    letters: Space
    texts: Space
    body: Postings

    def look(self, found: Sequence[str]) -> Evidence:
        """The lexical evidence for every topic, for a question's words."""
        stems = Counter(stem(word) for word in found)
        covered, total = np.zeros(len(self.texts.squares)), 0.0
        for word in dict.fromkeys(found):
            weight = self.rarity(word)
            total += weight
            topics, held = self.body.of(stem(word))
            covered[topics] += weight * held / (held + SATURATION)
        return Evidence(
            self.letters.cosines(Counter(grams(found))),
            self.texts.cosines(stems),
            covered / (total + DOUBT),
        )

    def look_without(self, phrase: Phrase) -> Evidence:
        """The lexical evidence for a phrase of the base, as if the base did not have it (the rarity of words apart)."""
        own = phrase.topic
        evidence = self.look(phrase.words)
        stems = Counter(stem(word) for word in phrase.words)
        rest = {root: weight - stems[root] for root, weight in self._said_by(own).items() if weight > stems[root]}
        evidence.texts[own] = self.texts.alike(stems, rest)
        weighed = [(self.rarity(word), rest.get(stem(word), 0.0)) for word in dict.fromkeys(phrase.words)]
        total = sum(weight for weight, _ in weighed)
        covered = sum(weight * left / (left + SATURATION) for weight, left in weighed)
        evidence.covered[own] = covered / (total + DOUBT)
        return Evidence(self.letters.cosines(Counter(grams(phrase.words)), own), evidence.texts, evidence.covered)

    def rarity(self, word: str) -> float:
        """How much a word says, 0..1: its rarity among the base's phrases times its rarity in the language."""
        if word in self.language.stops:
            return STOP_RARITY
        if word in self.frames or len(word) == 1:
            return FRAME_RARITY
        return self.spread.get(stem(word), 1.0) * self.language.bands.get(word, 1.0)

    def substance(self, found: Sequence[str]) -> float:
        """How much a question says: the rarities of its words together."""
        return sum(self.rarity(word) for word in dict.fromkeys(found))

    def foreign(self, found: Sequence[str], topics: Collection[int]) -> Foreign:
        """How much of what a question says belongs elsewhere than to these topics.

        A real word that no text of the base holds hints that the words it does hold are meant otherwise ("security
        camera"); one that only other topics hold, that another topic is meant; a word that nobody knows is as likely a
        misspelling.
        """
        unheard = elsewhere = unknown = 0.0
        for word in dict.fromkeys(found):
            holders, _ = self.body.of(stem(word))
            if not len(holders):
                if word in self.language.bands:
                    unheard += self.rarity(word)
                else:
                    unknown += self.rarity(word)
            elif not any(_among(topic, holders) for topic in topics):
                elsewhere += self.rarity(word)
        total = self.substance(found) or 1.0
        return Foreign(unheard / total, elsewhere / total, unknown / total)

    def _said_by(self, topic: int) -> dict[str, float]:
        """The weight of each stem in all of a topic's texts. Slow: for building only."""
        names = list(self.body.rows)
        rows = np.flatnonzero(self.body.topics == topic)
        keys = np.searchsorted(self.body.ends, rows, side="right") - 1
        return {
            names[key]: float(self.body.weights[row]) for key, row in zip(keys.tolist(), rows.tolist(), strict=True)
        }


def build(library: Library, language: Language, progress: Progress | None = None) -> Index:
    """The index of a library; `progress` hears how far it is."""
    read = _Texts(language)
    for topic in told(tuple(library.topics.values()), "Preparing search, topics", progress):
        read.take(topic)
    asked = [phrase for phrase in read.phrases if phrase.kind != "said"]
    run_on = [_run_on(phrase.words) for phrase in told(asked, "Preparing search, phrases", progress)]
    careers = any(topic.kind == "career" for topic in library.topics.values())
    held, surfaces = read.stems()
    size = len(library.topics)
    return Index(
        language=language,
        frames=language.frames | (language.careers if careers else frozenset()),
        phrases=read.phrases,
        surfaces=surfaces,
        spread=_spread(asked),
        letters=space(letters(run_on, GRAMS), [phrase.topic for phrase in asked], size),
        texts=space(held, range(size), size),
        body=postings(held),
    )


def grams(found: Sequence[str]) -> list[str]:
    """The character n-grams of the words joined by blanks, so that they bridge merged and split words."""
    text = _run_on(found)
    return [text[start : start + size] for size in GRAMS for start in range(len(text) - size + 1)]


def _run_on(found: Sequence[str]) -> str:
    return f" {' '.join(found)} "


def _spread(asked: Sequence[Phrase]) -> dict[str, float]:
    """How rare each stem is among the phrases, 0..1."""
    keys, heard = numbered([word for phrase in asked for word in phrase.words])
    roots, names = numbered([stem(word) for word in heard])
    phrases = np.repeat(np.arange(len(asked)), [len(phrase.words) for phrase in asked])
    held = together(phrases, roots[keys], np.ones(len(keys)), names, len(asked))
    in_how_many = np.bincount(held.keys, minlength=len(names)).tolist()
    never = rarity(len(asked), 0)
    return {root: rarity(len(asked), count) / never for root, count in zip(names, in_how_many, strict=True)}


def _among(topic: int, ascending: Topics) -> bool:
    at = int(np.searchsorted(ascending, topic))
    return at < len(ascending) and int(ascending[at]) == topic


class _Texts:
    """The texts of one topic after the other: the phrases among them, and the words of all."""

    def __init__(self, language: Language) -> None:
        self.phrases: list[Phrase] = []
        self._words = Reader(language)
        self._said: list[str] = []  # the words of all texts
        self._of: list[int] = []  # of each text: its topic, its weight, how many words it has
        self._weights: list[float] = []
        self._lengths: list[int] = []
        self._topics = 0

    def take(self, topic: Topic) -> None:
        """Read one more topic, the next in library order."""
        seen: set[tuple[str, ...]] = set()
        for kind, text in _texts(topic):
            found = self._words(text)
            self._said += found
            self._of.append(self._topics)
            self._weights.append(BODY[kind])
            self._lengths.append(len(found))
            if kind == "name":
                self._take(tuple(found), "name", seen)
            elif kind == "question":
                self._take(tuple(found), "question", seen)
            elif kind in SAID:
                for sentence in _SENTENCE.split(text):
                    self._take(tuple(self._words(sentence)), "said", seen)
        self._topics += 1

    def _take(self, found: tuple[str, ...], kind: PhraseKind, seen: set[tuple[str, ...]]) -> None:
        if found and found not in seen:
            seen.add(found)
            self.phrases.append(Phrase(self._topics, found, kind))

    def stems(self) -> tuple[Counts, dict[str, int]]:
        """The weight of each stem in all the texts of each topic; and how often each word stands in the base."""
        keys, heard = numbered(self._said)
        roots, names = numbered([stem(word) for word in heard])
        topics = np.repeat(np.array(self._of, np.int64), self._lengths)
        weights = np.repeat(np.array(self._weights, np.float64), self._lengths)
        held = together(topics, roots[keys], weights, names, self._topics)
        return held, dict(zip(heard, np.bincount(keys).tolist(), strict=True))


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
        yield "ask", item.ask
        yield "explain", item.explain
