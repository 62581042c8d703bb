"""What admins read of a changed base."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.news import PROBLEMS, Served, told
from bot.wording import words
from knowledge.errors import KnowledgeError, Problem
from knowledge.loader import load
from knowledge.markup import parse, plain

BASE = Path(__file__).parents[2] / "fixtures" / "base"
MORNING = datetime(2026, 11, 23, 9, 2, tzinfo=UTC)
NOON = MORNING + timedelta(hours=3)
LIBRARY = load(BASE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BASE, tmp_path / "base"))


def served(folder: Path) -> Served:
    """What is served when the files are such, and was served before in the shape of the small base."""
    try:
        return Served(load(folder), NOON)
    except KnowledgeError as error:
        return Served(LIBRARY, MORNING, tuple(one for one in error.problems if one.severity == "error"))


def read(after: Served, before: Served | None = None, zone: str = "Europe/Berlin", now: datetime = NOON) -> list[str]:
    """The notice as plain text, in lines."""
    text = told(before or Served(LIBRARY, MORNING), after, words("en"), zone, now)
    return [line for line in plain(text).splitlines() if line]


def edit(folder: Path, file: str, *changes: tuple[str, str]) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    path.write_text(text, encoding="utf-8")


def another_title(folder: Path) -> None:
    edit(folder, "concepts/failover.yaml", ("title: Failover", "title: Switching *Over*"))


def another_question(folder: Path) -> None:
    edit(folder, "concepts/failover.yaml", ("switch to the spare server,", "spare me,"), ("[switchover]", "[]"))


def another_question_and_title(folder: Path) -> None:
    another_question(folder)
    another_title(folder)


def another_key(folder: Path) -> None:
    edit(folder, "concepts/failover.yaml", ("missed heartbeats", "no sign of life"))


def renamed(folder: Path) -> None:
    edit(folder, "concepts/failover.yaml", ("id: fo-trigger", "id: fo-start\n    formerly: [fo-trigger]"))


def retired_item(folder: Path) -> None:
    path = folder / "concepts" / "failover.yaml"
    path.write_text(path.read_text().partition("quiz:")[0])


def new_topics(folder: Path) -> None:
    for n in range(7):
        lines = ("kind: skill", f"id: t{n}", f"title: Topic {n}", f"summary: It is number {n}.")
        (folder / "skills" / f"t{n}.yaml").write_text("\n".join(lines))


def another_welcome(folder: Path) -> None:
    edit(folder, "base.yaml", ("title: ", "title: Not "))


CHANGES: dict[Callable[[Path], None], list[str]] = {
    another_title: ["1 text changed: Switching *Over*"],
    another_question: ["1 topic with other ways to ask: Failover"],
    another_question_and_title: ["1 text changed: Switching *Over*"],
    another_key: ["1 question has another right answer: concept/failover#fo-trigger"],
    renamed: ["1 id changed, progress follows: concept/failover#fo-trigger → concept/failover#fo-start"],
    retired_item: ["1 quiz item retired: Failover"],
    new_topics: ["7 new topics: Topic 0, Topic 1, Topic 2, Topic 3, Topic 4 and 2 more"],
    another_welcome: ["Nothing that learners notice."],
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_each_kind_of_change_has_a_line(change: Callable[[Path], None], folder: Path) -> None:
    change(folder)
    after = served(folder)
    assert after.library.version != LIBRARY.version
    head, *lines = read(after)
    assert head == f"Knowledge reloaded, version {after.library.version[:8]}."
    assert [line.removeprefix("- ").removeprefix("• ") for line in lines] == CHANGES[change]


def test_a_question_that_only_tests_the_base_is_nothing_that_learners_notice(folder: Path) -> None:
    edit(folder, "concepts/failover.yaml", ("part_of:", "tests: [who takes over]\npart_of:"))
    assert read(served(folder))[1:] == ["- Nothing that learners notice."]


def test_search_that_follows_is_told(folder: Path) -> None:
    another_question(folder)
    lines = read(replace(served(folder), settled=False))
    assert lines[-1] == "- Search is still reading it: what is new is found once it has."
    assert lines[:-1] == read(served(folder))


def test_a_retired_topic_goes_with_its_items(folder: Path) -> None:
    (folder / "concepts" / "failover.yaml").unlink()
    for file in folder.rglob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        file.write_text("\n".join(line for line in text.splitlines() if "concept/failover" not in line))
    notice = "\n".join(read(served(folder)))
    assert "1 topic retired: Failover" in notice
    assert "1 quiz item retired: Failover" in notice


def test_a_problem_has_its_place_and_its_remedy(folder: Path) -> None:
    edit(folder, "concepts/failover.yaml", ("aliases:", "aliasses:"))
    head, line = read(served(folder))
    assert head == "Knowledge not reloaded, still serving the version of 10:02. 1 problem:"
    assert line.endswith('concepts/failover.yaml:4:1 unknown key "aliasses" (did you mean "aliases"?)')


def test_of_many_problems_the_first_are_told_and_how_to_see_all() -> None:
    many = tuple(Problem("error", "x", f"number {n} " + "long " * 300, "skills/a.yaml", n) for n in range(1, 501))
    found = Served(LIBRARY, MORNING, many)
    lines = read(found)
    assert lines[0].endswith("500 problems:")
    assert len(lines) == PROBLEMS + 2
    assert lines[-1].endswith("and 490 more: “tutor knowledge check” lists them all")
    assert len("\n".join(lines)) < 2 * 4096
    assert lines[1].endswith("…")


def test_what_a_file_holds_is_no_markup() -> None:
    text = "**bold** [x](https://example.org) `code` _a_\n# no heading"
    for path in ("skills/_a_*b*.yaml", "skills/a`b`.yaml", ""):
        problem = Problem("error", "x", text, path, 3 if path else 0, 1, "", text)
        notice = told(Served(LIBRARY, MORNING), Served(LIBRARY, MORNING, (problem,)), words("en"), "", NOON)
        assert text.replace("\n", " ") in plain(notice)
        assert path in plain(notice)
        assert "https" not in str(parse(notice)) or "Link" not in str(parse(notice))


def test_mended_with_and_without_a_change(folder: Path) -> None:
    edit(folder, "concepts/failover.yaml", ("title:", "titel:"))
    broken = served(folder)
    assert read(Served(LIBRARY, MORNING), broken) == [
        "Knowledge in order again. Nothing changed: still serving the version of 10:02."
    ]
    edit(folder, "concepts/failover.yaml", ("titel: Failover", "title: Fail-over"))
    assert read(served(folder), broken)[0].startswith("Knowledge in order again and reloaded, version ")


def test_the_time_is_the_readers_own() -> None:
    broken = Served(LIBRARY, MORNING, (Problem("error", "x", "y", "z"),))
    assert "of 18:02." in read(broken, zone="Asia/Tokyo")[0]
    assert "of 09:02 UTC." in read(broken, zone="")[0]
    assert "of 2026-11-23 10:02." in read(broken, now=NOON + timedelta(days=1))[0]


def test_the_id_is_of_what_the_files_hold() -> None:
    one, other = Problem("error", "x", "y", "z"), Problem("error", "x", "y", "z", 2)
    ids = [
        Served(LIBRARY, at, problems).id for at in (MORNING, NOON) for problems in ((), (one,), (other,), (one, one))
    ]
    assert ids[:4] == ids[4:]
    assert len(set(ids)) == 4
    assert Served(replace(LIBRARY, version="f" * 16), NOON).id == "f" * 16
