"""Fixtures that every kind of test may use: the three stores."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from adapters import CONTENT, user_cache
from bot.store.db import Database
from knowledge.cache import load_cached
from knowledge.search import searchable
from knowledge.search.late import late
from tests.fakes.watch import used
from tests.stores import STORES, Make, opener, postgres_server

# What programs keep to make it only once is kept apart from the user's own, and from one run to the next.
os.environ["XDG_CACHE_HOME"] = str(Path(__file__).parents[1] / ".pytest_cache")


@pytest.fixture(scope="session")
def server() -> Iterator[Callable[[], str]]:
    """The PostgreSQL server of this session, started by the first test that asks."""
    with ExitStack() as stack:
        urls: list[str] = []

        def url() -> str:
            if not urls:
                urls.append(stack.enter_context(postgres_server()))
            return urls[0]

        yield url


@pytest.fixture(params=STORES)
def empty_store(request: pytest.FixtureRequest, tmp_path: Path, server: Callable[[], str]) -> Iterator[Make]:
    """Opens a database without any tables, of each kind of store; each call is one more process's view of it."""
    with opener(request.param, tmp_path, server) as make:
        yield make


@pytest.fixture
def open_store(empty_store: Make) -> Make:
    """Opens a database with the current schema, of each kind of store; each call is one more process's view of it."""
    empty_store().upgrade()
    return empty_store


@pytest.fixture
def db(open_store: Make) -> Database:
    """A database with the current schema, of each kind of store."""
    return open_store()


@pytest.fixture(autouse=True)
def judged(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every call to a platform's local server obeys the platform's rules; `breaks_rules` marks tests of the rules."""
    used.clear()
    yield
    refused = [call for platform in used for call in platform.refused]
    used.clear()
    assert request.node.get_closest_marker("breaks_rules") or not refused, refused


def pytest_configure(config: pytest.Config) -> None:
    """The model reads the shipped base before the tests: programs under test would begin to answer by words alone."""
    if not hasattr(config, "workerinput"):  # one for all workers of pytest-xdist
        cache = user_cache()
        searchable(load_cached(CONTENT, cache), cache=cache, meaning=late())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a test that was skipped has proved nothing: it counts as failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
