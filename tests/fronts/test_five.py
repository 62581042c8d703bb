"""One conversation, five front ends: what is said means the same everywhere.

The table below is what Tutor is to say, as plain text; each front end draws it in its own way, and is read back from
its screen (the terminal's lines; Telegram's text, entities and keyboards; Slack's blocks).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fronts.drivers import FRONTS, Seen


@dataclass(frozen=True, slots=True)
class Step:
    """What the person does, and what is to be read then."""

    do: str  # "start", "say …" or "press …"
    seen: tuple[Seen, ...]
    edits: bool = False  # it takes the place of an earlier message, where messages can be edited


TOPIC = ("More", "Quiz me", "Related", "Sources", "Not what I meant")
FAIR = "Fair. I'll ask again tomorrow instead. Silence is the sign. No answer for long enough counts as dead."
STEPS = (
    Step(
        "start",
        (
            Seen(
                "Hi, I'm Tutor. Ask me about keeping services up.\n"
                "I answer from a curated base, and I'll say so when I don't know.\n"
                "Try: “what happens when a server dies?”",
                ("Browse topics", "Quiz me", "How it works"),
            ),
        ),
    ),
    Step("say zone Berlin", (Seen("Your time zone is Europe/Berlin; it is 9:00 there.", ("Settings",)),)),
    Step(
        "say whats fault tolerence",
        (
            Seen(
                "Fault Tolerance (practice)\n"
                "A system goes on working, perhaps at reduced strength, when parts of it fail.",
                TOPIC,
            ),
        ),
    ),
    Step(
        "press More",
        (
            Seen(
                "Fault Tolerance\n\nNothing runs for ever, so plan for the day it does not.\n\n"
                "- Goal: survive failures\n- Means: spares and switching",
                TOPIC[1:],
            ),
        ),
    ),
    Step(
        "say how do I bake bread?",
        (
            Seen(
                "I don't know that yet; my base is about this: A small base. I've noted the question, without your "
                "name, for the people who write the base.",
                ("Tell me when you know",),
            ),
        ),
    ),
    Step(
        "say time",
        (Seen("What time suits you? Pick one, or type it, such as 7:30.", ("8:00", "12:00", "18:00", "21:00")),),
    ),
    Step(
        "say *now* <!channel> @all _x_ `y` &amp; a.io",
        (
            Seen(
                "I couldn't read “*now* <!channel> @all _x_ `y` &amp; a.io” as a time. Try 9:00, or pick:",
                ("8:00", "9:00", "18:00", "Leave it"),
            ),
        ),
    ),
    Step(
        "say quiz me on failover",
        (
            Seen(
                "1 of 1 · Failover\nWhat starts an automatic switch to the spare?",
                ("a full moon", "a new release", "missed heartbeats", "I don't know", "Skip"),
            ),
        ),
    ),
    Step(
        "press missed heartbeats",
        (
            Seen(
                "Right. Silence is the sign. No answer for long enough counts as dead. I'll ask again on Thursday.",
                ("I guessed", "Too easy"),
            ),
            Seen(
                "1 question, 1 right. Bring these back when you're about to forget them? "
                "I'd write at 9:00 your time, at most once a day.",
                ("Yes, 9:00", "Another time", "No, I'll ask"),
            ),
        ),
    ),
    Step("press Yes, 9:00", (Seen("Good. I'll write on Thursday at 9:00.", ("Settings",)),)),
    Step("say I guessed", (Seen(FAIR, ("Progress",)),), edits=True),
    Step(
        "say progress",
        (
            Seen(
                "This week: 1 question, 0 % right. Due today: 0. Tomorrow: 1.",
                ("Quiz me", "Set a goal"),
            ),
        ),
    ),
    Step(
        "say undo",
        (
            Seen(
                "Undone: “What starts an automatic switch to the spare?” counts as not asked.",
                ("Ask it now",),
            ),
        ),
    ),
)


@pytest.mark.parametrize("front", FRONTS)
async def test_the_same_conversation_means_the_same_everywhere(front: str, tmp_path: Path) -> None:
    async with FRONTS[front](tmp_path) as driver:
        before = 0
        for step in STEPS:
            verb, _, rest = step.do.partition(" ")
            if verb == "start":
                await driver.start()
            elif verb == "say":
                await driver.say(rest)
            else:
                await driver.press(rest)
            if step.edits and driver.edits:
                await driver.until(lambda screen, wanted=step.seen[0]: _read(wanted) in map(_read, screen))
                assert len(driver.screen()) == before, step.do
                continue
            found = await driver.read(before, len(step.seen))
            assert [_read(seen) for seen in found] == [_read(seen) for seen in step.seen], step.do
            before += len(found)
        assert all(not seen.labels for seen in driver.screen() if "Your answer: missed heartbeats" in seen.text)


def _read(seen: Seen) -> Seen:
    """As people read: blanks, bullets, and marks that cannot be seen make no difference."""
    text = re.sub("[\u2060\u200b]", "", seen.text)
    text = re.sub(r"^[•\-] ", "- ", text, flags=re.MULTILINE)
    return Seen(re.sub(r"\n+", "\n", re.sub(r"[ \u00a0]+", " ", text)).strip(), seen.labels)
