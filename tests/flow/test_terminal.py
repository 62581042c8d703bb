"""The terminal as a person has it: the real program, on a pipe and on a TTY."""

from __future__ import annotations

import json
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tests.unit.adapters.program import BASE, SECONDS, TUTOR, environment, tutor

pytestmark = pytest.mark.filterwarnings("ignore:.*forkpty:DeprecationWarning")
NOW = "2026-11-23T08:59:30"  # Monday in Berlin
WHERE = "\x1b[6n"
ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[a-zA-Z]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Z0-9]|[=>78])")


def rows(file: Path, question: str) -> list[Any]:
    conn = sqlite3.connect(file)
    try:
        return conn.execute(question).fetchall()
    finally:
        conn.close()


# --- a pipe -------------------------------------------------------------------------------------------------------


def test_a_pipe_is_answered_line_by_line_until_it_ends(tmp_path: Path) -> None:
    said = b"whats fault tolerence\nMore\n\n1\n9\nbad \xff\xfe bytes\na\x00b\n" + b"x" * 100_000 + b"\nlast without end"
    done = tutor(tmp_path, "chat", "--now", NOW, said=said)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Hi, I'm Tutor.")
    echoed = re.findall(r"^> (.{0,20})", done.out, re.MULTILINE)
    assert echoed == ["whats fault tolerenc", "More", "1", "9", "bad �� bytes", "ab", "x" * 20, "last without end"]
    assert "Fault Tolerance (practice)" in done.out
    assert "\x1b" not in done.out
    assert not (tmp_path / "data" / "tutor.db").exists()  # a demo has a database of its own


def test_a_pipe_in_json_and_a_quiz_that_waits_for_the_next_time(tmp_path: Path) -> None:
    first = tutor(tmp_path, "chat", "--json", said="quiz me on failover\nquit\nnever read\n")
    replies = [json.loads(line) for line in first.out.splitlines()]
    assert all(set(one) >= {"text", "buttons", "topics"} for one in replies)
    assert len(replies) == 2
    assert len(replies[1]["buttons"]) >= 3
    second = tutor(tmp_path, "chat", said="Go on\nI don't know\n")
    assert "You left a quiz open" in second.out
    assert "No harm done" in second.out
    database = tmp_path / "data" / "tutor.db"
    assert rows(database, "SELECT count(*) FROM learner") == [(1,)]
    assert rows(database, "SELECT outcome FROM review_log") == [("unknown",)]


