"""Buttons, menus, pickers and inputs: what Slack refuses in them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.fakes.slack.problems import Json, Problems, text_object

TEXT_OBJECTS = ("plain_text", "mrkdwn")
BUTTON_TEXT, BUTTON_VALUE, URL = 75, 2000, 3000
ACTION_ID = 255
OPTION_TEXT, OPTION_VALUE, OPTION_DESCRIPTION = 75, 150, 75
RADIO, CHECKBOXES, OVERFLOW, SELECT = 10, 10, 5, 100
PLACEHOLDER = 150
CONFIRM_TITLE, CONFIRM_TEXT, CONFIRM_BUTTON = 100, 300, 30
TEXT_INPUT = 3000
_COMMON = {"type", "action_id"}
_MENU = _COMMON | {"placeholder", "confirm", "focus_on_load"}
_TEXT = _COMMON | {"initial_value", "placeholder", "focus_on_load", "dispatch_action_config"}
KEYS: dict[str, set[str]] = {
    "button": _COMMON | {"text", "url", "value", "style", "confirm", "accessibility_label"},
    "image": {"type", "image_url", "slack_file", "alt_text"},
    "overflow": _COMMON | {"options", "confirm"},
    "radio_buttons": _COMMON | {"options", "initial_option", "confirm", "focus_on_load"},
    "checkboxes": _COMMON | {"options", "initial_options", "confirm", "focus_on_load"},
    "static_select": _MENU | {"options", "option_groups", "initial_option"},
    "multi_static_select": _MENU | {"options", "option_groups", "initial_options", "max_selected_items"},
    "external_select": _MENU | {"initial_option", "min_query_length"},
    "multi_external_select": _MENU | {"initial_options", "min_query_length", "max_selected_items"},
    "users_select": _MENU | {"initial_user"},
    "multi_users_select": _MENU | {"initial_users", "max_selected_items"},
    "conversations_select": _MENU | {"initial_conversation", "default_to_current_conversation", "filter",
                                     "response_url_enabled"},
    "multi_conversations_select": _MENU | {"initial_conversations", "default_to_current_conversation", "filter",
                                           "max_selected_items"},
    "channels_select": _MENU | {"initial_channel", "response_url_enabled"},
    "multi_channels_select": _MENU | {"initial_channels", "max_selected_items"},
    "datepicker": _MENU | {"initial_date"},
    "timepicker": _MENU | {"initial_time", "timezone"},
    "datetimepicker": _COMMON | {"initial_date_time", "confirm", "focus_on_load"},
    "plain_text_input": _TEXT | {"multiline", "min_length", "max_length"},
    "email_text_input": _TEXT,
    "url_text_input": _TEXT,
    "number_input": _TEXT | {"is_decimal_allowed", "min_value", "max_value"},
    "rich_text_input": _TEXT,
    "file_input": _COMMON | {"filetypes", "max_files"},
    "workflow_button": _COMMON | {"text", "workflow", "style", "accessibility_label"},
}  # fmt: skip
_OPTIONS_MAX = {
    "overflow": OVERFLOW, "radio_buttons": RADIO, "checkboxes": CHECKBOXES, "static_select": SELECT,
    "multi_static_select": SELECT,
}  # fmt: skip


def check_element(found: Problems, element: Any, at: str, allowed: set[str]) -> None:
    """One element, where only these kinds are allowed."""
    if not isinstance(element, dict):
        found.add("must be an object", at)
        return
    kind = element.get("type")
    if kind not in allowed or kind not in KEYS:
        found.add(f"unsupported type: {kind}", f"{at}/type")
        return
    found.known(element, KEYS[str(kind)], at)
    found.length(element, "action_id", ACTION_ID, at)
    if "placeholder" in element:
        text_object(found, element["placeholder"], PLACEHOLDER, f"{at}/placeholder", kinds=("plain_text",))
    if "confirm" in element:
        _confirm(found, element["confirm"], f"{at}/confirm")
    found.boolean(element, ("focus_on_load", "multiline", "is_decimal_allowed"), at)
    if kind in _OPTIONS_MAX:
        _options(found, element, str(kind), at)
    if check := _CHECKS.get(str(kind)):
        check(found, element, at)


def _button(found: Problems, element: Json, at: str) -> None:
    text_object(found, element.get("text"), BUTTON_TEXT, f"{at}/text", kinds=("plain_text",))
    found.length(element, "value", BUTTON_VALUE, at)
    found.length(element, "accessibility_label", BUTTON_TEXT, at)
    found.choice(element, "style", ("primary", "danger"), at)
    if "url" in element:
        _url(found, element, "url", at)


def _image(found: Problems, element: Json, at: str) -> None:
    found.length(element, "alt_text", 2000, at, required=True)
    found.need(("image_url" in element) != ("slack_file" in element), "needs image_url or slack_file", at)
    if "image_url" in element:
        _url(found, element, "image_url", at)


def _url(found: Problems, element: Json, key: str, at: str) -> None:
    found.length(element, key, URL, at)
    url = element[key]
    schemes = r"https?://[^\s/?#]+\S*" if key == "image_url" else r"(?:https?://[^\s/?#]+|mailto:|slack:|tel:)\S*"
    found.need(isinstance(url, str) and re.fullmatch(schemes, url, re.IGNORECASE), "invalid url", f"{at}/{key}")


def _date(found: Problems, element: Json, at: str) -> None:
    value = element.get("initial_date", "2026-01-01")
    found.need(re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)), "must be a date as YYYY-MM-DD", f"{at}/initial_date")


def _time(found: Problems, element: Json, at: str) -> None:
    value = element.get("initial_time", "00:00")
    found.need(re.fullmatch(r"(?:[01]\d|2[0-3]):[0-5]\d", str(value)), "must be a time as HH:mm", f"{at}/initial_time")


def _text_input(found: Problems, element: Json, at: str) -> None:
    for key in ("min_length", "max_length"):
        value = element.get(key, 1)
        found.need(isinstance(value, int) and 0 <= value <= TEXT_INPUT, f"must be 0 to {TEXT_INPUT}", f"{at}/{key}")
    found.length(element, "initial_value", element.get("max_length") or TEXT_INPUT, at, least=0)


def _number(found: Problems, element: Json, at: str) -> None:
    found.need("is_decimal_allowed" in element, "missing required field: is_decimal_allowed", at)
    for key in ("min_value", "max_value", "initial_value"):
        if key in element:
            found.need(isinstance(element[key], str), "must be a string", f"{at}/{key}")


_CHECKS: dict[str, Callable[[Problems, Json, str], None]] = {
    "button": _button,
    "image": _image,
    "datepicker": _date,
    "timepicker": _time,
    "plain_text_input": _text_input,
    "number_input": _number,
}


def _options(found: Problems, element: Json, kind: str, at: str) -> None:
    groups = element.get("option_groups")
    if kind.endswith("static_select") and groups is not None:
        found.need("options" not in element, "define either options or option_groups", at)
        if not isinstance(groups, list) or not 1 <= len(groups) <= SELECT:
            found.add(f"must be an array of 1 to {SELECT} items", f"{at}/option_groups")
            return
        every: list[Any] = []
        for number, group in enumerate(groups):
            where = f"{at}/option_groups/{number}"
            text_object(found, group.get("label"), 75, f"{where}/label", kinds=("plain_text",))
            every += _option_list(found, group.get("options"), kind, f"{where}/options")
    else:
        every = _option_list(found, element.get("options"), kind, f"{at}/options")
    plain = [_bare(option) for option in every]
    values = [option.get("value") for option in every if isinstance(option, dict)]
    found.need(len(set(map(str, values))) == len(values), "option values must be unique", at)
    initial = element.get("initial_options", [element["initial_option"]] if "initial_option" in element else None)
    if initial is not None:
        found.need(isinstance(initial, list) and initial, "must be an array of options", f"{at}/initial_options")
        for each in initial if isinstance(initial, list) else ():
            if _bare(each) not in plain:
                found.add("initial option was not found in the options", at)


def _bare(option: Any) -> Any:
    """An option without what Slack adds by itself."""
    if not isinstance(option, dict):
        return option
    text = option.get("text")
    return {**option, "text": {k: v for k, v in text.items() if k != "emoji"} if isinstance(text, dict) else text}


def _option_list(found: Problems, options: Any, kind: str, at: str) -> list[Any]:
    most = _OPTIONS_MAX[kind]
    if not isinstance(options, list) or not options:
        found.add("no less than 1 items allowed" if options == [] else "must be an array", at)
        return []
    if len(options) > most:
        found.add(f"no more than {most} items allowed", at)
    formatted = kind in ("radio_buttons", "checkboxes")
    kinds = TEXT_OBJECTS if formatted else ("plain_text",)
    for number, option in enumerate(options):
        where = f"{at}/{number}"
        if not isinstance(option, dict):
            found.add("must be an object", where)
            continue
        found.known(option, {"text", "value", "description", *(("url",) if kind == "overflow" else ())}, where)
        text_object(found, option.get("text"), OPTION_TEXT, f"{where}/text", kinds=kinds)
        found.length(option, "value", OPTION_VALUE, where, required=True)
        if "description" in option:
            text_object(found, option["description"], OPTION_DESCRIPTION, f"{where}/description", kinds=kinds)
    return options


def _confirm(found: Problems, confirm: Any, at: str) -> None:
    if not isinstance(confirm, dict):
        found.add("must be an object", at)
        return
    found.known(confirm, {"title", "text", "confirm", "deny", "style"}, at)
    text_object(found, confirm.get("title"), CONFIRM_TITLE, f"{at}/title", kinds=("plain_text",))
    text_object(found, confirm.get("text"), CONFIRM_TEXT, f"{at}/text")
    text_object(found, confirm.get("confirm"), CONFIRM_BUTTON, f"{at}/confirm", kinds=("plain_text",))
    text_object(found, confirm.get("deny"), CONFIRM_BUTTON, f"{at}/deny", kinds=("plain_text",))
    found.choice(confirm, "style", ("primary", "danger"), at)
