"""`tutor knowledge teach --apply`: what admins proposed in chat, tried one by one and written into the files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from adapters.cli.columns import one_line, wrapped
from adapters.cli.store import database
from adapters.cli.teach import ask, led_to, tell
from adapters.cli.workbench import Workbench, described_moves
from bot.records import Proposal, ProposalStatus
from bot.store.db import Database
from bot.store.queries.gaps import OpenGap, close_gaps, gaps_of
from bot.store.queries.proposals import mark_proposal, proposals
from bot.unanswered import waiting_to_be_written
from knowledge import report
from knowledge.errors import TutorError
from knowledge.files import gather
from knowledge.format import TEXT_MAX
from knowledge.model import Library
from knowledge.names import normalise_name
from knowledge.workshop.edit import EditError
from knowledge.workshop.grouping import Gap, answers
from knowledge.workshop.renaming import survey_with
from knowledge.workshop.teaching import Lesson, LessonError, harm, lesson, path_of, written

PROMPT = "Write it [y, Enter: later, r: refuse, q: quit, or better words]: "
AGAIN = "Better words [Enter: later, r: refuse, q: quit]: "
GONE = "   it was changed or taken back in chat meanwhile: nothing is written"
BY_HAND = "a curator decided so"


@dataclass(frozen=True, slots=True)
class Tried:
    """A proposal's lesson, and the base as it would be."""

    lesson: Lesson
    after: Library


class Quit(Exception):
    """The curator ended it."""


def apply(folder: Path, *, yes: bool) -> None:
    """Go through the proposals, the oldest first. What is written is marked at once, so that an end loses nothing.

    A proposal that would take another topic's question is refused, and goes back to the admins with the reason.

    Raises:
        TutorError: the database or the base cannot be used; what is marked by then stays.
    """
    done: Counter[str] = Counter()
    with database() as db:
        db.check()
        waiting = waiting_to_be_written(_read(db))[::-1]
        if not waiting:
            tell("No proposals: admins make them in chat, with /admin.")
            return
        bench = Workbench.open(folder)
        try:
            for number, row in enumerate(waiting, 1):
                tell("")
                done[_one(db, bench, row, f"{number} of {len(waiting)} ·", yes=yes)] += 1
        except Quit:
            pass
        except OSError as error:
            raise TutorError(f"cannot write in {folder}: {error.strerror or error}") from None
    later = len(waiting) - done["applied"] - done["refused"]
    tell(f"\n{done['applied']} written, {done['refused']} refused, {later} left for later.")
    if done["applied"]:
        tell("A running Tutor serves them once it has these files; it then tells those who wanted to know.")


def _read(db: Database) -> list[Proposal]:
    with db.read() as conn:
        return proposals(conn)


def _one(db: Database, bench: Workbench, row: Proposal, head: str, *, yes: bool) -> str:
    """Deal with one; returns what became of it: applied, refused or later."""
    with db.read() as conn:
        meant = [_gap(gap) for gap in gaps_of(conn, row.gaps)]
    for line in _described(bench.library, row, meant, head):
        tell(line)
    deal = _inside if row.topic else _outside
    outcome = deal(bench, row, meant, lambda: row in _read(db), yes=yes)
    if outcome is None:
        return "later"
    status, note, closed = outcome
    _mark(db, row, status, note, closed)
    return status


Outcome = tuple[ProposalStatus, str, Sequence[str]]


def _gap(gap: OpenGap) -> Gap:
    return Gap(gap.id, gap.text, gap.decision, gap.nearest, gap.count, gap.last)


def _described(library: Library, row: Proposal, meant: Sequence[Gap], head: str) -> Iterator[str]:
    yield f"{head} proposed on {row.at.date().isoformat()}: {led_to(library, row)}"
    yield from wrapped("", one_line(row.text, 300), 3)
    for gap in meant:
        if gap.text != row.text:
            yield from wrapped("", f"alike: {one_line(gap.text, 200)}", 3)


def _outside(
    bench: Workbench, row: Proposal, meant: Sequence[Gap], stands: Callable[[], bool], *, yes: bool
) -> Outcome | None:
    """Out of scope: the questions become golden ones, unless the base holds one of them."""
    texts = list(dict.fromkeys([row.text, *(gap.text for gap in meant)]))
    held = next(filter(None, (_held(bench, text) for text in texts)), "")
    if held:
        tell(f"   refused: {held}")
        return "refused", held, ()
    for text in texts:
        found = bench.library.find(text)
        if found.decision == "answer":
            title = bench.library.topics[found.matches[0].id].title
            tell(f'   "{one_line(text, 80)}" is answered with {title} now: check --golden will warn until it is not')
    if not yes:
        typed = ask("Note it as out of scope [y, Enter: later, r: refuse, q: quit]: ").strip()
        if _word(typed) != "yes":
            return _declined(typed)
    if not stands():
        tell(GONE)
        return None
    path = ""
    try:
        for text in texts:
            path = bench.refuse(" ".join(text.split()))
    except EditError as error:
        tell(f"   refused: {error}")
        return "refused", str(error), ()
    tell(f"   written to {path}")
    return "applied", path, [*row.gaps]


