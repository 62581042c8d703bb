"""Labels that fit: what is cut off a button or an option stands in the message, in a lettered list."""

from __future__ import annotations

import string
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from adapters.shared.characters import MORE, clean, shortened, units, visible
from bot.messages import Button, Document
from knowledge import markup


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels as they are shown, and what was cut off them in full: `lines` begin with their letters."""

    shown: tuple[str, ...]
    lines: tuple[str, ...] = ()


def label(text: str) -> str:
    """The text in one line; never empty."""
    line = " ".join(clean(text).split())
    return line if visible(line) else MORE


def is_option(action: str) -> bool:
    """Whether a button answers a question with one of its options, which all have to be readable to choose."""
    return action.startswith("a:") and not action.endswith(":?")


def lettered(texts: Sequence[str], listed: Collection[int], most: int) -> Labels:
    """Give the texts with these numbers letters and a line each; cut labels at `most` UTF-16 units."""
    letters = iter(_letter(n) for n in range(len(listed)))
    shown: list[str] = []
    lines: list[str] = []
    for number, text in enumerate(map(label, texts)):
        if number in listed:
            text = f"{next(letters)}. {text}"
            lines.append(text)
        shown.append(shortened(text, most))
    return Labels(tuple(shown), tuple(lines))


def of_buttons(buttons: Sequence[Button], readable: int, most: int) -> tuple[tuple[Button, ...], tuple[str, ...]]:
    """The buttons with labels of at most `most` units, and the lines that say in full what they do not.

    Where one option of a question is longer than `readable`, all of its options are listed: screens cut longer ones.
    """
    texts = [label(button.label) for button in buttons]
    options = {n for n, button in enumerate(buttons) if is_option(button.action)}
    listed = {n for n, text in enumerate(texts) if units(text) > most}
    if any(units(texts[n]) > readable for n in options):
        listed |= options
    found = lettered(texts, listed, most)
    return tuple(replace(b, label=text) for b, text in zip(buttons, found.shown, strict=True)), found.lines


def of_options(texts: Sequence[str], most: int) -> Labels:
    """A poll's options, no two alike; all listed where one of them is cut."""
    whole = [label(text) for text in texts]
    fits = all(units(text) <= most for text in whole) and len(set(whole)) == len(whole)
    return lettered(whole, () if fits else range(len(whole)), most)


def paragraph(lines: Sequence[str]) -> tuple[markup.Block, ...]:
    """Lines as one literal paragraph, to be added to a parsed text."""
    return (markup.Paragraph((markup.Text("\n".join(lines)),)),) if lines else ()


def file(document: Document) -> tuple[str, bytes]:
    """A document's name and content as platforms take them: a plain file name, and never nothing at all."""
    name = "".join("_" if char in '/\\:*?"<>|\n\ufffd' else char for char in label(document.name)).strip(". ")
    stem, dot, ending = name.rpartition(".")
    short = shortened(stem, 100) + dot + ending if stem and len(ending) <= 10 else shortened(name, 100)
    content = document.text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode() or b"\n"
    return short or "file.txt", content


def _letter(number: int) -> str:
    """A, B, … Z, AA, AB, …"""
    found = ""
    while number >= 0:
        found = string.ascii_uppercase[number % 26] + found
        number = number // 26 - 1
    return found
