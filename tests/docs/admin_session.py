"""Records docs/admin-session.md: an admin at work on a base that is being served. Run by `make transcript`.

Two windows: the admin's own chat with Tutor, which stays open all the while, and a shell. What stands in the document
was printed by the programs; the recorder adds headings and a word on what comes next. It goes on once it has read what
it waits for, however long that takes, so that a slow machine records the same.
"""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from textwrap import fill
from time import monotonic

from tests.docs.transcript import ROOT, TUTOR, block

SESSION = ROOT / "docs" / "admin-session.md"
BASE = ROOT / "examples" / "onboarding"
WIDTH = 120  # characters of a line that explains
PATIENCE = 120.0  # seconds after which what is waited for does not come
BROKEN, SLIP = "practices/first-day.yaml", ("    hint: Which tasks", "    hnt: Which tasks")
PIP = "pip install fails with weird version errors on my mac"
SPAGHETTI = "how do i get up to speed with this old spaghetti"
BURNING = "who do i page when everything is burning"
PARKING = "where is the parking garage"
WRITE_IT = "or better words]: "

# What differs from one recording to the next, and the context that it stands in. All else has to be the same.
CHANGING = (
    (r"(?<=version of )(\d{4}-\d\d-\d\d )?\d\d:\d\d\b", "<time>"),
    (r"(?<=proposed on )\d{4}-\d\d-\d\d\b", "<day>"),
    (r"(?<=version )[0-9a-f]{8,16}\b", "<version>"),
    (r"(?<=index )[0-9a-f]{7}\.\.[0-9a-f]{7}\b", "<blobs>"),
    (r"(?<= )[01]\.\d\d(?= ·|\n)", "<score>"),
)


def settled(text: str) -> str:
    """A recording without what differs from one to the next: times, days, hashes of the base, scores of search."""
    for pattern, name in CHANGING:
        text = re.sub(pattern, name, text)
    return text


