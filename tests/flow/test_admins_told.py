"""A whole Tutor on a folder that changes: admins read in chat what became of it, wherever they are."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from adapters import shelf
from adapters.clock import DemoClock
from adapters.current import CALM
from adapters.fronts import Roles, roles
from adapters.wiring import ALONE, Application, build
from bot.store.db import Database
from bot.store.tables import LEARNER, OUTBOX
from tests.fakes.slack import fake_slack
from tests.fakes.slack.screen import plain
from tests.fakes.telegram import fake_telegram
from tests.fronts.drivers import BASE, MONDAY, Terminal, connected, serving, settings
from tests.ports import free_port
from tests.stores import postgres_database

FAILOVER = "concepts/failover.yaml"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BASE, tmp_path / "base"))


def edit(base: Path, before: str, after: str) -> None:
    path = base / FAILOVER
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


async def a_day(base: Path, reads: Callable[[int], Awaitable[None]]) -> None:
    """A curator's work; `reads(n)` waits until the admin has read `n` messages about it."""
    edit(base, "title: Failover", "title: Fail-over")
    await reads(1)
    edit(base, "aliases:", "aliasses:")
    await reads(2)
    edit(base, "aliasses:", "aliases:")
    await reads(3)


def as_told(texts: list[str]) -> None:
    first, second, third = texts
    lines = [line for line in first.splitlines() if line]
    assert lines[0].startswith("Knowledge reloaded, version ")
    assert [line.lstrip("•- ") for line in lines[1:]] == ["1 text changed: Fail-over"]
    lines = [line for line in second.splitlines() if line]
    assert lines[0].startswith("Knowledge not reloaded, still serving the version of ")
    assert lines[0].endswith(". 1 problem:")
    assert lines[1].lstrip("•- ") == ('concepts/failover.yaml:4:1 unknown key "aliasses" (did you mean "aliases"?)')
    assert third.startswith("Knowledge in order again. Nothing changed: still serving the version of ")


async def test_on_telegram(base: Path, tmp_path: Path) -> None:
    async with fake_telegram() as fake:
        ann, bob = fake.person("Ann"), fake.person("Bob")
        given = {
            "telegram_token": fake.token,
            "telegram_api_url": fake.url,
            "telegram_file_url": fake.file_url,
            "port": free_port(),
        }
        chosen = settings(tmp_path, admins=f"telegram:{ann.id}", **given).model_copy(update={"knowledge_dir": base})
        async with serving(chosen):
            ann.start()
            bob.start()
            await fake.settled(bob, 1, 20)
            (met,) = await fake.settled(ann, 1, 20)

            async def reads(n: int) -> None:
                await fake.settled(ann, n + 1, 20)

            await a_day(base, reads)
            as_told([shown.text for shown in fake.replies(ann) if shown != met])
            assert len(fake.replies(bob)) == 1, "nobody but admins is told"


async def test_of_several_processes_one_tells(server: Callable[[], str], base: Path, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        url = stack.enter_context(postgres_database(server()))
        fake = await stack.enter_async_context(fake_telegram())
        ann = fake.person("Ann")
        chosen = settings(
            tmp_path,
            admins=f"telegram:{ann.id}",
            port=free_port(),
            telegram_token=fake.token,
            telegram_api_url=fake.url,
        ).model_copy(update={"knowledge_dir": base, "database_url": url})
        first = Database(url)
        first.upgrade()
        first.close()
        apps = []
        for parts in (("web",), ("telegram", "sender"), ("scheduler",)):
            app = build(chosen, clock=DemoClock(MONDAY), roles=roles(chosen, parts))
            await stack.enter_async_context(app.running())
            apps.append(app)
        ann.start()
        (met,) = await fake.settled(ann, 1, 20)

        async def reads(n: int) -> None:
            await fake.settled(ann, n + 1, 20)
            broken = n == 2
            async with asyncio.timeout(20):
                while any((app.shelf.problems is not None) is not broken for app in apps):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            await asyncio.sleep(1)  # whoever would tell it again has done so

        await a_day(base, reads)
        as_told([shown.text for shown in fake.replies(ann) if shown != met])


@pytest.mark.breaks_rules
async def test_on_telegram_an_admin_who_never_wrote_is_let_be(base: Path, tmp_path: Path) -> None:
    async with fake_telegram() as fake:
        ann = fake.person("Ann")
        given = {"telegram_token": fake.token, "telegram_api_url": fake.url, "port": free_port()}
        chosen = settings(tmp_path, admins=f"telegram:{ann.id}", **given).model_copy(update={"knowledge_dir": base})
        async with serving(chosen) as app:
            for n in (1, 2):
                edit(base, "title: F", "title: FF")
                await until(app, [("dead", 1)] * n)
            assert await app.db.fetch(lambda conn: conn.execute(select(LEARNER.c.id)).all()) == []
            ann.start()
            await fake.settled(ann, 1, 20)
            edit(base, "title: F", "title: FF")
            await fake.settled(ann, lambda seen: any("Knowledge reloaded" in one.text for one in seen), 20)


async def until(app: Application, wanted: list[tuple[str, int]]) -> None:
    """Wait until the outbox holds rows with these states and tries."""
    rows = select(OUTBOX.c.status, OUTBOX.c.tries).order_by(OUTBOX.c.id)
    async with asyncio.timeout(20):
        while [tuple(row) for row in await app.db.fetch(lambda conn: conn.execute(rows).all())] != wanted:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def serves(app: Application, title: str) -> None:
    """Wait until the topic has this title."""
    async with asyncio.timeout(20):
        while app.shelf.library().topics["concept/failover"].title != title:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.05)


