"""The shelf serves the last good library, whatever happens to the files."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import sys
import time
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

import adapters.shelf as shelf_module
from adapters import CONTENT
from adapters.shelf import Shelf, stamp
from knowledge import loader, prepare
from knowledge.errors import KnowledgeError
from knowledge.loader import examine, load
from knowledge.search import Finder
from knowledge.search.late import Late

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


def settled(shelf: Shelf) -> bool:
    return shelf.settled


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


STRAYS = (
    "concepts/failover.yaml~",
    "concepts/#failover.yaml#",
    "concepts/.failover.yaml.swp",
    "concepts/4913",
    "concepts/failover.yaml.tmp",
    "concepts/failover.yml",
    "concepts/notes/draft.yaml",
    "concepts/.hidden.yaml",
    "README.md",
    "new.yaml",
    "terms.txt",
    "golden/asked.yaml",
    "drawings/plan.yaml",
)


@pytest.mark.parametrize("stray", STRAYS)
async def test_what_loading_does_not_read_starts_nothing(
    folder: Path, stray: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(folder)
    before, library = stamp(folder), load(folder)
    monkeypatch.delattr(shelf_module, "_load_beside_answers")  # it would raise if anything were read
    file = folder / stray
    file.parent.mkdir(exist_ok=True)
    for text in ("titel: [", "more"):
        file.write_text(text, encoding="utf-8")
        assert stamp(folder) == before
        assert not await shelf.refresh()
    assert load(folder) == library
    file.unlink()
    assert stamp(folder) == before


def made(folder: Path) -> None:
    (folder / "concepts" / "new.yaml").write_text("x")


def moved(folder: Path) -> None:
    (folder / "concepts" / "failover.yaml").rename(folder / "concepts" / "failover.yaml~")


def emptied(folder: Path) -> None:
    (folder / "concepts").rename(folder / ".concepts")


def renewed(folder: Path) -> None:
    """Another folder in its place, its files the same ones."""
    (folder / "concepts").rename(folder / ".old")
    (folder / "concepts").mkdir()
    for file in (folder / ".old").iterdir():
        file.rename(folder / "concepts" / file.name)


def led_nowhere(folder: Path) -> None:
    (folder / "concepts" / "new.yaml").symlink_to("nowhere.yaml")


def blocked(folder: Path) -> None:
    (folder / "concepts" / "new.yaml").mkdir()


def misspelt(folder: Path) -> None:
    (folder / "consepts").mkdir()
    (folder / "consepts" / "new.yaml").write_text("x")


def without_base(folder: Path) -> None:
    (folder / "base.yaml").rename(folder / "base.yml")


@pytest.mark.parametrize(
    "change",
    [made, moved, emptied, renewed, led_nowhere, blocked, misspelt, without_base],
    ids=lambda one: one.__name__,
)
def test_whatever_changes_what_is_loaded_is_seen(folder: Path, change: Callable[[Path], None]) -> None:
    before = stamp(folder)
    good = examine(folder)[0]
    change(folder)
    assert stamp(folder) != before
    assert (examine(folder)[0] == good) == (change is renewed)


def test_a_folder_that_is_nearly_one_of_topics_counts_with_its_files(folder: Path) -> None:
    misspelt(folder)
    assert examine(folder)[0] is None
    before = stamp(folder)
    (folder / "consepts" / "new.yaml").rename(folder / "consepts" / "new.txt")
    assert stamp(folder) != before
    assert examine(folder)[0] is not None


# --- with a cache folder: another process reads, this one takes what it left -----------------------------------------


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


async def test_this_process_parses_nothing_at_a_reload(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(folder, cache)
    monkeypatch.delattr(loader, "load_files")
    edit(folder, "title: Failover", "title: Fail-over")
    assert await shelf.refresh()
    assert shelf.library().topics["concept/failover"].title == "Fail-over"
    assert shelf.library().find("fail-over").matches[0].id == "concept/failover"
    assert sys.getswitchinterval() == pytest.approx(0.005)
    edit(folder, "title:", "titel:")
    assert not await shelf.refresh()
    assert shelf.problems is not None
    assert shelf.library().topics["concept/failover"].title == "Fail-over"
    edit(folder, "titel:", "title:")
    assert not await shelf.refresh()
    assert not broken(shelf)


async def test_a_start_finds_what_the_last_one_left(folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Shelf(folder, cache).library()
    monkeypatch.delattr(loader, "load_files")
    after = Shelf(folder, cache).library()
    assert after == before
    for topic in after.topics.values():
        assert after.find(topic.summary) == before.find(topic.summary)


@pytest.mark.parametrize("program", ["/nowhere/python", "/bin/false"])
async def test_where_there_is_no_other_process_this_one_reads(
    program: str, folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(folder, cache)
    monkeypatch.setattr(sys, "executable", program)
    edit(folder, "title: Failover", "title: Fail-over")
    assert await shelf.refresh()
    assert shelf.library().topics["concept/failover"].title == "Fail-over"
    edit(folder, "title:", "titel:")
    assert not await shelf.refresh()
    assert broken(shelf)


async def test_a_cache_folder_that_cannot_be_used(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    shelf = Shelf(folder, tmp_path / "file")
    edit(folder, "title: Failover", "title: Fail-over")
    assert await shelf.refresh()
    assert shelf.library().topics["concept/failover"].title == "Fail-over"


async def test_files_that_change_while_they_are_read_are_read_again(folder: Path, cache: Path) -> None:
    shelf = Shelf(folder, cache)
    edit(folder, "title: Failover", "title: Fail-over")
    refreshing = asyncio.create_task(shelf.refresh())
    await until(lambda: len(list(cache.glob("library-*"))) == 2)
    edit(folder, "title: Fail-over", "title: Falling over")
    assert not await refreshing
    assert shelf.library().topics["concept/failover"].title == "Failover"
    assert await shelf.refresh()
    assert shelf.library().topics["concept/failover"].title == "Falling over"


async def test_a_reload_that_is_cancelled_leaves_no_process(folder: Path, cache: Path) -> None:
    shelf = Shelf(folder, cache)
    edit(folder, "title: Failover", "title: Fail-over")
    refreshing = asyncio.create_task(shelf.refresh())
    await until(lambda: bool(children()))
    refreshing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await refreshing
    await until(lambda: not children())
    assert await shelf.refresh()


async def test_the_old_library_goes_without_a_collection(folder: Path, cache: Path) -> None:
    """What the collector was told to leave alone must hold no circles, or each reload would keep a library for ever."""
    shelf = Shelf(folder, cache)
    gc.collect()
    gc.disable()
    try:
        gone: list[weakref.ref[object]] = []
        for number in range(3):
            gone.append(weakref.ref(shelf.library().find))
            gc.freeze()
            edit(folder, "kind: concept", f"# {number}\nkind: concept")
            edit(folder, "title: F", "title: FF")
            assert await shelf.refresh()
        assert [one() for one in gone] == [None] * 3
    finally:
        gc.unfreeze()
        gc.enable()


async def until(so: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not so():  # noqa: ASYNC110 - nobody tells when a process or a file is there
            await asyncio.sleep(0.01)


def children() -> list[str]:
    """The processes that this one has started and that run (Linux)."""
    tasks = Path("/proc/self/task")
    return [child for task in tasks.iterdir() for child in (task / "children").read_text().split()]


# --- a base that is new to the model ---------------------------------------------------------------------------------


@pytest.fixture
def by_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every base counts as large."""
    monkeypatch.setattr(shelf_module, "_AT_ONCE", 0)


