"""Buttons, menus and fields as a person uses them: finding one, choosing in it, and the state that comes of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.fakes.slack.rules import interactive
from tests.fakes.slack.state import Json, View

Label = str | re.Pattern[str]
Filled = dict[str, dict[str, Json]]
_TYPED = {"plain_text_input", "email_text_input", "url_text_input", "number_input"}
_DATED = {"datepicker": "date", "timepicker": "time", "datetimepicker": "date_time"}


def find(blocks: list[Json], label: Label) -> tuple[Json, Json] | None:
    """The block and element that a label, a text of an option or a placeholder names; or "#action_id", exactly."""
    every = list(interactive(blocks))
    if isinstance(label, str) and label.startswith("#"):
        return next(((b, e) for b, e in every if e.get("action_id") == label[1:]), None)
    for names in (_labels, _further_names):
        for block, element in every:
            if any(re.search(label, name) for name in names(block, element)):
                return block, element
    return None


def _labels(block: Json, element: Json) -> list[str]:
    return [_words(element.get("text"))] if element["type"] == "button" else []


def _further_names(block: Json, element: Json) -> list[str]:
    """What else names an element; a button goes by its label alone."""
    if element["type"] in ("button", "image"):
        return []
    names = [_words(option.get("text")) for option in options(element)]
    names += [_words(element.get("placeholder")), _words(block.get("label")), str(element.get("action_id"))]
    return [name for name in names if name]


def _words(text: Any) -> str:
    return str(text.get("text", "")) if isinstance(text, dict) else ""


def options(element: Json) -> list[Json]:
    """All options of a menu, groups opened."""
    groups = element.get("option_groups")
    return [o for g in groups for o in g["options"]] if groups else list(element.get("options", ()))


def action(block: Json, element: Json, value: str, label: Label, ts: str) -> Json:
    """An entry of `actions` in block_actions."""
    kind = element["type"]
    common = {"type": kind, "block_id": block["block_id"], "action_id": element["action_id"], "action_ts": ts}
    if kind == "button":
        return {**common, "text": element["text"], **({"value": element["value"]} if "value" in element else {})}
    if options(element):
        chosen = pick(element, value or label)
        return {**common, **_selected(kind, [chosen])}
    return {**common, **_entered(element, value)}


def pick(element: Json, wanted: Label) -> Json:
    """The option with this value, or whose label matches."""
    every = options(element)
    for option in every:
        if option["value"] == wanted or _words(option["text"]) == wanted:
            return option
    for option in every:
        if re.search(wanted, _words(option["text"])):
            return option
    raise AssertionError(f"no option {wanted!r} among {[_words(o['text']) for o in every]}")


def _selected(kind: str, chosen: list[Json]) -> Json:
    if kind == "checkboxes" or kind.startswith("multi_"):
        return {"selected_options": chosen}
    return {"selected_option": chosen[0] if chosen else None}


def _entered(element: Json, value: Any) -> Json:
    kind = element["type"]
    if kind in _TYPED:
        return {"value": value if value != "" else None}
    if kind in _DATED:
        return {f"selected_{_DATED[kind]}": value or None}
    single = kind.removesuffix("_select").removeprefix("multi_")
    if kind.startswith("multi_"):
        return {f"selected_{single}": list(value)}
    return {f"selected_{single.removesuffix('s')}": value or None}


def _initial(element: Json) -> Json:
    """What an element holds before anybody touched it."""
    kind = element["type"]
    if options(element):
        chosen = element.get("initial_options") or ([element["initial_option"]] if "initial_option" in element else [])
        return _selected(kind, chosen)
    initial = next((v for k, v in element.items() if k.startswith("initial_")), "")
    return _entered(element, initial)


def keep(filled: Filled, given: Json) -> None:
    """Remember what was chosen; pressing a button chooses nothing, an overflow menu neither."""
    if given["type"] not in ("button", "overflow"):
        chosen = {k: v for k, v in given.items() if k.startswith("selected_") or k == "value"}
        filled.setdefault(given["block_id"], {})[given["action_id"]] = chosen


def values(blocks: list[Json], filled: Filled) -> Json:
    """state.values: what every field holds."""
    state: Json = {}
    for block, element in interactive(blocks):
        if element["type"] in ("button", "image", "overflow"):
            continue
        block_id, action_id = block["block_id"], element["action_id"]
        held = filled.get(block_id, {}).get(action_id) or _initial(element)
        state.setdefault(block_id, {})[action_id] = {"type": element["type"], **held}
    return state


def fill(view: View, given: Mapping[str, Any]) -> None:
    """Fill in fields, by block_id, action_id or label. A list of values for menus of several; "" empties a field."""
    for name, value in given.items():
        block, element = _field(view, name)
        if options(element):
            wanted = [value] if isinstance(value, str) else list(value)
            held = _selected(element["type"], [pick(element, each) for each in wanted if each != ""])
        else:
            if element["type"] in _TYPED and isinstance(value, str):
                most = element.get("max_length", 3000)
                assert len(value) <= most, f"Slack lets nobody type more than {most} characters into {name}"
            held = _entered(element, value)
        view.filled.setdefault(block["block_id"], {})[element["action_id"]] = held


def _field(view: View, name: str) -> tuple[Json, Json]:
    every = [(b, e) for b, e in interactive(view.body["blocks"]) if e["type"] not in ("button", "image")]
    for block, element in every:
        if name in (block["block_id"], element["action_id"], _words(block.get("label")), _words(block.get("text"))):
            return block, element
    raise AssertionError(f"no field {name!r} among {[(b['block_id'], e['action_id']) for b, e in every]}")


def missing(view: View) -> list[str]:
    """Fields that Slack does not let stay empty."""
    state = values(view.body["blocks"], view.filled)
    empty = []
    for block in view.body["blocks"]:
        if block["type"] == "input" and not block.get("optional"):
            held = state[block["block_id"]][block["element"]["action_id"]]
            if not any(v for k, v in held.items() if k != "type"):
                empty.append(_words(block["label"]))
    return empty
