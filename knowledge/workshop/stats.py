"""How much a base teaches, and how evenly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from knowledge.model import KINDS, Library, Topic


@dataclass(frozen=True, slots=True)
class Spread:
    """How many of something topics have: the fewest, the middle, the most, and all together."""

    least: int
    middle: float
    most: int
    total: int


@dataclass(frozen=True, slots=True)
class Stats:
    """The figures of a base.

    `items` counts by kind and level; `each` has, by what is counted, how it is spread over the topics (paths apart);
    `oldest` are the topics reviewed longest ago, `thin` those with the fewest items, fewest first.
    """

    topics: Mapping[str, int]
    items: Mapping[tuple[str, int], int]
    each: Mapping[str, Spread]
    typed: float
    oldest: Sequence[tuple[str, date | None]]
    thin: Sequence[tuple[str, int]]
    levels: Mapping[int, int]
    unlinked: Sequence[str]

    @property
    def item_count(self) -> int:
        """All quiz items."""
        return sum(self.items.values())


def stats(library: Library, shown: int = 5) -> Stats:
    """The figures of a library; lists have at most `shown` entries."""
    topics = [topic for topic in library.topics.values() if topic.kind != "path"]
    items = Counter((item.kind, item.level) for item in library.items.values())
    counted = {
        "questions": [len(topic.questions) for topic in topics],
        "aliases": [len(topic.aliases) for topic in topics],
        "items": [len(topic.items) for topic in topics],
        "sources": [len(topic.sources) for topic in topics],
        "tests": [len(topic.tests) for topic in topics],
        "details": [len(topic.details) for topic in topics],
    }
    total = sum(items.values())
    typed = sum(count for (kind, _), count in items.items() if kind != "choice")
    linked = {id for topic in library.topics.values() for id in _named(topic)}
    return Stats(
        topics={kind: len(library.of_kind(kind)) for kind in KINDS if library.of_kind(kind)},
        items={key: items[key] for key in sorted(items)},
        each={what: _spread(counts) for what, counts in counted.items()},
        typed=typed / total if total else 0.0,
        oldest=[
            (topic.id, topic.reviewed)
            for topic in sorted(topics, key=lambda topic: (topic.reviewed or date.min, topic.id))[:shown]
        ],
        thin=sorted(((topic.id, len(topic.items)) for topic in topics), key=lambda row: (row[1], row[0]))[:shown],
        levels=Counter(len({item.level for item in topic.items}) for topic in topics),
        unlinked=[topic.id for topic in topics if topic.id not in linked and not topic.part_of],
    )


def _named(topic: Topic) -> Sequence[str]:
    needs = [need.topic for need in topic.needs]
    return (*topic.requires, *topic.related, *topic.steps, *needs, *([topic.part_of] if topic.part_of else []))


def _spread(counts: Sequence[int]) -> Spread:
    if not counts:
        return Spread(0, 0, 0, 0)
    return Spread(min(counts), median(counts), max(counts), sum(counts))
