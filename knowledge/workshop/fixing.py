"""What `tutor knowledge check` finds and a program can mend: nothing that takes judgement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit, urlunsplit

from knowledge.check import tracks
from knowledge.draft import Draft
from knowledge.format import TOPIC
from knowledge.model import Item
from knowledge.names import normalise_name
from knowledge.rules import numbers_of, option_order
from knowledge.workshop import edit
from knowledge.workshop.tidy import tidy

ORDER = tuple(TOPIC.keys)


def fixed(draft: Draft, items: Sequence[Item], text: str) -> tuple[str, list[str]]:
    """A topic's file with what could be mended, and what that was, in words.

    Args:
        draft: the topic as it was read from `text`.
        items: its quiz items.
        text: the file.

    Raises:
        EditError: the file is written in a way that cannot be changed safely.
    """
    done: list[str] = []
    for key in ("aliases", "questions", "tests"):
        for n, entry in _repeated(draft, key):
            text = edit.remove(text, key, n)
            done.append(f'{key}: "{entry[:60]}" stood there twice')
    for n, url, clean in reversed(list(_links(draft))):
        if clean:
            text = edit.replace(text, ("sources", n, "url"), clean)
            done.append(f"sources: {url[:60]} tells no longer where readers come from")
        else:
            text = edit.remove(text, "sources", n)
            done.append(f"sources: {url[:60]} stood there twice")
    for n, item in enumerate(items):
        if any(option_order(item)):
            numbers = numbers_of(item)
            text = edit.reorder(text, ("quiz", n, "options"), sorted(range(len(numbers)), key=numbers.__getitem__))
            done.append(f"{item.id}: options sorted")
    laid = tidy(text, ORDER)
    if laid != text:
        done.append("laid out")
    return laid, done


def _repeated(draft: Draft, key: str) -> list[tuple[int, str]]:
    """The entries that stand in a list a second time, the last one first, so that places stay right."""
    seen = {normalise_name(draft.values.get("title") or "")} if key == "aliases" else set()
    found: list[tuple[int, str]] = []
    for n, entry in draft.each(key):
        if normalise_name(entry) in seen:
            found.append((n, entry))
        seen.add(normalise_name(entry))
    return found[::-1]


def _links(draft: Draft) -> Iterator[tuple[int, str, str]]:
    """Sources to mend: place, address, and the better one; "" where it is there already."""
    seen: set[str] = set()
    for n, source in draft.each("sources"):
        url = source.get("url") or ""
        parts = urlsplit(url)
        query = "&".join(pair for pair in parts.query.split("&") if pair and not tracks(pair))
        clean = urlunsplit(parts._replace(query=query)) if any(map(tracks, parts.query.split("&"))) else url
        if clean.rstrip("/") in seen:
            yield n, url, ""
        elif clean != url:
            yield n, url, clean
        seen.add(clean.rstrip("/"))
