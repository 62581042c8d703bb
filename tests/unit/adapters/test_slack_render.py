"""Replies as Slack gets them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.slack.render import Piece, actions, blocks, message
from bot.messages import Button, Document, Image, Poll, Reply
from tests.unit.adapters import rules_slack


def only(reply: Reply) -> Piece:
    (piece,) = message(reply)
    assert rules_slack.problems("chat.postMessage", {"text": piece.text, "blocks": list(piece.blocks)}) == []
    return piece


def section(text: str) -> list[dict[str, Any]]:
    (block,) = blocks(text)
    (element,) = block["elements"]
    assert element["type"] == "rich_text_section"
    found: list[dict[str, Any]] = element["elements"]
    return found


def literal(text: str, **style: bool) -> dict[str, Any]:
    return {"type": "text", "text": text} | ({"style": style} if style else {})


def test_styles_and_links_are_elements() -> None:
    assert section("**Bold *and italic*** and `code`, [a *link*](https://example.com)") == [
        literal("Bold ", bold=True),
        literal("and italic", bold=True, italic=True),
        literal(" and "),
        literal("code", code=True),
        literal(", "),
        {"type": "link", "url": "https://example.com", "text": "a "},
        {"type": "link", "url": "https://example.com", "text": "link", "style": {"italic": True}},
    ]


def test_paragraphs_share_a_section() -> None:
    assert section("One.\nTwo.\n\nThree.") == [literal("One.\nTwo.\n\nThree.")]


def test_lists_and_code() -> None:
    (block,) = blocks("Steps:\n\n3. one\n4. two\n\n- x\n\n```python\nif x:\n    y()\n```\nEnd")
    before, ordered, bullets, code, after = block["elements"]
    assert before["elements"] == [literal("Steps:\n")]
    assert ordered["style"] == "ordered"
    assert ordered["offset"] == 2
    assert [item["elements"] for item in ordered["elements"]] == [[literal("one")], [literal("two")]]
    assert bullets["style"] == "bullet"
    assert code == {"type": "rich_text_preformatted", "elements": [literal("if x:\n    y()")]}
    assert after["elements"] == [literal("\nEnd")]


def test_numbers_too_high_for_a_list_are_text() -> None:
    assert section("1000000. one\n1000001. two") == [literal("1000000. one\n1000001. two")]


@pytest.mark.parametrize(
    "text", ["<!channel>", "<@U123>", "<#C1|general>", "<https://evil.example|bank>", "&lt;!here&gt;"]
)
def test_text_is_literal(text: str) -> None:
    piece = only(Reply(f"`{text}`"))
    (element,) = piece.blocks[0]["elements"][0]["elements"]
    assert element == literal(text, code=True)
    assert "<" not in piece.text
    assert "&lt;!" not in piece.text or "!" in text


def test_the_fallback_is_one_short_escaped_line() -> None:
    piece = only(Reply("**A & b** <!here>\n\n" + "word " * 200))
    assert piece.text.startswith("A &amp; b &lt;!here&gt; word word")
    assert len(piece.text) < 170
    assert piece.text.endswith("word…")


def test_buttons() -> None:
    (row,) = actions((Button("Quiz me", "quiz"), Button("x" * 100, "y")), "home")
    first, second = row["elements"]
    assert first == {
        "type": "button",
        "action_id": "home:0",
        "text": {"type": "plain_text", "text": "Quiz me", "emoji": False},
        "value": "quiz",
    }
    assert second["action_id"] == "home:1"
    assert second["text"]["text"] == "x" * 74 + "…"
    assert actions(()) == []


def test_long_options_are_listed_in_full() -> None:
    long = "the standby server, which runs alongside all the time, and which takes over at once"
    piece = only(Reply("Which?", (Button(long, "a:1-2:x"), Button("none", "a:1-2:y"), Button("Skip", "skip:1-2"))))
    assert f"A. {long}\nB. none" in json.dumps(piece.blocks[0], ensure_ascii=False).replace("\\n", "\n")
    labels = [button["text"]["text"] for button in piece.blocks[1]["elements"]]
    assert labels[1:] == ["B. none", "Skip"]
    assert labels[0].startswith("A. the standby server")
    assert len(labels[0]) <= 75


def test_a_long_text_becomes_several_blocks_and_messages() -> None:
    pieces = message(Reply("\n\n".join(["paragraph " * 80] * 30), (Button("More", "more"),)))
    assert [len(piece.blocks) for piece in pieces] == [4, 4, 3]
    assert [piece.blocks[-1]["type"] for piece in pieces] == ["rich_text", "rich_text", "actions"]


def test_two_hundred_buttons() -> None:
    pieces = message(Reply("All:", tuple(Button(f"Topic {n} " + "x" * 60, f"topic:{n}") for n in range(200))))
    values = [
        button["value"]
        for piece in pieces
        for block in piece.blocks
        if block["type"] == "actions"
        for button in block["elements"]
    ]
    assert values == [f"topic:{n}" for n in range(200)]
    assert all(len(json.dumps(piece.blocks)) < 13_200 for piece in pieces)


def test_a_document_comes_with_the_last_message() -> None:
    piece = only(Reply("Your export.", (Button("Keep", "keep"),), document=Document("a/b.json", "")))
    assert piece.document == Document("a_b.json", "\n")
    assert len(piece.blocks) == 2
    (bare,) = message(Reply("", document=Document("x.json", "{}")))
    assert (bare.text, bare.blocks) == ("x.json", ())


def test_a_poll_is_its_question_and_lettered_options() -> None:
    piece = only(Reply("2 of 5", poll=Poll("Which?", ("one", "two"), 1, "Because.")))
    shown = json.dumps(piece.blocks)
    assert "Which?" in shown
    assert "A. one\\nB. two" in shown
    assert "Because." not in shown


def test_a_picture_that_cannot_be_drawn_is_told() -> None:
    assert only(Reply("", image=Image("x", {}, "Five of six"))).blocks[0]["elements"][0]["elements"] == [
        literal("Five of six", italic=True)
    ]


@pytest.mark.parametrize("text", ["", " \n ", "\u200b\u3000", "```\n\n```"])
def test_there_is_always_something_to_send(text: str) -> None:
    assert only(Reply(text)).blocks
    assert blocks(text) == []
    assert only(Reply(text, (Button(text, "x"),))).text == "…"
