"""Another process reads a base; this one finds everything in the cache folder."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from pathlib import Path

import pytest

from knowledge import loader
from knowledge.cache import load_cached
from knowledge.errors import KnowledgeError
from knowledge.loader import load
from knowledge.prepare import Preparation
from tests.unit.knowledge.bases import CONTENT, FIXTURES, GOOD, base_with


def test_what_was_prepared_is_not_parsed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = load(GOOD)
    assert Preparation(GOOD, tmp_path).run()
    kinds = {file.name.partition("-")[0] for file in tmp_path.iterdir()}
    assert kinds >= {"library", "search"}
    monkeypatch.delattr(loader, "load_files")
    assert load_cached(GOOD, tmp_path) == expected


@pytest.mark.parametrize("name", ["career", "cycle", "stray-files", "two-files-broken", "no-such-base"])
def test_what_is_wrong_is_told_as_the_loader_tells_it(name: str, tmp_path: Path) -> None:
    base = FIXTURES / "broken_bases" / name / "base"
    with pytest.raises(KnowledgeError) as expected:
        load(base)
    with pytest.raises(KnowledgeError) as caught:
        Preparation(base, tmp_path / "cache").run()
    assert caught.value.problems == expected.value.problems


def test_file_names_and_folders_that_are_no_text(tmp_path: Path) -> None:
    base = base_with(tmp_path / os.fsdecode(b"caf\xe9"), {})
    (base / "skills" / os.fsdecode(b"caf\xe9.yaml")).write_text("kind: [")
    with pytest.raises(KnowledgeError) as caught:
        Preparation(base, tmp_path / "cache").run()
    assert caught.value.problems == loader.examine(base)[1]


def test_what_lies_in_the_working_directory_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "knowledge").mkdir()
    for name in ("knowledge/__init__.py", "json.py"):
        (tmp_path / name).write_text("raise SystemExit(1)\n")
    monkeypatch.chdir(tmp_path)
    shutil.copytree(GOOD, "base")
    assert Preparation(Path("base"), Path("cache")).run()
    assert list((tmp_path / "cache").glob("library-*"))


@pytest.mark.parametrize("program", ["/nowhere/python", "/bin/false", "/bin/true", "/bin/echo", ""])
def test_where_no_other_process_can_do_it_that_is_no_error(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", program)
    assert not Preparation(GOOD, tmp_path).run()


def test_it_can_be_stopped(tmp_path: Path) -> None:
    preparation = Preparation(CONTENT, tmp_path)
    preparation.stop()  # nothing runs yet: nothing happens
    done: list[bool] = []
    thread = threading.Thread(target=lambda: done.append(preparation.run()))
    began = time.monotonic()
    thread.start()
    while not done and time.monotonic() - began < 20:
        preparation.stop()
        time.sleep(0.01)
    thread.join()
    assert done == [False]
    assert not list(tmp_path.glob("search-*"))
