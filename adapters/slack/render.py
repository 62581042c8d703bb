"""Replies as messages of Slack's Web API: rich_text blocks, in which text is literal, so that none can become markup.

Everything is cut or split before Slack would refuse it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from adapters.shared import labels
from adapters.shared.characters import MORE, shortened, units, visible
from adapters.shared.pieces import Run, cut, flat, text_of
from bot.messages import Button, Document, Poll, Reply
from knowledge import markup

BLOCKS_MAX = 50  # in a message
BLOCK_TEXT_MAX = 2900  # of 3000 characters that a block of text may have, as a section's
CHANGES_MAX = 250  # of style in a block: each is an element
# Characters of a message. Beyond some 13,200 Slack answers msg_blocks_too_long, and does not say what it counts: with
# all that is in its blocks as JSON, it cannot count more.
MESSAGE_MAX = 12_500
ACTIONS_MAX = 25  # buttons in a block
LABEL_MAX = 75
READABLE = 30  # Slack: "may truncate with ~30 characters"
FALLBACK_MAX = 150  # what a notification shows
NUMBER_MAX = 999  # of a list's item; what counts higher is text

Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Piece:
    """One message: the text for notifications (escaped), its blocks, and a file to upload with it."""

    text: str
    blocks: tuple[Block, ...]
    document: Document | None = None


def message(reply: Reply) -> tuple[Piece, ...]:
    """The messages that show `reply`, at least one, in order; the last has the last buttons, and the file.

    A reply of nothing but a file has no blocks.
    """
    buttons, lines = labels.of_buttons(reply.buttons, READABLE, LABEL_MAX)
    alt = reply.image.alt if reply.image else ""
    shown = (markup.Paragraph((markup.Italic((markup.Text(alt),)),)),) if visible(alt) else ()
    whole = (*markup.parse(reply.text).blocks, *shown, *_poll(reply.poll), *labels.paragraph(lines))
    drawn = _drawn(markup.Document(whole))
    drawn += [_Drawn("", row) for row in actions(buttons)]
    found = [_piece(part) for part in _packed(drawn)]
    if not reply.document:
        return tuple(found) or (Piece(MORE, tuple(blocks(MORE))),)
    name, content = labels.file(reply.document)
    last = found.pop() if found else Piece(_escaped(name), ())
    return (*found, Piece(last.text, last.blocks, Document(name, content.decode())))


def blocks(text: str) -> list[Block]:
    """Light Markdown as rich_text blocks of at most 3,000 characters; none where there is nothing to see."""
    return [drawn.block for drawn in _drawn(markup.parse(text))]


def actions(buttons: Sequence[Button], prefix: str = "act") -> list[Block]:
    """Buttons as actions blocks. Their action_ids are `prefix` and a number, their values what a press brings back."""
    drawn = [
        {
            "type": "button",
            "action_id": f"{prefix}:{number}",
            "text": {"type": "plain_text", "text": shortened(labels.label(button.label), LABEL_MAX), "emoji": False},
            "value": button.action,
        }
        for number, button in enumerate(buttons)
    ]
    rows = [drawn[n : n + ACTIONS_MAX] for n in range(0, len(drawn), ACTIONS_MAX)]
    return [{"type": "actions", "elements": row} for row in rows]


@dataclass(frozen=True, slots=True)
class _Drawn:
    text: str
    block: Block

    @property
    def size(self) -> int:
        """Characters of the block as JSON."""
        return units(json.dumps(self.block, ensure_ascii=False))


def _poll(poll: Poll | None) -> tuple[markup.Block, ...]:
    """Slack has no polls: the question and its options, without what would tell the answer."""
    if not poll:
        return ()
    options = labels.lettered(poll.options, range(len(poll.options)), LABEL_MAX)
    question = markup.Paragraph((markup.Bold((markup.Text(labels.label(poll.question)),)),))
    return (question, *labels.paragraph(options.lines))


def _packed(drawn: Sequence[_Drawn]) -> list[list[_Drawn]]:
    found: list[list[_Drawn]] = []
    size = 0
    for part in drawn:
        if not found or len(found[-1]) == BLOCKS_MAX or size + part.size > MESSAGE_MAX:
            found.append([])
            size = 0
        found[-1].append(part)
        size += part.size
    return found


def _piece(parts: Sequence[_Drawn]) -> Piece:
    text = " ".join(part.text for part in parts if part.text)
    return Piece(_escaped(text), tuple(part.block for part in parts))


def _escaped(text: str) -> str:
    short = shortened(labels.label(text), FALLBACK_MAX)
    return short.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _drawn(document: markup.Document) -> list[_Drawn]:
    return list(_cut_to_fit(flat(document), CHANGES_MAX))


def _cut_to_fit(runs: Sequence[Run], changes: int) -> Iterator[_Drawn]:
    """Blocks that each fit a message: links and changes of style take more room than the text that they are of."""
    for part in cut(runs, BLOCK_TEXT_MAX, changes):
        text = text_of(part)
        drawn = _Drawn(text, {"type": "rich_text", "elements": list(_elements(part))})
        if drawn.size > MESSAGE_MAX and changes > 1:
            yield from _cut_to_fit(part, max(1, changes // 4))
        elif visible(text):
            yield drawn


def _elements(runs: Sequence[Run]) -> Iterator[Block]:
    """Sections, lists and code. Paragraphs share a section, as in what people write: a blank line is text in it."""
    lines = [list(group) for _, group in groupby(runs, key=lambda run: run.spot)]
    numbered = groupby(enumerate(lines), key=lambda line: _kind(line[1], line[0]))
    parts = [(key, [line for _, line in group]) for key, group in numbered]
    for number, ((kind, *_), part) in enumerate(parts):
        if kind == "code":
            yield {"type": "rich_text_preformatted", "elements": [_literal(run.text) for run in part[0]]}
        elif kind == "list":
            yield _list(part)
        else:
            yield _section(part, first=number == 0, last=number == len(parts) - 1)


def _kind(line: Sequence[Run], number: int) -> tuple[str, int, int]:
    """What a line is drawn as; equal for lines that are drawn as one, as items are that follow one another."""
    spot = line[0].spot
    if spot.kind == "list" and line[0].opens and (spot.start is None or 0 < spot.start + spot.item <= NUMBER_MAX):
        return "list", spot.block, spot.item - number
    return ("code", spot.block, 0) if spot.kind == "code" else ("text", 0, 0)


def _list(lines: Sequence[Sequence[Run]]) -> Block:
    spot = lines[0][0].spot
    items = [{"type": "rich_text_section", "elements": [_element(run) for run in line]} for line in lines]
    found: Block = {"type": "rich_text_list", "style": "bullet", "indent": 0, "elements": items}
    if spot.start is not None:
        found |= {"style": "ordered", "offset": spot.start + spot.item - 1}
    return found


def _section(lines: Sequence[Sequence[Run]], *, first: bool, last: bool) -> Block:
    elements = [] if first else [_literal("\n")]
    before: int | None = None
    for line in lines:
        spot = line[0].spot
        between = "" if before is None else "\n" if before == spot.block else "\n\n"
        mark = f"{spot.mark} " if line[0].opens and spot.kind == "list" else ""
        elements += [_literal(between + mark)] if between + mark else []
        elements += [_element(run) for run in line]
        before = spot.block
    return {"type": "rich_text_section", "elements": _joined(elements if last else [*elements, _literal("\n")])}


def _joined(elements: Sequence[Block]) -> list[Block]:
    """Neighbours of plain text as one element: each has its cost."""
    found: list[Block] = []
    for element in elements:
        if found and element.keys() == found[-1].keys() == {"type", "text"}:
            found[-1] = _literal(found[-1]["text"] + element["text"])
        else:
            found.append(element)
    return found


def _element(run: Run) -> Block:
    style = {name: True for name in ("bold", "italic", "code") if getattr(run.style, name)}
    found: Block = {"type": "link", "url": run.style.url, "text": run.text} if run.style.url else _literal(run.text)
    return found | {"style": style} if style else found


def _literal(text: str) -> Block:
    return {"type": "text", "text": text}