def uses_the_model(shelf: Shelf) -> bool:
    find = shelf.library().find
    assert isinstance(find, Finder)
    return find.full is not None


@pytest.mark.usefixtures("by_words")
async def test_nobody_waits_for_the_model_to_read_a_new_base(folder: Path, cache: Path) -> None:
    shelf = Shelf(folder, cache)
    assert not uses_the_model(shelf)
    assert shelf.library().find("failover").matches[0].id == "concept/failover"
    version = shelf.library().version
    assert await shelf.refresh()
    assert uses_the_model(shelf)
    assert shelf.library().version == version
    assert not await shelf.refresh()
    assert uses_the_model(Shelf(folder, cache))  # the next start finds it read


@pytest.mark.usefixtures("by_words")
async def test_a_base_broken_meanwhile_is_read_once_and_again_when_mended(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(folder, cache)
    edit(folder, "title:", "titel:")
    assert not await shelf.refresh()
    assert broken(shelf)
    with monkeypatch.context() as patch:
        patch.delattr(prepare.Preparation, "run")
        assert not await shelf.refresh()
    assert not uses_the_model(shelf)
    edit(folder, "titel:", "title:")
    assert await shelf.refresh()
    assert uses_the_model(shelf)


@pytest.mark.usefixtures("by_words")
async def test_a_model_that_cannot_be_loaded_is_told_once(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Late, "load", lambda _: "the wheel is broken")
    shelf = Shelf(folder, cache)
    with capture_logs() as logged:
        assert not await shelf.refresh()
        assert not await shelf.refresh()
    assert [line["reason"] for line in logged] == ["the wheel is broken"]
    assert shelf.library().find("failover").matches[0].id == "concept/failover"


async def test_leaving_ends_a_preparation(tmp_path: Path) -> None:
    shelf = Shelf(CONTENT, tmp_path / "cache")
    assert not shelf.settled
    refreshing = asyncio.create_task(shelf.refresh())
    await until(lambda: bool(children()))
    began = time.monotonic()
    shelf.close()
    assert not await refreshing
    assert time.monotonic() - began < 3
    assert not children()
    assert not shelf.settled
    assert not await shelf.refresh()


@pytest.mark.usefixtures("by_words")
async def test_a_base_that_cannot_be_kept_is_read_all_the_same(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for cache in (tmp_path / "file", None):
        shelf = Shelf(folder, cache)
        assert not uses_the_model(shelf)
        assert await shelf.refresh()
        assert uses_the_model(shelf)
        assert shelf.settled


# --- a large base: an edit of texts is served before search has read it ----------------------------------------------


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf_module, "_LARGE", 0)


@pytest.mark.usefixtures("large")
async def test_an_edit_of_texts_is_served_before_search_has_read_it(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(folder, cache)
    edit(folder, "questions: [", "questions: [what of the hot standby, ")
    edit(folder, "Switching to a spare", "Going over to a spare")
    with monkeypatch.context() as patch:
        patch.delattr(prepare.Preparation, "run")
        assert await shelf.refresh()
    assert shelf.library().topics["concept/failover"].summary.startswith("Going over")
    assert not settled(shelf)
    version = shelf.library().version
    before = shelf.library().find("what of the hot standby").confidence
    assert await shelf.refresh()
    assert settled(shelf)
    assert shelf.library().version == version
    assert shelf.library().find("what of the hot standby").confidence > before
    assert not await shelf.refresh()


@pytest.mark.usefixtures("large")
async def test_an_edit_on_an_edit_is_served_too(folder: Path, cache: Path) -> None:
    shelf = Shelf(folder, cache)
    edit(folder, "Switching to", "Going over to")
    assert await shelf.refresh()
    edit(folder, "Going over to", "Changing to")
    assert await shelf.refresh()
    assert shelf.library().topics["concept/failover"].summary.startswith("Changing to")
    assert not settled(shelf)
    assert await shelf.refresh()
    assert settled(shelf)


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("served", [False, True])
async def test_a_broken_edit_of_a_large_base_is_told(folder: Path, cache: Path, served: bool) -> None:
    shelf = Shelf(folder, cache)
    if served:
        edit(folder, "Switching to", "Going over to")
        assert await shelf.refresh()
    edit(folder, "summary:", "sumary:")
    assert not await shelf.refresh()
    assert broken(shelf)
    assert settled(shelf) is not served
    edit(folder, "sumary:", "summary:")
    assert await shelf.refresh() is served
    assert not broken(shelf)
    assert settled(shelf)


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("how", ["new", "gone", "moved", "title", "remark"])
async def test_what_is_more_or_less_than_texts_is_served_whole(folder: Path, cache: Path, how: str) -> None:
    shelf = Shelf(folder, cache)
    file = folder / "concepts" / "failover.yaml"
    text = file.read_text(encoding="utf-8").replace("Switching", "Going over").replace("title: F", "title: FF")
    match how:
        case "new":
            text = text.replace("id: failover", "id: fast").replace("fo-", "fa-").replace("[switchover]", "[]")
            (folder / "concepts" / "fast.yaml").write_text(text, encoding="utf-8")
        case "gone":
            file.unlink()
        case "moved":
            file.rename(file.with_name("fail-over.yaml"))
            edit(folder, "id: failover", "id: fail-over\nformerly: [concept/failover]", "concepts/fail-over.yaml")
        case "title":
            file.write_text(text, encoding="utf-8")
        case "remark":
            edit(folder, "title:", "# a remark\ntitle:")
    assert await shelf.refresh() is (how != "remark")
    assert settled(shelf)
    assert not broken(shelf)
    assert not await shelf.refresh()
