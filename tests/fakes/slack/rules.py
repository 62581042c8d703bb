"""What Slack refuses in blocks and views: its documents' limits, kept apart from the renderers that are tested by them.

Problems read as Slack's own: "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from tests.fakes.slack.elements import TEXT_OBJECTS, check_element
from tests.fakes.slack.problems import Problems, text_object
from tests.fakes.slack.rich_text import check_rich_text

Json = dict[str, Any]
BLOCKS_IN_MESSAGE = 50
BLOCKS_IN_VIEW = 100
MESSAGE_TOTAL = 13_200  # of the blocks as JSON: posting more answers msg_blocks_too_long
VIEW_TOTAL = 250_000
SECTION, FIELD, FIELDS, HEADER = 3000, 2000, 10, 150
CONTEXT_ELEMENTS, ACTIONS_ELEMENTS = 10, 25
MARKDOWN = 12_000
ID = 255
IN_ACTIONS = {
    "button", "checkboxes", "datepicker", "datetimepicker", "overflow", "radio_buttons", "static_select",
    "external_select", "users_select", "conversations_select", "channels_select", "timepicker", "workflow_button",
}  # fmt: skip
MULTI = {
    "multi_static_select", "multi_external_select", "multi_users_select", "multi_conversations_select",
    "multi_channels_select",
}  # fmt: skip
IN_SECTION = (IN_ACTIONS - {"datetimepicker"}) | MULTI | {"image"}
IN_INPUT = ((IN_ACTIONS | MULTI) - {"button", "overflow", "workflow_button"}) | {
    "plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input", "file_input",
}  # fmt: skip
ONLY_IN_MESSAGES = {"markdown", "table", "context_actions", "file"}
KNOWN = {
    "actions": {"elements"},
    "context": {"elements"},
    "divider": set(),
    "header": {"text"},
    "image": {"image_url", "slack_file", "alt_text", "title"},
    "input": {"label", "element", "hint", "optional", "dispatch_action"},
    "markdown": {"text"},
    "rich_text": {"elements"},
    "section": {"text", "fields", "accessory", "expand"},
}
VIEW_KEYS = {
    "modal": {
        "type", "title", "blocks", "close", "submit", "private_metadata", "callback_id", "clear_on_close",
        "notify_on_close", "external_id", "submit_disabled",
    },
    "home": {"type", "blocks", "private_metadata", "callback_id", "external_id"},
}  # fmt: skip


def check_blocks(blocks: Any, surface: str = "message", at: str = "/blocks") -> list[str]:
    """All that Slack would refuse in these blocks, on the surface "message", "modal" or "home"."""
    found = Problems()
    if not isinstance(blocks, list):
        found.add("must be an array", at)
        return found.found
    most = BLOCKS_IN_MESSAGE if surface == "message" else BLOCKS_IN_VIEW
    if len(blocks) > most:
        found.add(f"no more than {most} items allowed", at)
    for number, block in enumerate(blocks):
        _check_block(found, block, surface, f"{at}/{number}")
    _check_unique(found, blocks, at)
    markdown = sum(len(str(b.get("text", ""))) for b in blocks if isinstance(b, dict) and b.get("type") == "markdown")
    if markdown > MARKDOWN:
        found.add(f"markdown blocks must be less than {MARKDOWN + 1} characters together", at)
    return found.found


def too_long(blocks: list[Json]) -> bool:
    """Whether a message of these blocks is refused as a whole: msg_blocks_too_long."""
    return len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))) > MESSAGE_TOTAL


def check_view(view: Any) -> list[str]:
    """All that Slack would refuse in a modal or a Home tab."""
    found = Problems()
    if not isinstance(view, dict) or view.get("type") not in VIEW_KEYS:
        found.add("must be a view of type modal or home", "/view")
        return found.found
    kind = view["type"]
    found.known(view, VIEW_KEYS[kind], "/view")
    found.length(view, "private_metadata", 3000, "/view", least=0)
    found.length(view, "callback_id", ID, "/view", least=0)
    found.length(view, "external_id", ID, "/view", least=0)
    if kind == "modal":
        text_object(found, view.get("title"), 24, "/view/title", kinds=("plain_text",))
        for key in ("close", "submit"):
            if key in view:
                text_object(found, view[key], 24, f"/view/{key}", kinds=("plain_text",))
        blocks = view.get("blocks")
        if isinstance(blocks, list) and any(isinstance(b, dict) and b.get("type") == "input" for b in blocks):
            found.need("submit" in view, "submit is required where a view has inputs", "/view/submit")
    return [*found.found, *check_blocks(view.get("blocks"), kind, "/view/blocks")]


def _check_block(found: Problems, block: Any, surface: str, at: str) -> None:
    if not isinstance(block, dict):
        found.add("must be an object", at)
        return
    kind = block.get("type")
    if kind not in KNOWN or (kind in ONLY_IN_MESSAGES and surface != "message"):
        found.add(f"unsupported type: {kind}", f"{at}/type")
        return
    found.known(block, {"type", "block_id", *KNOWN[str(kind)]}, at)
    found.length(block, "block_id", ID, at)
    _CHECKS[str(kind)](found, block, at)


def _actions(found: Problems, block: Json, at: str) -> None:
    for element, where in _elements(found, block, ACTIONS_ELEMENTS, at):
        check_element(found, element, where, IN_ACTIONS)


def _context(found: Problems, block: Json, at: str) -> None:
    for element, where in _elements(found, block, CONTEXT_ELEMENTS, at):
        if isinstance(element, dict) and element.get("type") in TEXT_OBJECTS:
            text_object(found, element, SECTION, where)
        else:
            check_element(found, element, where, {"image"})


def _divider(found: Problems, block: Json, at: str) -> None:
    return


def _header(found: Problems, block: Json, at: str) -> None:
    text_object(found, block.get("text"), HEADER, f"{at}/text", kinds=("plain_text",))


def _image(found: Problems, block: Json, at: str) -> None:
    check_element(found, {k: v for k, v in block.items() if k not in ("block_id", "title")}, at, {"image"})
    if "title" in block:
        text_object(found, block["title"], 2000, f"{at}/title", kinds=("plain_text",))


def _input(found: Problems, block: Json, at: str) -> None:
    text_object(found, block.get("label"), 2000, f"{at}/label", kinds=("plain_text",))
    if "hint" in block:
        text_object(found, block["hint"], 2000, f"{at}/hint", kinds=("plain_text",))
    found.boolean(block, ("optional", "dispatch_action"), at)
    check_element(found, block.get("element"), f"{at}/element", IN_INPUT)


def _markdown(found: Problems, block: Json, at: str) -> None:
    found.length(block, "text", MARKDOWN, at, required=True)


def _rich_text(found: Problems, block: Json, at: str) -> None:
    check_rich_text(found, block, at)


def _section(found: Problems, block: Json, at: str) -> None:
    found.need("text" in block or "fields" in block, "must define either `text` or `fields`", at)
    if "text" in block:
        text_object(found, block["text"], SECTION, f"{at}/text")
    if "fields" in block:
        fields = block["fields"]
        if not isinstance(fields, list) or not 1 <= len(fields) <= FIELDS:
            found.add(f"must be an array of 1 to {FIELDS} items", f"{at}/fields")
        else:
            for number, each in enumerate(fields):
                text_object(found, each, FIELD, f"{at}/fields/{number}")
    found.boolean(block, ("expand",), at)
    if "accessory" in block:
        check_element(found, block["accessory"], f"{at}/accessory", IN_SECTION)


_CHECKS: dict[str, Callable[[Problems, Json, str], None]] = {
    "actions": _actions,
    "context": _context,
    "divider": _divider,
    "header": _header,
    "image": _image,
    "input": _input,
    "markdown": _markdown,
    "rich_text": _rich_text,
    "section": _section,
}


def _elements(found: Problems, block: Json, most: int, at: str) -> Iterable[tuple[Any, str]]:
    elements = block.get("elements")
    if not isinstance(elements, list) or not elements:
        found.add("no less than 1 items allowed" if elements == [] else "must be an array", f"{at}/elements")
        return []
    if len(elements) > most:
        found.add(f"no more than {most} items allowed", f"{at}/elements")
    return [(element, f"{at}/elements/{number}") for number, element in enumerate(elements)]


def interactive(blocks: Any) -> Iterable[tuple[Json, Json]]:
    """Each (block, element) that a person can press, choose or fill in."""
    for block in blocks if isinstance(blocks, list) else ():
        if isinstance(block, dict):
            for element in (*_list(block.get("elements")), block.get("accessory"), block.get("element")):
                if isinstance(element, dict) and block.get("type") in ("actions", "section", "input"):
                    yield block, element


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _check_unique(found: Problems, blocks: list[Any], at: str) -> None:
    block_ids = [b["block_id"] for b in blocks if isinstance(b, dict) and isinstance(b.get("block_id"), str)]
    for twice in sorted({i for i in block_ids if block_ids.count(i) > 1}):
        found.add(f"`block_id` already exists: {twice}", at)
    action_ids = [e["action_id"] for _, e in interactive(blocks) if isinstance(e.get("action_id"), str)]
    for twice in sorted({i for i in action_ids if action_ids.count(i) > 1}):
        found.add(f"`action_id` already exists: {twice}", at)


_PING = re.compile(r"<(![^>|]+|@[^>|]+)(?:\|[^>]*)?>")


def pings_in(text: Any, blocks: Any) -> list[str]:
    """What would call people in a message's text and blocks: "!channel", "@U…", a broadcast element …"""
    found = [match[1] for match in _PING.finditer(text)] if isinstance(text, str) else []
    stack = [blocks]
    while stack:
        each = stack.pop()
        if isinstance(each, list):
            stack.extend(each)
        elif isinstance(each, dict):
            kind = each.get("type")
            if kind in ("broadcast", "user", "usergroup"):
                found.append(f"{kind}:{each.get('range') or each.get('user_id') or each.get('usergroup_id')}")
            elif kind in ("mrkdwn", "markdown"):
                found.extend(match[1] for match in _PING.finditer(str(each.get("text", ""))))
            stack.extend(each.values())
    return found
