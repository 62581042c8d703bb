"""The command line: what it prints, where, and how it ends."""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import structlog

from adapters.cli import main
from bot.store.db import Database
from tests.ports import free_port
from tests.unit.adapters.program import BASE, BROKEN, SECONDS, TUTOR, environment, tutor


def test_help_is_there_without_loading_what_it_describes(tmp_path: Path) -> None:
    done = tutor(tmp_path, "--help")
    assert done.code == 0
    for command in ("chat", "ask", "run", "knowledge", "db"):
        assert command in done.out
    heavy = "import sys, adapters.cli; print(sorted({'rich', 'sqlalchemy', 'pydantic', 'asyncio'} & set(sys.modules)))"
    python = TUTOR.with_name("python")
    found = subprocess.run([python, "-c", heavy], capture_output=True, check=True, cwd=tmp_path, env=environment())
    assert found.stdout.decode().strip() == "[]"


# --- ask, match, check --------------------------------------------------------------------------------------------


def test_ask_answers_and_stores_nothing(tmp_path: Path) -> None:
    done = tutor(tmp_path, "ask", "whats fault tolerence")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Fault Tolerance (practice)\n")
    assert "[1 More]" in done.out
    assert list(tmp_path.iterdir()) == []


def test_ask_as_json_is_the_match_and_the_replies(tmp_path: Path) -> None:
    done = tutor(tmp_path, "ask", b"what is \xff failover", "--json")
    found = json.loads(done.out)
    assert list(found) == ["question", "decision", "confidence", "matches", "ms", "replies"]
    assert found["matches"][0]["id"] == "concept/failover"
    assert found["replies"][0]["topics"] == ["concept/failover"]


def test_match_is_an_object_a_line_whatever_the_line(tmp_path: Path) -> None:
    lines = [b"what is failover", b"", b"what is \xff failover", b"a\x00b", b"x" * 100_000, "größer als ſ".encode()]
    done = tutor(tmp_path, "knowledge", "match", "--knowledge", str(BASE), said=b"\n".join(lines))
    assert (done.code, done.err) == (0, "")
    found = [json.loads(line) for line in done.out.splitlines()]
    assert len(found) == len(lines)
    assert [one["matches"][0]["id"] for one in (found[0], found[2])] == ["concept/failover"] * 2
    assert all(len(one["matches"]) <= 5 and 0 <= one["confidence"] <= 1 and one["ms"] >= 0 for one in found)


def test_check_ends_with_1_where_there_are_problems(tmp_path: Path) -> None:
    good = tutor(tmp_path, "knowledge", "check", "--knowledge", str(BASE))
    assert good.code == 0
    bad = tutor(tmp_path, "knowledge", "check", "--json", TUTOR_KNOWLEDGE_DIR=str(BROKEN))
    assert bad.code == 1
    assert json.loads(bad.out)["errors"] > 1


def test_a_reader_that_leaves_early_is_no_reason_to_complain(tmp_path: Path) -> None:
    for command in (
        "yes 'what is failover' | head -3000 | tutor knowledge match",
        "yes browse | head -50 | tutor chat",
    ):
        done = subprocess.run(
            ["bash", "-c", f"{command} | head -1"],
            capture_output=True,
            cwd=tmp_path,
            env=environment() | {"PATH": f"{TUTOR.parent}{os.pathsep}{os.environ['PATH']}"},
            timeout=SECONDS,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout


# --- what a person can mend ---------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs commands within this process, which saves a second each: exit code, what was printed, and where."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("TUTOR_") or name in ("DATABASE_URL", "PORT")]:
        monkeypatch.delenv(name)
    root = logging.getLogger()
    before = root.handlers[:], root.level

    def once(*arguments: str, **settings: str) -> Ended:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["tutor", *arguments])
            patch.setenv("TUTOR_KNOWLEDGE_DIR", str(BASE))
            for name, value in settings.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as raised:
                main()
        return Ended(raised.value.code, *capsys.readouterr())

    yield once
    root.handlers[:], root.level = before
    structlog.reset_defaults()


class Ended(NamedTuple):
    """How a command ended."""

    code: object
    out: str
    err: str

    def refused(self) -> list[str]:
        """The lines on stderr of a command that a person can mend; nothing else may be said."""
        assert (self.code, self.out) == (2, ""), self.err
        assert self.err
        assert all(line.startswith("tutor: ") for line in self.err.splitlines()), self.err
        return self.err.splitlines()


Run = Callable[..., Ended]


def test_each_wrong_setting_is_one_line(run: Run) -> None:
    lines = run("chat", TUTOR_PORT="x", TUTOR_TIMEZONE="Mars", TUTOR_LOG_FORMAT="xml").refused()
    assert [line.split(":")[1] for line in lines] == [
        " setting TUTOR_PORT",
        " setting TUTOR_TIMEZONE",
        " setting TUTOR_LOG_FORMAT",
    ]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("chat", "--now", "tomorrow"), "--now 'tomorrow' is not a moment"),
        (("chat", "--now", "9999-12-31T23:59"), "too far away"),
        (("run", "telegraph"), "no part 'telegraph'"),
        (("run", "--demo", "scheduler"), "Name no parts"),
    ],
)
def test_wrong_arguments(run: Run, arguments: tuple[str, ...], told: str) -> None:
    [line] = run(*arguments).refused()
    assert told in line


