"""Collects what is wrong with blocks, in the words and with the pointers of Slack's answers."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

Json = dict[str, Any]


class Problems:
    """What was found so far."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, what: str, at: str) -> None:
        self.found.append(f"{what} [json-pointer:{at}]")

    def need(self, holds: object, what: str, at: str) -> None:
        if not holds:
            self.add(what, at)

    def known(self, value: Json, keys: Collection[str], at: str) -> None:
        """Only these keys."""
        for key in value:
            if key not in keys:
                self.add(f"invalid additional property: {key}", at)

    def length(self, value: Json, key: str, most: int, at: str, *, least: int = 1, required: bool = False) -> None:
        """A string of `least` to `most` characters, where it is there."""
        if key not in value:
            self.need(not required, f"missing required field: {key}", at)
            return
        text = value[key]
        if not isinstance(text, str):
            self.add("must be a string", f"{at}/{key}")
        elif len(text) > most:
            self.add(f"must be less than {most + 1} characters", f"{at}/{key}")
        elif len(text) < least:
            self.add(f"must be more than {least - 1} characters", f"{at}/{key}")

    def boolean(self, value: Json, keys: Iterable[str], at: str) -> None:
        """Booleans, where they are there."""
        for key in keys:
            if key in value and not isinstance(value[key], bool):
                self.add("must be a boolean", f"{at}/{key}")

    def choice(self, value: Json, key: str, among: Collection[str], at: str, *, required: bool = False) -> None:
        """One of these, where it is there."""
        if key not in value:
            self.need(not required, f"missing required field: {key}", at)
        elif value[key] not in among:
            self.add(f"must be one of {', '.join(sorted(among))}", f"{at}/{key}")


def text_object(
    found: Problems, value: Any, most: int, at: str, *, kinds: tuple[str, ...] = ("plain_text", "mrkdwn")
) -> None:
    """A text object of one of these kinds, of 1 to `most` characters."""
    if not isinstance(value, dict):
        found.add("missing required field" if value is None else "must be an object", at)
        return
    kind = value.get("type")
    if kind not in kinds:
        found.add(f"must be of type {' or '.join(kinds)}, not {kind}", f"{at}/type")
        return
    found.known(value, {"type", "text", "emoji" if kind == "plain_text" else "verbatim"}, at)
    found.boolean(value, ("emoji", "verbatim"), at)
    found.length(value, "text", most, at, required=True)
