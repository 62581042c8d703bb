"""Files of questions to try a base with: JSON lines for programs, YAML for curators.

A file is read whole, and everything that is wrong with it is told, each problem with its line, as for topics.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from knowledge.errors import Problem
from knowledge.model import Library
from knowledge.names import nearest, nearest_topic, normalise_name
from knowledge.reading import Map, Scalar, Seq, placed
from knowledge.reading import read as read_yaml
from knowledge.search.evaluate import Question

SUFFIXES = (".jsonl", ".yaml")
_LINE = 'write one object a line: {"q": "the question", "expect": ["topic id"], "kind": "typo"}'
_ALSO = {"q": ("q", "question"), "expect": ("expect", "topics")}  # what else people call them
_OUTSIDE = "[] says that the base does not cover it"
_YAML = "write a list of questions that must not be answered, or lines of the form question: topic id"


@dataclass(frozen=True, slots=True)
class QuestionFile:
    """A file that was read: its questions, its lines, and what was wrong with it (errors, and warnings)."""

    path: str
    questions: tuple[Question, ...] = ()
    lines: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    def warning(self, code: str, message: str, question: Question, help: str) -> Problem:
        """A warning placed at a question."""
        return placed("warning", code, message, self.path, self.lines, question.line, question.column, help)


class TopicIds:
    """What the ids in question files mean in one library: full ids, short ones where one topic has it, former ones.

    Capitals do not matter, and "_" is as good as "-": sets made for other programs can be asked as they are.
    """

    def __init__(self, library: Library) -> None:
        self._known = library.topics
        self._full: dict[str, tuple[str, ...]] = {}
        self._short: dict[str, tuple[str, ...]] = {}
        for spelt, id in (*library.moved_topics.items(), *((id, id) for id in library.topics)):
            self._full[_folded(spelt)] = (id,)
        for id in library.topics:
            short = _folded(id.split("/", 1)[1])
            self._short[short] = (*self._short.get(short, ()), id)
        for old, id in library.moved_topics.items():
            self._short.setdefault(_folded(old.split("/", 1)[1]), (id,))

    def meant(self, id: str) -> tuple[str, ...]:
        """The full ids that `id` may mean: one, none where it is unknown, several where it is ambiguous."""
        return (self._full if "/" in id else self._short).get(_folded(id), ())

    def near(self, id: str) -> str:
        """The full id that an unknown `id` was probably meant to be, or ""."""
        if "/" in id:
            return nearest_topic(id, self._known)
        close = nearest(id, (full.split("/", 1)[1] for full in self._known))
        return self.meant(close)[0] if close else ""


def _folded(id: str) -> str:
    kind, slash, slug = id.rpartition("/")
    return f"{kind.casefold()}{slash}{normalise_name(slug.replace('_', ' '))}"


def read_questions(path: str, data: bytes, ids: TopicIds) -> QuestionFile:
    """The questions of one file, YAML if it is named so. Never raises; with errors, some questions may be missing."""
    reader = _Reader(path, ids)
    if path.endswith((".yaml", ".yml")):
        reader.read_yaml(data)
    else:
        reader.read_json_lines(data)
    return reader.done()


class _Wrong(Exception):
    """A line that is no question: code, message, column and help."""


class _Reader:
    """Reads one file."""

    def __init__(self, path: str, ids: TopicIds) -> None:
        self._path = path
        self._ids = ids
        self._lines: list[str] = []
        self._questions: list[Question] = []
        self._problems: list[Problem] = []
        self._unknown: dict[str, list[tuple[int, int]]] = {}  # where each id stands that means no topic, or several

    def done(self) -> QuestionFile:
        """What was read."""
        for id, places in self._unknown.items():
            self._complain(*self._strange(id, len({line for line, _ in places})), *places[0])
        file = QuestionFile(self._path, tuple(self._questions), tuple(self._lines))
        problems = sorted((*self._problems, *_repeated(file)), key=lambda problem: (problem.line, problem.column))
        return replace(file, problems=tuple(problems))

    def read_json_lines(self, data: bytes) -> None:
        """JSON lines; blank ones are skipped, a byte order mark and Windows' line ends do no harm."""
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            self._complain("not-utf-8", "this file is UTF-16", "save it as UTF-8", 0, 0)
            return
        for number, raw in enumerate(data.removeprefix(codecs.BOM_UTF8).split(b"\n"), 1):
            self._lines.append(raw.removesuffix(b"\r").decode(errors="replace"))
            line = self._lines[-1].strip()
            try:
                if line and not (self._questions or self._problems) and line in ("[", "{"):
                    raise _Wrong("json", "this is JSON over several lines", 1, _LINE)
                if line:
                    self._take(_record(_decoded(raw)), number)
            except _Wrong as wrong:
                code, message, column, help = wrong.args
                self._complain(code, message, help, number, column)
                if line in ("[", "{"):
                    return

    def read_yaml(self, data: bytes) -> None:
        """A list of questions out of scope, or a mapping of questions to a topic's id, or to a list of them."""
        sheet = read_yaml(self._path, data)
        self._lines += sheet.lines
        self._problems += sheet.problems
        match sheet.root:
            case Seq(items=items):
                for node in items:
                    if isinstance(node, Scalar) and node.value.strip():
                        self._questions.append(Question(node.value, line=node.line, column=node.column))
                    else:
                        self._complain("wrong-value", "this is no question", _YAML, node.line, node.column)
            case Map(values=values, keys=keys):
                for text, node in values.items():
                    ids = node.items if isinstance(node, Seq) else [node]
                    written = [id for id in ids if isinstance(id, Scalar) and id.value.strip()]
                    if len(written) < len(ids):
                        help = f"{_YAML}; {_OUTSIDE}"
                        self._complain("wrong-value", "this is no topic's id", help, node.line, node.column)
                    else:
                        places = [(id.value, id.line, id.column) for id in written]
                        self._add(Question(text, line=keys[text].line, column=keys[text].column), places)
            case Scalar(line=line, column=column):
                self._complain("wrong-value", "this is no list of questions", _YAML, line, column)

    def _take(self, record: Mapping[str, Any], number: int) -> None:
        line = self._lines[number - 1]
        start = _at(line, "expect") - 1
        columns = (max(line.find(json.dumps(id, ensure_ascii=False), start), start) + 1 for id in record["expect"])
        places = [(id, number, column) for id, column in zip(record["expect"], columns, strict=True)]
        self._add(Question(record["q"], frozenset(), record.get("kind", ""), number, _at(line, "q")), places)

    def _add(self, question: Question, expect: Sequence[tuple[str, int, int]]) -> None:
        """Add a question that expects these ids, each with its place, unless one of them means no topic."""
        topics = [(id, self._ids.meant(id), line, column) for id, line, column in expect]
        for id, meant, line, column in topics:
            if len(meant) != 1:
                self._unknown.setdefault(id, []).append((line, column))
        if all(len(meant) == 1 for _, meant, _, _ in topics):
            self._questions.append(replace(question, expect=frozenset(meant[0] for _, meant, _, _ in topics)))

    def _strange(self, id: str, lines: int) -> tuple[str, str, str]:
        """What is wrong with an id that means no topic, or several: code, message and help."""
        meant = self._ids.meant(id)
        more = "1 more line names it" if lines == 2 else f"{lines - 1} more lines name it"
        also = f" (and {more})" if lines > 1 else ""
        if meant:
            return "ambiguous-topic", f"{id} may be {' or '.join(meant)}{also}", "write the full id"
        mended = self._ids.near(id)
        help = f'did you mean "{mended}"?' if mended else "write the topic's id; --knowledge names the base"
        return "unknown-topic", f"there is no topic {id}{also}", help

    def _complain(self, code: str, message: str, help: str, line: int, column: int) -> None:
        self._problems.append(placed("error", code, message, self._path, self._lines, line, column, help))


