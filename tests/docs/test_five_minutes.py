""" "Telegram in five minutes" and "Slack in five minutes" of the README, followed to the letter.

The commands are those of the README, run in a shell in an empty folder. Only what a reader puts in their place is put
there: the tokens, and the addresses of the platforms' servers, for which local ones stand in.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tests.docs.test_docs import README, commands
from tests.fakes.slack import fake_slack
from tests.fakes.slack.screen import plain
from tests.fakes.telegram import fake_telegram
from tests.fronts.drivers import connected
from tests.ports import free_port

SECONDS = 60.0
QUESTION = "what happens when a server dies?"


def section(heading: str) -> list[str]:
    """The commands of a section of the README."""
    found = re.search(rf"^## {heading}\n(.*?)^## ", README, re.DOTALL | re.MULTILINE)
    assert found
    return commands(found[1])


@asynccontextmanager
async def following(lines: list[str], folder: Path, given: Mapping[str, str]) -> AsyncIterator[list[str]]:
    """Run the lines one after another; the last one, which serves, until the block ends. Gives what the others said."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TUTOR_", "DATABASE_URL"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**kept, "PATH": path, "TUTOR_PORT": str(free_port()), **given}
    said = []
    for line in lines[:-1]:
        done = await asyncio.create_subprocess_exec(
            "bash", "-ec", line, cwd=folder, env=environment, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await done.communicate()
        assert done.returncode == 0, line
        said.append(out.decode())
    assert lines[-1] == "tutor run"
    running = await asyncio.create_subprocess_exec(
        *lines[-1].split(), cwd=folder, env=environment, stderr=asyncio.subprocess.PIPE
    )
    assert running.stderr is not None
    try:
        async with asyncio.timeout(SECONDS):
            told = (await running.stderr.readline()).decode()
        assert "serving" in told, told
        yield said
    finally:
        running.send_signal(signal.SIGINT)
        rest = (await running.stderr.read()).decode()
        assert await running.wait() == 0, rest
        assert "Traceback" not in rest


async def test_telegram_in_five_minutes(tmp_path: Path) -> None:
    lines = section("Telegram in five minutes")
    async with fake_telegram() as fake:
        mine = [line.replace("123456789:the-token-that-you-were-given", fake.token) for line in lines]
        assert mine != lines
        async with following(mine, tmp_path, {"TUTOR_TELEGRAM_API_URL": fake.url}):
            ann = fake.person("Ann")
            ann.start()
            (hello,) = await fake.settled(ann, 1, SECONDS)
            assert hello.text.startswith("Hi, I'm Tutor.")
            ann.say(QUESTION)
            found = await fake.settled(ann, 2, SECONDS)
            assert found[-1].text.startswith("Fault Tolerance")
            ann.say("/quiz")
            found = await fake.settled(ann, 3, SECONDS)
            assert "1 of 5" in found[-1].text

            group = fake.group("Study", [ann])
            ann.say("/quiz@tutor_bot", group)
            found = await fake.settled(group, lambda seen: any(one.poll for one in seen), SECONDS)
            poll = next(one for one in found if one.poll)
            ann.answer_poll(poll, 0)
            ann.say(f"@{fake.username} {QUESTION}", group)
            await fake.settled(group, lambda seen: any(one.text.startswith("Fault Tolerance") for one in seen), SECONDS)
            offered = await ann.inline("fault tol").results(SECONDS)
            assert offered[0]["title"] == "Fault Tolerance"
        assert not fake.refused


async def test_slack_in_five_minutes(tmp_path: Path) -> None:
    lines = section("Slack in five minutes")
    async with fake_slack() as fake:
        mine = [
            line.replace("xoxb-the-token-that-you-were-given", fake.bot_token).replace(
                "xapp-the-token-that-you-made", fake.app_token
            )
            for line in lines
        ]
        assert len([1 for old, new in zip(lines, mine, strict=True) if old != new]) == 2
        async with following(mine, tmp_path, {"TUTOR_SLACK_API_URL": fake.url}) as said:
            assert "socket_mode_enabled: true" in said[0]
            ann = fake.person("Ann", tz="Europe/Berlin")
            general = fake.channel("general", [ann], bot_in=False)
            study = fake.channel("study", [ann])
            await connected(fake, SECONDS)
            assert (await ann.open_home()).ok
            await fake.settled(lambda: fake.home(ann), SECONDS)
            await ann.say(QUESTION)
            await fake.settled(lambda: any(text.startswith("Fault Tolerance") for text in fake.texts(ann)), SECONDS)
            await ann.mention(QUESTION, study)
            await fake.settled(lambda: any("Fault Tolerance" in text for text in fake.texts(study)[1:]), SECONDS)
            assert (await ann.slash("/tutor", "what is failover?", general)).ok
            await fake.settled(lambda: any(m.seen_by and "Failover" in plain(m) for m in fake.screen(general, ann)))
        assert not fake.refused
