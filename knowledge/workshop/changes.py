"""What differs between two versions of a base, as learners and curators notice it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from knowledge.model import Item, Library, Topic


@dataclass(frozen=True, slots=True)
class Changes:
    """What became of topics and items; ids and keys are those of the newer base, of the older where it is gone.

    `moved` maps former ids and keys to what they are called now. `topics` names what differs in a topic that stayed:
    "title", "summary", "details" and so on; `items` likewise, with "key" where another answer counts as right now.
    """

    new_topics: Sequence[str] = ()
    gone_topics: Sequence[str] = ()
    topics: Mapping[str, Sequence[str]] | None = None
    new_items: Sequence[str] = ()
    gone_items: Sequence[str] = ()
    items: Mapping[str, Sequence[str]] | None = None
    moved: Mapping[str, str] | None = None

    def __bool__(self) -> bool:
        """Whether anything differs."""
        topics = (self.new_topics, self.gone_topics, self.topics)
        return any((*topics, self.new_items, self.gone_items, self.items, self.moved))


_TOPIC_PARTS = (
    "kind", "title", "aliases", "questions", "summary", "details", "part_of", "requires", "related", "needs", "steps",
    "sources", "reviewed", "tests",
)  # fmt: skip
_ITEM_PARTS = ("kind", "level", "ask", "hint", "explain", "negative")


def changes(old: Library, new: Library) -> Changes:
    """What differs from `old` to `new`."""
    known = {new.moved_topics.get(id, id) for id in old.topics}
    kept = {new.moved_items.get(key, key) for key in old.items}
    topics = {
        now.id: parts
        for id, topic in old.topics.items()
        if (now := new.topic(id)) and (parts := _differing(topic, now, _TOPIC_PARTS))
    }
    items = {
        after.key: parts
        for key, item in old.items.items()
        if (after := new.item(key)) and (parts := _item(item, after))
    }
    moved = {id: new.moved_topics[id] for id in old.topics if id in new.moved_topics}
    moved |= {
        key: new.moved_items[key]
        for key, item in old.items.items()
        if key in new.moved_items and item.topic not in moved
    }
    return Changes(
        new_topics=[id for id in new.topics if id not in known],
        gone_topics=[id for id in old.topics if new.topic(id) is None],
        topics=topics,
        new_items=[key for key in new.items if key not in kept],
        gone_items=[key for key in old.items if new.item(key) is None],
        items=items,
        moved=moved,
    )


def _differing(one: Topic | Item, other: Topic | Item, parts: Sequence[str]) -> list[str]:
    return [part for part in parts if getattr(one, part) != getattr(other, part)]


def _item(one: Item, other: Item) -> list[str]:
    parts = _differing(one, other, _ITEM_PARTS)
    if one.kind == other.kind == "choice":
        if one.right_option.text != other.right_option.text:
            parts.append("key")
        if {option.text for option in one.options} != {option.text for option in other.options}:
            parts.append("options")
        elif one.options != other.options:
            parts.append("reasons")
    elif one.answer != other.answer:
        parts.append("key")
    elif one.accept != other.accept:
        parts.append("accept")
    return parts
