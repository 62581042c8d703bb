"""An admin's chat at every front end: nothing that the platforms refuse, and what is typed there arrives."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.fakes.slack import fake_slack
from tests.fakes.telegram import fake_telegram
from tests.fronts.drivers import FRONTS, Driver, connected, serving, settings
from tests.ports import free_port

HOSTILE = "*zebra* <!channel> @all _cross_ `ing` &amp; <b>x</b> [a](https://e.example.org)"
LONG = "walrus " * 200


async def said(driver: Driver, before: int, count: int = 1) -> str:
    found = await driver.read(before, count)
    return "\n".join(seen.text for seen in found[:count])


@pytest.mark.parametrize("front", FRONTS)
async def test_the_same_desk_everywhere(front: str, tmp_path: Path) -> None:
    async with FRONTS[front](tmp_path) as driver:
        await driver.start()
        await driver.read(0, 1)
        for text in (HOSTILE, LONG):
            before = len(driver.screen())
            await driver.say(text)
            await driver.read(before, 1)
        before = len(driver.screen())
        await driver.say("admin")
        text = await said(driver, before)
        assert "I serve A small base: " in text
        assert "Questions asked in vain: 2, each asked once." in text
        assert "*zebra* <!channel> @all _cross_ `ing` &amp; <b>x</b> [a](" in plain(text)
        for label in ("Go through the questions", "Out of scope"):
            before = len(driver.screen())
            await driver.press(label)
            text = await said(driver, before)
        before = len(driver.screen())
        await driver.say("fault tolerance")
        await driver.read(before, 1)
        await driver.until(lambda screen: any("leads to Fault Tolerance" in seen.text for seen in screen))
        await driver.press("Proposals")
        await driver.until(lambda screen: any("tutor knowledge teach --apply" in seen.text for seen in screen))
        listed = next(seen for seen in driver.screen() if "tutor knowledge teach --apply" in seen.text)
        assert listed.labels[:2] == ("Take back 1", "Take back 2")
        assert "*zebra* <!channel> @all _cross_ `ing` &amp; <b>x</b> [a](" in plain(listed.text)


def plain(text: str) -> str:
    """Without the joiners that keep a platform from reading names and addresses into a text."""
    return text.replace("\u2060", "").replace("\u200b", "")


async def test_slack_answers_the_slash_command_in_a_whisper_and_lists_nothing(tmp_path: Path) -> None:
    async with fake_slack() as fake:
        ann, bob = fake.person("Ann"), fake.person("Bob")
        given = {"slack_bot_token": fake.bot_token, "slack_app_token": fake.app_token, "slack_api_url": fake.url}
        admins = (f"slack:{fake.team}:{ann.id}",)
        async with serving(settings(tmp_path, port=free_port(), admins=admins, **given)):
            await connected(fake)
            channel = fake.channel("general", [ann, bob])
            assert (await ann.slash("/tutor", "walrus tusks galore", channel)).ok
            assert (await ann.slash("/tutor", "admin", channel)).ok
            await fake.settled(lambda: any("I serve A small base" in text for text in fake.texts(channel, ann)), 20)
            assert (await ann.press(re.compile("^Go through the questions$"), where=channel)).ok
            await fake.settled(lambda: any("Question 1 of 1" in text for text in fake.texts(channel, ann)), 20)
            assert not any("walrus" in text or "I serve" in text for text in fake.texts(channel, bob))
            assert not fake.refused, fake.refused


async def test_telegram_menus_do_not_list_it(tmp_path: Path) -> None:
    async with fake_telegram() as fake:
        given = {"telegram_token": fake.token, "telegram_api_url": fake.url, "telegram_file_url": fake.file_url}
        ann, bob = fake.person("Ann"), fake.person("Bob")
        async with serving(settings(tmp_path, port=free_port(), admins=(f"telegram:{ann.id}",), **given)):
            ann.start()
            await fake.settled(ann, 1, within=20)
            ann.say("/admin")
            await fake.settled(ann, 2, within=20)
            assert "I serve A small base" in fake.replies(ann)[-1].text
            bob.start()
            await fake.settled(bob, 1, within=20)
            bob.say("/admin")
            await fake.settled(bob, 2, within=20)
            assert "I don't know the command “/admin”" in plain(fake.replies(bob)[-1].text)
        menus = [call for call in fake.calls if call.method == "setMyCommands"]
        assert menus
        assert "admin" not in str([call.params for call in menus])
