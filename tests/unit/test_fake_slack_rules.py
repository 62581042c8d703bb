"""The fake Slack's rules: what it refuses in blocks and views, and how it reads them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.slack import buttons, plain
from tests.fakes.slack.payloads import typed
from tests.fakes.slack.rules import check_blocks, check_view, pings_in, too_long
from tests.fakes.slack.screen import unmark

pytestmark = pytest.mark.breaks_rules

Json = dict[str, Any]


def text(words: str, kind: str = "plain_text") -> Json:
    return {"type": kind, "text": words}


def button(**more: Any) -> Json:
    return {"type": "button", "text": text("Go"), "action_id": "a", "value": "v", **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def choice(kind: str, count: int, **more: Any) -> Json:
    given = [{"text": text(f"o{n}"), "value": str(n)} for n in range(count)]
    return {"type": kind, "action_id": "a", "options": given, **more}


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def line(*elements: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(elements)}


def bullets(*items: Json, **more: Any) -> Json:
    return {"type": "rich_text_list", "style": "bullet", "elements": list(items), **more}


def field(element: Json) -> Json:
    return {"type": "input", "label": text("L"), "element": element}


WORD = text("x")
USER = {"type": "user", "user_id": "U1"}
TEXT = {"type": "text", "text": "x"}
GOOD: list[Json] = [
    {"type": "section", "text": text("x" * 3000, "mrkdwn"), "accessory": button(text=text("x" * 75))},
    {"type": "section", "fields": [text("x" * 2000)] * 10},
    {"type": "header", "text": text("x" * 150)},
    {"type": "divider"},
    {"type": "context", "elements": [text("x", "mrkdwn")] * 10},
    actions(*(button(action_id=str(n), value="v" * 2000) for n in range(25))),
    actions(
        choice("static_select", 100), choice("overflow", 5, action_id="b"), choice("checkboxes", 10, action_id="c")
    ),
    actions(choice("radio_buttons", 10, initial_option={"text": text("o3"), "value": "3"})),
    {"type": "image", "image_url": "https://example.org/a.png", "alt_text": "a"},
    {"type": "markdown", "text": "x" * 12_000},
    rich(line(TEXT, {"type": "link", "url": "https://example.org", "text": "x", "style": {"bold": True}})),
    rich(bullets(line(TEXT), line(TEXT), indent=1, border=0), {"type": "rich_text_preformatted", "elements": [TEXT]}),
    rich(
        {
            "type": "rich_text_quote",
            "elements": [{"type": "text", "text": "x", "style": {"italic": True, "code": True}}],
        }
    ),
    field({"type": "plain_text_input", "action_id": "a", "max_length": 3000}),
    field({"type": "timepicker", "action_id": "a", "initial_time": "09:00"}),
]
BAD: list[tuple[str, Json]] = [
    ("less than 3001", {"type": "section", "text": text("x" * 3001, "mrkdwn")}),
    ("less than 2001", {"type": "section", "fields": [text("x" * 2001)]}),
    ("1 to 10", {"type": "section", "fields": [WORD] * 11}),
    ("either", {"type": "section"}),
    ("more than 0", {"type": "section", "text": text("")}),
    ("additional property: emoji", {"type": "section", "text": {**text("x", "mrkdwn"), "emoji": True}}),
    ("less than 151", {"type": "header", "text": text("x" * 151)}),
    ("plain_text, not mrkdwn", {"type": "header", "text": text("x", "mrkdwn")}),
    ("no more than 10", {"type": "context", "elements": [WORD] * 11}),
    ("unsupported type: button", {"type": "context", "elements": [button()]}),
    ("no more than 25", actions(*(button(action_id=str(n)) for n in range(26)))),
    ("no less than 1", actions()),
    ("less than 76", actions(button(text=text("x" * 76)))),
    ("less than 2001", actions(button(value="x" * 2001))),
    ("more than 0", actions(button(value=""))),
    ("less than 256", actions(button(action_id="x" * 256))),
    ("less than 256", {**actions(button()), "block_id": "x" * 256}),
    ("already exists: a", actions(button(), button())),
    ("one of danger, primary", actions(button(style="default"))),
    ("invalid url", actions(button(url="example.org"))),
    ("additional property: colour", actions(button(colour="red"))),
    ("no more than 100", actions(choice("static_select", 101))),
    ("no more than 10", actions(choice("radio_buttons", 11))),
    ("no more than 10", actions(choice("checkboxes", 11))),
    ("no more than 5", actions(choice("overflow", 6))),
    ("less than 151", actions(choice("overflow", 0, options=[{"text": WORD, "value": "x" * 151}]))),
    ("less than 76", actions(choice("overflow", 0, options=[{"text": text("x" * 76), "value": "x"}]))),
    ("unique", actions(choice("overflow", 0, options=[{"text": WORD, "value": "x"}] * 2))),
    ("not found in the options", actions(choice("radio_buttons", 2, initial_option={"text": WORD, "value": "9"}))),
    ("less than 101", actions(button(confirm={"title": text("x" * 101), "text": WORD, "confirm": WORD, "deny": WORD}))),
    ("less than 301", actions(button(confirm={"title": WORD, "text": text("x" * 301), "confirm": WORD, "deny": WORD}))),
    ("less than 12001", {"type": "markdown", "text": "x" * 12_001}),
    ("required field: alt_text", {"type": "image", "image_url": "https://example.org/a.png"}),
    ("unsupported type: carousel", {"type": "carousel"}),
    ("unsupported type: text", rich(TEXT)),
    ("more than 0", rich(line({"type": "text", "text": ""}))),
    ("no less than 1", rich(line())),
    ("must be a boolean", rich(line({"type": "text", "text": "x", "style": {"bold": 1}}))),
    ("additional property: big", rich(line({"type": "text", "text": "x", "style": {"big": True}}))),
    ("invalid url", rich(line({"type": "link", "url": "javascript:alert(1)"}))),
    ("one of bullet, ordered", rich({**bullets(line(TEXT)), "style": "numbers"})),
    ("unsupported type: text", rich(bullets(TEXT))),
    ("unsupported type: rich_text_list", rich(bullets(bullets(line(TEXT))))),
    ("0 to 8", rich(bullets(line(TEXT), indent=9))),
    ("unsupported type: user", rich({"type": "rich_text_preformatted", "elements": [USER]})),
    ("must be a time", field({"type": "timepicker", "action_id": "a", "initial_time": "9:00"})),
    ("unsupported type: button", field(button())),
]  # fmt: skip


@pytest.mark.parametrize("block", GOOD)
def test_what_passes(block: Json) -> None:
    assert check_blocks([block]) == []


@pytest.mark.parametrize(("problem", "block"), BAD)
def test_what_is_refused(problem: str, block: Json) -> None:
    found = check_blocks([block])
    assert any(problem in each for each in found), found


def test_whole_messages() -> None:
    assert check_blocks([{"type": "divider"}] * 50) == []
    assert check_blocks([{"type": "divider"}] * 51)
    assert check_blocks([{"type": "divider"}] * 100, "modal") == []
    assert check_blocks([{"type": "markdown", "text": "x" * 7000}] * 2)
    assert check_blocks([{"type": "divider", "block_id": "b"}] * 2)
    assert check_blocks([actions(button()), actions(button())]), "action_ids are unique in a message"
    assert not too_long([GOOD[0]] * 4)
    assert too_long([GOOD[0]] * 5)


def test_views() -> None:
    view: Json = {"type": "modal", "title": text("x" * 24), "submit": text("Save"), "blocks": [GOOD[-1]]}
    assert check_view(view) == []
    assert check_view({"type": "home", "blocks": [GOOD[3]], "private_metadata": "x" * 3000}) == []
    for wrong in (
        {**view, "title": text("x" * 25)},
        {**view, "close": text("x" * 25)},
        {**view, "private_metadata": "x" * 3001},
        {**view, "callback_id": "x" * 256},
        {**view, "blocks": [{"type": "divider"}] * 101},
        {**view, "blocks": [{"type": "markdown", "text": "x"}]},
        {**view, "state": {}},
        {"type": "modal", "title": text("x"), "blocks": [GOOD[-1]]},
        {"type": "home", "title": text("x"), "blocks": []},
        {"type": "page", "blocks": []},
    ):
        assert check_view(wrong), wrong


def test_reading_blocks_as_a_person_does() -> None:
    blocks = [
        {"type": "header", "text": text("Failover")},
        rich(
            line(TEXT, {"type": "link", "url": "https://a.org", "text": "there"}),
            bullets(line(text("one")), line(text("two"))),
            {**bullets(line(text("three"))), "style": "ordered", "offset": 2},
            {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "a < b"}]},
        ),
        {"type": "section", "text": text("a &lt; b <https://a.org|link> <!here>", "mrkdwn")},
        actions(button(), button(action_id="b", text=text("There"), url="https://a.org")),
    ]
    assert plain(blocks) == (
        "Failover\n\nxthere (https://a.org)\n- one\n- two\n3. three\na < b\n\na < b link (https://a.org) @here"
    )
    assert buttons(blocks) == [("Go", "a", "v"), ("There", "b", "https://a.org")]


def test_what_people_type_and_what_wakes_them() -> None:
    assert typed("<@U1> a<b & https://a.org/?x=1&y") == "<@U1> a&lt;b &amp; <https://a.org/?x=1&amp;y>"
    assert unmark(typed("1 < 2 & <tag>")) == "1 < 2 & <tag>"
    assert pings_in("<!channel> &lt;!here&gt; <https://a.org>", []) == ["!channel"]
    assert pings_in("", [rich(line({"type": "broadcast", "range": "here"}))]) == ["broadcast:here"]
    assert pings_in("", [rich(line({"type": "text", "text": "<!here>"}))]) == [], "rich text parses nothing"
    assert pings_in("", [{"type": "section", "text": text("<@U1|Ann>", "mrkdwn")}]) == ["@U1"]
