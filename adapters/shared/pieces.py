"""A message in pieces: light Markdown as runs of one style, cut on sensible boundaries so that each piece fits.

Front ends with limits use it in three steps: `flat` makes runs of a parsed text, `cut` packs them, and the front end
draws what it gets. Sizes are UTF-16 units, which no platform counts more strictly than.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, groupby
from typing import Literal

from adapters.shared.characters import chunks, clean, linkable, units, visible
from knowledge import markup

_BLOCK, _LINE, _SENTENCE, _WORD, _GLUED = 5, 4, 3, 2, 1  # how good a place to cut is
_BLANKS_MAX = 64  # more blanks or line ends than this, one after another, say nothing
_CHUNK = 16  # characters: words longer than two of these may be cut
_CLOSED = re.compile("[.!?…。！？][\"'”’»)\\]]*$")
_LINE_END = re.compile(r"[ \n]*\n[ \n]*")
_LONG_BLANKS = re.compile(rf"[ \n]{{{_BLANKS_MAX},}}")
_WORDS = re.compile(r"([ \n]*)([^ \n]+)")


@dataclass(frozen=True, slots=True)
class Style:
    """How a run looks. `code` and `link` are numbers of code and links in a text, so that two neighbours stay two."""

    bold: bool = False
    italic: bool = False
    code: int = 0
    url: str = ""
    link: int = 0

    def common(self, other: Style) -> Style:
        """What both have, which is how the blanks between them look."""
        linked = self.link == other.link
        return Style(
            bold=self.bold and other.bold,
            italic=self.italic and other.italic,
            code=self.code if self.code == other.code else 0,
            url=self.url if linked else "",
            link=self.link if linked else 0,
        )


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a run stands: the number of its block, and of the item in a list (`start`: the number of the first)."""

    block: int
    kind: Literal["text", "list", "code"] = "text"
    item: int = 0
    start: int | None = None
    language: str = ""

    @property
    def mark(self) -> str:
        """What stands before a list's item: a bullet or its number."""
        return "•" if self.start is None else f"{self.start + self.item}."


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one style at one spot. `opens`: it begins its paragraph, item or code block, and is no continuation."""

    text: str
    style: Style
    spot: Spot
    opens: bool = False


PLAIN = Style()


@dataclass(frozen=True, slots=True)
class _Atom:
    """What is never cut, with the blanks before it, which are dropped where a piece begins."""

    gap: str
    level: int
    run: Run

    def size(self, first: bool) -> int:
        """What it adds to a piece, in UTF-16 units, with the blanks before it and the mark of an item."""
        mark = len(self.run.spot.mark) + 1 if self.run.opens and self.run.spot.kind == "list" else 0
        between = (2 if self.level == _BLOCK else 1) if self.run.opens else len(self.gap)
        return units(self.run.text) + mark + (0 if first else between)


def flat(document: markup.Document) -> list[Run]:
    """The runs of a text, cleaned. Links that no platform would take become "title (address)"."""
    found: list[Run] = []
    numbers = count(1)

    def walk(spans: Iterable[markup.Span], style: Style, spot: Spot) -> None:
        for span in spans:
            match span:
                case markup.Text(text):
                    found.append(Run(clean(text).replace("\t", " "), style, spot))
                case markup.Code(text):
                    found.append(Run(clean(text).replace("\t", " "), replace(style, code=next(numbers)), spot))
                case markup.Bold(inner):
                    walk(inner, replace(style, bold=True), spot)
                case markup.Italic(inner):
                    walk(inner, replace(style, italic=True), spot)
                case markup.Link(inner, url):
                    before = len(found)
                    walk(inner, replace(style, url=url, link=next(numbers)) if linkable(url) else style, spot)
                    title = "".join(run.text for run in found[before:])
                    if not visible(title):
                        found[before:] = [
                            Run(url, replace(style, url=url, link=next(numbers)) if linkable(url) else style, spot)
                        ]
                    elif not linkable(url) and title != url:
                        found.append(Run(f" ({clean(url)})", style, spot))

    for number, block in enumerate(document.blocks):
        match block:
            case markup.Paragraph(spans):
                walk(spans, PLAIN, Spot(number))
            case markup.ListBlock(items, start):
                for item, spans in enumerate(items):
                    walk(spans, PLAIN, Spot(number, "list", item, start))
            case markup.CodeBlock(text, language) if visible(text):
                found.append(Run(clean(text).replace("\t", "    "), PLAIN, Spot(number, "code", language=language)))
    return found


def cut(runs: Sequence[Run], size: int, changes: int) -> list[tuple[Run, ...]]:
    """Pack runs into pieces of at most `size` UTF-16 units and `changes` styles, marks of list items included.

    A piece ends where a block does, else a line or an item, else a sentence, else a word, as long as that fills half of
    it; last of all within a word, never within a letter. Blanks at the cuts are dropped, nothing else. What is drawn
    between two blocks may take two units, between two items one.
    """
    whole = _fits(runs, size, changes)
    atoms = list(_atoms(runs, whole))
    if whole:
        return [tuple(_joined(atoms))] if atoms else []
    found: list[tuple[Run, ...]] = []
    begin = 0
    while begin < len(atoms):
        filled = [0]
        styles = 0
        before: tuple[Style, Spot] | None = None
        for atom in atoms[begin:]:
            look = (atom.run.style, atom.run.spot)
            styles += _changes(*look) if look != before else 0
            before = look
            more = atom.size(first=len(filled) == 1)
            if len(filled) > 1 and (filled[-1] + more > size or styles > changes):
                break
            filled.append(filled[-1] + more)
        end = begin + len(filled) - 1
        if end < len(atoms):
            half = filled[-1] / 2
            end = max(
                (n for n in range(begin + 1, end + 1) if filled[n - begin] >= half),
                key=lambda n: (atoms[n].level, n),
            )
        found.append(tuple(_joined(atoms[begin:end])))
        begin = end
    return found


def text_of(runs: Sequence[Run]) -> str:
    """The bare text of runs, blocks and items in lines of their own."""
    lines = ["".join(run.text for run in at) for _, at in groupby(runs, key=lambda run: run.spot)]
    return "\n".join(lines)


def _changes(style: Style, spot: Spot) -> int:
    return 1 if spot.kind == "code" else style.bold + style.italic + bool(style.code) + bool(style.url)


def _fits(runs: Sequence[Run], size: int, changes: int) -> bool:
    """Whether nothing has to be cut, by an estimate that is never too low."""
    if any(_LONG_BLANKS.search(run.text) for run in runs):
        return False
    lines = [next(group) for _, group in groupby(runs, key=lambda run: run.spot)]
    between = sum(2 + len(run.spot.mark) for run in lines)
    return (
        sum(units(run.text) for run in runs) + between <= size
        and sum(_changes(run.style, run.spot) for run in runs) <= changes
    )


def _atoms(runs: Sequence[Run], whole: bool) -> Iterator[_Atom]:
    """Words, or `whole` runs, with what is between them.

    Blanks belong to no style: they get back what both sides share.
    """
    block: int | None = None
    for spot, group in groupby(runs, key=lambda run: run.spot):
        gap, level, last, opens = "", _LINE if spot.block == block else _BLOCK, "", True
        for run in group:
            for blanks, word in _words(run.text, spot.kind == "code", whole):
                gap += blanks
                if not word:
                    continue
                if not opens:
                    level = _level(gap, last)
                for chunk in (word,) if whole else chunks(word, _CHUNK):
                    yield _Atom(_short(gap, spot), level, Run(chunk, run.style, spot, opens))
                    block, gap, last, opens = spot.block, "", chunk, False
                    level = _SENTENCE if chunk[-1] in "。！？" else _WORD if chunk[-1] in "，、；：" else _GLUED


def _words(text: str, code: bool, whole: bool) -> Iterator[tuple[str, str]]:
    """Words with the blanks before each, and the blanks at the end with none. In code, indentation is of the word."""
    bare = text.strip(" \n")
    begin = text.index(bare)
    if whole:
        inner = bare if code else _LINE_END.sub(lambda found: _lines(found[0]), bare)
        words = [(text[:begin], inner)] if bare else []
    else:
        words = _WORDS.findall(text)
    for number, (gap, word) in enumerate(words):
        line = gap.rfind("\n") + 1
        if code and (line or not number):
            gap, word = gap[:line], " " * min(len(gap) - line, _BLANKS_MAX) + word
        yield gap, word
    yield text[begin + len(bare) :], ""


def _level(gap: str, last: str) -> int:
    if "\n" in gap:
        return _LINE
    return (_SENTENCE if _CLOSED.search(last) else _WORD) if gap else _GLUED


def _short(gap: str, spot: Spot) -> str:
    if "\n" in gap and spot.kind != "code":
        return _lines(gap)
    return gap if len(gap) <= _BLANKS_MAX else _lines(gap) or " "


def _lines(gap: str) -> str:
    return "\n" * min(gap.count("\n"), 2)


def _joined(atoms: Sequence[_Atom]) -> Iterator[Run]:
    """Runs again, of the atoms of one piece; blanks take what style both sides share."""
    parts: list[Run] = []
    for n, atom in enumerate(atoms):
        run = atom.run
        if n and not run.opens and atom.gap:
            parts.append(Run(atom.gap, parts[-1].style.common(run.style), run.spot))
        parts.append(run)
    for (style, spot), group in groupby(parts, key=lambda run: (run.style, run.spot)):
        same_look = list(group)
        yield Run("".join(run.text for run in same_look), style, spot, same_look[0].opens)
