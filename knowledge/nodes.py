"""What a YAML file is made of, each part with its line and column (from 1), and the bounds of what is read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

DEPTH_MAX = 20
NODES_MAX = 10_000  # per file: a topic has hundreds; reading them thoroughly takes up to 40 µs each
PROBLEMS_MAX = 50  # per file: a reader needs no more, and a hostile file gets no more
CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(slots=True)
class Scalar:
    """A scalar as written. `plain` is False for quoted and block scalars, which are text whatever they look like."""

    line: int
    column: int
    value: str
    plain: bool


@dataclass(slots=True)
class Seq:
    """A list."""

    line: int
    column: int
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Map:
    """A mapping: its values by key, and each key's own place. `flow` marks one written in braces."""

    line: int
    column: int
    flow: bool = False
    values: dict[str, Node] = field(default_factory=dict)
    keys: dict[str, Scalar] = field(default_factory=dict)


@dataclass(slots=True)
class Broken:
    """Stands where something was refused, so that the rest of the file can still be checked."""

    line: int
    column: int


Node = Scalar | Seq | Map | Broken
Step = str | int


def control(character: str) -> str:
    """What is said of a character that `CONTROL` finds."""
    return f"the control character U+{ord(character):04X} is not allowed"
