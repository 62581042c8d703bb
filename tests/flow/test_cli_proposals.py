"""From a question asked in vain to its answer: an admin proposes in chat, `teach --apply` writes, learners are told."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest

from adapters.config import Settings
from adapters.fronts import Roles
from adapters.wiring import Application, build
from bot.messages import Address, Event, EventKind, Reply
from bot.records import Proposal
from bot.store.db import Database
from bot.store.queries.gaps import open_gaps
from bot.store.queries.outbox import rows_after
from bot.store.queries.proposals import drop_proposals, proposals, put_proposals
from bot.store.tx import gap_id
from bot.unanswered import tag
from knowledge.markup import plain
from tests.flow.test_cli_questions import Ended, Run, run
from tests.flow.test_cli_workshop import ask_in_vain
from tests.unit.adapters.program import BASE, environment

__all__ = ["run"]

VAIN, OTHER = "my hamster escaped again", "zebra crossing zebra"
BOSS = "telegram:1"
FAULT, SCALE = "practice/fault-tolerance", "practice/scalability"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BASE, tmp_path / "base"))


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """What a curator types, line by line."""
    return lambda text: monkeypatch.setattr("sys.stdin", StringIO(text))


@dataclass
class Served:
    """A Tutor at work, and people who write to it."""

    app: Application
    last: int = 0

    async def tell(self, user: str, kind: EventKind, text: str = "", action: str = "") -> list[Reply]:
        """Send an event; what is answered in that chat."""
        where = Address("telegram", "", user)
        event = Event(str(uuid4()), kind, datetime.now(UTC), user, where, text=text, action=action, home=where)
        assert (await self.app.inbox.receive(event)).outcome == "done"
        return await self.read(user)

    async def read(self, user: str) -> list[Reply]:
        found = await rows_after(self.app.db, f"telegram::{user}", self.last)
        self.last = max([self.last, *(row.id for row in found)])
        return [row.reply for row in found if row.reply]

    async def say(self, user: str, text: str) -> list[Reply]:
        return await self.tell(user, "text", text)

    async def press(self, user: str, replies: list[Reply], label: str) -> list[Reply]:
        action = next(b.action for reply in replies for b in reply.buttons if b.label == label)
        return await self.tell(user, "press", action=action)


@asynccontextmanager
async def served(database: Path, folder: Path) -> AsyncIterator[Served]:
    settings = Settings(database_url=f"sqlite:///{database}", knowledge_dir=folder, admins=(BOSS,), cache_dir=None)
    app = build(settings, roles=Roles())
    async with app.running():
        yield Served(app)


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Iterator[Database]:
    """A database that the commands use."""
    monkeypatch.setenv("TUTOR_DATABASE_URL", f"sqlite:///{tmp_path / 't.db'}")
    db = Database(f"sqlite:///{tmp_path / 't.db'}")
    db.upgrade()
    yield db
    db.close()


def propose(db: Database, text: str, topic: str, minutes: int = 0) -> Proposal:
    """As an admin's press leaves it."""
    at = datetime(2026, 11, 23, 9, minutes, tzinfo=UTC)
    row = Proposal(gap_id(text), (gap_id(text),), text, topic, at)
    with db.begin() as conn:
        put_proposals(conn, [row])
    return row


def stored(db: Database) -> dict[str, tuple[str, str]]:
    """Text to status and note."""
    with db.read() as conn:
        return {row.text: (row.status, row.note) for row in proposals(conn)}


def applied(run: Run, folder: Path, *more: str) -> Ended:
    return run("knowledge", "teach", "--apply", *more, "--knowledge", str(folder))


def files(folder: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in folder.rglob("*.yaml")}


async def test_from_a_question_in_vain_to_its_answer(
    run: Run, database: Database, folder: Path, tmp_path: Path, typed: Callable[[str], None]
) -> None:
    async with served(tmp_path / "t.db", folder) as tutor:
        asked = await tutor.say("2", VAIN)
        await tutor.press("2", asked, "Tell me when you know")
        await tutor.say("3", OTHER)
        await tutor.app.read_questions()
        desk = await tutor.say("1", "/admin")
        assert "One learner wants to be told." in plain(desk[-1].text)
        await tutor.press("1", desk, "Go through the questions")
        first = await tutor.say("1", "fault tolerance")
        assert f"Proposed: “{VAIN}” leads to Fault Tolerance." in plain(first[0].text)
        await tutor.press("1", first, "Out of scope")
        typed("y\ny\n")
        done = await asyncio.to_thread(applied, run, folder)  # while it serves
        assert (done.code, done.err) == (0, "")
        assert f'"{VAIN}": declined -> Fault Tolerance' in done.out
        assert "written to practices/fault-tolerance.yaml" in done.out
        assert "written to golden/out_of_scope.yaml" in done.out
        assert "2 written, 0 refused, 0 left for later." in done.out
        await tutor.app.current.reload()
        await tutor.app.current.tell()
        told = await tutor.read("2")
        assert f"You asked: “{VAIN}”. Now I know." in plain(told[-1].text)
        assert plain((await tutor.say("3", VAIN))[-1].text).startswith("Fault Tolerance")
        desk = await tutor.say("1", "/admin")
        assert "Proposals: 0 to be written, 2 written, 0 refused." in plain(desk[-1].text)
        assert "Questions asked in vain: none that waits." in plain(desk[-1].text)
    checked = await asyncio.to_thread(run, "knowledge", "check", "--golden", "--knowledge", str(folder))
    assert checked.code == 0
    assert "golden-" not in checked.out
    assert (await asyncio.to_thread(applied, run, folder)).out.startswith("No proposals")


