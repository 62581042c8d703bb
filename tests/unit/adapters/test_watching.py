"""Changes of a base are noticed however they come about, on real folders; and where the system tells of none, too."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapters.shelf import Shelf
from adapters.watching import Watching, matters, places
from knowledge.errors import KnowledgeError
from knowledge.loader import load

BASE = Path(__file__).parents[2] / "fixtures" / "base"
FAILOVER = "concepts/failover.yaml"
LONG = 300.0  # seconds: no look comes by itself in a test


def edit(folder: Path, title: str) -> None:
    """Give a topic another title, in place."""
    path = folder / FAILOVER
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(f"title: {title}" if line.startswith("title:") else line for line in lines) + "\n")


def copy(to: Path, title: str = "Failover") -> Path:
    """A copy of the base, its topic with a title."""
    shutil.copytree(BASE, to)
    edit(to, title)
    return to


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copy(tmp_path / "base")


class Served:
    """A base that is loaded anew at each look; the last good library stays."""

    def __init__(self, folder: Path, poll: float, safety: float) -> None:
        self.folder = folder
        self.library = load(folder)
        self.broken = False
        self.looks = 0
        self.fault: Exception | None = None
        self.watching = Watching(folder, self._look, poll=poll, safety=safety)

    async def _look(self) -> None:
        if self.fault:
            raise self.fault
        try:
            self.library = await asyncio.to_thread(load, self.folder)
            self.broken = False
        except KnowledgeError:
            self.broken = True
        self.looks += 1

    @property
    def title(self) -> str:
        topic = self.library.topic("concept/failover")
        return topic.title if topic else ""

    async def shows(self, title: str, within: float = 10.0) -> None:
        await until(lambda: self.title == title, within)


@asynccontextmanager
async def served(folder: Path, poll: float = LONG, safety: float = LONG) -> AsyncIterator[Served]:
    found = Served(folder, poll, safety)
    found.watching.start()
    await until(lambda: found.looks > 0)
    try:
        yield found
    finally:
        began = time.monotonic()
        await found.watching.stop()
        assert time.monotonic() - began < 1


async def until(so: Callable[[], bool], within: float = 10.0) -> None:
    async with asyncio.timeout(within):
        while not so():  # noqa: ASYNC110 - nobody tells when a library is served
            await asyncio.sleep(0.01)


# --- told by the system ----------------------------------------------------------------------------------------------


async def test_an_edit_in_place(folder: Path) -> None:
    async with served(folder) as base:
        for title in ("One", "Two", "Three"):
            edit(folder, title)
            await base.shows(title)


async def test_an_editor_that_writes_by_rename(folder: Path) -> None:
    async with served(folder) as base:
        for title in ("One", "Two"):
            new = folder / "concepts" / ".failover.yaml.tmp"
            new.write_text((folder / FAILOVER).read_text().replace(f"title: {base.title}", f"title: {title}"))
            new.replace(folder / FAILOVER)
            await base.shows(title)


async def test_a_folder_of_a_kind_that_appears_goes_and_comes_back(folder: Path, tmp_path: Path) -> None:
    async with served(folder) as base:
        (folder / "concepts").rename(tmp_path / "aside")
        await until(lambda: base.broken or "concept/failover" not in base.library.topics)
        (tmp_path / "aside").rename(folder / "concepts")
        await until(lambda: not base.broken and "concept/failover" in base.library.topics)
        edit(folder, "In the new folder")
        await base.shows("In the new folder")


async def test_the_folder_is_deleted_and_made_anew(folder: Path) -> None:
    async with served(folder) as base:
        shutil.rmtree(folder)
        await until(lambda: base.broken)
        assert base.title == "Failover"
        copy(folder, "Made anew")
        await base.shows("Made anew")
        edit(folder, "And edited")
        await base.shows("And edited")


async def test_the_folders_above_vanish_one_after_the_other_and_return(tmp_path: Path) -> None:
    folder = copy(tmp_path / "a" / "b" / "base")
    async with served(folder) as base:
        shutil.rmtree(tmp_path / "a")
        await until(lambda: base.broken)
        for step in (tmp_path / "a", tmp_path / "a" / "b"):
            step.mkdir()
            await asyncio.sleep(0.3)
        copy(folder, "Returned")
        await base.shows("Returned")


async def test_a_link_is_swapped(tmp_path: Path) -> None:
    """current -> releases/1, at once and in two steps; the base is the release, or a folder in it."""
    for below in ("", "knowledge"):
        home = tmp_path / (below or "whole")
        for number in (1, 2, 3):
            copy(home / "releases" / str(number) / below, f"Release {number}")
        current = home / "current"
        current.symlink_to(Path("releases") / "1")
        async with served(current / below) as base:
            (home / "next").symlink_to(Path("releases") / "2")
            (home / "next").replace(current)
            await base.shows("Release 2")
            current.unlink()
            await asyncio.sleep(0.3)
            current.symlink_to(home / "releases" / "3")
            await base.shows("Release 3")
            edit(home / "releases" / "3" / below, "Edited behind the link")
            await base.shows("Edited behind the link")


async def test_a_checkout_is_swapped_by_renaming_a_folder_above(tmp_path: Path) -> None:
    for levels in (Path(), Path("knowledge"), Path("source") / "knowledge"):
        home = tmp_path / str(len(levels.parts))
        copy(home / "live" / levels, "Old")
        copy(home / "new" / levels, "New")
        async with served(home / "live" / levels) as base:
            (home / "live").rename(home / "old")
            (home / "new").rename(home / "live")
            await base.shows("New")
            edit(home / "live" / levels, "Newer")
            await base.shows("Newer")


async def test_a_mounted_config_map_is_updated(tmp_path: Path) -> None:
    """As Kubernetes does it: links through `..data`, which is swapped; the folder itself never changes."""
    mount = tmp_path / "mount"

    def update(title: str, number: int) -> None:
        copy(mount / f"..{number}", title)
        (mount / "..data_tmp").symlink_to(f"..{number}")
        (mount / "..data_tmp").replace(mount / "..data")

    mount.mkdir()
    update("First", 1)
    for entry in sorted((mount / "..1").iterdir()):
        (mount / entry.name).symlink_to(Path("..data") / entry.name)
    async with served(mount) as base:
        for number in (2, 3):
            update(f"Update {number}", number)
            await base.shows(f"Update {number}")


async def test_files_that_are_links_to_files_elsewhere(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (folder / FAILOVER).rename(elsewhere / "text.yaml")
    (folder / FAILOVER).symlink_to(elsewhere / "text.yaml")
    async with served(folder) as base:
        text = (elsewhere / "text.yaml").read_text()
        (elsewhere / "text.yaml").write_text(text.replace("title: Failover", "title: From elsewhere"))
        await base.shows("From elsewhere")


async def test_git_checks_out_another_branch(folder: Path) -> None:
    def git(*command: str) -> None:
        who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        subprocess.run(["git", "-C", str(folder), *who, *command], check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-qm", "one")
    git("checkout", "-qb", "other")
    edit(folder, "On the other branch")
    git("commit", "-qam", "two")
    git("checkout", "-q", "main")
    async with served(folder) as base:
        git("checkout", "-q", "other")
        await base.shows("On the other branch")
        git("checkout", "-q", "main")
        await base.shows("Failover")


async def test_a_thousand_files_at_once_are_few_looks(folder: Path) -> None:
    async with served(folder) as base:
        before = base.looks
        for number in range(1000):
            lines = ("kind: skill", f"id: t{number}", f"title: Topic {number}", f"summary: It is number {number}.")
            (folder / "skills" / f"t{number}.yaml").write_text("\n".join(lines))
        await until(lambda: len(base.library.topics) > 1000, 30)
        assert base.looks - before < 20


async def test_a_change_while_a_look_is_under_way_is_not_lost(folder: Path) -> None:
    shelf = Shelf(folder)
    begun, go_on, titles = asyncio.Event(), asyncio.Event(), []

    async def look() -> None:
        if await shelf.refresh():
            titles.append(shelf.library().topics["concept/failover"].title)
            begun.set()
            await go_on.wait()

    watching = Watching(folder, look, poll=LONG, safety=LONG)
    watching.start()
    edit(folder, "First")
    await begun.wait()
    edit(folder, "Second")
    await asyncio.sleep(0.5)
    go_on.set()
    await until(lambda: titles == ["First", "Second"])
    shelf.close()
    await watching.stop()


async def test_broken_and_mended(folder: Path) -> None:
    async with served(folder) as base:
        good = (folder / FAILOVER).read_text()
        (folder / FAILOVER).write_text(good.replace("title:", "titel:"))
        await until(lambda: base.broken)
        assert base.title == "Failover"
        (folder / FAILOVER).write_text(good.replace("title: Failover", "title: Mended"))
        await base.shows("Mended")
        assert not base.broken


async def test_hidden_files_of_editors_and_of_git_cause_no_reading(folder: Path) -> None:
    async with served(folder) as base:
        before = base.looks
        (folder / ".git").mkdir()
        (folder / ".git" / "index").write_text("x")
        (folder / "concepts" / ".failover.yaml.swp").write_text("x")
        await asyncio.sleep(0.5)
        assert base.looks == before


async def test_a_look_that_fails_is_not_the_last(folder: Path) -> None:
    async with served(folder) as base:
        base.fault = ConnectionError("with something private")
        with capture_logs() as logged:
            edit(folder, "Missed")
            await until(lambda: bool(logged))
        assert logged[0]["reason"] == "ConnectionError"
        assert "private" not in str(logged)
        base.fault = None
        edit(folder, "Found")
        await base.shows("Found")


# --- not told by the system ------------------------------------------------------------------------------------------


@asynccontextmanager
async def no_descriptors() -> AsyncIterator[None]:
    """A process that has opened all that it may: the system refuses to watch anything for it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, most), most))
    taken: list[int] = []
    try:
        while True:
            try:
                taken.append(os.open(os.devnull, os.O_RDONLY))
            except OSError:
                break
        yield
    finally:
        for one in taken:
            os.close(one)
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


