"""Replies on a terminal: light Markdown drawn with Rich, buttons as numbered choices. NO_COLOR is obeyed by Rich."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from bot.messages import Reply
from knowledge import markup

WIDTH_MAX = 96  # characters: longer lines are hard to read


class Screen:
    """Prints replies and notes."""

    def __init__(self, out: TextIO) -> None:
        self._console = Console(file=out, highlight=False, soft_wrap=False)
        if self._console.width > WIDTH_MAX:
            self._console.width = WIDTH_MAX

    def reply(self, reply: Reply, first: int) -> None:
        """Print a reply; its buttons count from `first`."""
        parts: list[RenderableType] = [drawn(reply.text)]
        if reply.document:
            parts.append(Text(f"{reply.document.name}:\n{reply.document.text}", style="dim"))
        if reply.image:
            parts.append(Text(f"[{reply.image.alt}]"))
        if reply.buttons:
            parts.append(buttons(reply, first))
        self._console.print(Padding(Group(*parts), (0, 0, 1, 2)))

    def note(self, text: str) -> None:
        """Print a line of the terminal's own."""
        self._console.print(Padding(Text(text, style="italic"), (0, 0, 1, 2)))


def buttons(reply: Reply, first: int) -> Text:
    """The buttons in a row, each with the number that presses it."""
    row = Text()
    for number, button in enumerate(reply.buttons, first):
        if row:
            row.append("   ")
        row.append(f"{number}", style="bold cyan").append(" ").append(button.label.replace(" ", " "), style="cyan")
    return row


def drawn(text: str) -> RenderableType:
    """Light Markdown as Rich renderables."""
    blocks: list[RenderableType] = []
    for block in markup.parse(text).blocks:
        if blocks:
            blocks.append(Text())
        match block:
            case markup.Paragraph(spans):
                blocks.append(line(spans))
            case markup.CodeBlock(code):
                blocks.append(Padding(Text(code, style="green"), (0, 0, 0, 2)))
            case markup.ListBlock(items, start):
                for number, spans in enumerate(items, start or 0):
                    mark = "• " if start is None else f"{number}. "
                    blocks.append(Text(mark).append_text(line(spans)))
    return Group(*blocks)


def line(spans: Iterable[markup.Span], style: str = "") -> Text:
    """Spans as one styled text."""
    drawn_line = Text()
    for span in spans:
        match span:
            case markup.Text(text):
                drawn_line.append(text, style=style or None)
            case markup.Code(text):
                drawn_line.append(text, style="green")
            case markup.Bold(inner):
                drawn_line.append_text(line(inner, f"{style} bold"))
            case markup.Italic(inner):
                drawn_line.append_text(line(inner, f"{style} italic"))
            case markup.Link(inner, url):
                drawn_line.append_text(line(inner, f"{style} underline link {url}")).append(f" ({url})", style="dim")
    return drawn_line