def test_what_does_harm_is_refused_with_the_reason(run: Run, database: Database, folder: Path) -> None:
    (folder / "golden").mkdir()
    (folder / "golden" / "mine.yaml").write_text("who takes over by itself?: failover\n", encoding="utf-8")
    (folder / "golden" / "out_of_scope.yaml").write_text("- my hamster escaped again today\n", encoding="utf-8")
    cases = {
        "who takes over automatically?": (SCALE, "is among the questions of concept/failover already"),
        "failover": (SCALE, "is a name of concept/failover already"),
        "who takes over by itself": (SCALE, 'it would take "who takes over by itself?" from concept/failover'),
        VAIN: (SCALE, 'it would answer "my hamster escaped again today", which is out of scope'),
        "a question of its own": ("path/first-steps", "is a path: teach one of its steps"),
        "a topic that went": ("concept/gone", "there is no topic concept/gone"),
        "?!": (SCALE, "there is no word in it to learn"),
        "scalability": ("", "is a name of practice/scalability"),
        "Switch to the spare server": ("", "must lead to concept/failover"),
        "q" * 1001: (SCALE, "longer than 1,000 characters"),
    }
    before = files(folder)
    for n, (text, (topic, _)) in enumerate(cases.items()):
        propose(database, text, topic, n)
    done = applied(run, folder, "--yes")
    assert (done.code, done.err) == (0, "")
    assert f"0 written, {len(cases)} refused, 0 left for later." in done.out
    assert files(folder) == before
    kept = stored(database)
    for text, (_, why) in cases.items():
        status, note = kept[text]
        assert status == "refused", text
        assert why in note, text
        assert why in done.out.replace("\n     ", " "), text


def test_what_a_curator_types_decides(run: Run, database: Database, folder: Path, typed: Callable[[str], None]) -> None:
    for n, text in enumerate((VAIN, OTHER, "penguins on parade", "walrus tusks galore")):
        propose(database, text, FAULT, n)
    propose(database, "who takes over automatically?", FAULT, 5)
    typed("\nr\nwho switches to a spare penguin\ny\nq\n")
    done = applied(run, folder)
    assert done.code == 0
    assert "1 written, 1 refused, 3 left for later." in done.out
    kept = stored(database)
    assert kept[VAIN] == kept["walrus tusks galore"] == kept["who takes over automatically?"] == ("open", "")
    assert kept[OTHER] == ("refused", "a curator decided so")
    text = (folder / "practices" / "fault-tolerance.yaml").read_text(encoding="utf-8")
    assert kept["penguins on parade"] == ("applied", "practices/fault-tolerance.yaml")
    assert "even so, Fault Tolerance would not answer the question" in done.out
    assert "who switches to a spare penguin" in text
    assert "penguins on parade" not in text
    typed("n\nn\ny\nwalrus, once more\n\n")
    done = applied(run, folder)
    assert 'not so: "who takes over automatically?" is among the questions of concept/failover already' in done.out
    assert done.out.count("Better words [") == 2, "yes is no way past the reason"
    assert "0 written, 0 refused, 3 left for later." in done.out


def test_the_end_of_input_leaves_all_for_later(
    run: Run, database: Database, folder: Path, typed: Callable[[str], None]
) -> None:
    propose(database, VAIN, FAULT)
    propose(database, OTHER, "", 1)
    before = files(folder)
    typed("")
    done = applied(run, folder)
    assert (done.code, files(folder)) == (0, before)
    assert "0 written, 0 refused, 2 left for later." in done.out


