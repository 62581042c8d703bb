"""rich_text blocks: which elements hold which, and their styles."""

from __future__ import annotations

import re
from typing import Any

from tests.fakes.slack.problems import Json, Problems

CONTAINERS = {"rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"}
# type: (required keys, further keys)
INLINE: dict[str, tuple[set[str], set[str]]] = {
    "text": ({"text"}, {"style"}),
    "link": ({"url"}, {"text", "unsafe", "style"}),
    "emoji": ({"name"}, {"unicode", "style"}),
    "user": ({"user_id"}, {"style"}),
    "usergroup": ({"usergroup_id"}, {"style"}),
    "channel": ({"channel_id"}, {"style"}),
    "broadcast": ({"range"}, {"style"}),
    "color": ({"value"}, {"style"}),
    "date": ({"timestamp", "format"}, {"url", "fallback", "style"}),
}
STYLES = {"bold", "italic", "strike", "code", "underline"}
MENTION_STYLES = {"bold", "italic", "strike", "highlight", "client_highlight", "unlink"}
BORDER = {0, 1}
INDENT = range(9)
URL = re.compile(r"(?:https?|mailto|tel|slack):[^\s<>]+", re.IGNORECASE)
URL_MAX = 3000


def check_rich_text(found: Problems, block: Json, at: str) -> None:
    """A rich_text block."""
    for element, where in _each(found, block, at):
        kind = element.get("type")
        if kind not in CONTAINERS:
            found.add(f"unsupported type: {kind}", f"{where}/type")
        elif kind == "rich_text_list":
            _check_list(found, element, where)
        else:
            _check_inline_box(found, element, str(kind), where)


def _check_list(found: Problems, element: Json, at: str) -> None:
    found.known(element, {"type", "style", "elements", "indent", "offset", "border"}, at)
    found.choice(element, "style", ("bullet", "ordered"), at, required=True)
    if "indent" in element:
        found.need(_whole(element["indent"]) and element["indent"] in INDENT, "must be 0 to 8", f"{at}/indent")
    if "offset" in element:
        found.need(_whole(element["offset"]) and element["offset"] >= 0, "must be a whole number", f"{at}/offset")
    _border(found, element, at)
    for item, where in _each(found, element, at):
        if item.get("type") != "rich_text_section":
            found.add(f"unsupported type: {item.get('type')}", f"{where}/type")
        else:
            _check_inline_box(found, item, "rich_text_section", where)


def _check_inline_box(found: Problems, box: Json, kind: str, at: str) -> None:
    more = {"rich_text_section": set(), "rich_text_quote": {"border"}, "rich_text_preformatted": {"border", "language"}}
    found.known(box, {"type", "elements", *more[kind]}, at)
    _border(found, box, at)
    for element, where in _each(found, box, at):
        name = element.get("type")
        if name not in INLINE or (kind == "rich_text_preformatted" and name not in ("text", "link")):
            found.add(f"unsupported type: {name}", f"{where}/type")
            continue
        required, further = INLINE[str(name)]
        found.known(element, {"type", *required, *further}, where)
        for key in sorted(required - element.keys()):
            found.add(f"missing required field: {key}", where)
        if name in ("text", "link"):
            found.length(element, "text", 1_000_000, where)
        if name == "link":
            found.length(element, "url", URL_MAX, where)
            url = element.get("url")
            found.need(isinstance(url, str) and URL.fullmatch(url), "invalid url", f"{where}/url")
        if name == "broadcast":
            found.choice(element, "range", ("here", "channel", "everyone"), where)
        _style(found, element, str(name), where)


def _style(found: Problems, element: Json, kind: str, at: str) -> None:
    if "style" not in element:
        return
    style = element["style"]
    if not isinstance(style, dict):
        found.add("must be an object", f"{at}/style")
        return
    known = STYLES if kind in ("text", "link") else MENTION_STYLES
    found.known(style, known, f"{at}/style")
    found.boolean(style, style, f"{at}/style")


def _border(found: Problems, element: Json, at: str) -> None:
    if "border" in element:
        found.need(_whole(element["border"]) and element["border"] in BORDER, "must be 0 or 1", f"{at}/border")


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _each(found: Problems, box: Json, at: str) -> list[tuple[Json, str]]:
    elements = box.get("elements")
    if not isinstance(elements, list) or not elements:
        found.add("no less than 1 items allowed" if elements == [] else "must be an array", f"{at}/elements")
        return []
    each = []
    for number, element in enumerate(elements):
        if isinstance(element, dict):
            each.append((element, f"{at}/elements/{number}"))
        else:
            found.add("must be an object", f"{at}/elements/{number}")
    return each
