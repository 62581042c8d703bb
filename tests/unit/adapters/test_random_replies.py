"""Ten thousand random replies, drawn for Telegram and Slack: nothing refused, nothing lost, nothing injected."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telegram import InputFile, TelegramObject

from adapters.slack import render as slack
from adapters.telegram import render as telegram
from bot.messages import Address, MessageRef, Reply
from knowledge import markup
from tests.unit.adapters import rules_slack, rules_telegram
from tests.unit.adapters.random_replies import Maker

CHAT = Address("telegram", "", "-100123", "5")
BATCHES = 20
REPLIES = 10_000
UNSEEN = set(
    "-•()…\ufffd\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\ufffc\u030a\u0333\u033f"
)


@pytest.mark.parametrize(
    "batch", [pytest.param(n, marks=[pytest.mark.slow] if n >= BATCHES // 5 else []) for n in range(BATCHES)]
)
def test_random_replies_arrive_whole_and_as_they_are_meant(batch: int) -> None:
    maker = Maker(batch)
    for n in range(REPLIES // BATCHES):
        reply = maker.reply()
        check_telegram(reply, MessageRef("-100123", "17") if n % 5 == 0 else None)
        check_slack(reply)


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=[]), max_size=60))
def test_any_text_arrives_whole_and_as_it_is_meant(text: str) -> None:
    for reply in (Reply(text), Reply(str(markup.escape(text)))):
        check_telegram(reply, None)
        check_slack(reply)


BOLD = {"type": "bold", "offset": 0, "length": 2}
KEY = {"text": "x", "callback_data": "y"}
BUTTON: dict[str, Any] = {
    "type": "button",
    "action_id": "a",
    "value": "v",
    "text": {"type": "plain_text", "text": "x", "emoji": False},
}


@pytest.mark.parametrize(
    "wrong",
    [
        *(
            {"text": text}
            for text in ("", " \u200b", "x" * 4097, "\U0001f600" * 2049, "x ", "\x07", "\ud800", "\u202ex")
        ),
        {"text": "\U0001f600", "entities": [{**BOLD, "offset": 1, "length": 1}]},
        {"text": "abcd", "entities": [BOLD, {**BOLD, "type": "italic", "offset": 1}]},
        {"text": "abcd", "entities": [BOLD, {**BOLD, "type": "code"}]},
        {"text": "a" * 300, "entities": [{**BOLD, "offset": n * 2} for n in range(101)]},
        {"text": "x", "reply_markup": {"inline_keyboard": [[KEY] * 9]}},
        {"text": "x", "reply_markup": {"inline_keyboard": [[KEY]] * 101}},
        {"text": "x", "reply_markup": {"inline_keyboard": [[{**KEY, "callback_data": "é" * 33}]]}},
        {"text": "x", "parse_mode": "HTML"},
    ],
)
def test_the_rules_of_telegram_are_checked(wrong: dict[str, Any]) -> None:
    assert rules_telegram.problems("sendMessage", {"chat_id": "42", "text": "x"}) == []
    assert rules_telegram.problems("sendMessage", {"chat_id": "42", **wrong})


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": "<!channel>"},
        {"text": ""},
        {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}]},
        {"blocks": [{"type": "actions", "elements": [{**BUTTON, "action_id": str(n)} for n in range(26)]}]},
        {"blocks": [{"type": "actions", "elements": [BUTTON, BUTTON]}]},
        {"blocks": [{"type": "actions", "elements": [{**BUTTON, "text": {**BUTTON["text"], "text": "x" * 76}}]}]},
        {"blocks": [{"type": "actions", "elements": [BUTTON]}] * 51},
        {"blocks": [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]}]},
        {
            "blocks": [
                {
                    "type": "rich_text",
                    "elements": [{"type": "rich_text_section", "elements": [{"type": "broadcast", "range": "here"}]}],
                }
            ]
        },
    ],
)
def test_the_rules_of_slack_are_checked(wrong: dict[str, Any]) -> None:
    assert rules_slack.problems("chat.postMessage", {"text": "x"}) == []
    assert rules_slack.problems("chat.postMessage", {"text": "x", **wrong})


# -- Telegram


def check_telegram(reply: Reply, replaced: MessageRef | None) -> None:
    calls = telegram.calls(CHAT, reply, replaced, "tutor_bot")
    assert calls
    shown: list[tuple[str, str]] = []
    actions: list[str] = []
    texts: list[str] = []
    for call in calls:
        params = {name: arrived(value) for name, value in call.params.items()}
        assert rules_telegram.problems(call.method, params) == [], (call, reply)
        text, entities = (
            params.get("text") or params.get("caption") or "",
            params.get("entities") or params.get("caption_entities") or [],
        )
        assert rules_telegram.detected(text, entities) == [], (text, reply)
        assert rules_telegram.detected(params.get("explanation", "")) == []
        shown += [*linked(text, entities), ("\n", "")]
        texts += [text, params.get("question", ""), *params.get("options", [])]
        for button in (b for row in params.get("reply_markup", {}).get("inline_keyboard", []) for b in row):
            actions.append(action_behind(button))
            texts.append(button["text"])
    assert (calls[0].method == "edit_message_text") == bool(replaced and "text" in calls[0].params)
    assert all("reply_markup" in call.params for call in calls[-1:]) == bool(reply.buttons)
    assert actions == [action_wanted(button.action) for button in reply.buttons]
    check_text(reply, shown, texts)


def arrived(value: Any) -> Any:
    """A parameter as a server gets it."""
    if isinstance(value, InputFile):
        return {"name": value.filename, "content": value.input_file_content}
    if isinstance(value, tuple | list):
        return [arrived(inner) for inner in value]
    return value.to_dict() if isinstance(value, TelegramObject) else value


def linked(text: str, entities: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Each character with the address that it leads to."""
    raw = text.encode("utf-16-le")
    end = 0
    for entity in [e for e in entities if e["type"] == "text_link"]:
        begin, after = entity["offset"] * 2, (entity["offset"] + entity["length"]) * 2
        yield from ((char, "") for char in raw[end:begin].decode("utf-16-le"))
        yield from ((char, entity["url"]) for char in raw[begin:after].decode("utf-16-le"))
        end = after
    yield from ((char, "") for char in raw[end:].decode("utf-16-le"))


