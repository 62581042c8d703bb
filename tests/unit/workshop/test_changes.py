"""What differs between two versions of a base, and how much a base holds."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from knowledge.loader import load
from knowledge.model import Library
from knowledge.workshop import renaming
from knowledge.workshop.changes import changes
from knowledge.workshop.edit import append, values
from knowledge.workshop.renaming import RenameError
from knowledge.workshop.starting import StartError, base_files, topic_file
from knowledge.workshop.stats import stats

BASE = Path(__file__).parents[2] / "fixtures" / "base"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BASE, tmp_path / "base"))


def rename(folder: Path, old: str, new: str) -> Library:
    """Rename as the command does, and load."""
    for path, text in renaming.rename(folder, old, new).items():
        if text is None:
            (folder / path).unlink()
        else:
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    return load(folder)


def test_the_same_base_has_no_changes(folder: Path) -> None:
    assert not changes(load(folder), load(folder))


def test_references_and_progress_follow_a_topic(folder: Path) -> None:
    before = load(folder)
    after = rename(folder, "concept/failover", "concept/fail-over")
    found = changes(before, after)
    assert found.moved == {"concept/failover": "concept/fail-over"}
    assert not found.new_topics
    assert not found.gone_topics
    assert not found.new_items
    assert not found.gone_items
    assert not (folder / "concepts" / "failover.yaml").exists()
    named = "\n".join(file.read_text(encoding="utf-8") for file in folder.glob("*/*.yaml"))
    assert named.count("concept/failover") == 1  # in formerly
    assert all(after.item(key) for key in before.items)


def test_progress_follows_an_item(folder: Path) -> None:
    before = load(folder)
    key = next(key for key in before.items if key.startswith("practice/fault-tolerance#"))
    after = rename(folder, key, "another-id")
    assert after.item(key) == after.items["practice/fault-tolerance#another-id"]
    assert changes(before, after).moved == {key: "practice/fault-tolerance#another-id"}


def test_a_topic_may_change_its_kind(folder: Path) -> None:
    after = rename(folder, "practice/scalability", "skill/scalability")
    assert (folder / "skills" / "scalability.yaml").exists()
    assert after.topic("practice/scalability") == after.topics["skill/scalability"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("concept/failovr", "concept/x", 'did you mean "concept/failover"'),
        ("concept/failover", "failover", "is no full id"),
        ("concept/failover", "practice/scalability", "exists already"),
        ("concept/failover", "skill/failover", "would not load"),  # a skill is part of nothing
        ("practice/fault-tolerance#none", "x", "has no item none"),
        ("practice/fault-tolerance#ft-standby", "Not An Id", "is no id"),
        ("practice/fault-tolerance#ft-standby", "practice/scalability#x", "stays in its topic"),
    ],
)
def test_a_rename_that_cannot_be(folder: Path, old: str, new: str, said: str) -> None:
    before = {file: file.read_bytes() for file in folder.rglob("*.yaml")}
    with pytest.raises(RenameError, match=said):
        renaming.rename(folder, old, new)
    assert before == {file: file.read_bytes() for file in folder.rglob("*.yaml")}


def test_a_former_id_is_not_used_again(folder: Path) -> None:
    rename(folder, "concept/failover", "concept/fail-over")
    with pytest.raises(RenameError, match="former id"):
        renaming.rename(folder, "concept/fail-over", "concept/failover")


def test_what_learners_notice(folder: Path) -> None:
    before = load(folder)
    file = folder / "practices" / "fault-tolerance.yaml"
    text = file.read_text(encoding="utf-8")
    data = values(text)
    item = next(item for item in data["quiz"] if item["kind"] == "choice")
    right, wrong = (next(o["text"] for o in item["options"] if bool(o.get("right")) is want) for want in (True, False))
    text = text.replace(right, "\0").replace(wrong, right).replace("\0", wrong)  # the other option is right now
    text = append(text, "aliases", "surviving faults").replace(data["title"], "Tolerating Faults")
    file.write_text(text, encoding="utf-8")
    (folder / "concepts" / "failover.yaml").unlink()
    for other in folder.glob("*/*.yaml"):
        other.write_text(other.read_text(encoding="utf-8").replace("concept/failover", "practice/scalability"), "utf-8")
    found = changes(before, load(folder))
    assert found.gone_topics == ["concept/failover"]
    assert {"title", "aliases"} <= set((found.topics or {})["practice/fault-tolerance"])
    assert "key" in (found.items or {})[f"practice/fault-tolerance#{item['id']}"]
    assert found.gone_items
    assert changes(load(folder), before).new_topics == ["concept/failover"]


def test_figures_of_a_base(folder: Path) -> None:
    library = load(folder)
    found = stats(library)
    assert sum(found.topics.values()) == len(library.topics)
    assert found.item_count == len(library.items) == found.each["items"].total
    assert found.each["questions"].least <= found.each["questions"].middle <= found.each["questions"].most
    assert 0 < found.typed < 1
    assert found.thin[0][1] == min(len(t.items) for t in library.topics.values() if t.kind != "path")


def test_an_empty_base_has_figures_too(folder: Path) -> None:
    for file in folder.glob("*/*.yaml"):
        file.unlink()
    (folder / "skills" / "one.yaml").write_text("{kind: skill, id: one, title: One, summary: It.}", encoding="utf-8")
    found = stats(load(folder))
    assert found.item_count == 0
    assert found.typed == 0
    assert found.unlinked == ["skill/one"]


@pytest.mark.parametrize("id", ["skill/a", "practice/yes", "concept/a-b-c", "path/first", "career/12"])
def test_a_new_base_with_a_new_topic_loads(tmp_path: Path, id: str) -> None:
    files = base_files('Onboarding: "us" & #them')
    path, text = topic_file(id, date(2026, 11, 23), part_of="skill/first-topic")
    if id.startswith("path"):
        text = text.replace("steps: []", "steps: [skill/first-topic]")
    for name, content in (*files.items(), (path, text)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    library = load(tmp_path)
    assert library.base.title == 'Onboarding: "us" & #them'
    assert id in library.topics


@pytest.mark.parametrize("id", ["failover", "idea/x", "concept/", "concept/A", "../x", "concept/../../x"])
def test_what_is_no_id_begins_no_topic(id: str) -> None:
    with pytest.raises(StartError):
        topic_file(id, date(2026, 11, 23))
