"""Teaching a base to find what learners ask: one more phrase for a topic, and what else that would change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from knowledge.assembly import assemble
from knowledge.errors import TutorError
from knowledge.format import TOPIC
from knowledge.model import FOLDERS, Found, Library, Topic
from knowledge.names import nearest_topic, normalise_name
from knowledge.search.evaluate import Question
from knowledge.workshop import edit

Role = Literal["questions", "aliases", "tests"]
ROLES: tuple[Role, ...] = ("questions", "aliases", "tests")
ORDER = tuple(TOPIC.keys)


class LessonError(TutorError):
    """A phrase cannot be taught so; nothing was written."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A phrase that is to lead to a topic: as one of its questions, as a name, or as a test of search."""

    phrase: str
    topic: str
    role: Role = "questions"


@dataclass(frozen=True, slots=True)
class Move:
    """A question that is answered otherwise after a lesson."""

    question: str
    before: Found
    after: Found


def lesson(library: Library, phrase: str, topic: str, role: Role = "questions") -> Lesson:
    """The lesson, checked against the library.

    Raises:
        LessonError: there is no such topic, or the phrase is one of a topic's already.
    """
    phrase = " ".join(phrase.split())
    found = library.topic(topic) or next((t for t in library.topics.values() if t.id.split("/")[1] == topic), None)
    if found is None:
        meant = nearest_topic(topic, library.topics)
        raise LessonError(f"there is no topic {topic}" + (f': did you mean "{meant}"?' if meant else ""))
    if found.kind == "path":
        raise LessonError(f"{found.id} is a path: teach one of its steps")
    folded = normalise_name(phrase)
    if not folded:
        raise LessonError("there is no word in it to learn")
    owner = library.names.get(folded)
    if owner is not None and (owner != found.id or role == "aliases"):
        raise LessonError(f'"{phrase}" is a name of {owner} already')
    for other in library.topics.values():
        for known in ROLES[::2]:
            if folded in map(normalise_name, getattr(other, known)):
                raise LessonError(f'"{phrase}" is among the {known} of {other.id} already')
    return Lesson(phrase, found.id, role)


def taught(library: Library, lessons: Sequence[Lesson]) -> Library:
    """The library as if it had the lessons; it cannot be searched yet."""
    topics = dict(library.topics)
    for one in lessons:
        topic = topics[one.topic]
        known = (*getattr(topic, one.role), one.phrase)
        match one.role:
            case "questions":
                topics[one.topic] = replace(topic, questions=known)
            case "aliases":
                topics[one.topic] = replace(topic, aliases=known)
            case "tests":
                topics[one.topic] = replace(topic, tests=known)
    return assemble(library.base, list(topics.values()))


def moves(before: Callable[[str], Found], after: Callable[[str], Found], questions: Sequence[str]) -> Iterator[Move]:
    """The questions that lead elsewhere, or are answered, offered or declined otherwise."""
    for question in dict.fromkeys(questions):
        old, new = before(question), after(question)
        if (old.decision, _first(old)) != (new.decision, _first(new)):
            yield Move(question, old, new)


def near(library: Library, phrase: str) -> Iterator[str]:
    """Questions that a lesson might lead astray: those of the topics that the phrase finds now."""
    for match in library.find(phrase).matches:
        topic = library.topics[match.id]
        yield from (topic.title, *topic.questions)


def owners(library: Library, golden: Sequence[Question]) -> dict[str, frozenset[str]]:
    """What may answer each question that the base holds or is tried with; nothing, for one that is out of scope."""
    found = {question.text: question.expect for question in golden}
    for topic in library.topics.values():
        for text in (topic.title, *topic.questions, *topic.tests):
            found[text] = found.get(text, frozenset()) | {topic.id}
    return found


def harm(found: Sequence[Move], owned: Mapping[str, frozenset[str]]) -> str:
    """Why a lesson must not be taught: it takes a question from its topic, or answers one out of scope. "" if neither.

    To be less sure of the right topic is shown to curators, and is no reason here.
    """
    for move in found:
        if move.question not in owned:
            continue
        expect, question = owned[move.question], " ".join(move.question.split())
        if not expect and move.before.decision != "answer" and move.after.decision == "answer":
            return f'it would answer "{question}", which is out of scope'
        if _leads(move.before, expect) and move.before.decision == "answer" and not _leads(move.after, expect):
            return f'it would take "{question}" from {_first(move.before)}'
    return ""


def _leads(found: Found, expect: frozenset[str]) -> bool:
    return bool(found.matches and ({found.matches[0].id, found.matches[0].part_of} & expect))


def path_of(topic: Topic) -> str:
    """Where a topic's file belongs in its base."""
    return f"{FOLDERS[topic.kind]}/{topic.id.split('/')[1]}.yaml"


def written(folder: Path, library: Library, lessons: Sequence[Lesson]) -> dict[str, str]:
    """The files of the base with the lessons in them, by path; nothing is written here.

    Raises:
        LessonError: a topic's file is not where it belongs.
        EditError: a file is written in a way that cannot be changed safely.
    """
    texts: dict[str, str] = {}
    for one in lessons:
        path = path_of(library.topics[one.topic])
        if path not in texts:
            try:
                texts[path] = (folder / path).read_bytes().decode()
            except (OSError, UnicodeDecodeError):
                raise LessonError(f"{folder / path} cannot be read: is the file named after its topic?") from None
        texts[path] = edit.append(texts[path], one.role, one.phrase, ORDER)
    return texts


def _first(found: Found) -> str:
    return found.matches[0].id if found.matches and found.decision != "unknown" else ""