async def test_where_nothing_can_be_watched_the_files_are_looked_at_until_it_can(folder: Path) -> None:
    base = Served(folder, poll=0.2, safety=1.5)
    with capture_logs() as logged:
        async with no_descriptors():
            base.watching.start()
            await until(lambda: bool(logged))
            await asyncio.sleep(0.5)
        (said,) = logged
        assert said["event"] == "cannot watch the knowledge for changes: looking at it at intervals"
        assert said["log_level"] == "warning"
        assert "Too many open files" in said["reason"]
        edit(folder, "Looked at")
        await base.shows("Looked at")
        await until(lambda: any("again" in line["event"] for line in logged))
        looks = base.looks
        edit(folder, "Told")
        await base.shows("Told")
        assert base.looks - looks < 4
        await base.watching.stop()
    assert sum("cannot watch" in line["event"] for line in logged) == 1


async def test_what_the_system_does_not_tell_is_found_by_the_look_that_comes_anyway(folder: Path) -> None:
    """As with folders that another host writes to: the system takes the watch, and tells of nothing."""
    async with served(folder, poll=0.2, safety=1.0) as base:
        with capture_logs() as logged:
            assert base.watching._ears is not None
            base.watching._ears.cancel()
            base.watching._ears = asyncio.create_task(asyncio.sleep(LONG))
            edit(folder, "From another host")
            await base.shows("From another host")
            await until(lambda: bool(logged))
            edit(folder, "Once more")
            await base.shows("Once more")
            await asyncio.sleep(1.5)  # it does not try to listen there again
        (said,) = logged
        assert said["reason"] == "the system does not tell of changes there, as with folders that other hosts write to"


