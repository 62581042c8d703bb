"""`tutor ask QUESTION --explain`: how a question was looked up, and why it was answered, or was not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.cli.columns import aligned, one_line, wrapped
from knowledge.model import Decision, Library
from knowledge.search.finder import ANSWER, SUGGEST, Finder
from knowledge.search.trace import Trace, Why

LABEL = 11  # columns of a line's label
SHOWN_MAX = 300  # characters of a question, or of its words
LOG_ODDS = (
    "Evidence counts in log odds: 1 more is 2.7 times as likely. The score is a topic's probability; the decision goes "
    "by that of its family, the topic with what it is part of."
)
HEADS: Mapping[Decision, str] = {"answer": "Answered", "suggest": "Suggested", "unknown": "Declined"}
REASONS: Mapping[Why, str] = {
    "named": "the question names {named}; ",
    "named after repair": "once repaired, the question names {named}; ",
    "follow-up": "it says no more than “it”, so the last topic is meant; ",
    "adrift": "it says no more than “it”, and there is no topic before it; ",
    "sure": "",
    "unsure": "",
    "mentioned": "its name stands in the question; ",
    "leaning": "it says “it”, so the last topic may be meant; ",
    "nothing near": "",
    "empty": "there is no word in it to look up.",
}
STAGES: Mapping[str, str] = {  # what fusion calls its evidence, in words for people
    "together": "meaning, all phrases",
    "nearest": "meaning, nearest phrase",
    "letters": "spelling",
    "texts": "words of its texts",
    "covered": "words it covers",
    "mentions": "names mentioned",
    "leaning": "shape and last topic",
    "always": "to begin with",
    "unheard": "words the base lacks",
    "elsewhere": "words of other topics",
    "unknown": "words nobody knows",
    "alone": "a name among foreign words",
    "addressed": "asks for what is yours",
}
SHAPES: Mapping[str, str] = {
    "career": "may ask about a job",
    "leaning": "leans on the topic before",
    "elliptical": "says nothing of its own",
}


def explained(library: Library, question: str) -> Trace:
    """How a searchable library looks the question up."""
    find = library.find
    if not isinstance(find, Finder):
        raise TypeError("only the finder of knowledge.search can explain itself")
    return find.explain(question)


def described(trace: Trace) -> str:
    """The explanation as text: the question, the evidence in a table, and the decision."""
    lines = [line for label, text in _notes(trace) for line in wrapped(label, text, LABEL)]
    if trace.seen:
        lines += ["", *_table(trace)]
    against = [[STAGES.get(what, what), _figure(value)] for what, value in trace.against.items() if value]
    if against:
        against.append(["in all", _figure(sum(trace.against.values()))])
        lines += ["", "Against", *aligned(against)]
    if trace.seen or against:
        lines += ["", *wrapped("", LOG_ODDS, 0)]
    if trace.spent:
        spent = [f"{stage} {ms:.2f}" for stage, ms in trace.spent.items()]
        lines += ["", *wrapped("Time", f"{sum(trace.spent.values()):.2f} ms: {', '.join(spent)}", LABEL)]
    lines += ["", *wrapped("", decided(trace), 0)]
    return "\n".join(lines) + "\n"


def decided(trace: Trace) -> str:
    """One sentence: what search decided and why, with the thresholds that the engine has."""
    found = trace.found
    reason = REASONS[trace.why].format(named=" and ".join(trace.named) or "a topic")
    return f"{HEADS[found.decision]}: {reason}{'' if trace.why == 'empty' else _compared(found.confidence)}"


def record(trace: Trace) -> dict[str, Any]:
    """The explanation for programs; milliseconds and shares as they were measured, to six digits."""
    return {
        "why": trace.why,
        "sentence": decided(trace),
        "words": list(trace.words),
        "repairs": [list(repair) for repair in trace.repairs],
        "shape": list(trace.shape),
        "named": list(trace.named),
        "seen": [{"id": s.topic, "score": round(s.score, 6), "parts": _rounded(s.parts)} for s in trace.seen],
        "against": _rounded(trace.against),
        "spent_ms": _rounded(trace.spent),
        "model": trace.model,
        "answer_from": ANSWER,
        "suggest_from": SUGGEST,
    }


def _notes(trace: Trace) -> Iterator[tuple[str, str]]:
    yield "Question", one_line(trace.found.question, SHOWN_MAX) or "(empty)"
    yield "Words", one_line(" ".join(trace.words), SHOWN_MAX) or "none"
    repairs = ", ".join(f"{typed} → {meant}" for typed, meant in trace.repairs) or trace.found.repaired
    yield "Repaired", one_line(repairs, SHOWN_MAX) or "nothing"
    yield "Shape", ", ".join(SHAPES.get(name, name) for name in trace.shape) or "none"
    yield "Names", ", ".join(trace.named) or "no topic"
    yield "Model", "asked" if trace.model else "not needed" if trace.has_model else "none: searched by words alone"


def _table(trace: Trace) -> list[str]:
    """The first topics, numbered, and what each stage says of them: topics are columns, so that it stays narrow."""
    numbers = [str(n) for n in range(1, len(trace.seen) + 1)]
    topics = [f"{number} {seen.topic}" for number, seen in zip(numbers, trace.seen, strict=True)]
    stages = dict.fromkeys(stage for seen in trace.seen for stage in seen.parts)
    rows = [["Evidence", *numbers]]
    rows += [
        [f"  {STAGES.get(stage, stage)}", *(_figure(seen.parts.get(stage)) for seen in trace.seen)] for stage in stages
    ]
    rows.append(["  in all", *(_figure(sum(seen.parts.values())) for seen in trace.seen)])
    rows.append(["score", *(_figure(seen.score) for seen in trace.seen)])
    first = [line for n, topic in enumerate(topics) for line in wrapped("" if n else "Found", topic, LABEL)]
    return [*first, "", *aligned(rows, indent=0)]


def _compared(confidence: float) -> str:
    """Where a confidence lies among the thresholds, with as many digits as it takes to see that."""
    digits = 2
    while digits < 6 and any(
        (round(confidence, digits) >= threshold) != (confidence >= threshold) for threshold in (ANSWER, SUGGEST)
    ):
        digits += 1
    shown = f"{confidence:.{digits}f}"
    if confidence >= ANSWER:
        return f"{shown} is {_above(confidence, ANSWER)}, from which Tutor answers."
    if confidence >= SUGGEST:
        return (
            f"{shown} is below {ANSWER:g}, from which Tutor answers, and {_above(confidence, SUGGEST)}, "
            "from which it offers choices."
        )
    return f"{shown} is below {SUGGEST:g}, from which Tutor offers choices."


def _above(confidence: float, threshold: float) -> str:
    return f"{'exactly' if confidence == threshold else 'above'} {threshold:g}"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 6) for name, value in values.items()}
