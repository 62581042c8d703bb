"""The commands that keep a base: init, new, fmt, rename, diff, stats, as a curator uses them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

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