class Window:
    """A program that somebody talks with; whatever it says is over with `end`."""

    def __init__(self, *command: str, cwd: Path, env: Mapping[str, str], end: str = "") -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            cwd=cwd,
            env=env,
        )
        self._end = end.encode()
        self._unread = b""

    def type(self, line: str) -> None:
        """Type a line."""
        assert self._process.stdin
        self._process.stdin.write(f"{line}\n".encode())

    def until(self, words: str) -> str:
        """What is on the screen since the last time, once these words are there; they stand in what comes last.

        Raises:
            RuntimeError: they do not come.
        """
        deadline = monotonic() + PATIENCE
        while words.encode() not in self._unread or not self._unread.endswith(self._end):
            if not self._read(deadline - monotonic()):
                raise RuntimeError(f"no {words!r} in {self._unread.decode()!r}")
        seen, self._unread = self._unread, b""
        return seen.decode()

    def rest(self) -> str:
        """End the input and wait for the program; what it said at last."""
        assert self._process.stdin
        self._process.stdin.close()
        deadline = monotonic() + PATIENCE
        while self._read(deadline - monotonic()):
            pass
        if code := self._process.wait(PATIENCE):
            raise RuntimeError(f"exit code {code}: {self._unread.decode()!r}")
        return self._unread.decode()

    def _read(self, seconds: float) -> bool:
        assert self._process.stdout
        ready, _, _ = select.select([self._process.stdout], [], [], max(seconds, 0))
        said = self._process.stdout.read(1 << 16) if ready else b""
        self._unread += said or b""
        return bool(said)

    def kill(self) -> None:
        """End it, whatever it does; nothing happens where it ended by itself."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()


@dataclass
class Desk:
    """Both windows, and what was seen in them, as Markdown. The folder holds `base`, in Git."""

    folder: Path
    environment: Mapping[str, str]
    parts: list[str] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)

    def open(self, *command: str, end: str = "") -> Window:
        """Open a window."""
        self.windows.append(Window(*command, cwd=self.folder, env=self.environment, end=end))
        return self.windows[-1]

    def say(self, *paragraphs: str) -> None:
        """Explain what comes next."""
        self.parts += [fill(one, WIDTH, break_long_words=False, break_on_hyphens=False) for one in paragraphs]

    def seen(self, text: str) -> None:
        """Keep what a window showed."""
        self.parts.append(block(text))

    def chat(self, *typed: tuple[str, str]) -> None:
        """Type lines into the chat, each with the words that its answer ends in."""
        said = ""
        for line, words in typed:
            self.windows[0].type(line)
            said += self.windows[0].until(words)
        self.seen(said)

    def shell(self, command: str) -> None:
        """Run a command."""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )
        self.seen(f"$ {command}\n{done.stdout}")

    def edit(self, path: str, old: str, new: str) -> None:
        """Change a file of the base as editors do: it is replaced whole."""
        file = self.folder / "base" / path
        text = file.read_text(encoding="utf-8")
        if text.count(old) != 1:
            raise RuntimeError(f"{path} holds {old!r} {text.count(old)} times")
        beside = file.with_name(f".{file.name}~")
        beside.write_text(text.replace(old, new), encoding="utf-8")
        beside.replace(file)


@contextmanager
def at_the_desk(folder: Path) -> Iterator[Desk]:
    """A desk in an empty folder; its programs end with it."""
    shutil.copytree(BASE, folder / "base")
    foreign = ("TUTOR_", "DATABASE_URL", "GIT_", "LC_", "LANG", "XDG_", "BASH_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    environment = kept | {
        "PATH": f"{TUTOR.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONIOENCODING": "utf-8",
        "TUTOR_ADMINS": "terminal",
        "TUTOR_KNOWLEDGE_DIR": "base",
        "TUTOR_CACHE_DIR": "cache",
        "TUTOR_TIMEZONE": _where_it_is_day(datetime.now(UTC)),
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    for line in (("init", "-q"), ("add", "base"), (*who, "commit", "-q", "-m", "The base as it is served")):
        subprocess.run(["git", *line], cwd=folder, env=environment, check=True)
    desk = Desk(folder, environment)
    try:
        yield desk
    finally:
        for window in desk.windows:
            window.kill()


def _where_it_is_day(now: datetime) -> str:
    """A time zone in which it is noon, about: at night Tutor keeps to itself what learners waited for."""
    ahead = 12 - now.hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "UTC"  # POSIX counts westwards


def record(folder: Path) -> str:
    """The session as Markdown; `folder` is an empty one to work in."""
    with at_the_desk(folder) as desk:
        in_order(desk)
        asked_in_vain(desk)
        broken(desk)
        mended(desk)
        gone_through(desk)
        written(desk)
        answered(desk)
        if left := desk.windows[0].rest().strip():
            raise RuntimeError(f"said, and not recorded: {left!r}")
        return "\n\n".join(desk.parts) + "\n"


def in_order(desk: Desk) -> None:
    """The base loads, and the chat is opened."""
    desk.say(
        "# An admin at work",
        "Recorded from the programs by `make transcript`, in two windows. One is an admin's chat with Tutor: lines "
        "behind `>` are typed there, all else is what Tutor says, some of it unasked. The other is a shell: what is "
        "typed there stands behind `$`. Both have `TUTOR_KNOWLEDGE_DIR=base` and `TUTOR_ADMINS=terminal` set; `base` "
        "is a copy of [examples/onboarding](../examples/onboarding) in Git. What they showed is unabridged; headings, "
        "and a word on what comes next, were added.",
        "## All is well",
    )
    desk.shell("tutor knowledge check --golden")
    desk.say("The chat, `tutor chat` on a pipe, stays open to the end:")
    chat = desk.open(str(TUTOR), "chat", end="\n\n")
    desk.seen(chat.until("How it works]"))


def asked_in_vain(desk: Desk) -> None:
    """Four questions that the base does not answer, and somebody who wants to be told."""
    desk.say(
        "## Questions that the base cannot answer",
        "The admin asks them here, so that one chat shows it all; anybody's are noted alike, without a name. Three "
        "are about what the base teaches, in words that it does not know yet. The fourth is none of its business.",
    )
    desk.chat(
        (PIP, "Tell me when you know]"),
        (SPAGHETTI, "Tell me when you know]"),
        (BURNING, "None of these]"),
        ("None of these", "Browse topics]"),
        ("Tell me when you know", "after all]"),
        (PARKING, "Tell me when you know]"),
    )


def broken(desk: Desk) -> None:
    """A file breaks: nobody but the admin notices."""
    desk.say("## A slip of the finger", "In an editor, a key of a quiz item loses a letter, and the file is saved:")
    desk.edit(BROKEN, *SLIP)
    desk.shell("git diff -U0")
    desk.say("A moment later, nothing having been typed, the chat says:")
    desk.seen(desk.windows[0].until('(did you mean "hint"?)'))
    desk.say("Learners notice nothing: the version before is served on, with this very topic.")
    desk.chat(("what should I do on my first day?", "Not what I meant]"))
    desk.say("At the files, `check` shows the line:")
    desk.shell("tutor knowledge check")


def mended(desk: Desk) -> None:
    """The file is mended."""
    desk.say("## Mended", "The letter is put back, and the file saved. The chat says, again by itself:")
    desk.edit(BROKEN, *SLIP[::-1])
    desk.seen(desk.windows[0].until("Knowledge in order again."))
    desk.shell("tutor knowledge check")


def gone_through(desk: Desk) -> None:
    """What was asked in vain, at the files and in the chat; four proposals."""
    desk.say(
        "## What was asked in vain",
        "The shell lists it with the topics that come nearest, and how sure search is of each:",
    )
    desk.shell("tutor knowledge gaps")
    desk.say(
        "The chat asks what to do with it, and needs no files: what is decided is kept as a proposal. One topic is "
        "typed by name, one is picked, one question is out of scope; the last goes to the wrong topic first, and is "
        "taken back.",
    )
    desk.chat(
        ("/admin", "Go through the questions]"),
        ("Go through the questions", "Back]"),
        ("reading code", "Back]"),
        ("Development Environment", "Back]"),
        ("Out of scope", "Back]"),
        ("Documentation", "Back]"),
        ("Undo", "Go on]"),
        ("Show it again", "Back]"),
        ("On-call", "Back]"),
        ("Proposals", "Back]"),
    )


def written(desk: Desk) -> None:
    """The proposals are written into the files, and each is served at once."""
    desk.say(
        "## Into the files",
        "Nothing has changed for learners yet. Where the files are, each proposal is tried before it is written, on "
        "golden questions, tests and neighbouring questions. Here nothing else would be answered otherwise, so four "
        "times yes:",
    )
    chat, said = desk.windows[0], ""
    teach = desk.open(str(TUTOR), "knowledge", "teach", "--apply")
    shown = "$ tutor knowledge teach --apply\n"
    for words, told in (
        (WRITE_IT, "1 topic with other ways to ask: Reading a Code Base"),
        (WRITE_IT, "1 topic with other ways to ask: Development Environment"),
        ("q: quit]: ", ""),
        (WRITE_IT, "Not what I meant]"),  # whoever waited is told once search has read it all
    ):
        shown += teach.until(words)
        teach.type("y")
        said += chat.until(told) if told else ""
    desk.seen(shown + teach.rest())
    desk.say(
        "In the chat, meanwhile: what changed, soon after each yes, and at last the answer that had been asked for."
    )
    desk.seen(said)
    desk.say(
        "What was written: a line in each file, where it belongs, and a golden question that must stay unanswered."
    )
    desk.shell("git diff -U0")
    desk.shell("cat base/golden/out_of_scope.yaml")


def answered(desk: Desk) -> None:
    """The same questions again."""
    desk.say(
        "## The answers changed",
        "The same questions as in the beginning. The fourth is declined as before, and is not brought up again:",
    )
    desk.chat(
        (PIP, "Not what I meant]"),
        (SPAGHETTI, "Not what I meant]"),
        (BURNING, "Not what I meant]"),
        (PARKING, "Tell me when you know]"),
        ("/admin", "Proposals]"),
    )
    desk.say("And what was answered before still is:")
    desk.shell("tutor knowledge check --golden")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        SESSION.write_text(record(Path(place)), encoding="utf-8")
        sys.stdout.write(f"{SESSION.relative_to(ROOT)}: read the difference\n")