def action_behind(button: Mapping[str, Any]) -> str:
    return str(button.get("callback_data") or button["url"].removeprefix("https://t.me/tutor_bot"))


def action_wanted(action: str) -> str:
    kind, _, command = action.partition(":")
    if kind != "private":
        return action
    return f"?start=do_{command}" if re.fullmatch(r"[A-Za-z0-9_-]+", command) else ""


# -- Slack


def check_slack(reply: Reply) -> None:
    pieces = slack.message(reply)
    assert pieces
    shown: list[tuple[str, str]] = []
    buttons: list[Mapping[str, Any]] = []
    for piece in pieces:
        params: dict[str, Any] = {"text": piece.text, "blocks": list(piece.blocks)}
        json.dumps(params)
        assert rules_slack.problems("chat.postMessage", params) == [], (piece, reply)
        assert piece.blocks or piece.document
        for block in params["blocks"]:
            if block["type"] == "actions":
                buttons += block["elements"]
            else:
                assert block["type"] == "rich_text"
                shown += [part for element in block["elements"] for part in read(element)]
    assert [button["value"] for button in buttons] == [button.action for button in reply.buttons]
    documents = [piece.document for piece in pieces if piece.document is not None]
    assert documents == ([pieces[-1].document] if reply.document else [])
    assert all(document.name and document.text for document in documents)
    check_text(reply, shown, ["".join(char for char, _ in shown), *(b["text"]["text"] for b in buttons)])


def read(element: Mapping[str, Any], mark: str = "") -> Iterator[tuple[str, str]]:
    """Each character of a rich_text element with the address that it leads to; list items with their numbers."""
    if element["type"] == "rich_text_list":
        for n, item in enumerate(element["elements"], element.get("offset", 0) + 1):
            yield from read(item, f"{n}. " if element["style"] == "ordered" else "- ")
        return
    yield from ((char, "") for char in mark)
    for inner in element["elements"]:
        yield from ((char, inner.get("url", "")) for char in inner["text"])
    yield "\n", ""


# -- both


def check_text(reply: Reply, shown: Sequence[tuple[str, str]], texts: Iterable[str]) -> None:
    """What is shown has the reply's text, in order and with its links, and every label's and option's."""
    visible = bare(with_addresses(shown))
    assert bare(markup.plain(reply.text)) in visible, reply
    wanted = {url for block in markup.parse(reply.text).blocks for url in addresses(block)}
    assert {url for _, url in shown if url} <= wanted
    everything = "".join(bare(text, items=True) for text in texts)
    told = [button.label for button in reply.buttons]
    told += [reply.image.alt] if reply.image else []
    told += [reply.poll.question, *reply.poll.options] if reply.poll else []
    assert [text for text in told if bare(text, items=True) not in everything] == [], reply


def with_addresses(shown: Iterable[tuple[str, str]]) -> str:
    """The text with links as `markup.plain` writes them, titles that were cut in two put together."""
    found, title, last, ends = "", "", "", ""
    for char, url in [*shown, ("", "")]:
        if last and char == "\n" and not url:  # a message's end, perhaps within the link
            ends += char
            continue
        if last and url != last:
            found += (title if bare(title) == bare(last) else f"{title} ({last})") + ends
            title = ""
        ends = ""
        if url:
            title += char
        else:
            found += char
        last = url
    return found


def addresses(block: markup.Block) -> Iterator[str]:
    def within(spans: Iterable[markup.Span]) -> Iterator[str]:
        for span in spans:
            if isinstance(span, markup.Link):
                yield span.url
            elif isinstance(span, markup.Bold | markup.Italic):
                yield from within(span.spans)

    match block:
        case markup.Paragraph(spans):
            yield from within(spans)
        case markup.ListBlock(items):
            for item in items:
                yield from within(item)


def bare(text: str, *, items: bool = False) -> str:
    """What readers see, without blanks, bullets and brackets, which front ends set in their own way.

    Items of lists in which there is nothing to see are left out, unless `items`.
    """
    if not text.isascii():
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        text = unicodedata.normalize("NFC", text)
    lines = text.translate(SEEN).split("\n")
    return "".join(line for line in lines if items or not re.fullmatch(r"[0-9]+\.", line))


class Seen(dict[int, int | None]):
    """What becomes of each character."""

    def __missing__(self, code: int) -> int | None:
        char = chr(code)
        hidden = char in UNSEEN or "\ufe00" <= char <= "\ufe0f" or unicodedata.category(char)[0] in "ZC"
        self[code] = ord("\n") if char in "\r\n\u2028\u2029" else None if hidden else code
        return self[code]


SEEN = Seen()
