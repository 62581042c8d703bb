"""What the platform refuses: limits of the Bot API's documentation, checked with its own words where they are known."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.telegram.faults import Fault
from tests.fakes.telegram.world import Json

TEXT, CAPTION, ENTITIES = 4096, 1024, 100
CALLBACK_DATA, BUTTONS_A_ROW, BUTTONS, MARKUP_BYTES, NOTICE = 64, 8, 100, 10_240, 200
QUESTION, OPTIONS, OPTION, EXPLANATION, EXPLANATION_LINES = 300, 12, 100, 200, 2
RESULTS, RESULT_ID, NEXT_OFFSET, INLINE_QUERY = 50, 64, 64, 256
COMMANDS, COMMAND, COMMAND_DESCRIPTION, DESCRIPTION, SHORT_DESCRIPTION, PAYLOAD = 100, 32, 256, 512, 120, 64
PHOTO_BYTES, UPLOAD_BYTES = 10 * 1024 * 1024, 50 * 1024 * 1024
WEBHOOK_PORTS = (80, 88, 443, 8443)

_STYLES = {"bold", "italic", "underline", "strikethrough", "spoiler"}
_QUOTES = {"blockquote", "expandable_blockquote"}
_FOUND = {"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number"}
_TYPES = _STYLES | _QUOTES | _FOUND | {"code", "pre", "text_link", "text_mention", "custom_emoji", "date_time"}
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_REMOVED = re.compile(r"[\r\u2028-\u202e\u030a\u0333\u033f]")
_UNSEEN = re.compile(
    r"[\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2800\ufeff]*"
)


class Refusal(Exception):
    """The server answers with an error. `rule`: the bot broke a rule, rather than met a state it could not know."""

    def __init__(
        self, description: str, status: int = 400, parameters: Json | None = None, *, rule: bool = True
    ) -> None:
        self.description = description
        self.status = status
        self.parameters = parameters or {}
        self.rule = rule
        super().__init__(description)


def bad(reason: str, *, rule: bool = True) -> Refusal:
    """A 400."""
    return Refusal(f"Bad Request: {reason}", rule=rule)


def state(fault: Fault, *, rule: bool = False) -> Refusal:
    """The refusal that a fault of the same name words."""
    return Refusal(fault.description, fault.status, dict(fault.parameters), rule=rule)


def units(text: str) -> int:
    """Length in UTF-16 units, in which the platform counts a text's characters and all offsets."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def covered(text: str, offset: int, length: int) -> str:
    """The part of a text that an entity covers."""
    return text.encode("utf-16-le")[offset * 2 : (offset + length) * 2].decode("utf-16-le", "replace")


