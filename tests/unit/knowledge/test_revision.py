"""What is served right after an edit of texts is what reading the whole base gives; anything else waits for that."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from knowledge.loader import load
from knowledge.model import Library
from knowledge.revision import revised
from knowledge.search import searchable

BASE = Path(__file__).parents[2] / "fixtures" / "base"
FAILOVER = "concepts/failover.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BASE, tmp_path / "base"))


def edited(folder: Path, before: str, after: str, file: str = FAILOVER) -> Library | None:
    """What is made of the base that was loaded before this edit."""
    library = searchable(load(folder))
    text = (folder / file).read_text(encoding="utf-8")
    assert before in text
    (folder / file).write_text(text.replace(before, after, 1), encoding="utf-8")
    return revised(library, folder, [file])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("summary: Switching", "summary: Changing"),
        ("questions: [switch", "questions: [how does it take over, switch"),
        ("text: a full moon", "text: the new moon"),
        ("explain: No answer", "explain: Silence"),
        ("level: 1", "level: 2"),
        ("quiz:", "reviewed: 2026-11-01\nquiz:"),
        ("quiz:", "sources:\n  - {title: A page, url: https://example.com/}\nquiz:"),
        ("quiz:", "tests: [who takes over]\nquiz:"),
        ("quiz:", "details: More of it.\nquiz:"),
        ("kind: concept", "# a remark\nkind: concept"),
    ],
)
def test_texts_are_served_as_the_whole_base_would_be(folder: Path, before: str, after: str) -> None:
    made = edited(folder, before, after)
    assert made == load(folder)
    assert list(made.topics) == list(load(folder).topics)
    assert made.find("failover").matches[0].id == "concept/failover"


def test_several_files(folder: Path) -> None:
    library = load(folder)
    files = [FAILOVER, "practices/scalability.yaml"]
    for file in files:
        path = folder / file
        path.write_text(path.read_text(encoding="utf-8").replace("summary: ", "summary: In short, "), encoding="utf-8")
    made = revised(library, folder, files)
    assert made == load(folder) != library


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("title: Failover", "title: Fail-over"),
        ("aliases: [switchover]", "aliases: [takeover]"),
        ("aliases: [switchover]", "aliases: [scalability]"),  # a name of another topic
        ("part_of: practice/fault-tolerance", "part_of: practice/scalability"),
        ("part_of: practice/fault-tolerance", "part_of: practice/nobody"),
        ("quiz:", "related: [practice/scalability]\nquiz:"),
        ("quiz:", "requires: [practice/scalability]\nquiz:"),
        ("quiz:", "formerly: [concept/takeover]\nquiz:"),
        ("id: fo-trigger", "id: fo-start"),
        ("  - id: fo-trigger", "  - formerly: [fo-start]\n    id: fo-trigger"),
        ("id: failover", "id: fail-over"),
        ("kind: concept", "kind: practice"),
        ("right: true", "right: false"),  # no longer in order
        ("summary:", "sumary:"),
        ("summary: Switching", "summary: [Switching"),
        ("text: a full moon", "text: a new release"),
    ],
)
def test_whatever_ties_a_topic_to_others_or_is_wrong_waits_for_the_whole(folder: Path, before: str, after: str) -> None:
    assert edited(folder, before, after) is None


def test_a_new_item_waits_for_the_whole(folder: Path) -> None:
    item = "  - {id: fo-new, kind: recall, ask: What takes over?, answer: The spare.}\n"
    assert edited(folder, "  - id: fo-trigger", f"{item}  - id: fo-trigger") is None


def test_what_is_no_topic_of_the_base_waits_for_the_whole(folder: Path) -> None:
    library = load(folder)
    shutil.copy(folder / FAILOVER, folder / "concepts" / "other.yaml")
    (folder / "concepts" / "gone.yaml").symlink_to(folder / "nowhere")
    for path in (
        "base.yaml",
        "golden/questions.jsonl",
        "concepts/other.yaml",
        "concepts/gone.yaml",
        "concepts/.f.yaml",
    ):
        assert revised(library, folder, [path]) is None
    assert revised(library, folder, [FAILOVER]) == library