@pytest.mark.parametrize("topic", [FAULT, ""])
def test_an_end_between_writing_and_marking_writes_nothing_twice(
    run: Run, database: Database, folder: Path, topic: str
) -> None:
    row = propose(database, VAIN, topic)
    assert applied(run, folder, "--yes").code == 0
    (folder / "golden").mkdir(exist_ok=True)
    before = files(folder)
    with database.begin() as conn:
        put_proposals(conn, [replace(row, status="open")])
    again = applied(run, folder, "--yes")
    assert "1 written, 0 refused" in again.out
    assert files(folder) == before
    assert stored(database)[VAIN][0] == "applied"


@pytest.mark.parametrize("at", ["1 of 3", "written to", "2 of 3", "written to golden"])
def test_a_process_that_is_killed_goes_on_where_it_was(
    run: Run, database: Database, folder: Path, tmp_path: Path, at: str
) -> None:
    """Right after a file was written, before that could be marked, as well as in between."""
    for n, (text, topic) in enumerate(((VAIN, FAULT), (OTHER, ""), ("penguins on parade", SCALE))):
        propose(database, text, topic, n)
    settings = {"TUTOR_DATABASE_URL": f"sqlite:///{tmp_path / 't.db'}", "TUTOR_CACHE_DIR": str(tmp_path / "cache")}
    here = {"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUNBUFFERED": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = "from adapters.cli import main; main()"
    arguments = ["knowledge", "teach", "--apply", "--yes", "--knowledge", str(folder)]
    process = subprocess.Popen(
        [sys.executable, "-c", command, *arguments],
        cwd=tmp_path,
        env=environment(**settings, **here),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as out:
        seen = any(at in line for line in out)
        process.kill()
    process.wait(20)
    assert seen
    assert process.returncode == -signal.SIGKILL
    done = applied(run, folder, "--yes")
    assert (done.code, done.err) == (0, "")
    assert {status for status, _ in stored(database).values()} == {"applied"}
    texts = {file.name: file.read_text(encoding="utf-8") for file in folder.rglob("*.yaml")}
    assert texts["fault-tolerance.yaml"].count(VAIN) == 1
    assert texts["scalability.yaml"].count("penguins on parade") == 1
    assert texts["out_of_scope.yaml"] == f"- {OTHER}\n"
    assert not list(folder.rglob("*.tmp"))


def test_what_is_taken_back_meanwhile_is_not_written(
    run: Run, database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose(database, VAIN, FAULT)
    propose(database, OTHER, FAULT, 1)
    before = (folder / "practices" / "scalability.yaml").read_bytes()

    class Slow(StringIO):
        def readline(self, *_: object) -> str:  # type: ignore[override]
            with database.begin() as conn:
                drop_proposals(conn, [gap_id(OTHER)])
            return "y\n"

    monkeypatch.setattr("sys.stdin", Slow())
    done = applied(run, folder)
    assert "it was changed or taken back in chat meanwhile" in done.out
    assert "1 written, 0 refused, 1 left for later." in done.out
    text = (folder / "practices" / "fault-tolerance.yaml").read_text(encoding="utf-8")
    assert VAIN in text
    assert OTHER not in text
    assert (folder / "practices" / "scalability.yaml").read_bytes() == before


def test_a_changed_mind_while_a_curator_looks_is_kept(
    run: Run, database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose(database, VAIN, FAULT)

    class Slow(StringIO):
        def readline(self, *_: object) -> str:  # type: ignore[override]
            propose(database, VAIN, SCALE, 30)
            return "y\n"

    before = files(folder)
    monkeypatch.setattr("sys.stdin", Slow())
    assert "changed or taken back in chat meanwhile: nothing is written" in applied(run, folder).out
    assert files(folder) == before
    assert stored(database)[VAIN] == ("open", "")
    assert "written to practices/scalability.yaml" in applied(run, folder, "--yes").out


def test_a_base_that_cannot_be_written_is_one_line_and_marks_nothing(
    run: Run, database: Database, folder: Path
) -> None:
    propose(database, VAIN, "")
    (folder / "golden").symlink_to(folder / "nowhere")
    done = applied(run, folder, "--yes")
    assert done.code == 2
    assert done.err.startswith(f"tutor: cannot write in {folder}: ")
    assert done.err.count("\n") == 1
    assert stored(database)[VAIN] == ("open", "")


def test_files_that_are_not_as_usual_are_left_to_a_person(run: Run, database: Database, folder: Path) -> None:
    propose(database, VAIN, FAULT)
    propose(database, OTHER, "", 1)
    file = folder / "practices" / "fault-tolerance.yaml"
    file.write_text("{" + ", ".join(file.read_text(encoding="utf-8").partition("quiz:")[0].splitlines()[1:3]) + "}\n")
    broken = applied(run, folder, "--yes")
    assert broken.code == 2
    assert "error[" in broken.err
    file.write_bytes((BASE / "practices" / "fault-tolerance.yaml").read_bytes())
    file.rename(folder / "practices" / "elsewhere.yaml")
    (folder / "golden").mkdir()
    (folder / "golden" / "out_of_scope.yaml").write_text("[one, two]\n", encoding="utf-8")
    before = files(folder)
    done = applied(run, folder, "--yes")
    assert "0 written, 2 refused" in done.out
    assert "is the file named after its topic?" in stored(database)[VAIN][1]
    assert "is no plain list: add the question by hand" in stored(database)[OTHER][1]
    assert files(folder) == before


def test_later_lessons_heed_earlier_ones(run: Run, database: Database, folder: Path) -> None:
    propose(database, VAIN, "")
    propose(database, "my hamster escaped again today", FAULT, 1)
    propose(database, OTHER, SCALE, 2)
    propose(database, OTHER.replace("crossing", "crossings"), FAULT, 3)
    done = applied(run, folder, "--yes")
    assert done.code == 0
    kept = stored(database)
    assert kept[VAIN][0] == kept[OTHER][0] == "applied"
    assert kept["my hamster escaped again today"][1] == f'it would answer "{VAIN}", which is out of scope'
    checked = run("knowledge", "check", "--golden", "--knowledge", str(folder))
    assert "golden-" not in checked.out


@pytest.mark.parametrize(
    "arguments", [("--yes",), ("x.jsonl",), ("--apply", "--questions", "x"), ("--apply", "nowhere.jsonl")]
)
def test_arguments_that_do_not_go_together(run: Run, folder: Path, arguments: tuple[str, ...]) -> None:
    done = run("knowledge", "teach", *arguments, "--knowledge", str(folder))
    assert done.code == 2
    assert done.err.startswith("tutor: ")


def test_gaps_close_with_what_answers_them(run: Run, database: Database, folder: Path) -> None:
    asyncio.run(ask_in_vain(database.path or Path(), folder, VAIN, "my hamsters escaped again", OTHER))
    ids = (gap_id(VAIN), gap_id("my hamsters escaped again"))
    row = replace(propose(database, VAIN, FAULT), gaps=ids)
    with database.begin() as conn:
        put_proposals(conn, [row])
    done = applied(run, folder, "--yes")
    assert "alike: my hamsters escaped again" in done.out
    with database.read() as conn:
        assert [gap.text for gap in open_gaps(conn)] == [OTHER]


def test_what_is_proposed_is_said_where_gaps_are_listed(
    run: Run, database: Database, folder: Path, typed: Callable[[str], None]
) -> None:
    asyncio.run(ask_in_vain(database.path or Path(), folder, VAIN, "my hamsters escaped again", OTHER, "purple owls"))
    propose(database, VAIN, FAULT)
    propose(database, OTHER, "", 1)
    here = ("--knowledge", str(folder))
    shown = run("knowledge", "gaps", *here)
    first, second, third, end = shown.out.split("\n\n")
    said = "   proposed on 2026-11-23: Fault Tolerance (practice/fault-tolerance); waits for teach --apply"
    assert said in first.splitlines()
    assert "my hamsters escaped again" in first
    assert "proposed" not in second
    assert "purple owls" in second
    assert "   proposed on 2026-11-23: out of scope; waits for teach --apply" in third.splitlines()
    assert end == "tutor knowledge teach goes through them.\ntutor knowledge teach --apply writes what is proposed.\n"
    listed = [json.loads(line)["proposed"] for line in run("knowledge", "gaps", "--json", *here).out.splitlines()]
    assert listed == [[{"topic": FAULT, "at": "2026-11-23"}], [], [{"topic": "", "at": "2026-11-23"}]]
    typed("q\n")
    assert said in run("knowledge", "teach", *here).out
    assert applied(run, folder, "--yes").code == 0
    after = run("knowledge", "gaps", *here).out
    assert "purple owls" in after
    assert "proposed" not in after


def test_what_is_out_of_scope_for_good_is_no_gap(
    run: Run, database: Database, folder: Path, typed: Callable[[str], None]
) -> None:
    asyncio.run(ask_in_vain(database.path or Path(), folder, VAIN, OTHER))
    (folder / "golden").mkdir()
    (folder / "golden" / "out_of_scope.yaml").write_text(f"- {OTHER.upper()}?\n", encoding="utf-8")
    for command in ("gaps", "teach"):
        typed("q\n")
        shown = run("knowledge", command, "--knowledge", str(folder)).out
        assert VAIN in shown
        assert OTHER not in shown
        assert "[1-3" not in shown, "fewer topics come near"


def test_tags_of_topics_are_short_and_differ() -> None:
    assert len({tag(f"concept/{n}") for n in range(10_000)}) == 10_000
    assert len(tag(FAULT)) == 8