def _held(bench: Workbench, text: str) -> str:
    """Why a question cannot be out of scope: it is one of a topic's own, or must lead to one."""
    folded = normalise_name(text)
    if owner := bench.library.names.get(folded):
        return f'"{one_line(text, 80)}" is a name of {owner}'
    own = next((ids for known, ids in bench.owners.items() if ids and normalise_name(known) == folded), None)
    return f'"{one_line(text, 80)}" must lead to {", ".join(sorted(own))}' if own else ""


def _inside(
    bench: Workbench, row: Proposal, meant: Sequence[Gap], stands: Callable[[], bool], *, yes: bool
) -> Outcome | None:
    """A topic: its file gets the question, or better words for it."""
    if home := _there_already(bench.library, row):
        tell(f"   it is in {home} already")
        return "applied", home, [gap.id for gap in meant if answers(bench.library, gap)]
    phrase = row.text
    while True:
        tried = _tried(bench, row, phrase, meant)
        if isinstance(tried, str):
            tell(f"   {'refused' if yes else 'not so'}: {tried}")
            if yes:
                return "refused", tried, ()
        typed = "y" if yes else ask(AGAIN if isinstance(tried, str) else PROMPT).strip()
        word = _word(typed)
        if word == "yes" and isinstance(tried, Tried):
            if not stands():
                tell(GONE)
                return None
            (path,) = bench.keep([tried.lesson], tried.after)
            tell(f"   written to {path}")
            return "applied", path, [gap.id for gap in meant if answers(bench.library, gap)]
        if word not in ("", "yes"):
            return _declined(typed, tried if isinstance(tried, str) else "")
        phrase = typed if not word else phrase


def _there_already(library: Library, row: Proposal) -> str:
    """The file that holds the very question, as after an end between writing and marking; "" for none."""
    topic = library.topic(row.topic)
    known = map(normalise_name, (topic.title, *topic.aliases, *topic.questions)) if topic else ()
    return path_of(topic) if topic and normalise_name(row.text) in known else ""


def _tried(bench: Workbench, row: Proposal, phrase: str, meant: Sequence[Gap]) -> Tried | str:
    """The base with the lesson, after its moves were shown; or why it must not be taught so."""
    try:
        if len(phrase) > TEXT_MAX:
            raise LessonError(f"it is longer than {TEXT_MAX:,} characters")
        one = lesson(bench.library, phrase, row.topic)
        texts = written(bench.folder, bench.library, [one])
    except (LessonError, EditError) as error:
        return str(error)
    after, found = bench.tried([one], list(dict.fromkeys([row.text, *(gap.text for gap in meant)])))
    for line in described_moves(found, after):
        tell(line)
    if reason := harm(found, bench.owners):
        return reason
    wrong = [problem for problem in survey_with(gather(bench.folder), texts).problems if problem.severity == "error"]
    if wrong:
        return f"the base would not load: {report.one_line(wrong[0])}"
    best = after.find(row.text)
    if best.decision != "answer" or one.topic not in (best.matches[0].id, best.matches[0].part_of):
        unmet = f"even so, {bench.library.topics[one.topic].title} would not answer the question"
        if phrase == row.text:
            return unmet
        tell(f"   {unmet}")  # the words are the curator's own
    return Tried(one, after)


def _word(typed: str) -> str:
    """What was typed at a prompt: yes, later, refuse or quit; "" for other words."""
    words = {"y": "yes", "yes": "yes", "": "later", "n": "later", "no": "later", "r": "refuse", "q": "quit"}
    return words.get(typed.casefold(), "")


def _declined(typed: str, reason: str = "") -> Outcome | None:
    word = _word(typed)
    if word == "quit":
        raise Quit
    return ("refused", reason or BY_HAND, ()) if word == "refuse" else None


def _mark(db: Database, row: Proposal, status: ProposalStatus, note: str, closed: Sequence[str]) -> None:
    now = datetime.now(UTC)

    def mark(conn: Connection) -> bool:
        if closed:
            close_gaps(conn, closed, now)
        return mark_proposal(conn, row, status, note, now)

    with db.begin() as conn:
        if not mark(conn):
            tell("   it was changed or taken back in chat meanwhile; what is written stays")
