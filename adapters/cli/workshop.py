"""Commands that change the files of a base, or tell what a change means: fmt, new, init, rename, diff, stats."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from adapters.cli.columns import aligned
from adapters.cli.library import display_path, reported
from knowledge import report
from knowledge.errors import TutorError
from knowledge.files import gather
from knowledge.format import BASE, TOPIC
from knowledge.loader import BASE_FILE, load, look
from knowledge.model import Library
from knowledge.workshop import renaming, starting
from knowledge.workshop.changes import Changes, changes
from knowledge.workshop.edit import EditError
from knowledge.workshop.fixing import fixed
from knowledge.workshop.stats import Stats, stats
from knowledge.workshop.tidy import tidy


def format_files(folder: Path, *, check: bool) -> int:
    """Lay the files of a base out; with `check` only say which are not. Returns the exit code."""
    root, untidy, broken = display_path(folder), 0, 0
    for file in gather(folder).files:
        try:
            text = file.data.decode()
            laid = tidy(text, tuple((BASE if file.path == BASE_FILE else TOPIC).keys))
        except (EditError, UnicodeDecodeError):
            sys.stderr.write(f"{root}{file.path}: this is not YAML; tutor knowledge check says more\n")
            broken += 1
            continue
        if laid != text:
            untidy += 1
            sys.stdout.write(f"{root}{file.path}{'' if check else ': laid out'}\n")
            if not check:
                write(folder / file.path, laid)
    if broken:
        return 2
    if not untidy:
        sys.stdout.write("nothing to lay out\n")
    return 1 if check and untidy else 0


def fix_files(folder: Path) -> None:
    """Mend what a program can in a base that loads, and say on stderr what that was."""
    found = look(folder)
    root = display_path(folder)
    for draft in found.drafts if found.library is not None else ():
        file = folder / draft.sheet.path
        text = file.read_bytes().decode()
        try:
            after, done = fixed(draft, found.library.topics[draft.id].items, text) if found.library else (text, [])
        except EditError as error:
            sys.stderr.write(f"{root}{draft.sheet.path}: left as it is: {error}\n")
            continue
        if after != text:
            write(file, after)
            sys.stderr.write("".join(f"{root}{draft.sheet.path}: {what}\n" for what in done))


def new_topic(folder: Path, id: str, part_of: str) -> None:
    """Write the file of a new topic."""
    path, text = starting.topic_file(id, datetime.now(UTC).date(), part_of)
    file = folder / path
    if not (folder / BASE_FILE).exists():
        raise starting.StartError(f"{folder} is no base: tutor knowledge init DIR begins one")
    if file.exists():
        raise starting.StartError(f"{file} exists already")
    write(file, text)
    sys.stdout.write(f"{display_path(folder)}{path}\nFill it in; tutor knowledge check says what is missing.\n")


def new_base(folder: Path, title: str) -> None:
    """Write the files of a new base."""
    if folder.exists() and any(folder.iterdir()):
        raise starting.StartError(f"{folder} is not empty: a new base needs a folder of its own")
    for path, text in starting.base_files(title).items():
        write(folder / path, text)
        sys.stdout.write(f"{display_path(folder)}{path}\n")
    sys.stdout.write(f"\nTry it: TUTOR_KNOWLEDGE_DIR={folder} tutor ask 'where do I begin?'\n")


def rename(folder: Path, old: str, new: str) -> None:
    """Give a topic or item another id."""
    root = display_path(folder)
    try:
        changed = renaming.rename(folder, old, new)
    except renaming.RenameError as error:
        if error.problems:
            sys.stderr.write(report.text(error.problems, len({p.path for p in error.problems}), root))
        raise
    for path, text in changed.items():
        if text is not None:
            write(folder / path, text)
            sys.stdout.write(f"{root}{path}\n")
    for path, text in changed.items():  # last: an interruption leaves a topic twice, never none
        if text is None:
            (folder / path).unlink()
            sys.stdout.write(f"{root}{path}: deleted\n")


def write(file: Path, text: str) -> None:
    """Write a file whole: whoever reads it meanwhile sees the old one or the new one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    mode = file.stat().st_mode & 0o777 if file.exists() else None
    target = file.resolve()  # a link stays one
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
        if mode is None:
            mask = os.umask(0)
            os.umask(mask)
            mode = 0o666 & ~mask
        Path(name).chmod(mode)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def show_stats(folder: Path) -> None:
    """Print how much a base teaches."""
    with reported(folder):
        library = load(folder)
    sys.stdout.write("\n".join(_described(library, stats(library))) + "\n")


