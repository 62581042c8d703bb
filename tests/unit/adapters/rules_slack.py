"""What Slack refuses, from its documents; apart from the renderer, with its own figures.

`problems` takes parameters as they arrive over HTTP, where blocks and views may be JSON still.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
BLOCK_TEXT, MESSAGE_TEXT, FALLBACK = 3000, 13_200, 4000
ACTIONS, BUTTON_TEXT, VALUE, ACTION_ID = 25, 75, 2000, 255
MESSAGES = {"chat.postMessage", "chat.update", "chat.postEphemeral", "response_url"}
STYLES = {"bold", "italic", "code", "strike"}
TITLES = {"header": 150, "section": BLOCK_TEXT}


def problems(method: str, params: Mapping[str, Any]) -> list[str]:
    """Why Slack would refuse this call; empty if it would not."""
    if method in MESSAGES:
        blocks = _parsed(params.get("blocks") or [])
        return [*_fallback(str(params.get("text", ""))), *_blocks(blocks, MESSAGE_BLOCKS, message=True)]
    if method in ("views.publish", "views.open", "views.update"):
        return list(_blocks(_parsed(params["view"]).get("blocks", []), VIEW_BLOCKS, message=False))
    return []


def _parsed(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _fallback(text: str) -> Iterator[str]:
    if not text.strip():
        yield "no text"
    if _length(text) > FALLBACK:
        yield "text is too long"
    if re.search(r"[<>]|&(?!(?:amp|lt|gt);)", text):
        yield "text is not escaped: it may mention or link"
    yield from _characters(text)


def _characters(text: str) -> Iterator[str]:
    if re.search("[\ud800-\udfff]", text):
        yield "a lone surrogate"
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text):
        yield "a control character"


def _blocks(blocks: Sequence[Mapping[str, Any]], most: int, *, message: bool) -> Iterator[str]:
    if len(blocks) > most:
        yield f"{len(blocks)} blocks"
    strings = _strings(blocks)
    texts = [sum(map(_length, _texts(block))) for block in blocks]
    whole = _length(json.dumps(list(blocks), ensure_ascii=False))
    if message and whole > MESSAGE_TEXT:  # the strictest reading: Slack does not say what it counts
        yield f"{whole} characters in a message"
    for name in ("action_id", "block_id"):
        ids = [found for key, found in strings if key == name]
        if len(set(ids)) < len(ids):
            yield f"{name}s are not unique"
        if not all(1 <= len(found) <= ACTION_ID for found in ids):
            yield name
    for block, length in zip(blocks, texts, strict=True):
        yield from _characters("\n".join(_texts(block)))
        kind = block.get("type")
        if kind == "rich_text":
            if length > BLOCK_TEXT:
                yield f"{length} characters in a block"
            yield from _rich(block["elements"])
        elif kind == "actions":
            if not 1 <= len(block["elements"]) <= ACTIONS:
                yield f"{len(block['elements'])} elements in actions"
            for element in block["elements"]:
                if element.get("type") == "button":
                    yield from _button(element)
        elif kind in TITLES and "text" in block:
            if not 1 <= _length(block["text"].get("text", "")) <= TITLES[kind]:
                yield f"{kind} of {_length(block['text']['text'])}"
        elif message:
            yield f"block {kind}"


def _texts(value: Any) -> Iterator[str]:
    """Every text that is shown."""
    return (text for key, text in _strings(value) if key in ("text", "alt_text"))


def _strings(value: Any) -> list[tuple[str, str]]:
    """Every string within, with its name."""
    found: list[tuple[str, str]] = []
    inside = [("", value)]
    while inside:
        key, inner = inside.pop()
        if isinstance(inner, str):
            found.append((key, inner))
        elif isinstance(inner, Mapping):
            inside += inner.items()
        elif isinstance(inner, list | tuple):
            inside += [(key, part) for part in inner]
    return found


def _rich(elements: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not elements:
        yield "rich_text without elements"
    for element in elements:
        match element.get("type"):
            case "rich_text_section":
                yield from _inline(element["elements"])
            case "rich_text_preformatted":
                yield from _inline(element["elements"])
                if any("style" in inner for inner in element["elements"]):
                    yield "style in preformatted text"
            case "rich_text_list":
                if element.get("style") not in ("bullet", "ordered") or not element["elements"]:
                    yield "list"
                if not 0 <= element.get("offset", 0) < 1000:
                    yield "offset"
                for item in element["elements"]:
                    if item.get("type") != "rich_text_section":
                        yield f"{item.get('type')} in a list"
                    yield from _inline(item["elements"])
            case kind:
                yield f"{kind} in rich_text"


def _inline(elements: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not elements:
        yield "section without elements"
    for element in elements:
        if element.get("type") not in ("text", "link"):  # user, usergroup, broadcast, channel, emoji: nobody meant them
            yield f"element {element.get('type')}"
        if not element.get("text"):
            yield "element without text"
        if element.get("type") == "link" and not re.fullmatch(r"https?://[\w.-]+\.\w[!-~]*", element.get("url", "")):
            yield f"link to {element.get('url')}"
        style = element.get("style", {"bold": True})
        if not style or set(style) - STYLES:
            yield f"style {style}"


def _button(button: Mapping[str, Any]) -> Iterator[str]:
    text = button.get("text", {})
    if text.get("type") != "plain_text" or text.get("emoji") is not False:
        yield "a button's text is plain, without emoji codes"
    if not text.get("text", "").strip() or _length(text["text"]) > BUTTON_TEXT:
        yield "a button's text"
    if not 1 <= len(button.get("value", "")) <= VALUE:
        yield "a button's value"
    if not button.get("action_id"):
        yield "a button without action_id"