@pytest.mark.parametrize("command", ["chat", "run", "ask x", "knowledge match"])
def test_a_missing_base_is_one_line_and_a_broken_one_a_report(run: Run, command: str) -> None:
    [line] = run(*command.split(), TUTOR_KNOWLEDGE_DIR="nowhere").refused()
    assert "nowhere" in line
    assert "KNOWLEDGE_DIR" in line
    done = run(*command.split(), TUTOR_KNOWLEDGE_DIR=str(BROKEN))
    assert (done.code, done.out) == (2, "")
    problems = [line for line in (BROKEN.parent / "report.txt").read_text().splitlines() if "error[" in line]
    assert len(problems) > 1
    assert all(line.partition("error[")[2] in done.err for line in problems)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("text.db", "not a SQLite database"),
        ("sqlite:////proc/nowhere/tutor.db", "folder cannot be made"),
        ("mysql://ann:hunter22@host/db", "not a database URL"),
        ("postgresql://ann:hunter22@127.0.0.1:1/db", "cannot be used"),
        ("sqlite:///folder.db", "is a folder"),
        ("sqlite://", "names no file"),
    ],
)
def test_a_database_that_cannot_be_used(run: Run, tmp_path: Path, url: str, told: str) -> None:
    (tmp_path / "text.db").write_text("this is no database, but it is long enough to look like one\n" * 20)
    (tmp_path / "folder.db").mkdir()
    for command in ("chat", "db upgrade"):
        [line] = run(*command.split(), TUTOR_DATABASE_URL=url).refused()
        assert told in line
        assert "hunter22" not in line


def test_a_database_that_is_not_there_yet(run: Run) -> None:
    [line] = run("db", "check").refused()
    assert "tutor db upgrade" in line


def test_the_key_opens_the_database_and_another_one_does_not(tmp_path: Path, run: Run) -> None:
    made = tutor(tmp_path, "db", "upgrade", TUTOR_DATABASE_KEY="correct horse")
    assert (made.code, made.out, made.err) == (0, "data/tutor.db: up to date\n", "")
    [line] = run("chat", TUTOR_DATABASE_KEY="wrong horse").refused()
    assert "DATABASE_KEY does not open" in line
    [line] = run("db", "check").refused()
    assert "set DATABASE_KEY" in line


# --- serving ------------------------------------------------------------------------------------------------------


def test_one_process_serves_from_a_file_until_it_is_told_to_stop(tmp_path: Path, run: Run) -> None:
    port = free_port()
    process = subprocess.Popen(
        [TUTOR, "run"],
        cwd=tmp_path,
        env=environment(TUTOR_PORT=str(port)),
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        said = f"tutor: serving http://127.0.0.1:{port}, schedule "
        assert process.stderr.readline().startswith(said)
        for command in ("chat", "run"):
            [line] = run(command).refused()
            assert f"pid {process.pid}" in line
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=SECONDS)
    finally:
        process.kill()
    assert (process.returncode, out) == (0, "")
    assert "Traceback" not in err


def test_the_running_program_reloads_a_repaired_base_and_logs_in_json(tmp_path: Path) -> None:
    base = Path(shutil.copytree(BASE, tmp_path / "base"))
    topic = base / "concepts" / "failover.yaml"
    good = topic.read_text(encoding="utf-8")
    process = subprocess.Popen(
        [TUTOR, "run", "scheduler"],
        cwd=tmp_path,
        env=environment(TUTOR_KNOWLEDGE_DIR=str(base), TUTOR_LOG_FORMAT="json"),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        assert "serving" in process.stderr.readline()
        topic.write_text(good.replace("title:", "titel:"), encoding="utf-8")
        kept = json.loads(process.stderr.readline())
        assert kept["event"] == "knowledge not reloaded, still serving the last good version"
        assert "concepts/failover.yaml:1:1" in kept["first"]
        topic.write_text(good.replace("title: Failover", "title: Fail-over"), encoding="utf-8")
        assert json.loads(process.stderr.readline())["event"] == "knowledge reloaded"
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 0
    finally:
        process.kill()
        process.communicate()


def test_a_fault_of_ours_is_told_without_what_it_says(tmp_path: Path) -> None:
    """A database whose schema claims to be current and is not: no one foresaw that."""
    made = Database(f"sqlite:///{tmp_path / 'data' / 'tutor.db'}")
    made.upgrade()
    made.close()
    with sqlite3.connect(tmp_path / "data" / "tutor.db") as conn:
        conn.execute("DROP TABLE event")
    conn.close()
    done = tutor(tmp_path, "chat", said="my deepest secret\n")
    assert done.code == 1
    assert "please report it" in done.err
    assert "OperationalError" in done.err
    assert "secret" not in done.err
    assert "no such table" not in done.err
