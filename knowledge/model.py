"""What can be taught: topics, quiz items and the library that holds them. Frozen data, no input or output.

A `Library` is complete and immutable: the loader returns either one or a list of problems, and a reload swaps it whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Literal, Protocol

TopicKind = Literal["skill", "practice", "career", "concept", "path"]
ItemKind = Literal["choice", "text", "recall"]
Decision = Literal["answer", "suggest", "unknown"]

KINDS: tuple[TopicKind, ...] = ("skill", "practice", "career", "concept", "path")
FOLDERS: Mapping[TopicKind, str] = MappingProxyType(
    {"skill": "skills", "practice": "practices", "career": "careers", "concept": "concepts", "path": "paths"}
)
SUMMARY_MAX = 300
DETAILS_MAX = 2500
ID_MAX = 48  # characters of a topic's or item's own id
FULL_ID_MAX = 56  # characters of kind/id: it travels in button payloads of 64 bytes, behind a verb of at most 8


@dataclass(frozen=True, slots=True)
class Source:
    """Where a topic's facts can be checked."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Need:
    """What a career asks for: a topic and a level, 1 (has used it) to 3 (designs with it)."""

    topic: str
    level: int


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a choice item. `id` is derived from the text, so that it survives reordering."""

    id: str
    text: str
    right: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One quiz question. `key` (topic id + "#" + item id) is what a learner's progress hangs on.

    choice: `options`, one right. text: `answer` and accepted spellings. recall: `answer` is shown, the learner rates.
    """

    key: str
    id: str
    topic: str
    kind: ItemKind
    level: int
    ask: str
    explain: str = ""
    hint: str = ""
    options: tuple[Option, ...] = ()
    answer: str = ""
    accept: tuple[str, ...] = ()
    negative: bool = False
    formerly: tuple[str, ...] = ()

    @property
    def right_option(self) -> Option:
        """The right option of a choice item."""
        return next(option for option in self.options if option.right)


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. `id` is full ("practice/fault-tolerance"), as are all ids it refers to."""

    id: str
    kind: TopicKind
    title: str
    summary: str
    aliases: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    details: str = ""
    part_of: str | None = None
    requires: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    steps: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    reviewed: date | None = None
    tests: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()
    formerly: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Base:
    """What `base.yaml` says of the whole: its title, language (BCP 47), welcome line and example questions."""

    title: str
    language: str = "en"
    welcome: str = ""
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """A topic that a question may be about, with a score in 0..1 that ranks it among its neighbours."""

    id: str
    score: float
    part_of: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What search makes of a question.

    `confidence` in 0..1 ranks questions the base covers above those it does not; `matches` are the best first, at
    most five; `repaired` is the question after spelling repair, "" where nothing was changed.
    """

    question: str
    decision: Decision
    confidence: float
    matches: tuple[Match, ...] = ()
    repaired: str = ""


class Find(Protocol):
    """Finds the topics that a question is about. Pure: the same library and question give the same result."""

    def __call__(self, question: str, last: str | None = None) -> Found:
        """Look `question` up; `last`, the conversation's last topic, is weak evidence, never against a new one."""
        ...


def _not_searchable(question: str, last: str | None = None) -> Found:
    raise RuntimeError("this library has no index: pass it through knowledge.search.searchable first")


@dataclass(frozen=True, slots=True)
class Library:
    """A complete, checked knowledge base. `version` is a hash of its content (hex, 16 characters).

    `topics` by full id in a stable order (kind, then title), `items` by key, `children` the concepts of a topic,
    `names` every title and alias, normalised, to its topic.
    """

    base: Base
    topics: Mapping[str, Topic]
    items: Mapping[str, Item]
    children: Mapping[str, tuple[str, ...]]
    names: Mapping[str, str]
    moved_topics: Mapping[str, str]
    moved_items: Mapping[str, str]
    version: str
    find: Find = field(default=_not_searchable, compare=False, repr=False)

    def topic(self, id: str) -> Topic | None:
        """The topic with this full id, or the one that was formerly called so; None if there is none."""
        return self.topics.get(self.moved_topics.get(id, id))

    def item(self, key: str) -> Item | None:
        """The item with this key, or the one that was formerly called so; None once it is retired."""
        return self.items.get(self.moved_items.get(key, key))

    def of_kind(self, kind: TopicKind) -> Sequence[Topic]:
        """All topics of a kind, in title order."""
        return [topic for topic in self.topics.values() if topic.kind == kind]