def _described(library: Library, found: Stats) -> Iterable[str]:
    topics = sum(found.topics.values())
    yield f"{library.base.title}: {topics} topics, {found.item_count} quiz items"
    yield ""
    yield from aligned([(kind, str(count)) for kind, count in found.topics.items()])
    yield ""
    yield "Quiz items"
    kinds = list(dict.fromkeys(kind for kind, _ in found.items))
    levels = sorted({level for _, level in found.items})
    head = ("", *(f"level {level}" for level in levels), "all")
    rows = [
        (kind, *(str(found.items.get((kind, level), 0)) for level in levels), str(_sum(found, kind))) for kind in kinds
    ]
    yield from aligned([head, *rows])
    yield f"  {100 * found.typed:.0f}% are typed or recalled"
    yield ""
    yield "Each topic has"
    yield from aligned(
        [
            ("", "fewest", "median", "most", "all"),
            *(
                (what, str(spread.least), f"{spread.middle:g}", str(spread.most), f"{spread.total:,}")
                for what, spread in found.each.items()
            ),
        ]
    )
    yield ""
    yield f"Fewest items: {', '.join(f'{id} ({count})' for id, count in found.thin)}"
    yield f"Reviewed longest ago: {', '.join(f'{id} ({day})' if day else id for id, day in found.oldest)}"
    if found.unlinked:
        yield f"Nothing leads to: {', '.join(found.unlinked)}"


def _sum(found: Stats, kind: str) -> int:
    return sum(count for (known, _), count in found.items.items() if known == kind)


class DiffError(TutorError):
    """The older version of a base cannot be had."""


def show_diff(folder: Path, revision: str) -> None:
    """Print what learners will notice of the changes since a Git revision."""
    with reported(folder):
        now = load(folder)
    with tempfile.TemporaryDirectory(prefix="tutor-diff-") as temporary:
        before = Path(temporary)
        _check_out(folder, revision, before)
        with reported(before):
            then = load(before)
    lines = list(told(then, now, changes(then, now)))
    sys.stdout.write("\n".join(lines or ["nothing that learners notice"]) + "\n")


def _check_out(folder: Path, revision: str, to: Path) -> None:
    """The base as it was in a revision. `--` and the leading check keep a revision from being an option."""
    if revision.startswith("-"):
        raise DiffError(f'"{revision}" is no revision')
    command = ["git", "-C", str(folder), "archive", "--format=tar", revision, "."]
    try:
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - git, in the curator's own folder
    except FileNotFoundError:
        raise DiffError("git is not installed") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise DiffError(f"git cannot give {revision}: {said[-1] if said else 'no reason'}")
    with tarfile.open(fileobj=BytesIO(done.stdout)) as archive:
        archive.extractall(to, filter="data")


_NOTICED: Mapping[str, str] = {
    "kind": "another kind",
    "title": "another title",
    "aliases": "other names",
    "questions": "other ways to ask",
    "summary": "another short answer",
    "details": "another long answer",
    "part_of": "belongs elsewhere",
    "requires": "other prerequisites",
    "related": "other neighbours",
    "needs": "other needs",
    "steps": "other steps",
    "sources": "other sources",
    "reviewed": "reviewed",
    "tests": "other tests",
    "level": "another level",
    "ask": "another question",
    "hint": "another hint",
    "explain": "another explanation",
    "options": "other options",
    "reasons": "other reasons",
    "accept": "other spellings accepted",
    "negative": "asks for what is not so, or no longer",
    "key": "another answer is right now",
}


def told(then: Library, now: Library, found: Changes) -> Iterable[str]:
    """The changes in lines, the most noticeable first."""
    yield from _listed("New topics", [f"{id}  {now.topics[id].title}" for id in found.new_topics])
    yield from _listed(
        "Topics gone; who learned them keeps the record", [f"{id}  {then.topics[id].title}" for id in found.gone_topics]
    )
    yield from _listed("Renamed; progress follows", [f"{old} -> {new}" for old, new in (found.moved or {}).items()])
    items = found.items or {}
    yield from _listed(
        "Other answers count as right",
        [f"{key}  {now.items[key].ask}" for key, parts in items.items() if "key" in parts],
    )
    yield from _listed("New quiz items", [f"{key}  {now.items[key].ask}" for key in found.new_items])
    yield from _listed("Quiz items retired", [f"{key}  {then.items[key].ask}" for key in found.gone_items])
    yield from _listed("Changed topics", [f"{id}  {_parts(parts)}" for id, parts in (found.topics or {}).items()])
    yield from _listed("Changed quiz items", [f"{key}  {_parts(parts)}" for key, parts in items.items()])


def _listed(heading: str, lines: Sequence[str]) -> Iterable[str]:
    if lines:
        yield f"{heading} ({len(lines)})"
        yield from (f"  {line}" for line in lines)


def _parts(parts: Sequence[str]) -> str:
    return ", ".join(_NOTICED.get(part, part) for part in parts)


__all__ = ["format_files", "new_base", "new_topic", "rename", "show_diff", "show_stats", "told", "write"]