async def test_looking_at_intervals_by_order(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", "1")
    with capture_logs() as logged:
        async with served(folder, poll=0.2, safety=0.5) as base:
            for title in ("One", "Two"):  # also within a second
                edit(folder, title)
                await base.shows(title, 5)
            await asyncio.sleep(1)
    assert [line["reason"] for line in logged] == ["WATCHFILES_FORCE_POLLING asks for it"]


async def test_it_stops_at_once_also_before_it_began(folder: Path) -> None:
    base = Served(folder, LONG, LONG)
    await base.watching.stop()
    base.watching.start()
    await base.watching.stop()
    base.watching.start()
    await until(lambda: base.looks > 0)
    began = time.monotonic()
    await base.watching.stop()
    assert time.monotonic() - began < 0.5


# --- where to watch --------------------------------------------------------------------------------------------------


def test_places_of_a_plain_base(folder: Path) -> None:
    found = places(folder)
    assert matters(str(folder / FAILOVER), found)
    assert matters(str(folder / "base.yaml"), found)
    assert matters(str(folder), found)
    assert matters(str(folder.parent), found)
    assert not matters(str(folder.parent / "other"), found)
    assert not matters(str(folder / ".git"), found)
    assert not matters(str(folder / "concepts" / ".failover.yaml.swp"), found)


def test_links_in_a_circle_and_out_of_nowhere_end(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    assert places(tmp_path / "one")[tmp_path] == {"one", "two"}
    assert places(tmp_path / "none" / "base")[tmp_path] == {"none"}
    (tmp_path / "up").symlink_to(Path("..") / tmp_path.name / "none")
    assert places(tmp_path / "up")[tmp_path] == {"none", "up"}
