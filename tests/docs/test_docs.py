"""The documents say what is so: commands run, settings and commands are all named, links lead somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from adapters.cli import app
from adapters.config import Settings
from tests.docs import admin_session
from tests.docs.transcript import ROOT, TRANSCRIPT, record

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
README = (ROOT / "README.md").read_text(encoding="utf-8")


KNOWLEDGE = "Your own knowledge"  # followed below, in order and in one folder
SERVING = ("Telegram in five minutes", "Slack in five minutes")  # followed in test_five_minutes.py


def commands(text: str) -> list[str]:
    """The lines of every shell block."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]


def without(text: str, *headings: str) -> str:
    """The text without these sections."""
    for heading in headings:
        text = re.sub(rf"^## {heading}\n.*?(?=^## )", "", text, flags=re.DOTALL | re.MULTILINE)
    return text


def test_the_transcript_is_what_the_program_says(tmp_path: Path) -> None:
    """Two runs agree, and the committed one is current; `make transcript` renews it."""
    assert record(tmp_path) == TRANSCRIPT.read_text(encoding="utf-8")


def test_the_admin_session_is_what_the_programs_say(tmp_path: Path) -> None:
    """But for the time of day, hashes and scores; `make transcript` renews it."""
    kept = admin_session.SESSION.read_text(encoding="utf-8")
    assert [pattern for pattern, _ in admin_session.CHANGING if not re.search(pattern, kept)] == []
    assert admin_session.settled(admin_session.record(tmp_path)) == admin_session.settled(kept)


@pytest.mark.parametrize(
    "line", [line for line in commands(without(README, KNOWLEDGE, *SERVING)) if not line.startswith("make ")]
)
def test_every_command_of_the_readme_runs(line: str, tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TUTOR_", "DATABASE_URL"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    database = {"TUTOR_DATABASE_URL": f"sqlite:///{tmp_path / 'tutor.db'}"}
    if line == "tutor db check":
        subprocess.run(["tutor", "db", "upgrade"], cwd=tmp_path, env=kept | database | {"PATH": path}, check=True)
    run(line, tmp_path, kept | database | {"PATH": path})


def run(line: str, folder: Path, env: dict[str, str]) -> None:
    """Run a command of the README as it stands there; it succeeds, and shows something."""
    done = subprocess.run(
        ["bash", "-ec", line],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL if "|" not in line else None,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip(), "a command of the README shows something"


def test_a_base_of_ones_own_as_the_readme_has_it(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TUTOR_", "DATABASE_URL"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    section = README.partition(f"## {KNOWLEDGE}\n")[2].partition("\n## ")[0]
    lines = commands(section)
    assert len(lines) > 10
    for line in lines:
        run(line, tmp_path, kept | {"PATH": path})


def test_every_make_target_of_the_documents_exists_and_ci_runs_those_of_the_readme() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for document in DOCUMENTS:
        for line in commands(document.read_text(encoding="utf-8")):
            if found := re.match(r"make ([a-z]+)", line):
                assert re.search(rf"^{found[1]}:", makefile, re.MULTILINE), line
    for line in commands(README):
        if found := re.match(r"make [a-z]+", line):
            assert found[0] in ci, found[0]


def test_every_command_line_command_is_in_the_readme() -> None:
    root = typer.main.get_command(app)
    names = []
    for name, command in root.commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        names += [f"tutor {name} {sub}" for sub in inner] if inner else [f"tutor {name}"]
    missing = [name for name in names if name not in README]
    assert not missing


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    missing = [name for name in Settings.model_fields if f"`TUTOR_{name.upper()}`" not in text]
    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\((?!https?://)([^)#]+)\)", document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), f"{document.name}: {target}"
