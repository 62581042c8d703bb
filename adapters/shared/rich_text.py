"""Replies on a terminal: light Markdown drawn with Rich, buttons as numbered choices. NO_COLOR is obeyed by Rich."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.messages import Button, Reply
from knowledge import markup

WIDTH_MAX = 96  # characters: longer lines are hard to read
INDENT = 2
GAP = 3  # blanks between two buttons


class RichScreen:
    """Shows a conversation on a terminal."""

    def __init__(self, out: TextIO) -> None:
        """Write to `out`, a terminal."""
        self._console = Console(file=out, highlight=False)

    @property
    def _width(self) -> int:
        return min(self._console.width, WIDTH_MAX)  # the window may be another size by now

    def reply(self, reply: Reply, first: int) -> None:
        """Show a reply, its buttons numbered from `first`."""
        parts: list[RenderableType] = [drawn(reply.text)]
        if reply.document:
            parts.append(Text(f"{reply.document.name}:\n{reply.document.text}", style="dim"))
        if reply.image:
            parts.append(Text(f"[{reply.image.alt}]"))
        if reply.buttons:
            parts.append(buttons(reply.buttons, first, self._width - INDENT))
        self._print(Group(*parts))

    def note(self, text: str) -> None:
        """Show a line of the terminal's own."""
        self._print(Text(text, style="italic"))

    def _print(self, what: RenderableType) -> None:
        self._console.print(Padding(what, (0, 0, 1, INDENT)), width=self._width)


def buttons(choices: Sequence[Button], first: int, width: int) -> RenderableType:
    """The buttons, each with the number that presses it: in a row if they fit, else in columns, read downwards."""
    numbers = [str(number) for number in range(first, first + len(choices))]
    cells = [
        Text.assemble((number, "bold cyan"), " ", (button.label, "cyan"))
        for number, button in zip(numbers, choices, strict=True)
    ]
    if sum(cell.cell_len + GAP for cell in cells) - GAP <= width:
        return Text(" " * GAP).join(cells)
    wide = len(numbers[-1])
    widest = wide + 1 + max(cell_len(button.label) for button in choices)
    columns = max(1, (width + GAP) // (widest + GAP))
    rows = -(-len(choices) // columns)
    columns = -(-len(choices) // rows)  # as many rows may need fewer
    grid = Table.grid(padding=(0, 1))
    for _ in range(columns):
        grid.add_column(justify="right", style="bold cyan", width=wide)  # a long label wraps beside its number
        grid.add_column(style="cyan", width=None if columns == 1 else widest - wide - 1 + (GAP - 1))
    for row in range(rows):
        line: list[Text | str] = []
        for n in range(row, rows * columns, rows):
            line += [numbers[n], Text(choices[n].label)] if n < len(choices) else ["", ""]
        grid.add_row(*line)
    return grid


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
                grid = Table.grid(padding=(0, 1))
                grid.add_column(justify="right")
                grid.add_column()
                for number, spans in enumerate(items, start or 0):
                    grid.add_row("•" if start is None else f"{number}.", line(spans))
                blocks.append(grid)
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