def utf8(text: str) -> str:
    """The text, refused where it holds half a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise bad("strings must be encoded in UTF-8") from None
    return text


def formatted(
    text: str,
    entities: list[Json],
    limit: int,
    *,
    empty: str = "message text is empty",
    long: str = "message is too long",
) -> tuple[str, list[Json]]:
    """The text and its entities as they are kept: trimmed, control characters dropped; refused as the platform does."""
    utf8(text)
    if not text:
        raise bad(empty)
    _check_entities(text, entities)
    if _UNSEEN.fullmatch(text):
        raise bad("text must be non-empty")
    if _REMOVED.search(text) or _CONTROL.search(text):
        entities = [_moved(text, entity) for entity in entities]
        text = _cleaned(text)
    leading = units(text) - units(text.lstrip(" \n"))
    kept = text.strip(" \n")
    size = units(kept)
    if size > limit:
        raise bad(long)
    inside = []
    for entity in entities:
        start = min(max(entity["offset"] - leading, 0), size)
        end = min(max(entity["offset"] + entity["length"] - leading, 0), size)
        if end > start:
            inside.append({**entity, "offset": start, "length": end - start})
    return kept, inside


def _cleaned(text: str) -> str:
    return _CONTROL.sub(" ", _REMOVED.sub("", text))


def _moved(text: str, entity: Json) -> Json:
    start = units(_cleaned(covered(text, 0, entity["offset"])))
    end = units(_cleaned(covered(text, 0, entity["offset"] + entity["length"])))
    return {**entity, "offset": start, "length": end - start}


def _check_entities(text: str, entities: list[Json]) -> None:
    if len(entities) > ENTITIES:
        raise bad("ENTITIES_TOO_LONG")
    size = units(text)
    halves = _halves(text) if size != len(text) else set()
    for entity in entities:
        kind, offset, length = entity.get("type"), entity.get("offset"), entity.get("length")
        if kind not in _TYPES:
            raise bad("can't parse MessageEntity: unsupported type specified")
        if not isinstance(offset, int) or not isinstance(length, int):
            raise bad('can\'t parse MessageEntity: Field "offset" must be of type Number')
        if offset < 0 or length < 1 or offset + length > size or {offset, offset + length} & halves:
            raise bad("ENTITY_BOUNDS_INVALID")
        if kind == "text_link" and not _is_link(str(entity.get("url", ""))):
            raise bad("ENTITY_TEXTURL_INVALID")
    _check_nesting(entities)


def _halves(text: str) -> set[int]:
    """The offsets inside surrogate pairs."""
    halves, at = set(), 0
    for character in text:
        at += 2 if ord(character) > 0xFFFF else 1
        if ord(character) > 0xFFFF:
            halves.add(at - 1)
    return halves


def _check_nesting(entities: list[Json]) -> None:
    """Nested properly or apart; code holds and is held by nothing but quotes; only styles and quotes hold others."""
    open_ones: list[Json] = []
    for entity in sorted(entities, key=lambda e: (e["offset"], -e["length"])):
        start, end = entity["offset"], entity["offset"] + entity["length"]
        open_ones = [other for other in open_ones if other["offset"] + other["length"] > start]
        for other in open_ones:
            outer, inner = other["type"], entity["type"]
            if end > other["offset"] + other["length"]:
                raise bad("ENTITY_BOUNDS_INVALID: entities overlap without one holding the other")
            pair = {outer, inner}
            if pair & {"code", "pre"} and not pair & _QUOTES:
                raise bad("ENTITY_BOUNDS_INVALID: code can't be nested with other entities")
            if pair <= _QUOTES or outer == inner or not pair & (_STYLES | _QUOTES):
                raise bad("ENTITY_BOUNDS_INVALID: these entities can't hold each other")
        open_ones.append(entity)


def _is_link(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme in {"tg", "ton"}:
        return bool(host)
    return parts.scheme in {"", "http", "https", "ftp"} and not re.search(r"\s", url) and "." in (host or url)


def keyboard(markup: Any, username: str) -> list[list[Json]]:
    """The rows of an inline keyboard, refused where the platform would."""
    if markup in (None, {}, ""):
        return []
    if not isinstance(markup, dict):
        raise bad("object expected as reply markup")
    if "inline_keyboard" not in markup:
        if {"keyboard", "remove_keyboard", "force_reply"} & set(markup):
            return []
        raise bad("inline keyboard expected")
    rows = [list(row) for row in markup["inline_keyboard"] if row]
    count = 0
    for row in rows:
        if len(row) > BUTTONS_A_ROW:
            raise bad("reply markup is too long")
        for button in row:
            _check_button(button, username)
            count += 1
    if count > BUTTONS or len(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()) > MARKUP_BYTES:
        raise bad("reply markup is too long")
    return rows


_ACTIONS = ("url", "callback_data", "switch_inline_query", "switch_inline_query_current_chat", "web_app", "copy_text")


def _check_button(button: Any, username: str) -> None:
    if not isinstance(button, dict):
        raise bad("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    if not str(utf8(str(button.get("text", "")))).strip():
        raise bad("can't parse inline keyboard button: Button text must be non-empty")
    kinds = [name for name in _ACTIONS if name in button]
    if not kinds:
        raise bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if len(kinds) > 1:
        raise bad("BUTTON_TYPE_INVALID")
    if kinds == ["callback_data"] and not 1 <= len(utf8(str(button["callback_data"])).encode()) <= CALLBACK_DATA:
        raise bad("BUTTON_DATA_INVALID")
    if kinds == ["url"]:
        check_url(str(button["url"]), username)


def check_url(url: str, username: str) -> None:
    """Refuse what cannot be a button's address; a deep link to this bot also by its payload."""
    if not _is_link(url) or not urlsplit(url).scheme:
        raise bad(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    match = re.fullmatch(rf"https?://t\.me/{username}\?start(?:group)?=(.*)", url, re.IGNORECASE)
    if match and not re.fullmatch(rf"[A-Za-z0-9_-]{{1,{PAYLOAD}}}", match[1]):
        raise bad(f"inline keyboard button URL '{url}' is invalid: start parameter")
