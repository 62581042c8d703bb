"""The shelf serves the last good library, whatever happens to the files."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from adapters.shelf import Shelf, stamp
from knowledge.errors import KnowledgeError

BASE = Path(__file__).parents[2] / "fixtures" / "base"
FAILOVER = "concepts/failover.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BASE, tmp_path / "base"))


def edit(folder: Path, before: str, after: str, file: str = FAILOVER) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def swap(link: Path, to: Path) -> None:
    """Let a link lead elsewhere, at once."""
    new = link.with_name("next")
    new.symlink_to(to)
    new.replace(link)


def broken(shelf: Shelf) -> bool:
    return shelf.problems is not None


def like(one: Path, other: Path) -> None:
    """Give the files of `other` the dates of those of `one`."""
    for file in other.rglob("*.yaml"):
        seen = (one / file.relative_to(other)).stat()
        os.utime(file, ns=(seen.st_atime_ns, seen.st_mtime_ns))


async def test_a_broken_base_is_refused_at_the_start(folder: Path) -> None:
    edit(folder, "kind:", "knid:")
    with pytest.raises(KnowledgeError):
        Shelf(folder)


async def test_nothing_changed_nothing_read(folder: Path) -> None:
    shelf = Shelf(folder)
    before = shelf.library()
    assert not await shelf.refresh()
    assert shelf.library() is before


async def test_a_change_is_served(folder: Path) -> None:
    shelf = Shelf(folder)
    edit(folder, "title: Failover", "title: Fail-over")
    assert await shelf.refresh()
    assert shelf.library().topics["concept/failover"].title == "Fail-over"
    assert shelf.library().find("fail-over").matches[0].id == "concept/failover"


async def test_a_change_of_nothing_but_the_date_is_no_other_library(folder: Path) -> None:
    shelf = Shelf(folder)
    before = shelf.library()
    os.utime(folder / FAILOVER)
    assert not await shelf.refresh()
    assert shelf.library() is before


async def test_the_last_good_library_stays_until_the_repair(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    shelf = Shelf(folder)
    before = shelf.library()
    good = (folder / FAILOVER).read_text(encoding="utf-8")
    edit(folder, "title:", "titel:")
    assert not await shelf.refresh()
    assert shelf.library() is before
    assert broken(shelf)
    assert not await shelf.refresh()
    (folder / FAILOVER).write_text(good + "\n")
    assert not await shelf.refresh()  # the same library again
    assert not broken(shelf)
    (folder / FAILOVER).write_text(good.replace("title: Failover", "title: Fail-over"))
    assert await shelf.refresh()
    assert shelf.library().version != before.version


async def test_files_that_are_no_yaml_no_text_or_no_files(folder: Path) -> None:
    shelf = Shelf(folder)
    before = shelf.library()
    good = (folder / FAILOVER).read_bytes()
    for bad in (b"", b"\xff\xfe\x00", b"a: [", b"kind: concept\n" * 2):
        (folder / FAILOVER).write_bytes(bad)
        assert not await shelf.refresh()
        assert shelf.library() is before
    (folder / FAILOVER).unlink()
    (folder / FAILOVER).mkdir()
    assert not await shelf.refresh()
    (folder / FAILOVER).rmdir()
    (folder / FAILOVER).symlink_to("nowhere.yaml")
    assert not await shelf.refresh()
    (folder / FAILOVER).unlink()
    (folder / FAILOVER).write_bytes(good)
    await shelf.refresh()
    assert shelf.problems is None
    assert shelf.library().version == before.version


async def test_files_and_folders_that_vanish_and_come_back(folder: Path, tmp_path: Path) -> None:
    shelf = Shelf(folder)
    before = shelf.library()
    (folder / "base.yaml").rename(tmp_path / "kept.yaml")
    assert not await shelf.refresh()
    shutil.move(folder, tmp_path / "elsewhere")
    assert not await shelf.refresh()
    assert shelf.library() is before
    (tmp_path / "elsewhere").rename(folder)
    (tmp_path / "kept.yaml").rename(folder / "base.yaml")
    assert not await shelf.refresh()
    assert shelf.problems is None


@pytest.fixture
def link(folder: Path, tmp_path: Path) -> Path:
    """As deployments do it: releases side by side, and a link to the current one."""
    (tmp_path / "current").symlink_to(folder)
    return tmp_path / "current"


async def test_a_swapped_link_is_seen_even_with_equal_dates_and_sizes(folder: Path, link: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(folder, tmp_path / "two"))
    edit(other, "Failover", "Fallover")
    like(folder, other)
    shelf = Shelf(link)
    swap(link, other)
    assert await shelf.refresh()
    assert shelf.library().topics["concept/failover"].title == "Fallover"


async def test_an_edit_that_keeps_date_and_size_is_seen(folder: Path, tmp_path: Path) -> None:
    shelf = Shelf(folder)
    kept = Path(shutil.copytree(folder, tmp_path / "kept"))
    edit(folder, "Failover", "Fallover")
    like(kept, folder)
    assert await shelf.refresh()


def test_a_look_costs_little_and_passes_over_hidden_things(folder: Path) -> None:
    before = stamp(folder)
    (folder / ".git").mkdir()
    (folder / ".git" / "x.yaml").write_text("x")
    (folder / "concepts" / ".#failover.yaml").symlink_to("nobody@host")
    assert [entry[0] for entry in stamp(folder)] == [entry[0] for entry in before]
    assert stamp(folder / "none") == ()
