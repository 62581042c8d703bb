"""`tutor knowledge gaps` and `teach`: what learners asked in vain, and how a curator closes the gap."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from adapters.cli.columns import one_line, wrapped
from adapters.cli.library import open_library
from adapters.cli.questions import golden_files, read_files
from adapters.cli.store import database
from adapters.cli.workbench import Workbench, described_moves
from bot.records import Proposal
from bot.store.queries.gaps import close_gaps, open_gaps
from bot.store.queries.proposals import proposals
from bot.unanswered import waiting_to_be_written
from knowledge.errors import TutorError
from knowledge.model import Library, Match
from knowledge.names import normalise_name
from knowledge.search import Meaning
from knowledge.search.late import late
from knowledge.workshop.grouping import Gap, answers, by_meaning, by_spelling, grouped
from knowledge.workshop.teaching import Lesson, lesson

SHOWN = 5  # questions of a group that are written out
NEAREST = 3
WORTH = 0.01  # score; what is less is chance
_SAID = {"unknown": "declined", "suggest": "offered choices", "rejected": "answered, and that was not it"}

Group = tuple[Gap, ...]


def listed(library: Library, gaps: Sequence[Gap], outside: Iterable[str], meaning: Meaning | None) -> list[Group]:
    """The gaps that are still open, in groups.

    What the base answers by now is none, unless it was not it again; nor is what is `outside`, out of scope for good.
    """
    for_good = set(map(normalise_name, outside)) - {""}  # "!!!" and "???" are not the same
    still = [gap for gap in gaps if normalise_name(gap.text) not in for_good and not answers(library, gap)]
    return grouped(still, by_meaning(meaning) if meaning is not None else by_spelling)


def show_gaps(folder: Path, file: Path | None, *, as_json: bool) -> None:
    """Print the groups, the most asked first, with what admins proposed for them: of a file, or of the database."""
    asked = Unanswered(from_file(file)) if file else from_database()
    library = open_library(folder)
    golden = (question for file in read_files(golden_files(folder), library) for question in file.questions)
    groups = listed(library, asked.gaps, (one.text for one in golden if not one.expect), late())
    if as_json:
        for group in groups:
            found = [{"topic": row.topic, "at": row.at.date().isoformat()} for row in asked.proposed(group)]
            record: dict[str, object] = {
                "asked": sum(gap.count for gap in group),
                "questions": [{"q": gap.text, "count": gap.count, "decision": gap.decision} for gap in group],
                "nearest": [{"id": match.id, "score": match.score} for match in library.find(group[0].text).matches],
                "proposed": found,
            }
            sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
        return
    for number, group in enumerate(groups, 1):
        sys.stdout.write("\n".join([*_described(library, group, f"{number}.", asked.proposed(group)), ""]) + "\n")
    if groups:
        sys.stdout.write("tutor knowledge teach goes through them.\n")
        if any(map(asked.proposed, groups)):
            sys.stdout.write("tutor knowledge teach --apply writes what is proposed.\n")
    else:
        sys.stdout.write("No gaps: nothing was asked in vain, or the base answers it by now.\n")


def _described(library: Library, group: Group, head: str, rows: Sequence[Proposal] = ()) -> Iterator[str]:
    total = sum(gap.count for gap in group)
    yield f"{head} asked {_times(total)}, {_SAID.get(group[0].decision, group[0].decision)}"
    for gap in group[:SHOWN]:
        yield from wrapped("", f"{one_line(gap.text, 300)}{f' ({gap.count})' if gap.count > 1 else ''}", 3)
    if len(group) > SHOWN:
        yield f"   and {len(group) - SHOWN} more"
    near = [f"{n} {library.topics[m.id].title} {m.score:.2f}" for n, m in enumerate(_nearest(library, group), 1)]
    yield f"   nearest: {' · '.join(near) or 'nothing'}"
    for row in rows:
        yield f"   proposed on {row.at.date().isoformat()}: {led_to(library, row)}; waits for teach --apply"


def _nearest(library: Library, group: Group) -> list[Match]:
    """The topics that come nearest to a group, without those that are nowhere near."""
    return [match for match in library.find(group[0].text).matches[:NEAREST] if match.score >= WORTH]


def led_to(library: Library, row: Proposal) -> str:
    """What was proposed, in words."""
    topic = library.topic(row.topic)
    return f"{topic.title} ({topic.id})" if topic else row.topic or "out of scope"


def _times(count: int) -> str:
    return "once" if count == 1 else "twice" if count == 2 else f"{count} times"


def from_file(file: Path) -> list[Gap]:
    """Questions in a text file, one a line; those of JSON lines have theirs under "q"."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise TutorError(f"cannot read {file}: {error}") from None
    counts: dict[str, int] = {}
    for line in lines:
        text = line.strip()
        if text.startswith("{"):
            try:
                text = str(json.loads(text)["q"])
            except (ValueError, KeyError, TypeError):
                raise TutorError(f'{file}: a line that is no JSON object with "q": {one_line(text, 60)}') from None
        if text:
            counts[text] = counts.get(text, 0) + 1
    return [Gap("", text, count=count) for text, count in counts.items()]


