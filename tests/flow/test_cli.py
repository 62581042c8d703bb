"""The command line: what it prints, where, and how it ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
from pathlib import Path

import pytest

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


def test_each_wrong_setting_is_one_line(tmp_path: Path) -> None:
    lines = tutor(tmp_path, "chat", TUTOR_PORT="x", TUTOR_TIMEZONE="Mars", TUTOR_LOG_FORMAT="xml").refused()
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
        (("chat", "--knowledge"), ""),
    ],
)
def test_wrong_arguments(tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    done = tutor(tmp_path, *arguments)
    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert "Traceback" not in done.err


def test_a_missing_base_is_one_line_and_a_broken_one_a_report(tmp_path: Path) -> None:
    for command in (("chat",), ("ask", "x"), ("knowledge", "match")):
        [line] = tutor(tmp_path, *command, TUTOR_KNOWLEDGE_DIR="nowhere").refused()
        assert "nowhere" in line
        assert "KNOWLEDGE_DIR" in line
    expected = (BROKEN.parent / "report.txt").read_text(encoding="utf-8")
    for command in (("chat",), ("ask", "x")):
        done = tutor(tmp_path, *command, TUTOR_KNOWLEDGE_DIR=str(BROKEN))
        assert (done.code, done.out) == (2, "")
        for line in expected.splitlines():
            if "error[" in line:
                assert line.partition("error[")[2] in done.err


def test_databases_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is no database, but it is long enough to look like one\n" * 20)
    wrong = {
        "text.db": "not a SQLite database",
        "sqlite:////proc/nowhere/tutor.db": "folder cannot be made",
        "mysql://ann:hunter22@host/db": "not a database URL",
        "postgresql://ann:hunter22@127.0.0.1:1/db": "cannot be used",
        f"sqlite:///{tmp_path}": "is a folder",
    }
    for url, told in wrong.items():
        [line] = tutor(tmp_path, "db", "upgrade", TUTOR_DATABASE_URL=url).refused()
        assert told in line
        assert "hunter22" not in line
    [line] = tutor(tmp_path, "db", "check").refused()
    assert "tutor db upgrade" in line


def test_the_key_opens_the_database_and_another_one_does_not(tmp_path: Path) -> None:
    made = tutor(tmp_path, "db", "upgrade", TUTOR_DATABASE_KEY="correct horse")
    assert (made.code, made.out, made.err) == (0, "data/tutor.db: up to date\n", "")
    done = tutor(tmp_path, "chat", TUTOR_DATABASE_KEY="wrong horse")
    assert (done.code, done.out) == (2, "")
    assert "DATABASE_KEY does not open" in done.err.splitlines()[-1]
    assert "horse" not in done.err
    [line] = tutor(tmp_path, "db", "check").refused()
    assert "set DATABASE_KEY" in line


# --- serving ------------------------------------------------------------------------------------------------------


def test_one_process_serves_from_a_file_until_it_is_told_to_stop(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [TUTOR, "run"], cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        assert process.stderr.readline() == "tutor: serving; Ctrl-C stops\n"
        for command in ("chat", "run"):
            [line] = tutor(tmp_path, command).refused()
            assert f"pid {process.pid}" in line
        assert tutor(tmp_path, "db", "check").code == 0
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
        assert "titel" in kept["first"]
        topic.write_text(good.replace("title: Failover", "title: Fail-over"), encoding="utf-8")
        assert json.loads(process.stderr.readline())["event"] == "knowledge reloaded"
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 0
    finally:
        process.kill()
        process.communicate()


def test_a_fault_of_ours_is_told_without_what_it_says(tmp_path: Path) -> None:
    """A database whose schema claims to be current and is not: no one foresaw that."""
    assert tutor(tmp_path, "db", "upgrade").code == 0
    with sqlite3.connect(tmp_path / "data" / "tutor.db") as conn:
        conn.execute("DROP TABLE event")
    conn.close()
    done = tutor(tmp_path, "chat", said="my deepest secret\n")
    assert done.code == 1
    assert "please report it" in done.err
    assert "OperationalError" in done.err
    assert "secret" not in done.err
    assert "no such table" not in done.err
