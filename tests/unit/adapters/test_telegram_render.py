"""Replies as the Bot API gets them."""

from __future__ import annotations

from typing import Any

import pytest
from telegram import InlineKeyboardMarkup

from adapters.telegram.guard import guarded_text
from adapters.telegram.render import Call, calls
from bot.messages import Address, Button, Document, Image, MessageRef, Poll, Reply
from tests.unit.adapters import rules_telegram

CHAT = Address("telegram", "", "42")
TOPIC = Address("telegram", "", "-100123", "7")
OLD = MessageRef("42", "9")
JOINER = "\u2060"


def rendered(reply: Reply, to: Address = CHAT, replaced: MessageRef | None = None) -> tuple[Call, ...]:
    return calls(to, reply, replaced, "tutor_bot")


def only(reply: Reply, to: Address = CHAT, replaced: MessageRef | None = None) -> dict[str, Any]:
    (call,) = rendered(reply, to, replaced)
    return dict(call.params)


def entities(params: dict[str, Any]) -> list[tuple[str, str]]:
    raw = params["text"].encode("utf-16-le")
    return [
        (str(found.type), raw[found.offset * 2 : (found.offset + found.length) * 2].decode("utf-16-le"))
        for found in params.get("entities", ())
    ]


def rows(board: InlineKeyboardMarkup) -> list[list[str]]:
    return [[button.text for button in row] for row in board.inline_keyboard]


def test_styles_are_entities_of_plain_text() -> None:
    params = only(Reply("\U0001f600 **Bold *and italic* and `code`** with [a link](https://example.com)"))
    assert params["text"] == "\U0001f600 Bold and italic and code with a link"
    assert entities(params) == [
        ("bold", "Bold and italic and"),
        ("italic", "and italic"),
        ("code", "code"),
        ("text_link", "a link"),
    ]
    assert params["link_preview_options"].is_disabled
    assert "parse_mode" not in params


def test_lists_and_code_blocks() -> None:
    params = only(Reply("Steps:\n\n3. one\n4. two\n\n- x\n- y\n\n```c++\nint a;\n  b();\n```"))
    assert params["text"] == "Steps:\n\n3. one\n4. two\n\n• x\n• y\n\nint a;\n  b();"
    assert entities(params) == [("pre", "int a;\n  b();")]
    assert params["entities"][0].language == "c++"


@pytest.mark.parametrize(
    "text",
    [
        *("@durov", "#tag", "$USD", "/help", "(/start@bot)", "example.com", "see README.md.", "x.рф", "a@b.org"),
        *("http://evil.example/x", "tg://user?id=1", "10.0.0.1:80", "+49 170 1234567", "4111 1111 1111 1111"),
        "@\u202aduro",
    ],
)
def test_text_never_becomes_a_link_a_name_or_a_command(text: str) -> None:
    assert rules_telegram.detected(text.replace("\u202a", ""))
    params = only(Reply(f"so {text} there. e.g.10.0.0.1"))
    assert rules_telegram.detected(params["text"]) == []
    assert params["text"].replace(JOINER, "") == f"so {text} there. e.g.10.0.0.1".replace("\u202a", "")


@pytest.mark.parametrize(
    "text", ["and/or", "CI/CD", "3.14", "e.g. this", "9:00", "C#", "US$ 5", "1.2.3", "End. Start", "?!"]
)
def test_other_text_is_left_alone(text: str) -> None:
    assert guarded_text(text) == text


def test_what_is_meant_stays_as_it_is() -> None:
    params = only(Reply("`pip install a.com` and <https://example.com/a.b> and [x.com](https://example.com)"))
    assert JOINER not in params["text"]
    assert [kind for kind, _ in entities(params)] == ["code", "text_link", "text_link"]


def test_a_long_text_is_split_and_the_last_message_carries_the_buttons() -> None:
    found = rendered(Reply("\n\n".join(["paragraph " * 100] * 12), (Button("More", "more"),)), TOPIC)
    assert len(found) > 2
    assert ["reply_markup" in call.params for call in found] == [False] * (len(found) - 1) + [True]
    assert all(call.params["message_thread_id"] == 7 and call.params["chat_id"] == -100123 for call in found)
    assert all(2000 < len(call.params["text"]) <= 4096 for call in found[:-1])


def test_more_than_a_hundred_entities_are_split_not_dropped() -> None:
    found = rendered(Reply(" ".join(f"**b{n}** c{n}" for n in range(150))))
    assert sum(len(call.params["entities"]) for call in found) == 150
    assert all(len(call.params["entities"]) <= 100 for call in found)


def test_an_answered_question_is_edited_in_place_and_loses_its_keyboard() -> None:
    (call,) = rendered(Reply("Done."), TOPIC, OLD)
    assert call.method == "edit_message_text"
    assert call.params["chat_id"] == 42
    assert call.params["message_id"] == 9
    assert "reply_markup" not in call.params
    assert "message_thread_id" not in call.params


def test_what_does_not_fit_into_the_edit_is_sent_anew() -> None:
    found = rendered(Reply("word " * 1500), replaced=OLD)
    assert [call.method for call in found] == ["edit_message_text", "send_message"]


def test_a_polls_message_is_not_edited() -> None:
    assert rendered(Reply("Done."), replaced=MessageRef("42", "9", "poll-1"))[0].method == "send_message"