def test_without_input_or_output_it_ends_with_0(tmp_path: Path) -> None:
    for closed in ("<&-", "</dev/null >&-"):
        line = f"exec {TUTOR} run --demo {closed}"
        done = subprocess.run(
            ["bash", "-c", line], cwd=tmp_path, env=environment(), capture_output=True, timeout=SECONDS, check=False
        )
        assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_a_pipe_that_waits_for_input(tmp_path: Path, number: signal.Signals, code: int) -> None:
    process = subprocess.Popen(
        [TUTOR, "chat"],
        cwd=tmp_path,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.send_signal(number)
        assert process.wait(SECONDS) == code
        assert process.stderr is not None
        assert process.stderr.read() == b""
    finally:
        process.kill()
        process.communicate()


def test_on_a_pipe_what_comes_by_itself_appears_before_anything_is_typed(tmp_path: Path) -> None:
    shutil.copytree(BASE, tmp_path / "base")
    process = subprocess.Popen(
        [TUTOR, "chat"],
        cwd=tmp_path,
        env=environment(TUTOR_KNOWLEDGE_DIR="base", TUTOR_ADMINS="terminal"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    late = threading.Timer(SECONDS, process.kill)
    late.start()
    try:
        assert process.stdout is not None
        assert "Hi, I'm Tutor." in process.stdout.readline()
        file = tmp_path / "base" / "concepts" / "failover.yaml"
        file.write_text(file.read_text(encoding="utf-8").replace("title:", "titel:"), encoding="utf-8")
        for told in ("Knowledge not reloaded", 'unknown key "titel"'):
            while told not in (line := process.stdout.readline()):
                assert line, f"it ended without {told}"
        said, errors = process.communicate("what is failover\n", timeout=SECONDS)
        assert said.index("> what is failover") < said.index("Failover (concept)")
        assert errors == ""
    finally:
        late.cancel()
        process.kill()
        process.communicate()


# --- a TTY --------------------------------------------------------------------------------------------------------


class Tty:
    """The program on a terminal of its own."""

    def __init__(self, folder: Path, *arguments: str, columns: int = 90, **settings: str) -> None:
        self.child = pexpect.spawn(
            str(TUTOR),
            list(arguments),
            cwd=str(folder),
            env=environment(**settings),
            dimensions=(40, columns),
            encoding="utf-8",
            codec_errors="replace",
            timeout=SECONDS,
        )
        self.child.delaybeforesend = None
        self.seen = self._raw = ""

    def until(self, pattern: str) -> str:
        """Wait for a text; returns what was printed up to it, without escapes."""
        deadline = time.monotonic() + SECONDS
        while not (found := re.search(pattern, self.seen)):
            assert time.monotonic() < deadline, f"no {pattern!r} in {self.seen!r}"
            self._take()
        text, self.seen = self.seen[: found.end()], self.seen[found.end() :]
        return text

    def _take(self) -> None:
        self._raw += self.child.read_nonblocking(4096, SECONDS)
        for _ in range(self._raw.count(WHERE)):
            self.child.send("\x1b[10;1R")  # where the cursor is: a terminal answers that
        self._raw = self._raw.replace(WHERE, "")
        whole, escape, rest = self._raw.rpartition("\x1b")
        if escape and not ESCAPES.match(escape + rest):  # the end of an escape is still to come
            self._raw = escape + rest
        else:
            whole, self._raw = self._raw, ""
        self.seen += ESCAPES.sub("", whole).replace("\r", "")

    def type(self, text: str) -> None:
        self.child.send(text)

    def ready(self) -> None:
        """Wait until the next line can be typed: each prompt draws the toolbar anew."""
        self.until("Tab completes")

    def line(self, text: str, answer: str) -> None:
        """Type a line and wait for what is answered, and for the next prompt."""
        self.type(text + "\r")
        self.until(answer)
        self.ready()

    def end(self) -> int:
        """Wait for the end; returns the exit code, as subprocess gives it."""
        self.child.expect(pexpect.EOF)
        self.child.close()
        return int(self.child.exitstatus if self.child.signalstatus is None else -self.child.signalstatus)


@pytest.fixture
def tty(tmp_path: Path) -> Iterator[Callable[..., Tty]]:
    made: list[Tty] = []

    def start(*arguments: str, **options: Any) -> Tty:
        made.append(Tty(tmp_path, *arguments, **options))
        return made[-1]

    yield start
    for one in made:
        one.child.close(force=True)


def test_an_evening_at_the_terminal(tmp_path: Path, tty: Callable[..., Tty]) -> None:
    """Buttons, completion, history, search, several lines, Ctrl-C, and Ctrl-D."""
    one = tty("chat", "--now", NOW)
    one.until("1 Browse topics")
    one.until("08:59 .demo.")
    one.ready()
    one.line("2", r"1 of \d")  # the button of that number
    one.line("idk", "No harm done")
    one.type("/topi\t")  # a command is completed
    one.until("/topics")
    one.line("", "What would you like to look at")
    one.type("half a thought\x03")  # Ctrl-C drops the line
    one.ready()
    one.line("what is failover", r"Failover \(concept\)")
    one.line("fir st\x1b\rwhat is scalability?", r"Scalability \(practice\)")  # Alt-Enter: one message of two lines
    one.type("\x12what is fail")  # Ctrl-R
    one.until("reverse-i-search")
    one.type("\r")
    one.line("", r"Failover \(concept\)")
    one.type("\x1b[A")  # up
    one.until("what is failover")
    one.type("\x03")
    one.ready()
    one.type("\x04")  # Ctrl-D
    assert one.end() == 0
    history = tmp_path / "data" / "terminal-history"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    kept = re.findall(r"^\+(.*)$", history.read_text(encoding="utf-8"), re.MULTILINE)
    assert kept == ["2", "idk", "/topics", "what is failover", "fir st", "what is scalability?", "what is failover"]
    [(said,)] = rows(tmp_path / "data" / "demo.db", "SELECT count(*) FROM event WHERE id LIKE 'terminal:%'")
    assert said == 7  # the start and six messages: what was dropped was never sent


def test_a_scheduled_quiz_arrives_while_somebody_types(tmp_path: Path, tty: Callable[..., Tty]) -> None:
    one = tty("chat", "--now", "2026-11-23T08:00", columns=60)
    one.until("1 Browse topics")
    one.ready()
    one.line("quiz me on failover", "Skip")
    one.line("idk", "No harm done")
    one.line("settings", "Turn quizzes on")
    one.line("Turn quizzes on", "at 9:00")
    one.line("/time +24h", "Tuesday")
    [(due,)] = rows(tmp_path / "data" / "demo.db", "SELECT next_due_at FROM learner")
    one.type("/time +59m\rwhat is failo")
    one.until("08:59")
    conn = sqlite3.connect(tmp_path / "data" / "demo.db")  # a minute is long: nine o'clock is now
    with conn:
        conn.execute("UPDATE learner SET next_due_at = ?", (due.replace("08:00", "07:59"),))
    conn.close()
    one.until(r"Start")
    one.line("ver", r"Failover \(concept\)")  # the half line was still there
    one.child.kill(signal.SIGTERM)
    assert one.end() == 0
    assert rows(tmp_path / "data" / "demo.db", "SELECT count(*) FROM event WHERE id LIKE 'quiz:%'") == [(1,)]


def test_ctrl_c_during_an_answer_keeps_the_session_and_no_color_is_obeyed(tty: Callable[..., Tty]) -> None:
    one = tty("run", "--demo", NO_COLOR="1")
    one.until("1 Browse topics")
    one.ready()
    one.type("/time +20w\r")
    time.sleep(0.3)
    one.child.kill(signal.SIGINT)
    one.until(r"It is \w+day, ")
    one.ready()
    one.line("what is failover", r"Failover \(concept\)")
    one.type("\x04")
    assert one.end() == 0


def test_odd_bytes_and_a_long_line_from_the_keyboard(tty: Callable[..., Tty]) -> None:
    one = tty("chat")
    one.until("1 Browse topics")
    one.ready()
    one.child.ptyproc.write(b"what is \xff\xfe failover")
    one.line("", r"Failover \(concept\)")
    one.line("y" * 3000, "noted the question")
    one.type("/quit\r")
    assert one.end() == 0
