"""The base that ships with Tutor, searched with the model and without, built once and kept in pytest's cache."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters import CONTENT
from knowledge.cache import load_cached
from knowledge.model import Library
from knowledge.search import searchable
from knowledge.search.finder import Finder
from knowledge.search.meaning import encoder

Open = Callable[[bool], Library]


@pytest.fixture(scope="session")
def kept(request: pytest.FixtureRequest) -> Path:
    """A folder for indexes. What is in it is named by what it was made from, so that a change builds anew."""
    return Path(request.config.cache.mkdir("search"))


@pytest.fixture(scope="session")
def shipped(kept: Path) -> Open:
    """The shipped base, searched with the model (True) or by words alone (False)."""
    opened: dict[bool, Library] = {}

    def opens(model: bool) -> Library:
        if model not in opened:
            lock = sqlite3.connect(kept / "lock.db", timeout=300, isolation_level=None)
            lock.execute("BEGIN EXCLUSIVE")  # tests run side by side: one process builds, the others read
            try:
                opened[model] = searchable(load_cached(CONTENT, kept), kept, encoder() if model else None)
            finally:
                lock.close()
        return opened[model]

    return opens


@pytest.fixture(params=[False, True], ids=["words", "model"], scope="session")
def library(request: pytest.FixtureRequest, shipped: Open) -> Library:
    """The shipped base, first by words alone, then with the model."""
    return shipped(request.param)


@pytest.fixture
def finder(library: Library) -> Finder:
    """What finds in `library`, and can explain itself."""
    assert isinstance(library.find, Finder)
    return library.find
