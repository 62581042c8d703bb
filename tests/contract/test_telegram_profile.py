"""Menus and descriptions on a local Bot API server: what is set, in which language, and that it is set once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from telegram import Bot

from adapters.telegram.client import connect
from adapters.telegram.profile import commands, descriptions, introduce, languages
from adapters.telegram.updates import COMMANDS, COMMANDS_IN_GROUPS
from bot.wording import words
from knowledge.loader import load
from knowledge.model import Base, Library
from tests.fakes.telegram import FakeTelegram, fake_telegram
from tests.flow.talking import BASE


@pytest.fixture(scope="module")
def library() -> Library:
    return load(BASE)


@pytest.fixture
async def fake() -> AsyncIterator[FakeTelegram]:
    async with fake_telegram(local=True) as made:
        yield made
        assert made.refused == []


@pytest.fixture
async def bot(fake: FakeTelegram) -> AsyncIterator[Bot]:
    made = await connect(fake.token, fake.url, fake.file_url)
    yield made
    await made.shutdown()


@pytest.fixture
def locales(tmp_path: Path) -> Path:
    """A folder with German, of which one menu line is there."""
    german = Catalog(locale="de")
    german.add("How it works", "So geht es")
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "tutor.mo").open("wb") as file:
        write_mo(file, german)
    return tmp_path


def changed(fake: FakeTelegram) -> list[str]:
    return [call.method for call in fake.calls if call.method.startswith("set")]


async def test_everything_is_set_once(fake: FakeTelegram, bot: Bot, library: Library, locales: Path) -> None:
    await introduce(bot, library, locales)
    assert sorted(set(changed(fake))) == [
        *("setChatMenuButton", "setMyCommands", "setMyDescription", "setMyShortDescription"),
    ]
    assert changed(fake).count("setMyCommands") == 6, "three scopes in two languages"
    count = len(changed(fake))
    await introduce(bot, library, locales)
    assert len(changed(fake)) == count, "and only compared from then on"


async def test_only_what_differs_is_set(fake: FakeTelegram, bot: Bot, library: Library) -> None:
    await introduce(bot, library)
    await bot.set_my_short_description("something else")
    count = len(changed(fake))
    await introduce(bot, library)
    assert changed(fake)[count:] == ["setMyShortDescription"]


async def test_menus_by_scope_and_language(fake: FakeTelegram, bot: Bot, library: Library, locales: Path) -> None:
    await introduce(bot, library, locales)
    assert languages(locales) == ["de"]
    menus = {key: [command["command"] for command in menu] for key, menu in fake.menus.items()}
    groups = [names for (scope, _), names in menus.items() if "all_group_chats" in scope]
    private = [names for (scope, _), names in menus.items() if "all_private_chats" in scope]
    assert groups == [list(COMMANDS_IN_GROUPS)] * 2
    assert private == [list(COMMANDS)] * 2
    told = {(c["command"], c["description"]) for (_, code), menu in fake.menus.items() if code == "de" for c in menu}
    assert ("help", "So geht es") in told


@pytest.mark.parametrize("title", ["", "x", "A very long title " * 60])
def test_descriptions_fit(title: str) -> None:
    base = Library(Base(title), {}, {}, {}, {}, {}, {}, "0")
    long, short = descriptions(base, words("en"))
    assert 0 < len(long) <= 512
    assert 0 < len(short) <= 120
    assert all(0 < len(text) <= 256 for text in commands(words("en")).values())