async def test_in_slack_by_a_direct_message(base: Path, tmp_path: Path) -> None:
    async with fake_slack() as fake:
        ann = fake.person("Ann", tz="Europe/Berlin")
        name = f"slack:{ann.workspace.id}:{ann.id}"
        given = {"slack_bot_token": fake.bot_token, "slack_app_token": fake.app_token, "slack_api_url": fake.url}
        chosen = settings(tmp_path, admins=f"{name},slack:T0ELSE:U0ELSE", port=free_port(), **given)
        async with serving(chosen.model_copy(update={"knowledge_dir": base})) as app:
            await connected(fake)

            def texts() -> list[str]:
                return [plain(message) for message in fake.screen(ann) if message.bot]

            async def reads(n: int) -> None:
                await fake.settled(lambda: len(texts()) >= n, 20)

            await a_day(base, reads)
            as_told(texts())
            dead = select(OUTBOX.c.workspace).where(OUTBOX.c.status == "dead").distinct()
            assert await app.db.fetch(lambda conn: conn.execute(dead).scalars().all()) == ["T0ELSE"]


@asynccontextmanager
async def at_the_terminal(base: Path, folder: Path, admins: str) -> AsyncIterator[Terminal]:
    chosen = settings(folder, admins=admins, timezone="Europe/Berlin").model_copy(update={"knowledge_dir": base})
    app = build(chosen, clock=DemoClock(MONDAY), roles=ALONE)
    async with app.running():
        driver = Terminal(app)
        await driver.open()
        woken = asyncio.Event()
        stop = app.on_terminal_rows(woken.set)

        async def show() -> None:
            while True:
                await woken.wait()
                woken.clear()
                await driver.chat.show(driver)

        showing = asyncio.create_task(show())
        try:
            yield driver
        finally:
            stop()
            showing.cancel()


async def test_at_the_terminal_it_appears_by_itself(base: Path, tmp_path: Path) -> None:
    async with at_the_terminal(base, tmp_path, "terminal") as ann:

        async def reads(n: int) -> None:
            await ann.until(lambda seen: len(seen) >= n)

        await a_day(base, reads)
        as_told([seen.text for seen in ann.screen()])
        assert "still serving the version of 09:00." in ann.screen()[1].text


async def test_of_a_large_base_texts_come_first_and_search_follows(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "_LARGE", 0)
    async with at_the_terminal(base, tmp_path, "terminal") as ann:
        edit(base, "questions: [", "questions: [what of the hot standby, ")
        await ann.until(lambda seen: len(seen) >= 1)
        async with asyncio.timeout(20):
            while not ann.app.shelf.settled:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)
        (told,) = ann.screen()
        head, *lines = [line.lstrip("•- ") for line in told.text.splitlines() if line]
        assert head.startswith("Knowledge reloaded, version ")
        assert lines[-1] == "Search is still reading it: what is new is found once it has."
        assert len(lines) == 2
        assert ann.app.shelf.library().find("what of the hot standby").decision == "answer"


class Still:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = MONDAY

    def __call__(self) -> datetime:
        return self.at


async def shows(app: Application, key: str) -> None:
    """Wait until the base is broken by this key, and everybody has been told what there is to tell."""
    async with asyncio.timeout(20):
        while not any(f'"{key}"' in problem.message for problem in app.shelf.errors):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.05)
    await app.current.reload()


