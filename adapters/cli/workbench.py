"""A base that a curator teaches: trying lessons, seeing what else they change, and writing them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from adapters.cli.columns import one_line, wrapped
from adapters.cli.library import cache_dir, open_library
from adapters.cli.progress import showing
from adapters.cli.questions import golden_files, golden_home, read_files
from adapters.cli.workshop import write
from knowledge.files import GOLDEN
from knowledge.model import Found, Library
from knowledge.search import Meaning, searchable
from knowledge.search.late import late
from knowledge.workshop.asking import Asked, Remembering
from knowledge.workshop.edit import EditError, plain, values
from knowledge.workshop.grouping import Gap
from knowledge.workshop.teaching import Lesson, Move, moves, near, owners, taught, written

CHANGES = 10  # of a lesson that are written out
OUTSIDE = "out_of_scope.yaml"


@dataclass(slots=True)
class Workbench:
    """A base that is being taught: what it was, what it is now, and the questions that must not go astray."""

    folder: Path
    library: Library
    asked: Asked
    owners: Mapping[str, frozenset[str]]
    model: Meaning | None = None
    cache: Path | None = None
    done: list[Gap] = field(default_factory=list)

    @classmethod
    def open(cls, folder: Path) -> Workbench:
        """Open a base with its golden questions and the tests of its topics."""
        cache, own = cache_dir(), late()
        lasting = cache if own is None or own.load() is None else None  # without the model, other answers are right
        model = Remembering(own, lasting) if own is not None else None
        library = open_library(folder, model)
        golden = [q for file in read_files(golden_files(folder), library) for q in file.questions]
        tests = [test for topic in library.topics.values() for test in topic.tests]
        asked = Asked([*(q.text for q in golden), *tests], model, lasting)
        return cls(folder, library, asked, owners(library, golden), model, cache)

    def tried(self, lessons: Sequence[Lesson], also: Sequence[str] = ()) -> tuple[Library, list[Move]]:
        """The base as it would be, and which questions would be answered otherwise."""
        nearby = [q for one in lessons for q in near(self.library, one.phrase)]
        with showing(quiet=not sys.stderr.isatty()) as progress:
            self.asked.settle(self.library, progress)
            after = searchable(taught(self.library, lessons), self.cache, self.model, progress=progress, keep=False)
            before, then = (self.asked.answers(base, [*also, *nearby], progress) for base in (self.library, after))
        return after, list(moves(before.__getitem__, then.__getitem__, [*also, *self.asked.golden, *nearby]))

    def keep(self, lessons: Sequence[Lesson], after: Library) -> list[str]:
        """Write the lessons into their files; returns which."""
        texts = written(self.folder, self.library, lessons)
        for path, text in texts.items():
            write(self.folder / path, text)
        self.library = after
        self.asked.settle(after)
        self.owners = {**self.owners, **{one.phrase: frozenset({one.topic}) for one in lessons}}
        return list(texts)

    def refuse(self, phrase: str) -> str:
        """Note a question as out of scope, among the golden ones, where it is not yet; returns where."""
        file = golden_home(self.folder) / OUTSIDE
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        if phrase in (values(before) or ()):
            return f"{GOLDEN}/{OUTSIDE}"
        gap = "" if not before or before.endswith("\n") else "\n"
        after = f"{before}{gap}- {plain(phrase)}\n"
        try:
            meant = values(after) == [*(values(before) or ()), phrase]
        except EditError:
            meant = False
        if not meant:
            raise EditError(f"{GOLDEN}/{OUTSIDE} is no plain list: add the question by hand")
        write(file, after)
        self.asked.add(phrase)
        self.owners = {**self.owners, phrase: frozenset()}
        return f"{GOLDEN}/{OUTSIDE}"


def described_moves(found: Sequence[Move], library: Library) -> Iterator[str]:
    """What a lesson changes, in lines."""
    if not found:
        yield "   nothing else changes"
    for move in found[:CHANGES]:
        text = f'"{one_line(move.question, 80)}": {_told(move.before, library)} -> {_told(move.after, library)}'
        yield from wrapped("   ", text, 5)
    if len(found) > CHANGES:
        yield f"   and {len(found) - CHANGES} more"


def _told(found: Found, library: Library) -> str:
    if found.decision == "unknown" or not found.matches:
        return "declined"
    title = library.topics[found.matches[0].id].title
    return title if found.decision == "answer" else f"maybe {title}"
