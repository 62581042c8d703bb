"""A folder to a library: one way for check, start-up and reload. Either everything holds, or every problem is told."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from knowledge import draft as drafting
from knowledge import links
from knowledge.draft import Draft
from knowledge.errors import KnowledgeError, Problem
from knowledge.format import BASE, TOPIC
from knowledge.model import FOLDERS, KINDS, Library, Topic
from knowledge.names import nearest, normalise_name
from knowledge.reading import FILE_MAX, Sheet, read
from knowledge.shape import Shaper, Values

BASE_FILE = "base.yaml"
_BASE_HELP = "write base.yaml with two lines: title: What this base teaches / language: en"


@dataclass(frozen=True, slots=True)
class Survey:
    """All that was found in a folder. `library` is None when any problem is an error; `drafts` are in file order."""

    library: Library | None
    problems: tuple[Problem, ...]
    drafts: tuple[Draft, ...]
    files: int


def load(folder: Path) -> Library:
    """The library in this folder, whole and checked; it cannot be searched until knowledge.search made it so.

    Raises:
        KnowledgeError: something is wrong; its `problems` name everything, warnings too.
    """
    survey = look(folder)
    if survey.library is None:
        raise KnowledgeError(survey.problems)
    return survey.library


def examine(folder: Path) -> tuple[Library | None, tuple[Problem, ...]]:
    """Like `load`, but never raises: the library (None if there are errors) and every problem, in file order."""
    survey = look(folder)
    return survey.library, survey.problems


def look(folder: Path) -> Survey:
    """Read and check everything in the folder. Never raises. Paths in problems are relative to the folder."""
    problems: list[Problem] = []
    sheets = list(_sheets(folder, problems))
    about: Values = {}
    drafts: list[Draft] = []
    for sheet in sheets:
        shaper = Shaper(sheet)
        values = shaper.values(BASE if sheet.path == BASE_FILE else TOPIC)
        problems += (*sheet.problems, *shaper.problems)
        if sheet.path == BASE_FILE:
            about = values
        elif values:
            drafts.append(Draft(sheet, values))
            problems += drafting.inspect(drafts[-1])
    problems += links.inspect(drafts, _hidden(sheets, drafts))
    if not problems and not drafts:
        help = "write a topic, such as skills/first-topic.yaml with kind, id, title and summary"
        problems.append(Problem("error", "no-topics", "this base holds no topics", "", suggestion=help))
    library = None
    if all(problem.severity != "error" for problem in problems):
        library = _library(about, [drafting.topic(draft) for draft in drafts])
    return Survey(library, in_order(problems), tuple(drafts), len(sheets))


def in_order(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """By file, line and column; errors first where all are the same."""
    return tuple(sorted(problems, key=lambda p: (p.path, p.line, p.column, p.severity, p.code, p.message)))


def _sheets(folder: Path, problems: list[Problem]) -> Iterator[Sheet]:
    """base.yaml and every topic file, read."""
    try:
        entries = sorted(folder.iterdir())
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = "there is no such folder" if isinstance(error, FileNotFoundError) else str(error)
        message = f"cannot read the knowledge base {folder}: {reason}"
        help = "KNOWLEDGE_DIR must name a folder with base.yaml in it"
        problems.append(Problem("error", "no-base", message, "", suggestion=help))
        return
    names = [entry.name for entry in entries]
    if BASE_FILE not in names:
        help = "rename base.yml to base.yaml" if "base.yml" in names else _BASE_HELP
        problems.append(Problem("error", "no-base", f"{folder} has no base.yaml", "", suggestion=help))
    for entry in entries:
        if entry.name == BASE_FILE:
            yield _read(entry, entry.name, problems)
        elif entry.name in FOLDERS.values():
            yield from _topic_sheets(entry, problems)
        else:
            problems += _stray(entry)


def _hidden(sheets: Sequence[Sheet], drafts: Sequence[Draft]) -> set[str]:
    """The ids that files would have by their names, where kind or id could not be read."""
    read = {draft.sheet.path for draft in drafts if draft.id}
    kinds = {folder: kind for kind, folder in FOLDERS.items()}
    parts = (sheet.path.removesuffix(".yaml").rpartition("/") for sheet in sheets if sheet.path not in read)
    return {f"{kinds[folder]}/{name}" for folder, _, name in parts if folder}


def _topic_sheets(folder: Path, problems: list[Problem]) -> Iterator[Sheet]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        message = f"cannot read this folder: {error.strerror or error}"
        problems.append(Problem("error", "unreadable", message, folder.name, suggestion="make it a readable folder"))
        return
    for entry in entries:
        path = f"{folder.name}/{entry.name}"
        if entry.name.startswith("."):
            continue
        if entry.suffix == ".yaml":
            yield _read(entry, path, problems)
        elif entry.suffix == ".yml":
            message = "this file is not read: topic files end in .yaml"
            problems.append(Problem("warning", "yml", message, path, suggestion=f"rename it to {entry.stem}.yaml"))
        elif _holds_yaml(entry):
            message = "this folder is not read: topics lie directly in the folder of their kind"
            help = f"move its files to {folder.name}/"
            problems.append(Problem("warning", "stray-folder", message, path, suggestion=help))


def _read(file: Path, path: str, problems: list[Problem]) -> Sheet:
    try:
        if not file.is_file():  # a pipe would keep us waiting for ever
            raise OSError("not a file" if file.exists() else "the link leads nowhere")
        with file.open("rb") as stream:
            data = stream.read(FILE_MAX + 1)
    except OSError as error:
        message = f"cannot read this file: {error.strerror or error}"
        problem = Problem("error", "unreadable", message, path, suggestion="make it a readable file, or remove it")
        return Sheet(path, problems=(problem,))
    return read(path, data)


def _stray(entry: Path) -> Iterator[Problem]:
    """What lies beside base.yaml and the folders of the kinds, when it looks like a topic that would be overlooked."""
    if entry.name.startswith("."):
        return
    if entry.suffix in (".yaml", ".yml") and not entry.is_dir():
        if entry.name != "base.yml":
            help = f"move it into the folder of its kind: {', '.join(FOLDERS.values())}"
            yield Problem("warning", "stray-file", "this file is not read", entry.name, suggestion=help)
    elif _holds_yaml(entry):
        meant = nearest(entry.name, FOLDERS.values())
        help = f'did you mean "{meant}"?' if meant else f"topics lie in {', '.join(FOLDERS.values())}"
        message = "this folder is not read"
        yield Problem("error" if meant else "warning", "stray-folder", message, entry.name, suggestion=help)


def _holds_yaml(entry: Path) -> bool:
    try:
        return entry.is_dir() and any(file.suffix == ".yaml" for file in entry.iterdir())
    except OSError:
        return False


def _library(about: Values, topics: list[Topic]) -> Library:
    topics.sort(key=lambda topic: (KINDS.index(topic.kind), topic.title.casefold(), topic.id))
    items = {item.key: item for topic in topics for item in topic.items}
    children: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    moved_topics: dict[str, str] = {}
    moved_items: dict[str, str] = {}
    for topic in topics:
        if topic.part_of:
            children.setdefault(topic.part_of, []).append(topic.id)
        names |= {normalise_name(name): topic.id for name in (topic.title, *topic.aliases)}
        moved_topics |= dict.fromkeys(topic.formerly, topic.id)
        for item in topic.items:
            moved_items |= dict.fromkeys(links.former_items(topic.id, topic.formerly, item.id, item.formerly), item.key)
    base = drafting.base(about)
    content = "\n".join([repr(base), *sorted(map(repr, topics))])
    return Library(
        base=base,
        topics=MappingProxyType({topic.id: topic for topic in topics}),
        items=MappingProxyType(items),
        children=MappingProxyType({id: tuple(found) for id, found in children.items()}),
        names=MappingProxyType(names),
        moved_topics=MappingProxyType(moved_topics),
        moved_items=MappingProxyType(moved_items),
        version=hashlib.sha256(content.encode()).hexdigest()[:16],
    )


__all__ = ["BASE_FILE", "Survey", "examine", "in_order", "load", "look", "normalise_name"]
