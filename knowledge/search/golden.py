"""Golden questions: what learners ask and must be led to, and what must not be answered as if the base covered it.

A topic's `tests` must find the topic, a concept that is part of it, or what it is part of itself; a question of a file
one of the topics that it names, or a concept that is part of one. To be offered is enough. What is out of scope may be
offered something, but never be answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from knowledge.draft import Draft
from knowledge.errors import Problem
from knowledge.model import Found, Library, Topic
from knowledge.search.evaluate import Outcome
from knowledge.search.questions import QuestionFile

QUOTED = 60  # characters of a question in a message
_MEND = "word its questions more like this, or expect another topic; `tutor ask … --explain` shows the evidence"
_REFUSE = "tell the topic's questions apart from it; `tutor ask … --explain` shows the evidence"


def ask_topics(library: Library, drafts: Sequence[Draft]) -> Iterator[Problem]:
    """A warning for each of the topics' own tests that does not lead where it must.

    Args:
        library: the base, searchable.
        drafts: what it was made from, for the places of the tests.
    """
    for draft in drafts:
        topic = library.topics[draft.id]
        for n, test in draft.each("tests"):
            found = library.find(test)
            if wrong := _wrong(test, found, _leads(topic, found), topic.id):
                yield draft.sheet.problem(*wrong, ("tests", n), help=_MEND, severity="warning")


def ask_file(library: Library, file: QuestionFile) -> Iterator[Problem]:
    """A warning for each question of a file that does not lead where it must, or is answered and must not be."""
    for question in file.questions:
        found = library.find(question.text)
        outcome = Outcome(question, found, 0.0)
        if question.expect:
            wanted = " or ".join(sorted(question.expect))
            if wrong := _wrong(question.text, found, outcome.right(), wanted):
                yield file.warning(*wrong, question, _MEND)
        elif outcome.missed:
            message = f"{_quoted(question.text)} is answered with {_first(found)}: it is out of scope"
            yield file.warning("golden-answered", message, question, _REFUSE)


def _leads(topic: Topic, found: Found) -> bool:
    best = found.matches[0] if found.matches else None
    return best is not None and (topic.id in (best.id, best.part_of) or best.id == topic.part_of)


def _wrong(text: str, found: Found, right: bool, wanted: str) -> tuple[str, str] | None:
    """Code and message where a question in scope does not lead to the topic wanted, or does so too unsurely."""
    if not right:
        return "golden-missed", f"{_quoted(text)} leads to {_first(found)}, not to {wanted}"
    if found.decision == "unknown":
        return "golden-declined", f"{_quoted(text)} is declined: {_first(found)} comes first, but too unsurely"
    return None


def _first(found: Found) -> str:
    if not found.matches:
        return "nothing"
    return f"{found.matches[0].id} ({found.decision}, {found.confidence:.2f})"


def _quoted(text: str) -> str:
    return f'"{text[:QUOTED]}{"…" * (len(text) > QUOTED)}"'