@dataclass(frozen=True, slots=True)
class Unanswered:
    """What was asked in vain, and the proposals that wait to be written."""

    gaps: Sequence[Gap]
    rows: Sequence[Proposal] = ()

    def proposed(self, group: Group) -> list[Proposal]:
        """What is proposed for some question of a group, the newest first."""
        ids = {gap.id for gap in group}
        return [row for row in self.rows if not ids.isdisjoint(row.gaps)]


def from_database() -> Unanswered:
    """What learners asked in vain and nobody has dealt with yet."""
    with database() as db:
        db.check()
        with db.read() as conn:
            found = [Gap(g.id, g.text, g.decision, g.nearest, g.count, g.last) for g in open_gaps(conn)]
            return Unanswered(found, waiting_to_be_written(proposals(conn)))


Say = Callable[[str], None]
Ask = Callable[[str], str]


def teach(bench: Workbench, groups: Sequence[Group], asked: Unanswered, say: Say, ask: Ask) -> None:
    """Go through the gaps with a curator; `bench.done` has what was dealt with, also after an early end."""
    for number, group in enumerate(groups, 1):
        say("")
        for line in _described(bench.library, group, f"{number} of {len(groups)} ·", asked.proposed(group)):
            say(line)
        if not _taught_one(bench, group, say, ask):
            return


def _taught_one(bench: Workbench, group: Group, say: Say, ask: Ask) -> bool:
    """Deal with one group; False to end."""
    while True:
        near = len(_nearest(bench.library, group))
        numbers = f"1-{near}, " if near > 1 else "1, " if near else ""
        choice = ask(f"Teach it to [{numbers}a topic's id, o out of scope, s skip, q quit]: ").strip()
        if choice in ("q", "quit"):
            return False
        if choice in ("", "s", "skip"):
            return True
        try:
            if choice in ("o", "out"):
                for gap in group:
                    say(f"   written to {bench.refuse(gap.text)}: {one_line(gap.text, 80)}")
                bench.done += group
                return True
            matches = _nearest(bench.library, group)
            topic = matches[int(choice) - 1].id if choice.isdigit() and 0 < int(choice) <= len(matches) else choice
            if _lesson(bench, group, topic, say, ask):
                return True
        except TutorError as error:
            say(f"   {error}")


def _lesson(bench: Workbench, group: Group, topic: str, say: Say, ask: Ask) -> bool:
    """Try one phrase for a topic, show what it changes, and write it if the curator agrees."""
    first = lesson(bench.library, group[0].text, topic)
    title = bench.library.topics[first.topic].title
    phrase = ask(f'As a question of {title} [Enter: "{one_line(first.phrase, 80)}", or better words]: ').strip()
    one = lesson(bench.library, phrase, first.topic) if phrase else first
    after, found = bench.tried([one], [gap.text for gap in group])
    for line in described_moves(found, after):
        say(line)
    if ask("Write it [y/N]: ").strip().casefold() not in ("y", "yes"):
        return False
    for path in bench.keep([one], after):
        say(f"   written to {path}")
    bench.done += [gap for gap in group if answers(after, gap)]
    return True


def tell(line: str) -> None:
    """Tell a curator."""
    sys.stdout.write(f"{line}\n")


def ask(prompt: str) -> str:
    """What a curator types, as it is; "q" at the end of input."""
    sys.stdout.write(prompt)
    sys.stdout.flush()
    line = sys.stdin.readline()
    if not sys.stdin.isatty():
        sys.stdout.write(line if line.endswith("\n") else f"{line}\n")
    return line if line else "q"


def teach_gaps(folder: Path, file: Path | None) -> None:
    """`tutor knowledge teach`: the gaps of the database, or the questions of a file, one group after the other."""
    bench = Workbench.open(folder)
    asked = Unanswered(from_file(file)) if file else from_database()
    groups = listed(bench.library, asked.gaps, (text for text, to in bench.owners.items() if not to), bench.model)
    if not groups:
        sys.stdout.write("No gaps: nothing was asked in vain, or the base answers it by now.\n")
        return

    try:
        teach(bench, groups, asked, tell, ask)
    finally:
        ids = [gap.id for gap in bench.done if gap.id]
        if ids:
            with database() as db, db.begin() as conn:
                close_gaps(conn, ids, datetime.now(UTC))


def apply(folder: Path, file: Path) -> None:
    """`tutor knowledge teach --apply FILE`: lessons as JSON lines {"q", "topic", "as"}, tried together and written."""
    bench = Workbench.open(folder)
    lessons: list[Lesson] = []
    try:
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise TutorError(f"cannot read {file}: {error}") from None
    for row in rows:
        try:
            lessons.append(lesson(bench.library, str(row["q"]), str(row["topic"]), row.get("as", "questions")))
        except (KeyError, TypeError, AttributeError):
            raise TutorError(f'{file}: every line needs "q" and "topic": {one_line(str(row), 60)}') from None
        except TutorError as error:
            sys.stderr.write(f"tutor: left out: {error}\n")
    after, found = bench.tried(lessons)
    for line in described_moves(found, after):
        sys.stdout.write(f"{line}\n")
    for path in bench.keep(lessons, after):
        sys.stdout.write(f"   written to {path}\n")
