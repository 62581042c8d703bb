"""A folder to a library: one way for check, start-up and reload. Either everything holds, or every problem is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge import draft as drafting
from knowledge import links
from knowledge.assembly import assemble
from knowledge.draft import Draft
from knowledge.errors import KnowledgeError, Problem
from knowledge.files import BASE_FILE, File, Files, gather
from knowledge.format import BASE, TOPIC
from knowledge.model import FOLDERS, Library
from knowledge.names import normalise_name
from knowledge.progress import Progress, told
from knowledge.reading import Sheet, read
from knowledge.shape import Shaper, Values
from knowledge.uncollected import uncollected


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
    return load_files(gather(folder))


def load_files(files: Files, progress: Progress | None = None) -> Library:
    """The library in files that were read already. Raises as `load` does."""
    found = survey(files, progress)
    if found.library is None:
        raise KnowledgeError(found.problems)
    return found.library


def examine(folder: Path) -> tuple[Library | None, tuple[Problem, ...]]:
    """Like `load`, but never raises: the library (None if there are errors) and every problem, in file order."""
    survey = look(folder)
    return survey.library, survey.problems


def look(folder: Path, progress: Progress | None = None) -> Survey:
    """Read and check everything in the folder. Never raises. Paths in problems are relative to the folder."""
    return survey(gather(folder), progress)


def in_order(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """By file, line and column; errors first where all are the same."""
    return tuple(sorted(problems, key=lambda p: (p.path, p.line, p.column, p.severity, p.code, p.message)))


@uncollected()
def survey(files: Files, progress: Progress | None = None) -> Survey:
    """Check files that were read already. Never raises."""
    problems = list(files.problems)
    sheets = [_sheet(file) for file in told(files.files, "Reading files", progress)]
    about: Values = {}
    drafts: list[Draft] = []
    for sheet in told(sheets, "Checking files", progress):
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
        library = assemble(drafting.base(about), [drafting.topic(draft) for draft in drafts])
    return Survey(library, in_order(problems), tuple(drafts), len(sheets))


def _sheet(file: File) -> Sheet:
    return Sheet(file.path, problems=(file.problem,)) if file.problem else read(file.path, file.data)


def _hidden(sheets: Sequence[Sheet], drafts: Sequence[Draft]) -> set[str]:
    """The ids that files would have by their names, where kind or id could not be read."""
    read = {draft.sheet.path for draft in drafts if draft.id}
    kinds = {folder: kind for kind, folder in FOLDERS.items()}
    parts = (sheet.path.removesuffix(".yaml").rpartition("/") for sheet in sheets if sheet.path not in read)
    return {f"{kinds[folder]}/{name}" for folder, _, name in parts if folder}


__all__ = ["BASE_FILE", "Survey", "examine", "in_order", "load", "load_files", "look", "normalise_name", "survey"]