def _repeated(file: QuestionFile) -> Iterator[Problem]:
    """Questions that stand in a file twice count twice; where they expect different topics, one of them must miss."""
    first: dict[str, Question] = {}
    again: list[tuple[Question, Question]] = []
    for question in file.questions:
        before = first.setdefault(question.text, question)
        if before is not question and before.expect != question.expect:
            message = f"line {before.line} asks the same and expects something else"
            yield file.warning("contradiction", message, question, "name all topics that may answer it, once")
        elif before is not question:
            again.append((question, before))
    if again:
        question, before = again[0]
        more = f", and {len(again) - 1} more questions stand here twice" if again[1:] else ""
        message = f"line {before.line} asks the same{more}"
        yield file.warning("repeated", message, question, "delete it, or it counts twice")


def _decoded(raw: bytes) -> str:
    """A line as text.

    Raises:
        _Wrong: it is not UTF-8.
    """
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        column = len(raw[: error.start].decode()) + 1
        raise _Wrong("not-utf-8", f"byte 0x{raw[error.start]:02x} is not UTF-8", column, "save it as UTF-8") from None


def _record(line: str) -> Mapping[str, Any]:
    """The object in a line: a text for "q", a list of texts for "expect", and for "kind", if it is there, a text.

    Raises:
        _Wrong: there is no such object.
    """
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise _Wrong("json", f"this is not JSON: {error.msg[:1].lower()}{error.msg[1:]}", error.colno, _LINE) from None
    except (ValueError, RecursionError):  # a number of 5,000 digits; brackets without end
        raise _Wrong("json", "this is no JSON that can be read", 1, _LINE) from None
    if not isinstance(record, dict):
        raise _Wrong("json", "this is no object", 1, _LINE)
    for key in ("q", "expect"):
        if key not in record:
            written = [other for other in record if other not in ("q", "expect", "kind")]
            meant = next(filter(None, (nearest(name, written) for name in _ALSO[key])), "")
            raise _Wrong("missing-key", f'no "{key}"', 1, f'rename "{meant}" to "{key}"' if meant else _LINE)
    if not isinstance(record["q"], str) or not record["q"].strip():
        raise _Wrong("wrong-value", '"q" is no question', _at(line, "q"), "write the question as a text in quotes")
    if not isinstance(record["expect"], list) or not all(isinstance(id, str) for id in record["expect"]):
        help = f'write the ids of topics in a list: ["fault-tolerance"]; {_OUTSIDE}'
        raise _Wrong("wrong-value", '"expect" is no list of ids', _at(line, "expect"), help)
    if not isinstance(record.get("kind", ""), str):
        raise _Wrong("wrong-value", '"kind" is no text', _at(line, "kind"), 'write one word, such as "typo"')
    return record


def _at(line: str, key: str) -> int:
    """The column at which the value of a key begins in a line of JSON; 1 where it is spelt with escapes."""
    found = re.search(rf'"{key}"\s*:\s*', line)
    return found.end() + 1 if found else 1
