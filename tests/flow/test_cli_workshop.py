"""The commands that keep a base: init, new, fmt, rename, diff, stats, as a curator uses them."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest

from adapters.config import Settings
from adapters.fronts import Roles
from adapters.wiring import build
from bot.messages import Address, Event
from tests.flow.test_cli_questions import Run, run
from tests.unit.adapters.program import BASE

__all__ = ["run"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BASE, tmp_path / "base"))


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_a_base_from_nothing(run: Run, tmp_path: Path) -> None:
    began = run("knowledge", "init", "mine", "--title", "Onboarding")
    assert began.code == 0
    assert "mine/base.yaml" in began.out
    asked = run("knowledge", "check", "--golden", "--knowledge", "mine")
    assert asked.code == 0
    assert "2 golden questions asked, 0 missed" in asked.out
    new = run("knowledge", "new", "concept/first-day", "--part-of", "skill/first-topic", "--knowledge", "mine")
    assert new.out.startswith("mine/concepts/first-day.yaml\n")
    checked = run("knowledge", "check", "--knowledge", "mine")
    assert checked.code == 0
    assert "warning[placeholder] summary is still to be written" in checked.out
    assert "error" not in checked.out
    again = run("knowledge", "new", "concept/first-day", "--knowledge", "mine")
    assert again.code == 2
    assert "exists already" in again.err
    assert run("knowledge", "init", "mine").code == 2
    assert "is no base" in run("knowledge", "new", "skill/x", "--knowledge", str(tmp_path)).err
    assert "is no full id" in run("knowledge", "new", "x", "--knowledge", "mine").err


def test_laying_out(run: Run, folder: Path) -> None:
    assert run("knowledge", "fmt", "--check", "--knowledge", str(folder)).code == 0
    file = folder / "concepts" / "failover.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text("\n\n\n" + text.replace("\n", "  \r\n"), encoding="utf-8", newline="")
    file.chmod(0o640)
    assert run("knowledge", "fmt", "--check", "--knowledge", str(folder)).code == 1
    assert run("knowledge", "fmt", "--knowledge", str(folder)).code == 0
    assert file.read_text(encoding="utf-8") == text
    assert file.stat().st_mode & 0o777 == 0o640
    file.write_text("a: [\n", encoding="utf-8")
    broken = run("knowledge", "fmt", "--knowledge", str(folder))
    assert broken.code == 2
    assert "failover.yaml: this is not YAML" in broken.err
    assert file.read_text(encoding="utf-8") == "a: [\n"
    assert not list(folder.rglob("*.tmp"))


def test_renaming_and_what_learners_notice(run: Run, folder: Path) -> None:
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    assert run("knowledge", "diff", "--knowledge", str(folder)).out == "nothing that learners notice\n"
    renamed = run("knowledge", "rename", "concept/failover", "concept/fail-over", "--knowledge", str(folder))
    assert renamed.code == 0
    assert "concepts/failover.yaml: deleted" in renamed.out
    assert run("knowledge", "check", "--knowledge", str(folder)).code == 0
    told = run("knowledge", "diff", "HEAD", "--knowledge", str(folder))
    assert "Renamed; progress follows (1)\n  concept/failover -> concept/fail-over" in told.out
    failed = run("knowledge", "rename", "concept/failover", "concept/x", "--knowledge", str(folder))
    assert failed.code == 2
    assert 'did you mean "concept/fail-over"' in failed.err
    part = run("knowledge", "rename", "concept/fail-over", "skill/fail-over", "--knowledge", str(folder))
    assert part.code == 2
    assert "misplaced-key" in part.err


@pytest.mark.parametrize("revision", ["nonesuch", "--output=x", "HEAD:../.."])
def test_a_version_that_cannot_be_had(run: Run, folder: Path, revision: str) -> None:
    git(folder, "init", "-q")
    ended = run("knowledge", "diff", "--knowledge", str(folder), "--", revision)
    assert ended.code == 2
    assert ended.err.startswith("tutor: ")
    assert "Traceback" not in ended.err


def test_figures(run: Run, folder: Path) -> None:
    shown = run("knowledge", "stats", "--knowledge", str(folder))
    assert shown.code == 0
    topics = len(list(folder.glob("*/*.yaml")))
    assert f": {topics} topics, " in shown.out
    assert "Quiz items" in shown.out
    assert "fewest" in shown.out


# --- what learners asked in vain --------------------------------------------------------------------------------------

VAIN = "my hamster escaped again"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """What a curator types, line by line."""
    return lambda text: monkeypatch.setattr("sys.stdin", StringIO(text))


async def ask_in_vain(database: Path, base: Path, *questions: str) -> None:
    """Let learners ask a Tutor on this database."""
    settings = Settings(database_url=f"sqlite:///{database}", knowledge_dir=base)
    app = build(settings, roles=Roles())
    async with app.running():
        for n, question in enumerate(questions):
            where = Address("telegram", "", f"chat{n}")
            await app.inbox.receive(Event(str(uuid4()), "text", datetime.now(UTC), f"user{n}", where, text=question))


async def test_a_gap_is_taught_and_closed(
    run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: Callable[[str], None]
) -> None:
    database = tmp_path / "t.db"
    monkeypatch.setenv("TUTOR_DATABASE_URL", f"sqlite:///{database}")
    await ask_in_vain(database, folder, VAIN, VAIN, "what is failover", "zebra crossing zebra")
    listed = await asyncio.to_thread(run, "knowledge", "gaps", "--knowledge", str(folder))
    assert listed.code == 0, listed.err
    assert "asked twice, declined\n   " + VAIN in listed.out
    assert "what is failover" not in listed.out
    typed("nonesuch\nfault-tolerance\n\nn\nfault-tolerance\n\ny\no\n")
    taught = await asyncio.to_thread(run, "knowledge", "teach", "--knowledge", str(folder))
    assert taught.code == 0, taught.err
    assert "there is no topic nonesuch" in taught.out
    assert f'"{VAIN}": declined -> Fault Tolerance' in taught.out
    assert "written to practices/fault-tolerance.yaml" in taught.out
    assert "written to golden/out_of_scope.yaml: zebra crossing zebra" in taught.out
    assert VAIN in (folder / "practices" / "fault-tolerance.yaml").read_text(encoding="utf-8")
    again = await asyncio.to_thread(run, "knowledge", "gaps", "--knowledge", str(folder))
    assert again.out.startswith("No gaps")
    checked = await asyncio.to_thread(run, "knowledge", "check", "--golden", "--knowledge", str(folder))
    assert checked.code == 0
    await ask_in_vain(database, folder, "zebra crossing zebra", "zebra crossing quagga")
    again = await asyncio.to_thread(run, "knowledge", "gaps", "--knowledge", str(folder))
    assert "zebra crossing quagga" in again.out
    assert "zebra crossing zebra" not in again.out, "it is out of scope for good"


def test_questions_of_a_file_and_an_early_end(
    run: Run, folder: Path, tmp_path: Path, typed: Callable[[str], None]
) -> None:
    asked = tmp_path / "asked.txt"
    asked.write_text(f'{VAIN}\n\n{{"q": "zebra crossing zebra", "expect": []}}\n{VAIN}\n', encoding="utf-8")
    before = {file: file.read_bytes() for file in folder.rglob("*.yaml")}
    shown = run("knowledge", "gaps", "--knowledge", str(folder), "--questions", str(asked), "--json")
    groups = [json.loads(line) for line in shown.out.splitlines()]
    assert [group["asked"] for group in groups] == [2, 1]
    typed("1\n")
    ended = run("knowledge", "teach", "--knowledge", str(folder), "--questions", str(asked))
    assert ended.code == 0
    assert before == {file: file.read_bytes() for file in folder.rglob("*.yaml")}
    asked.write_text("{broken\n", encoding="utf-8")
    assert run("knowledge", "teach", "--knowledge", str(folder), "--questions", str(asked)).code == 2


def test_lessons_of_a_file(run: Run, folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "lessons.jsonl"
    file.write_text(
        f'{{"q": "{VAIN}", "topic": "fault-tolerance"}}\n{{"q": "failover", "topic": "fault-tolerance"}}\n', "utf-8"
    )
    done = run("knowledge", "teach", "--apply", str(file), "--knowledge", str(folder))
    assert done.code == 0
    assert 'left out: "failover" is a name of concept/failover already' in done.err
    assert "written to practices/fault-tolerance.yaml" in done.out
    assert run("knowledge", "fmt", "--check", "--knowledge", str(folder)).code == 0
    file.write_text('{"q": "x"}\n', encoding="utf-8")
    assert run("knowledge", "teach", "--apply", str(file), "--knowledge", str(folder)).code == 2


def test_check_mends_what_it_can(run: Run, folder: Path) -> None:
    file = folder / "practices" / "fault-tolerance.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("my machine crashed", "my machine crashed, MY MACHINE CRASHED"), encoding="utf-8")
    assert "warning[repeated]" in run("knowledge", "check", "--knowledge", str(folder)).out
    done = run("knowledge", "check", "--fix", "--knowledge", str(folder))
    assert done.code == 0
    assert 'questions: "MY MACHINE CRASHED" stood there twice' in done.err
    assert "warning[repeated]" not in done.out
    assert file.read_text(encoding="utf-8") == text
    file.write_text("kind: [", encoding="utf-8")
    assert run("knowledge", "check", "--fix", "--knowledge", str(folder)).code == 1
    assert file.read_text(encoding="utf-8") == "kind: ["