def test_short_labels_share_a_row_and_options_share_none_with_others() -> None:
    buttons = [
        Button(text, f"a:1-2:{n}") for n, text in enumerate(["the proxy server", "a queue", "the standby server"])
    ]
    others = [Button("I don't know", "a:1-2:?"), Button("Hint", "hint:1-2"), Button("Skip", "skip:1-2")]
    assert rows(only(Reply("?", (*buttons, *others)))["reply_markup"]) == [
        ["the proxy server"],
        ["a queue"],
        ["the standby server"],
        ["I don't know", "Hint", "Skip"],
    ]


def test_options_short_enough_share_one_row() -> None:
    reply = Reply("?", (Button("yes", "a:1-2:x"), Button("no", "a:1-2:y"), Button("Skip", "skip:1-2")))
    assert rows(only(reply)["reply_markup"]) == [["yes", "no"], ["Skip"]]


def test_times_stand_four_in_a_row() -> None:
    board = only(Reply("When?", tuple(Button(f"{n}:00", f"at:{n}") for n in range(10, 18))))["reply_markup"]
    assert [len(row) for row in board.inline_keyboard] == [4, 4]


def test_long_options_are_listed_in_full() -> None:
    long = "the standby server, which runs alongside all the time and takes over at once"
    params = only(Reply("**Which?**", (Button(long, "a:1-2:x"), Button("none", "a:1-2:y"), Button("Skip", "skip:1-2"))))
    assert params["text"] == f"Which?\n\nA. {long}\nB. none"
    assert rows(params["reply_markup"])[-2:] == [["B. none"], ["Skip"]]
    assert len(rows(params["reply_markup"])[0][0]) <= 64


def test_more_than_a_hundred_buttons_go_into_further_messages() -> None:
    found = rendered(Reply("All:", tuple(Button(f"Topic {n}", f"topic:{n}") for n in range(230))))
    boards = [call.params["reply_markup"] for call in found]
    sizes = [sum(map(len, board.inline_keyboard)) for board in boards]
    assert sum(sizes) == 230
    assert max(sizes) <= 100
    assert found[0].params["text"] == "All:"


def test_a_private_button_leads_to_the_bots_own_chat() -> None:
    board = only(Reply("x", (Button("Settings", "private:settings"),)))["reply_markup"]
    assert board.inline_keyboard[0][0].url == "https://t.me/tutor_bot?start=do_settings"
    assert board.inline_keyboard[0][0].callback_data is None


def test_a_poll() -> None:
    poll = Poll("Which?", ("one", "two"), 1, "Because:\nof this.\n\n\nAnd example.com")
    call = rendered(Reply("", poll=poll), TOPIC)[0]
    assert call.method == "send_poll"
    assert call.params["options"] == ("one", "two")
    assert call.params["correct_option_ids"] == [1]
    assert call.params["type"] == "quiz"
    assert call.params["is_anonymous"] is False
    assert call.params["message_thread_id"] == 7
    assert call.params["explanation"] == f"Because: of this. And example.{JOINER}com"


def test_what_is_cut_off_a_poll_stands_before_it() -> None:
    poll = Poll("Why " * 100 + "?", ("x" * 120, "two"), 0, "e" * 400)
    text, call = rendered(Reply("2 of 5", poll=poll))
    assert text.params["text"].startswith("2 of 5\n\nWhy Why")
    assert text.params["text"].endswith("A. " + "x" * 120 + "\nB. two")
    assert len(call.params["question"]) <= 300
    assert len(call.params["options"][0]) <= 100
    assert call.params["options"][1] == "B. two"
    assert len(call.params["explanation"]) <= 200


def test_what_fits_no_poll_is_told_in_a_text() -> None:
    (call,) = rendered(Reply("", poll=Poll("Which?", tuple("abcdefghijklmn"), 13)))
    assert call.method == "send_message"
    assert call.params["text"].startswith("Which?\n\nA. a\nB. b")


def test_a_document_with_its_caption_and_buttons() -> None:
    reply = Reply("Your **export**.", (Button("Keep", "keep"),), document=Document("tutor.json", "{}"))
    (call,) = rendered(reply)
    assert call.method == "send_document"
    assert call.params["caption"] == "Your export."
    assert call.params["caption_entities"][0].type == "bold"
    assert call.params["document"].filename == "tutor.json"
    assert call.params["document"].input_file_content == b"{}"
    assert "reply_markup" in call.params


def test_a_document_whose_text_is_long_or_edits_comes_after_it() -> None:
    reply = Reply("word " * 300, (Button("Keep", "keep"),), document=Document("tutor.json", "{}"))
    assert [call.method for call in rendered(reply)] == ["send_message", "send_document"]
    assert [call.method for call in rendered(reply, replaced=OLD)] == ["edit_message_text", "send_document"]


def test_a_picture_that_cannot_be_drawn_is_told() -> None:
    assert only(Reply("Progress:", image=Image("x", {}, "Five of six")))["text"] == "Progress:\n\nFive of six"
    assert only(Reply("", image=Image("x", {}, "Five of six")))["text"] == "Five of six"


@pytest.mark.parametrize("text", ["", " \n ", "\u200b\u3000", "```\n\n```", "** **"])
def test_there_is_always_something_to_send(text: str) -> None:
    assert rules_telegram.problems("send_message", {"chat_id": 42, "text": only(Reply(text))["text"]}) == []
    assert "reply_markup" in only(Reply(text, (Button(text, "x"),)))


def test_blanks_at_the_edges_go_and_entities_stay_in_place() -> None:
    params = only(Reply("\u00a0 x\n\n** b **\n\n`  code `  "))
    assert params["text"] == params["text"].strip(" \n")
    assert ("code", "code") in [(kind, text.strip()) for kind, text in entities(params)]
