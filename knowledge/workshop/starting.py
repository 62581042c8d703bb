"""New bases and new topics: files that load at once, with the places to fill in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from knowledge.errors import TutorError
from knowledge.format import FULL_ID
from knowledge.model import FOLDERS, TopicKind
from knowledge.rules import PLACEHOLDER
from knowledge.workshop.edit import plain

_TOPIC = """\
kind: {kind}
id: {slug}
title: {title}
aliases: []           # other names, acronyms; a name belongs to one topic only
questions:            # how learners would ask, in their own words: search lives on them, ten are good
  - what is {name}?
summary: {todo} what it is, and what sets it apart, in at most 300 characters.
details: |
  {todo} how it works, with a number, a command or an example.

  - **Goal:** {todo}
  - **Means:** {todo}
  - **Measure:** {todo}
  - **Typical mistake:** {todo}
{more}related: []
sources: []           # at least two, where the facts can be checked: {{title: …, url: https://…}}
reviewed: {today}
tests: []             # questions that must lead here, unlike those above
quiz: []              # four items at least, on three levels; see docs/knowledge.md
"""
_MORE: Mapping[TopicKind, str] = MappingProxyType(
    {
        "concept": "part_of: {part_of}\nrequires: []\n",
        "career": "needs: []             # {{topic: skill/…, level: 1}}, levels 1 to 3\n",
        "skill": "requires: []\n",
        "practice": "requires: []\n",
    }
)
_PATH = """\
kind: path
id: {slug}
title: {title}
summary: {todo} who walks this path, and where it leads.
steps: []             # full ids of topics, in order
"""
_BASE = """\
title: {title}
language: en
welcome: {welcome}
examples:
  - what is a first topic?
"""
_FIRST = """\
kind: skill
id: first-topic
title: First Topic
aliases: [starting topic]
questions:
  - what is a first topic?
  - where do I begin?
summary: The topic that a new base begins with. Replace it by one of your own.
"""
_GOLDEN = """\
# question: topic, or topics that may all answer it; [] if the base does not cover it
where should I start reading: first-topic
who won the world cup: []
"""


class StartError(TutorError):
    """A base or topic cannot be begun there; nothing was written."""


def topic_file(id: str, today: date, part_of: str = "") -> tuple[str, str]:
    """The path of a new topic in its base, and what its file holds.

    Args:
        id: the full id.
        today: what `reviewed` says.
        part_of: what a concept belongs to.

    Raises:
        StartError: that is no full id.
    """
    if not re.fullmatch(FULL_ID, id):
        raise StartError(f'"{id}" is no full id such as concept/failover: the kinds are {", ".join(FOLDERS)}')
    name, slug = id.split("/")
    kind: TopicKind = next(kind for kind in FOLDERS if kind == name)
    words = slug.replace("-", " ")
    filled = {
        "kind": kind,
        "slug": plain(slug),
        "title": plain(words.title()),
        "name": words,
        "todo": PLACEHOLDER,
        "today": today.isoformat(),
    }
    if kind == "path":
        text = _PATH.format(**filled)
    else:
        text = _TOPIC.format(more=_MORE[kind].format(part_of=part_of or "skill/…"), **filled)
    return f"{FOLDERS[kind]}/{slug}.yaml", text


def base_files(title: str) -> dict[str, str]:
    """The files of a new base, by path: they load, and show the form."""
    welcome = plain(f"Ask me anything about this: {title}.")
    return {
        "base.yaml": _BASE.format(title=plain(title), welcome=welcome),
        "skills/first-topic.yaml": _FIRST,
        "golden/asked.yaml": _GOLDEN,
    }