async def test_of_an_editor_that_saves_while_somebody_types_the_first_and_the_last_error_are_told(
    base: Path, tmp_path: Path
) -> None:
    async with at_the_terminal(base, tmp_path, "terminal") as ann:
        clock = ann.app.current.now = Still()

        async def reads(n: int, *said: str) -> None:
            await ann.until(lambda seen: len(seen) >= n)
            assert len(ann.screen()) == n
            assert all(part in ann.screen()[-1].text for part in said)

        edit(base, "aliases:", "aliasse:")
        await reads(1, "Knowledge not reloaded", "aliasse")
        for before, after in (("aliasse:", "aliasses:"), ("aliasses:", "aliassess:")):
            clock.at += timedelta(seconds=2)
            edit(base, before, after)
            await shows(ann.app, after[:-1])
        clock.at += CALM - timedelta(seconds=1)
        await ann.app.current.reload()
        await reads(1)
        clock.at += timedelta(seconds=1)
        await ann.app.current.reload()  # the look that comes by itself
        await reads(2, "Knowledge not reloaded", "aliassess")
        await ann.app.current.reload()
        clock.at += CALM
        edit(base, "aliassess:", "aliasing:")
        await reads(3, "Knowledge not reloaded", "aliasing")
        clock.at += timedelta(seconds=1)
        edit(base, "aliasing:", "aliased:")
        await shows(ann.app, "aliased")
        edit(base, "aliased:", "aliases:")
        await reads(4, "Knowledge in order again")
        clock.at += timedelta(seconds=1)
        edit(base, "aliases:", "aliasse:")
        await reads(5, "Knowledge not reloaded", "aliasse")


async def test_what_was_held_back_and_is_as_it_was_told_is_no_news(base: Path, tmp_path: Path) -> None:
    async with at_the_terminal(base, tmp_path, "terminal") as ann:
        clock = ann.app.current.now = Still()
        edit(base, "aliases:", "aliasse:")
        await ann.until(lambda seen: len(seen) >= 1)
        for before, after in (("aliasse:", "aliasses:"), ("aliasses:", "aliasse:")):
            clock.at += timedelta(seconds=1)
            edit(base, before, after)
            await shows(ann.app, after[:-1])
        for _ in range(3):
            clock.at += CALM
            await ann.app.current.reload()
        assert len(ann.screen()) == 1


async def test_a_clock_that_is_set_back_holds_nothing_back_for_long(base: Path, tmp_path: Path) -> None:
    async with at_the_terminal(base, tmp_path, "terminal") as ann:
        clock = ann.app.current.now = Still()
        edit(base, "aliases:", "aliasse:")
        await ann.until(lambda seen: len(seen) >= 1)
        clock.at -= timedelta(hours=1)
        edit(base, "aliasse:", "aliasses:")
        await ann.until(lambda seen: len(seen) >= 2)


async def test_at_the_terminal_nobody_else_is_told(base: Path, tmp_path: Path) -> None:
    async with at_the_terminal(base, tmp_path, "") as ann:
        edit(base, "title: Failover", "title: Fail-over")
        await serves(ann.app, "Fail-over")
        await asyncio.sleep(0.5)
        assert ann.screen() == []


async def test_admins_of_platforms_that_are_not_served_leave_nothing_behind(base: Path, tmp_path: Path) -> None:
    admins = "telegram:1,slack:T1:U1"
    chosen = settings(tmp_path, admins=admins).model_copy(update={"knowledge_dir": base})
    app = build(chosen, clock=DemoClock(MONDAY), roles=Roles())
    async with app.running():
        edit(base, "title: Failover", "title: Fail-over")
        await app.current.reload()
        assert await app.db.fetch(lambda conn: conn.execute(select(OUTBOX.c.id)).all()) == []


PARTS = {"telegram alone": ("telegram",), "web alone": ("web",), "sender alone": ("sender",), "slack alone": ("slack",)}


@pytest.mark.parametrize("parts", PARTS.values(), ids=PARTS)
async def test_every_process_follows_the_files_whatever_it_does(
    parts: tuple[str, ...], base: Path, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        telegram = await stack.enter_async_context(fake_telegram())
        slack = await stack.enter_async_context(fake_slack())
        chosen = settings(
            tmp_path,
            port=free_port(),
            telegram_token=telegram.token,
            telegram_api_url=telegram.url,
            slack_bot_token=slack.bot_token,
            slack_app_token=slack.app_token,
            slack_api_url=slack.url,
        ).model_copy(update={"knowledge_dir": base})
        app = build(chosen, clock=DemoClock(MONDAY), roles=roles(chosen, parts))
        await stack.enter_async_context(app.running())
        edit(base, "title: Failover", "title: Fail-over")
        await serves(app, "Fail-over")
