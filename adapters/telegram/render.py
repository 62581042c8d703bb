"""Replies as calls of the Bot API: plain text with entities, so that no text can become markup.

Everything is cut or split before Telegram would refuse it, by the limits of Bot API 10.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from telegram import InlineKeyboardMarkup, InputFile, LinkPreviewOptions, MessageEntity

from adapters.shared import labels
from adapters.shared.characters import MORE, clean, shortened, units, visible
from adapters.shared.pieces import PLAIN, Run, Spot, cut, flat
from adapters.telegram.guard import guarded, guarded_text
from adapters.telegram.keyboard import keyboards
from bot.messages import Address, MessageRef, Poll, Reply
from knowledge import markup

TEXT_MAX = 4096
CAPTION_MAX = 1024
ENTITIES_MAX = 100
QUESTION_MAX, OPTIONS_MAX, OPTION_MAX, EXPLANATION_MAX = 300, 12, 100, 200
LABEL_MAX = 64  # UTF-16 units: Telegram sets no limit, and shows less
READABLE = 36  # of a label that has a row to itself on a telephone

_ROOM = 32  # units kept free for joiners that a cut makes necessary
_BETWEEN = Spot(-1)
_LANGUAGE = re.compile(r"[A-Za-z0-9_+#.-]{1,32}")


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the Bot API: a method of `telegram.Bot` and its keyword arguments."""

    method: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Drawn:
    text: str
    entities: tuple[MessageEntity, ...] = ()


def calls(to: Address, reply: Reply, replaced: MessageRef | None, username: str) -> tuple[Call, ...]:
    """The calls that show `reply` in the chat `to`, at least one, to be made in order.

    `replaced` is edited in place by the first if that is a text (a poll's message cannot be); the rest is sent anew.
    The last call's message carries the buttons and stands for the reply; of more than a keyboard holds, the last ones.
    `username` is the bot's own, without "@", for the buttons that open its private chat.
    """
    buttons, lines = labels.of_buttons(reply.buttons, READABLE, LABEL_MAX)
    poll, told = _poll(reply.poll)
    blocks = (*markup.parse(reply.text).blocks, *_alt(reply), *told, *labels.paragraph(lines))
    texts = _texts(markup.Document(blocks))
    where = _where(to)
    found: list[Call] = []
    if reply.document:
        name, content = labels.file(reply.document)
        file: dict[str, Any] = {"document": InputFile(content, name), "disable_content_type_detection": True}
        if len(texts) == 1 and units(texts[0].text) <= CAPTION_MAX and not (replaced or poll):
            file |= {"caption": texts[0].text, "caption_entities": texts[0].entities}
            texts = []
        found.append(Call("send_document", {**where, **file}))
    if poll:
        found.append(Call("send_poll", {**where, **poll}))
    if not (texts or found):
        texts = [_Drawn(MORE)]
    found[:0] = [_send(where, text) for text in texts]
    boards = keyboards(buttons, username)
    found[-1:] = [_with(found[-1], board) for board in boards[:1]] or found[-1:]
    found += [_with(_send(where, _Drawn(MORE)), board) for board in boards[1:]]
    if replaced and texts and not replaced.poll:
        found[0] = _edit(found[0], replaced)
    return tuple(found)


def _send(where: Mapping[str, Any], drawn: _Drawn) -> Call:
    entities = {"entities": drawn.entities} if drawn.entities else {}
    preview = LinkPreviewOptions(is_disabled=True)
    return Call("send_message", {**where, "text": drawn.text, **entities, "link_preview_options": preview})


def _edit(call: Call, replaced: MessageRef) -> Call:
    """The same as an edit; without a keyboard, the one that is there goes."""
    kept = {name: value for name, value in call.params.items() if name not in ("chat_id", "message_thread_id")}
    return Call("edit_message_text", {"chat_id": _id(replaced.chat), "message_id": int(replaced.id), **kept})


def _with(call: Call, board: InlineKeyboardMarkup) -> Call:
    return Call(call.method, {**call.params, "reply_markup": board})


def _where(to: Address) -> dict[str, Any]:
    where: dict[str, Any] = {"chat_id": _id(to.chat)}
    return {**where, "message_thread_id": int(to.thread)} if to.thread else where


