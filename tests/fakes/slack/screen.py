"""Reading the screen: what a person sees of blocks."""

from __future__ import annotations

import re
from typing import Any

from tests.fakes.slack.rules import interactive
from tests.fakes.slack.state import Json, Message

_MARK = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")


def plain(what: Message | Json | list[Json]) -> str:
    """The words of a message, a view or blocks, as a reader sees them: lists with "- " or "1. ", code in its lines.

    Blocks are parted by an empty line, links read "title (address)". Buttons are not part of it.
    """
    if isinstance(what, Message):
        return plain(what.blocks) if what.blocks else unmark(what.text)
    blocks = what.get("blocks", []) if isinstance(what, dict) else what
    return "\n\n".join(filter(None, map(_block, blocks)))


def buttons(what: Message | Json | list[Json]) -> list[tuple[str, str, str]]:
    """Label, action_id and value of each button; a link button's value is its URL."""
    blocks = what.blocks if isinstance(what, Message) else what.get("blocks", []) if isinstance(what, dict) else what
    return [
        (str(e["text"]["text"]), str(e.get("action_id", "")), str(e.get("url") or e.get("value") or ""))
        for _, e in interactive(blocks)
        if e.get("type") == "button"
    ]


def unmark(text: str) -> str:
    """Slack's mrkdwn as it is read: <…> resolved, &amp; and its like decoded; * and _ left alone."""

    def shown(match: re.Match[str]) -> str:
        target, label = match[1], match[2]
        if target.startswith(("@", "!", "#")):
            return label or (f"@{target[1:]}" if target[0] in "@!" else target)
        return f"{label} ({target})" if label and label != target else target

    text = _MARK.sub(shown, text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _text(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    text = str(value.get("text", ""))
    return unmark(text) if value.get("type") == "mrkdwn" else text


def _block(block: Json) -> str:
    kind = block.get("type")
    if kind == "rich_text":
        return "\n".join(_rich(each) for each in block.get("elements", ()))
    if kind == "divider":
        return "---"
    if kind == "markdown":
        return str(block.get("text", ""))
    if kind == "image":
        return f"[{block.get('alt_text', '')}]"
    if kind == "context":
        return "\n".join(_text(e) or f"[{e.get('alt_text', '')}]" for e in block.get("elements", ()))
    if kind == "input":
        return "\n".join(filter(None, (_text(block.get("label")), _text(block.get("hint")))))
    if kind in ("section", "header"):
        return "\n".join(filter(None, (_text(block.get("text")), *map(_text, block.get("fields", ())))))
    return ""


def _rich(element: Json) -> str:
    kind = element.get("type")
    parts = element.get("elements", ())
    if kind == "rich_text_list":
        first = int(element.get("offset", 0)) + 1
        marks = ("- " if element.get("style") == "bullet" else f"{n}. " for n in range(first, first + len(parts)))
        indent = "  " * int(element.get("indent", 0))
        return "\n".join(f"{indent}{mark}{_rich(item)}" for mark, item in zip(marks, parts, strict=True))
    text = "".join(map(_inline, parts))
    if kind == "rich_text_quote":
        return "\n".join(f"> {line}" for line in text.split("\n"))
    return text


def _inline(element: Json) -> str:
    kind = element.get("type")
    if kind == "link":
        url, text = str(element.get("url", "")), element.get("text")
        return f"{text} ({url})" if text and text != url else url
    if kind == "emoji":
        return f":{element.get('name')}:"
    if kind in ("user", "usergroup", "broadcast", "channel"):
        return "@" + next(str(v) for k, v in element.items() if k in ("user_id", "usergroup_id", "range", "channel_id"))
    if kind == "date":
        return str(element.get("fallback", ""))
    return str(element.get("text", ""))
