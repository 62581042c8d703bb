"""What the Bot API refuses, and what Telegram makes of a text on its own, from its documents and tdlib's rules.

Written apart from the renderer, with its own figures. `problems` takes parameters as they arrive over HTTP, where
structured ones may be JSON still.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

TEXT, CAPTION, ENTITIES = 4096, 1024, 100
BUTTONS, ROW, CALLBACK_BYTES, KEYBOARD_BYTES = 100, 8, 64, 10_240
QUESTION, OPTIONS, OPTION, EXPLANATION, LINE_FEEDS = 300, 12, 100, 200, 2
NESTABLE = {"bold", "italic", "underline", "strikethrough", "spoiler"}
KINDS = NESTABLE | {"code", "pre", "text_link"}
# What Telegram shows nothing for, so that a message of nothing else is refused as empty.
EMPTY = set(" \n\t\u00a0\u1680\u180e\u202f\u205f\u2800\u3000\ufeff\ufffc\u2060") | {
    chr(c) for c in range(0x2000, 0x2010)
}
STRUCTURED = {"entities", "caption_entities", "reply_markup", "link_preview_options", "options", "correct_option_ids"}
COMMON = {"chat_id", "message_thread_id", "reply_markup", "disable_notification", "reply_parameters"}
KNOWN = {
    "sendmessage": COMMON | {"text", "entities", "link_preview_options"},
    "editmessagetext": {"chat_id", "message_id", "text", "entities", "link_preview_options", "reply_markup"},
    "sendpoll": COMMON | {"question", "options", "type", "is_anonymous", "correct_option_ids", "explanation"},
    "senddocument": COMMON | {"document", "caption", "caption_entities", "disable_content_type_detection"},
}


def problems(method: str, params: Mapping[str, Any]) -> list[str]:
    """Why the Bot API would refuse this call; empty if it would not."""
    name = method.replace("_", "").lower()
    if name not in KNOWN:
        return []
    values = {key: _parsed(value, key) for key, value in params.items()}
    found = [f"unknown parameter {key}" for key in values if key not in KNOWN[name]]
    found += [f"{key}: a lone surrogate" for key, value in values.items() if _has_surrogate(value)]
    if not re.fullmatch(r"-?[0-9]+|@\w+", str(values.get("chat_id", ""))):
        found.append("no chat_id")
    if name in ("sendmessage", "editmessagetext"):
        found += _text(values.get("text", ""), values.get("entities", ()), TEXT, "text")
    if name == "editmessagetext" and not str(values.get("message_id", "")).isdigit():
        found.append("no message_id")
    if name == "senddocument":
        file = values.get("document")
        if isinstance(file, Mapping) and not (file.get("name") and file.get("content")):
            found.append("a file without a name or content")
        if "caption" in values:
            found += _text(values["caption"], values.get("caption_entities", ()), CAPTION, "caption")
    if name == "sendpoll":
        found += _poll(values)
    return [*found, *_keyboard(values.get("reply_markup"))]


def detected(text: str, entities: Sequence[Mapping[str, Any]] = ()) -> list[str]:
    """The mentions, tags, commands, addresses and numbers that Telegram would find in a text by itself.

    What lies in code or a link is left alone.
    """
    fixed: set[int] = set()
    places = _units(text)
    index = {unit: n for n, unit in enumerate(places)}
    for entity in entities:
        if entity["type"] in ("code", "pre", "text_link"):
            fixed |= set(range(index[entity["offset"]], index[entity["offset"] + entity["length"]]))
    return [text[a:b] for a, b in _detected(text) if not fixed & set(range(a, b))]


def _parsed(value: Any, key: str) -> Any:
    structured = (
        "entities",
        "caption_entities",
        "reply_markup",
        "link_preview_options",
        "options",
        "correct_option_ids",
    )
    return json.loads(value) if isinstance(value, str) and key in structured else value


def _has_surrogate(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_has_surrogate(v) for v in value.values())
    if isinstance(value, list | tuple):
        return any(map(_has_surrogate, value))
    return isinstance(value, str) and any("\ud800" <= char <= "\udfff" for char in value)


def _length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _units(text: str) -> list[int]:
    """The UTF-16 offset of each character, and of the end."""
    found = [0]
    for char in text:
        found.append(found[-1] + (2 if char > "\uffff" else 1))
    return found


def _text(text: str, entities: Sequence[Mapping[str, Any]], most: int, what: str) -> Iterator[str]:
    if all(char in EMPTY for char in text):
        yield f"{what} is empty"
    if _length(text) > most or len(text) > most:
        yield f"{what} is too long: {_length(text)}"
    if text != text.rstrip(" \n\t") or (text[:1] in (" ", "\n") and not any(e["offset"] == 0 for e in entities)):
        yield f"{what} has blanks around it, which Telegram cuts off"
    if re.search(r"[\x00-\x09\x0b-\x1f\u2028-\u202e]", text):
        yield f"{what} has characters that Telegram blanks out"
    yield from _entities(text, entities)


def _entities(text: str, entities: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if len(entities) > ENTITIES:
        yield f"{len(entities)} entities"
    places = set(_units(text))
    spans: list[tuple[int, int, str]] = []
    for entity in entities:
        begin, length, kind = entity["offset"], entity["length"], str(entity["type"])
        if kind not in KINDS:
            yield f"entity {kind}"
        if length < 1 or begin not in places or begin + length not in places:
            yield f"entity {kind} at {begin}+{length} is outside or within a character"
        elif not text.encode("utf-16-le")[begin * 2 : (begin + length) * 2].decode("utf-16-le").strip():
            yield f"entity {kind} over blanks"
        if kind == "text_link" and not re.match(r"https?://[\w.-]+\.\w", entity.get("url", "")):
            yield "text_link without a proper address"
        spans.append((begin, begin + length, kind))
    for n, (a, b, one) in enumerate(spans):
        for c, d, other in spans[n + 1 :]:
            if max(a, c) < min(b, d):
                if not (a <= c and d <= b) and not (c <= a and b <= d):
                    yield f"{one} and {other} overlap"
                if one == other or {"code", "pre"} & {one, other}:
                    yield f"{one} and {other} are nested"


def _keyboard(markup: Mapping[str, Any] | None) -> Iterator[str]:
    if markup is None:
        return
    rows = markup.get("inline_keyboard")
    if not rows or not all(rows):
        yield "an empty keyboard or row"
        return
    if sum(map(len, rows)) > BUTTONS or max(map(len, rows)) > ROW:
        yield "too many buttons"
    if len(json.dumps(markup)) > KEYBOARD_BYTES:
        yield "keyboard is too large"
    for button in (button for row in rows for button in row):
        if all(char in EMPTY for char in button.get("text", "")):
            yield "button without text"
        if ("url" in button) == ("callback_data" in button):
            yield "a button is a link or has data"
        if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= CALLBACK_BYTES:
            yield "callback_data"
        start = re.fullmatch(r"https://t\.me/\w+(?:\?start=([A-Za-z0-9_-]{1,64}))?", button.get("url", ""))
        if "url" in button and not start:
            yield f"button's address {button['url']}"


def _poll(values: Mapping[str, Any]) -> Iterator[str]:
    options = [option["text"] if isinstance(option, Mapping) else option for option in values.get("options", ())]
    if not 1 <= _length(values.get("question", "").strip()) <= QUESTION:
        yield "question"
    if not 1 <= len(options) <= OPTIONS or len(set(options)) < len(options):
        yield "options"
    if not all(1 <= _length(option.strip()) <= OPTION for option in options):
        yield "an option's length"
    explanation = values.get("explanation", "")
    if _length(explanation) > EXPLANATION or explanation.count("\n") > LINE_FEEDS:
        yield "explanation"
    if values.get("type") == "quiz":
        right = values.get("correct_option_ids") or [-1]
        if len(right) != 1 or not 0 <= right[0] < len(options):
            yield "correct_option_ids"


def _detected(text: str) -> Iterator[tuple[int, int]]:
    for kind in (
        r"(?<!\w)@(?=(\w{2,32}))[0-9A-Za-z_]{2,32}(?!\w)",
        r"(?<![\w/<>])/[0-9A-Za-z_]{1,64}(?:@[0-9A-Za-z_]{3,32})?(?![\w/<>])",
        r"(?<![\w\u200c\u00b7\u0d80-\u0dff$])\$(?:1INCH|[A-Z]{1,8})(?![\w\u200c\u00b7\u0d80-\u0dff$])",
        r"(?i:tg|ton)://[0-9A-Za-z_-]+",
        r"\+[0-9][0-9 ()-]{5,}[0-9]",
    ):
        yield from (found.span() for found in re.finditer(kind, text))
    for found in re.finditer(
        r"(?<![\w\u200c\u00b7\u0d80-\u0dff])#([\w\u200c\u00b7\u0d80-\u0dff]{1,256})(?!\S*#)", text
    ):
        if any(unicodedata.category(char)[0] == "L" for char in found[1]):
            yield found.span()
    for found in re.finditer(r"(?<![\w.,+-])[0-9][0-9 -]{11,}[0-9](?![\w-])", text):
        if 13 <= sum(map(str.isdigit, found[0])) <= 19:
            yield found.span()
    yield from _addresses(text)


@cache
def _of_domain(char: str) -> bool:
    if char < "\u00c0":
        return char in ".~_-" or (char.isascii() and char.isalnum())
    if "\u2000" <= char <= "\u206f":
        return char in "\u200c\u200d" or "\u2010" <= char <= "\u2015"
    return unicodedata.category(char)[0] != "Z"


def _addresses(text: str) -> Iterator[tuple[int, int]]:
    """Addresses and e-mail addresses: any letters count as a top domain here, not only those that there are."""
    n = 0
    last = text.rfind(".")
    while n <= last:
        if not _of_domain(text[n]):
            n += 1
            continue
        end = n
        while end < len(text) and (_of_domain(text[end]) or text[end] == "@"):
            end += 1
        for part in re.finditer(r"[^@]+", text[n:end]):
            labels = part[0].strip(".").split(".")
            with_protocol = text[max(0, n - 3) : n] == "://"
            if len(labels) < 2 or not all(labels):
                continue
            if len(labels) == 4 and all(label.isascii() and label.isdigit() and int(label) < 256 for label in labels):
                yield n, end
                continue
            figures = all(label.isascii() and label.isdigit() for label in labels)
            top = labels[-1].startswith("xn--") or with_protocol or re.fullmatch(r"[^\W\d_]{2,}", labels[-1])
            if top and not figures and len(labels[-1]) > 1:
                yield n, end
        n = end + 1
