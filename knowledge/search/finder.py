"""The stages in order: normalise, names, repair, evidence, fusion, confidence, decision."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.model import Decision, Found, Library, Match
from knowledge.search.calibrate import ANSWER, SUGGEST, Sample, fit
from knowledge.search.fusion import Fusion, Scored
from knowledge.search.index import Index, Phrase
from knowledge.search.language import language
from knowledge.search.names import NameBook
from knowledge.search.normalise import words
from knowledge.search.repair import Repairer
from knowledge.search.shape import Shape, shape

MATCHES = 5
NAMED, NAMED_AFTER_REPAIR = 0.99, 0.95  # confidence of a name, as typed and once repaired
FOLLOWED, ADRIFT = 0.6, 0.4  # of "tell me more" after a topic, and after none
SUBSTANCE = 0.5  # a question that says less than five function words do can't be sure
SAMPLES = 60  # phrases asked at build to calibrate; more move the curve little and cost build time
ODDS = {"near": 0.25, "far": 0.25}  # assumed share of uncovered questions, near the domain and far from it


class Finder:
    """Finds the topics that a question is about, in one library. Build once; safe to call from any thread."""

    def __init__(self, library: Library) -> None:
        self._topics = tuple(library.topics.values())
        self._numbers = {topic.id: number for number, topic in enumerate(self._topics)}
        self._moved = library.moved_topics
        self._language = language(library.base.language)
        self._index = Index(library, self._language)
        self._names = NameBook(library, self._language)
        self._repairer = Repairer(self._index.surfaces, self._names.vocabulary, self._language)
        self._fusion = Fusion(library, self._index)
        self.calibration = fit(self._samples())

    def __call__(self, question: str, last: str | None = None) -> Found:
        """Look `question` up. See `knowledge.model.Find`."""
        asked = words(question, self._language)
        before = self._numbers.get(self._moved.get(last, last)) if last is not None else None
        named = self._names.named(asked, guess=False)
        said, sure = asked, NAMED
        if not named:
            said = self._repairer.repair(asked)
            if said != asked:
                named, sure = self._names.named(said, guess=True), NAMED_AFTER_REPAIR
        formed = shape(said, self._language)
        ranked = self._rank(said, formed, before)
        if named:
            ranked = [Scored(topic, 1.0, 1.0) for topic in named] + [s for s in ranked if s.topic not in named]
            confidence = sure
        else:
            confidence = self.calibration.confidence(self._raw(said, ranked))
            if formed.elliptical and before is not None and confidence < FOLLOWED:
                ranked = [Scored(before, 1.0, 1.0)] + [s for s in ranked if s.topic != before]
                confidence = FOLLOWED
            elif formed.elliptical and before is None:
                confidence = min(confidence, ADRIFT)
        return Found(
            question=question,
            decision=_decide(confidence) if ranked else "unknown",
            confidence=round(confidence, 6) if ranked else 0.0,
            matches=tuple(
                Match(self._topics[s.topic].id, round(min(1.0, s.score), 6), self._topics[s.topic].part_of)
                for s in ranked[:MATCHES]
            ),
            repaired=" ".join(said) if said != asked else "",
        )

    def _rank(
        self, said: Sequence[str], formed: Shape | None, last: int | None, without: Phrase | None = None
    ) -> list[Scored]:
        return self._fusion.rank(said, self._index.look(said, without), self._names.mentions(said), formed, last)

    def _raw(self, said: Sequence[str], ranked: Sequence[Scored]) -> float:
        """How much speaks for the best match: its evidence and its lead over other families, less what is foreign.

        What a question merely leans to decides the order, never how sure Tutor is.
        """
        if not ranked:
            return 0.0
        best = ranked[0]
        family = self._fusion.family
        rival = max((s.evidence for s in ranked if family[s.topic] != family[best.topic]), default=0.0)
        relatives = self._fusion.relatives[family[best.topic]]
        substance = min(1.0, self._index.substance(said) / SUBSTANCE)
        return (
            (best.evidence + max(0.0, best.evidence - rival)) * (1.0 - self._index.foreign(said, relatives)) * substance
        )

    def _samples(self) -> list[Sample]:
        """Questions of known outcome from the base itself, weighted so that `ODDS` of them are not covered."""
        family = self._fusion.family
        known: list[tuple[float, bool]] = []
        near: list[float] = []
        for phrase in _spread(self._index.phrases, SAMPLES):
            ranked = self._rank(phrase.words, shape(phrase.words, self._language), None, phrase)
            right = bool(ranked) and family[ranked[0].topic] == family[phrase.topic]
            known.append((self._raw(phrase.words, ranked), right))
            near.append(self._raw(phrase.words, [s for s in ranked if family[s.topic] != family[phrase.topic]]))
        far: list[float] = []
        for line in self._language.probes if known else ():
            said = words(line, self._language)
            far.append(self._raw(said, self._rank(said, shape(said, self._language), None)))
        size = len(known)
        inside = 1.0 - sum(ODDS.values())
        return (
            [Sample(raw, right, inside * 2) for raw, right in known]
            + [Sample(raw, False, ODDS["near"] * 2) for raw in near]
            + [Sample(raw, False, ODDS["far"] * 2 * size / len(far)) for raw in far]
        )


def _decide(confidence: float) -> Decision:
    return "answer" if confidence >= ANSWER else "suggest" if confidence >= SUGGEST else "unknown"


def _spread(phrases: Sequence[Phrase], size: int) -> list[Phrase]:
    """At most `size` phrases, evenly from the whole base: questions if there are enough, for names are too easy."""
    questions = [phrase for phrase in phrases if not phrase.name]
    pool = questions if len(questions) >= size // 2 else list(phrases)
    step = max(1.0, len(pool) / size)
    return [pool[int(i * step)] for i in range(min(size, len(pool)))]
