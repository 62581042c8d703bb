"""Topics to a library: what is looked up in it, and its version."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from types import MappingProxyType

from knowledge.model import KINDS, Base, Library, Topic
from knowledge.names import normalise_name


def assemble(base: Base, topics: Sequence[Topic], version: str = "") -> Library:
    """The library of topics that are known to hold together, in any order; it cannot be searched yet.

    `version` is what `version_of` says of them, where that is known already.
    """
    topics = sorted(topics, key=lambda topic: (KINDS.index(topic.kind), topic.title.casefold(), topic.id))
    items = {item.key: item for topic in topics for item in topic.items}
    children: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    moved_topics: dict[str, str] = {}
    moved_items: dict[str, str] = {}
    for topic in topics:
        if topic.part_of:
            children.setdefault(topic.part_of, []).append(topic.id)
        names |= {normalise_name(name): topic.id for name in (topic.title, *topic.aliases)}
        moved_topics |= dict.fromkeys(topic.formerly, topic.id)
        for item in topic.items:
            moved_items |= dict.fromkeys(former_items(topic.id, topic.formerly, item.id, item.formerly), item.key)
    return Library(
        base=base,
        topics=MappingProxyType({topic.id: topic for topic in topics}),
        items=MappingProxyType(items),
        children=MappingProxyType({id: tuple(found) for id, found in children.items()}),
        names=MappingProxyType(names),
        moved_topics=MappingProxyType(moved_topics),
        moved_items=MappingProxyType(moved_items),
        version=version or version_of(base, topics),
    )


def version_of(base: Base, topics: Sequence[Topic]) -> str:
    """A hash of the content alone, 16 hex characters: how a file is written makes no difference."""
    content = "\n".join([repr(base), *sorted(map(repr, topics))])
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def former_items(topic: str, former: Sequence[str], item: str, formers: Sequence[str]) -> Iterator[str]:
    """Every key that an item had before: under its topic's former ids, and under its own."""
    slugs = [old for old in formers if "#" not in old]
    yield from (old for old in formers if "#" in old)
    for home in (topic, *former):
        for slug in (item, *slugs):
            if (home, slug) != (topic, item):
                yield f"{home}#{slug}"
