"""Records docs/transcript.md: one conversation with the real program, typed line by line. Run by `make transcript`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TRANSCRIPT = ROOT / "docs" / "transcript.md"
TUTOR = Path(sys.executable).with_name("tutor")
START = "2026-11-23T09:00+01:00"

SCRIPT = (
    ("A question with typing mistakes, and what follows from it", ("whats fault tolerence", "tell me more")),
    (
        "A comparison, as a follow-up and in full",
        ("and how is that different from scalability?", "prometheus vs grafana"),
    ),
    ("A job, and the skill of nearly the same name", ("data engineering", "no, I meant the job")),
    ("Two questions at once", ("what is gdpr? and what does a data warehouse store?",)),
    ("Something the base does not know", ("what is a quantum annealer", "Tell me when you know")),
    (
        "A quiz: a wrong answer, a guessed one, undo",
        (
            "quiz me on fault tolerance",
            "an error page with a code",
            "Next",
            "falt",
            "Next",
            "99.99 %",
            "I guessed",
            "Next",
            "RTO",
            "undo",
            "Ask it now",
            "recovery point objective",
            "Next",
            "idk",
            "Yes, 9:00",
        ),
    ),
    ("How it stands", ("progress",)),
    ("The next day", ("/time +1d", "Start", "a list of popular items", "Too easy", "progress")),
    ("Leaving nothing behind", ("privacy", "forget me", "Delete it all")),
)


def record(folder: Path) -> str:
    """The conversation as Markdown; `folder` is where its demo database goes."""
    lines = [line for _, part in SCRIPT for line in part]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TUTOR_", "DATABASE_URL"))}
    done = subprocess.run(
        [str(TUTOR), "chat", "--now", START],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env=environment | {"TUTOR_TIMEZONE": "Europe/Berlin", "PYTHONIOENCODING": "utf-8"},
        timeout=120,
        check=False,
    )
    if done.returncode or done.stderr:
        raise RuntimeError(f"exit code {done.returncode}: {done.stderr}")
    said = ["", *done.stdout.split("\n> ")]
    parts = [
        "# A conversation",
        f"Recorded from the program: `tutor chat --now {START}`, typed line by line. Lines behind `>` are\n"
        "the learner's; a label typed in full presses its button.",
        block(said[1]),
    ]
    at = 2
    for title, typed in SCRIPT:
        parts.append(f"## {title}")
        parts.append(block("\n".join(f"> {one}" for one in said[at : at + len(typed)])))
        at += len(typed)
    return "\n\n".join(parts) + "\n"


def block(text: str) -> str:
    kept = "\n".join(line.rstrip() for line in text.strip("\n").splitlines())
    return f"~~~text\n{kept}\n~~~"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        TRANSCRIPT.write_text(record(Path(folder)), encoding="utf-8")
