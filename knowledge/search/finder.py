"""The stages in order: normalise, names, repair, evidence, fusion, decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from knowledge.model import Decision, Found, Library, Match
from knowledge.search import fusion
from knowledge.search.arrays import Floats
from knowledge.search.evidence import Looked, Scales
from knowledge.search.fusion import AGAINST, LEXICAL, MEANT, Scored
from knowledge.search.language import Language
from knowledge.search.learn import Weights
from knowledge.search.normalise import words
from knowledge.search.repair import Repairer, Repairs
from knowledge.search.shape import Shape, shape
from knowledge.search.trace import Seen, Trace, Why

MATCHES, SHOWN = 5, 3
NAMED, NAMED_AFTER_REPAIR = 0.99, 0.95  # confidence of a name, as typed and once repaired
NAMED_PERHAPS = 0.6  # where another word may have been meant than the repaired one
FOLLOWED, ADRIFT = 0.65, 0.4  # of "tell me more" after a topic, and after none
ANSWER, SUGGEST = 0.65, 0.2  # confidence from which to answer, and to offer choices
SURE = 0.9  # from letters and words alone: the model need not be asked
NO_REPAIRS: Repairs = ()
SHAPELESS = Shape(0.0, False, False)
STAGES = ("names", "repair", *MEANT, *LEXICAL, "against", "shape", "fit", "sure")


class Meaning(Protocol):
    """A model of meaning: see `knowledge.search.meaning.Encoder`."""

    @property
    def name(self) -> str:
        """What tells its vectors from another model's."""
        ...

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        ...

    def embed(self, text: str) -> NDArray[np.float32]:
        """The meaning of `text`: (dimensions,), unit length; zeros where it has none."""
        ...


@dataclass(slots=True)
class _Run:
    """One question on its way through the stages."""

    asked: Sequence[str]
    said: Sequence[str]
    named: Sequence[int]
    sure: float
    formed: Shape
    lean: Floats
    looked: Looked
    evidence: Floats
    weights: Weights
    ranked: list[Scored]
    against: Floats
    spent: dict[str, float]
    repairs: Repairs


