"""Replies without a screen: plain text for pipes and files, one JSON object for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TextIO

from bot.messages import Button, Reply
from knowledge.markup import plain

WIDTH = 96  # characters of a line of buttons: one that is longer than this stands alone


def shown(reply: Reply, first: int) -> str:
    """A reply as plain text, its buttons numbered from `first`."""
    lines = [plain(reply.text)]
    if reply.document:
        lines.append(f"--- {reply.document.name} ---\n{reply.document.text}")
    if reply.image:
        lines.append(f"[{reply.image.alt}]")
    lines += _rows(reply.buttons, first)
    return "\n".join(lines)


def _rows(buttons: Sequence[Button], first: int) -> list[str]:
    rows: list[str] = []
    for number, button in enumerate(buttons, first):
        cell = f"[{number} {button.label}]"
        if rows and len(rows[-1]) + 2 + len(cell) <= WIDTH:
            rows[-1] += f"  {cell}"
        else:
            rows.append(cell)
    return rows


def as_object(reply: Reply) -> dict[str, Any]:
    """A reply for programs: text (light Markdown), buttons, topics, and a document where there is one."""
    found: dict[str, Any] = {
        "text": reply.text,
        "buttons": [{"label": button.label, "action": button.action} for button in reply.buttons],
        "topics": list(reply.topics),
    }
    if reply.document:
        found["document"] = {"name": reply.document.name, "text": reply.document.text}
    return found


class PlainScreen:
    """Shows a conversation on a stream, as text."""

    def __init__(self, out: TextIO) -> None:
        """Write to `out`, a text stream."""
        self._out = out

    def heard(self, line: str) -> None:
        """Repeat what was typed: a pipe shows it nowhere else."""
        self._write(f"> {line}")

    def reply(self, reply: Reply, first: int) -> None:
        """Show a reply, its buttons numbered from `first`."""
        self._write(shown(reply, first))

    def note(self, text: str) -> None:
        """Show a line of the terminal's own."""
        self._write(text)

    def _write(self, text: str) -> None:
        self._out.write(text + "\n\n")
        self._out.flush()  # at once: what is not out yet must not count as shown


class JsonScreen:
    """Shows a conversation on a stream, one JSON object a line: a reply, or {"notice": …}."""

    def __init__(self, out: TextIO) -> None:
        """Write to `out`, a text stream."""
        self._out = out

    def heard(self, line: str) -> None:
        """Repeat nothing: programs know what they said."""

    def reply(self, reply: Reply, first: int) -> None:
        """Show a reply; its buttons' numbers follow from their order."""
        self._write(as_object(reply))

    def note(self, text: str) -> None:
        """Show a line of the terminal's own."""
        self._write({"notice": text})

    def _write(self, found: dict[str, Any]) -> None:
        self._out.write(json.dumps(found, ensure_ascii=False) + "\n")
        self._out.flush()
