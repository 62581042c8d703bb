"""The files of a base, as the loader and the cache see them: which ones count, and their bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from knowledge.errors import Problem
from knowledge.model import FOLDERS
from knowledge.names import nearest

BASE_FILE = "base.yaml"
GOLDEN = "golden"  # the folder of a base's golden questions, which hold no topics: see knowledge.search.golden
FILE_MAX = 256 * 1024  # bytes
_BASE_HELP = "write base.yaml with two lines: title: What this base teaches / language: en"


@dataclass(frozen=True, slots=True)
class File:
    """base.yaml or a topic's file. `path` is relative to the base; `data` its bytes, cut off past `FILE_MAX`.

    `problem` says why it could not be read; `data` is empty then.
    """

    path: str
    data: bytes
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Files:
    """All files of a base that count, in the order in which they are looked at, and what is wrong with the others."""

    files: tuple[File, ...]
    problems: tuple[Problem, ...]

    @property
    def broken(self) -> bool:
        """Whether it is certain already that no library can be made of them."""
        return any(p.severity == "error" for p in self.problems) or any(file.problem for file in self.files)


def gather(folder: Path) -> Files:
    """Read base.yaml and every topic file, links followed. Never raises; paths are relative to the folder."""
    problems: list[Problem] = []
    files = tuple(_gathered(folder, problems))
    return Files(files, tuple(problems))


def read_topic_file(folder: Path, path: str) -> File | None:
    """The file of a topic, by its path in the base; None where no topic lies there."""
    file = folder / path
    return _read(file, path) if file.parent.name in FOLDERS.values() and _is_topic_file(file) else None


def deciding(folder: Path) -> Iterator[Path]:
    """What decides whether a base loads, and what it teaches: base.yaml, the folders of topics, and the files in them.

    Also a folder whose name is nearly that of a kind, for it is an error as soon as it holds YAML files. Nothing else
    makes a difference to `gather` but for warnings: what editors leave behind, golden questions, `terms.txt`. Whether
    the paths are what their names say is not looked at. Never raises.
    """
    for entry in _entries(folder):
        if entry.name == BASE_FILE:
            yield entry
        elif entry.name in FOLDERS.values() or (_meant(entry) and entry.is_dir()):
            yield entry
            yield from (file for file in _entries(entry) if _is_topic_file(file))


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except (OSError, ValueError):  # gone, or not to be read: `gather` says so
        return []


def _gathered(folder: Path, problems: list[Problem]) -> Iterator[File]:
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
            yield _read(entry, entry.name)
        elif entry.name in FOLDERS.values():
            yield from _topic_files(entry, problems)
        else:
            problems += _stray(entry)


def _topic_files(folder: Path, problems: list[Problem]) -> Iterator[File]:
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
        if _is_topic_file(entry):
            yield _read(entry, path)
        elif entry.suffix == ".yml":
            message = "this file is not read: topic files end in .yaml"
            problems.append(Problem("warning", "yml", message, path, suggestion=f"rename it to {entry.stem}.yaml"))
        elif _holds_yaml(entry):
            message = "this folder is not read: topics lie directly in the folder of their kind"
            help = f"move its files to {folder.name}/"
            problems.append(Problem("warning", "stray-folder", message, path, suggestion=help))


def _read(file: Path, path: str) -> File:
    try:
        if not file.is_file():  # a pipe would keep us waiting for ever
            raise OSError("not a file" if file.exists() else "the link leads nowhere")
        with file.open("rb") as stream:
            return File(path, stream.read(FILE_MAX + 1))
    except OSError as error:
        message = f"cannot read this file: {error.strerror or error}"
        help = "make it a readable file, or remove it"
        return File(path, b"", Problem("error", "unreadable", message, path, suggestion=help))


def _stray(entry: Path) -> Iterator[Problem]:
    """What lies beside base.yaml and the folders of the kinds, when it looks like a topic that would be overlooked."""
    if entry.name.startswith(".") or entry.name == GOLDEN:
        return
    if entry.suffix in (".yaml", ".yml") and not entry.is_dir():
        if entry.name != "base.yml":
            help = f"move it into the folder of its kind: {', '.join(FOLDERS.values())}"
            yield Problem("warning", "stray-file", "this file is not read", entry.name, suggestion=help)
    elif _holds_yaml(entry):
        meant = _meant(entry)
        help = f'did you mean "{meant}"?' if meant else f"topics lie in {', '.join(FOLDERS.values())}"
        message = "this folder is not read"
        yield Problem("error" if meant else "warning", "stray-folder", message, entry.name, suggestion=help)


def _is_topic_file(entry: Path) -> bool:
    return entry.name.endswith(".yaml") and not entry.name.startswith(".")


def _meant(entry: Path) -> str:
    """The folder of topics that one beside base.yaml was probably meant to be; "" for none."""
    passed_over = entry.name.startswith(".") or entry.name == GOLDEN
    return "" if passed_over else nearest(entry.name, FOLDERS.values())


def _holds_yaml(entry: Path) -> bool:
    try:
        return entry.is_dir() and any(_is_topic_file(file) for file in entry.iterdir())
    except OSError:
        return False