class Finder:
    """Finds the topics that a question is about, in one library. Safe to call from any thread.

    Args:
        library: what is searched.
        language: of the library.
        scales: its evidence.
        repairer: its spelling.
        lexical: what was learned for letters and words alone.
        full: what was learned with the model; None without one.
        meaning: the model, or None.
        off: stages of `STAGES` to leave out, to measure what they contribute.
    """

    def __init__(
        self,
        library: Library,
        language: Language,
        scales: Scales,
        repairer: Repairer,
        lexical: Weights,
        full: Weights | None,
        meaning: Meaning | None,
        off: frozenset[str] = frozenset(),
    ) -> None:
        self._topics = tuple(library.topics.values())
        self._numbers = {topic.id: number for number, topic in enumerate(self._topics)}
        self._moved = library.moved_topics
        self._language = language
        self._scales = scales
        self._repairer = repairer
        self._meaning = meaning
        self._off = off
        self.lexical = lexical
        self.full = full

    def __call__(self, question: str, last: str | None = None) -> Found:
        """Look `question` up. See `knowledge.model.Find`."""
        run = self._run(question, last)
        return self._decided(question, run, last)[0]

    def explain(self, question: str, last: str | None = None) -> Trace:
        """Look `question` up, and tell how."""
        run = self._run(question, last)
        found, why = self._decided(question, run, last)
        model = run.weights is self.full
        names = (*MEANT, *LEXICAL) if model else LEXICAL
        seen = []
        for match in found.matches[:SHOWN]:
            number = self._numbers[match.id]
            parts = dict(zip(names, (run.evidence[number] * run.weights.choice.topic).tolist(), strict=True))
            parts["leaning"] = float(run.lean[number])
            seen.append(Seen(match.id, match.score, parts))
        counts = run.against * run.weights.choice.none
        against = dict(zip(AGAINST, counts.tolist(), strict=True)) if run.ranked else {}
        return Trace(
            found=found,
            why=why,
            words=tuple(run.asked),
            repairs=run.repairs,
            shape=tuple(_shapes(run.formed)),
            named=tuple(self._topics[number].id for number in run.named),
            seen=tuple(seen),
            against=against,
            spent=run.spent,
            model=model,
            has_model=self.full is not None,
        )

    def _run(self, question: str, last: str | None) -> _Run:
        spent: dict[str, float] = {}
        began = perf_counter()

        def lap(stage: str) -> None:
            nonlocal began
            now = perf_counter()
            spent[stage] = spent.get(stage, 0.0) + (now - began) * 1000
            began = now

        asked = words(question, self._language)
        lap("normalise")
        named = self._named(asked, guess=False)
        said, sure, repairs = asked, NAMED, NO_REPAIRS
        lap("names")
        if not named and "repair" not in self._off:
            said, repairs = self._repairer.repairs(asked)
            lap("repair")
            if said != asked:
                # among real words a near name is no misspelling: "data equality" is not Data Quality
                named = self._named(said, guess=not all(map(self._repairer.known, said)))
                sure = NAMED_AFTER_REPAIR if self._repairer.certain(repairs) else NAMED_PERHAPS
                lap("names")
        formed = shape(said, self._language) if "shape" not in self._off else SHAPELESS
        before = self._before(last)
        looked = self._scales.look(said)
        lean = fusion.leanings(self._scales.families, formed, before, self._scales.rivals(looked))
        lap("shape")
        evidence, weights = self._scales.lexical(looked), self.lexical
        ranked, against = self._choose(looked, evidence, weights, lean)
        lap("letters and words")
        if self.full is not None and self._meaning is not None and ranked and not named:
            doubt = self.lexical.confidence(ranked[0].family) < SURE or "sure" in self._off
            if doubt:
                vector = self._meaning.embed(" ".join(said))
                lap("model")
                if vector.any():  # not where a text has no word, or the model could not be loaded
                    evidence, weights = self._scales.all(looked, vector), self.full
                    ranked, against = self._choose(looked, evidence, weights, lean)
                lap("meaning")
        ranked = ranked if said else []
        return _Run(asked, said, named, sure, formed, lean, looked, evidence, weights, ranked, against, spent, repairs)

    def _decided(self, question: str, run: _Run, last: str | None) -> tuple[Found, Why]:
        ranked, before = run.ranked, self._before(last)
        confidence = run.weights.confidence(ranked[0].family) * self._scales.weight(run.said) if ranked else 0.0
        why: Why | None = "empty" if not run.said else None
        if run.named:
            first = [Scored(topic, 1.0, 1.0) for topic in run.named]
            ranked = first + [scored for scored in ranked if scored.topic not in run.named]
            confidence, why = run.sure, "named" if run.sure == NAMED else "named after repair"
        elif run.formed.elliptical and before is not None and confidence < FOLLOWED:
            ranked = [Scored(before, 1.0, 1.0)] + [scored for scored in ranked if scored.topic != before]
            confidence, why = FOLLOWED, "follow-up"
        elif run.formed.elliptical and before is None and confidence > ADRIFT:
            confidence, why = ADRIFT, "adrift"
        decision = _decide(confidence)
        if decision == "unknown" and ranked and run.looked.named[ranked[0].topic]:
            decision = "suggest"  # its name stands in the question, be it among words of another language
            why = "mentioned"
        if decision != "answer" and run.formed.leaning and before is not None:
            at = next((n for n, scored in enumerate(ranked) if scored.topic == before), len(ranked))
            if at >= SHOWN:  # "and how do I test it": the last topic is among the choices
                ranked = [*ranked[: SHOWN - 1], Scored(before, 0.0, 0.0)]
            if decision == "unknown":
                decision, why = "suggest", "leaning"
        found = Found(
            question=question,
            decision=decision,
            confidence=round(confidence, 6),
            matches=tuple(
                Match(self._topics[s.topic].id, round(min(1.0, s.probability), 6), self._topics[s.topic].part_of)
                for s in ranked[:MATCHES]
            ),
            repaired=" ".join(run.said) if run.said != run.asked else "",
        )
        return found, why or _why(decision)

    def _before(self, last: str | None) -> int | None:
        return self._numbers.get(self._moved.get(last, last)) if last is not None else None

    def _named(self, said: Sequence[str], guess: bool) -> list[int]:
        return self._scales.names.named(said, guess) if "names" not in self._off else []

    def _choose(self, looked: Looked, evidence: Floats, weights: Weights, lean: Floats) -> tuple[list[Scored], Floats]:
        """The likeliest topics, and what speaks against the first of them in the order of `AGAINST`."""
        utilities = np.where(evidence.any(axis=1), weights.choice.utilities(evidence), -np.inf)
        if not np.isfinite(utilities).any():
            return [], np.zeros(len(AGAINST))
        against = self._scales.against(looked, int(np.argmax(utilities + lean)))
        outside = weights.choice.outside(against)
        return fusion.rank(utilities, outside, lean, self._scales.families, MATCHES), against


def _decide(confidence: float) -> Decision:
    return "answer" if confidence >= ANSWER else "suggest" if confidence >= SUGGEST else "unknown"


def _why(decision: Decision) -> Why:
    return "sure" if decision == "answer" else "unsure" if decision == "suggest" else "nothing near"


def _shapes(formed: Shape) -> list[str]:
    named = (("career", bool(formed.career)), ("leaning", formed.leaning), ("elliptical", formed.elliptical))
    return [name for name, recognised in named if recognised]