def _id(chat: str) -> int | str:
    return int(chat) if re.fullmatch(r"-?[0-9]+", chat) else chat


def _alt(reply: Reply) -> tuple[markup.Block, ...]:
    alt = reply.image.alt if reply.image else ""
    return (markup.Paragraph((markup.Italic((markup.Text(alt),)),)),) if visible(alt) else ()


def _poll(poll: Poll | None) -> tuple[dict[str, Any], tuple[markup.Block, ...]]:
    """The poll's own parameters, and what has to be told in a text before it; none of the first: it fits no poll."""
    if not poll:
        return {}, ()
    question = labels.label(poll.question)
    options = labels.of_options(poll.options, OPTION_MAX)
    native = 0 <= poll.right < len(poll.options) <= OPTIONS_MAX
    if not native:
        options = labels.lettered(poll.options, range(len(poll.options)), OPTION_MAX)
    whole = units(question) <= QUESTION_MAX
    asked = () if native and whole else (markup.Paragraph((markup.Bold((markup.Text(question),)),)),)
    told = (*asked, *labels.paragraph(options.lines))
    if not native:
        return {}, told
    found: dict[str, Any] = {
        "question": shortened(question, QUESTION_MAX),
        "options": options.shown,
        "is_anonymous": False,
        "type": "quiz",
        "correct_option_ids": [poll.right],
    }
    explanation = guarded_text(" ".join(clean(poll.explanation).split()))
    if visible(explanation):
        found["explanation"] = guarded_text(shortened(explanation, EXPLANATION_MAX - _ROOM // 4))
    return found, told


def _texts(document: markup.Document) -> list[_Drawn]:
    """A text in messages that are full at most, and none without anything to see."""
    pieces = cut(guarded(flat(document)), TEXT_MAX - _ROOM, ENTITIES_MAX)
    if len(pieces) > 1:  # where a piece begins, something may begin that did not in the whole
        pieces = [tuple(guarded(runs)) for runs in pieces]
    return [drawn for drawn in map(_drawn, pieces) if visible(drawn.text)]


def _drawn(runs: Sequence[Run]) -> _Drawn:
    laid = list(_laid(runs))
    return _Drawn("".join(run.text for run in laid), tuple(_entities(laid, 0, _LAYERS)))


def _laid(runs: Sequence[Run]) -> Iterator[Run]:
    """The runs with what stands between blocks and before items."""
    before: Spot | None = None
    for run in runs:
        if run.spot != before:
            between = "" if before is None else "\n" if before.block == run.spot.block else "\n\n"
            mark = f"{run.spot.mark} " if run.opens and run.spot.kind == "list" else ""
            yield Run(between + mark, PLAIN, _BETWEEN)
            before = run.spot
        yield run


_Layer = tuple[str, Callable[[Run], object]]


def _bare_code(run: Run) -> int:
    """The number of a piece of code, which may not be part of anything else: in a link it looks like the rest of it."""
    return 0 if run.style.url else run.style.code


# Outermost first: each kind lies within the one before, as what only overlaps is refused.
_LAYERS: tuple[_Layer, ...] = (
    ("pre", lambda run: run.spot if run.spot.kind == "code" else None),
    ("text_link", lambda run: (run.style.url, run.style.link) if run.style.url else None),
    ("bold", lambda run: run.style.bold and not _bare_code(run)),
    ("italic", lambda run: run.style.italic and not _bare_code(run)),
    ("code", _bare_code),
)


def _entities(runs: Sequence[Run], begin: int, layers: Sequence[_Layer]) -> Iterator[MessageEntity]:
    if not layers:
        return
    kind, key = layers[0]
    for has, group in groupby(runs, key=key):
        same = list(group)
        text = "".join(run.text for run in same)
        bare = text if kind == "pre" else text.strip(" \n")
        if has and bare.strip():
            url, language = same[0].style.url, same[0].spot.language
            yield MessageEntity(
                kind,
                begin + text.index(bare),  # blanks are one unit each
                units(bare),
                url=url if kind == "text_link" else None,
                language=language if kind == "pre" and _LANGUAGE.fullmatch(language) else None,
            )
        if not (has and kind == "pre"):
            yield from _entities(same, begin, layers[1:])
        begin += units(text)
