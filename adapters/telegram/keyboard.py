"""Buttons under a message in Telegram: short labels side by side, nothing that the Bot API refuses."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from itertools import groupby

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from adapters.shared.labels import is_option
from bot.messages import Button

BUTTONS_MAX = 100  # in one keyboard
BYTES_MAX = 9000  # of its JSON: Telegram refuses keyboards of about 10 KB
# So many labels go side by side on a telephone, if each is at most so many columns wide.
_SIDE_BY_SIDE = ((4, 6), (3, 12), (2, 18))
_COMMAND = re.compile(r"[A-Za-z0-9_-]{1,61}")  # a deep link's payload has 64 characters, "do_" among them


def keyboards(buttons: Sequence[Button], username: str) -> list[InlineKeyboardMarkup]:
    """The buttons as keyboards, in order: none without buttons, several where one would be too large."""
    found: list[InlineKeyboardMarkup] = []
    rows: list[list[InlineKeyboardButton]] = []
    count = size = 0
    for row in _rows(buttons):
        drawn = [_drawn(button, username) for button in row]
        more = sum(len(json.dumps([button.text, button.url or button.callback_data])) + 40 for button in drawn)
        if rows and (count + len(drawn) > BUTTONS_MAX or size + more > BYTES_MAX):
            found.append(InlineKeyboardMarkup(rows))
            rows, count, size = [], 0, 0
        rows.append(drawn)
        count += len(drawn)
        size += more
    return [*found, InlineKeyboardMarkup(rows)] if rows else found


def _rows(buttons: Sequence[Button]) -> list[list[Button]]:
    """Rows in order. A question's options share none with other buttons; they stand in one row or below each other."""
    rows: list[list[Button]] = []
    for option, group in groupby(buttons, key=lambda button: is_option(button.action)):
        same = list(group)
        if option:
            rows += [same] if _fit(same) else [[button] for button in same]
            continue
        row: list[Button] = []
        for button in same:
            if row and not _fit([*row, button]):
                rows.append(row)
                row = []
            row.append(button)
        rows.append(row)
    return rows


def _fit(row: Sequence[Button]) -> bool:
    widest = max(_columns(button.label) for button in row)
    return any(len(row) <= many and widest <= most for many, most in _SIDE_BY_SIDE)


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _drawn(button: Button, username: str) -> InlineKeyboardButton:
    kind, _, command = button.action.partition(":")
    if kind == "private" and username:
        start = f"?start=do_{command}" if _COMMAND.fullmatch(command) else ""
        return InlineKeyboardButton(button.label, url=f"https://t.me/{username}{start}")
    return InlineKeyboardButton(button.label, callback_data=button.action)
