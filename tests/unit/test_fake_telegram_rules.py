"""The rules that the local Bot API server enforces, tried with the real library."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllGroupChats,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputTextMessageContent,
    MenuButtonCommands,
    MessageEntity,
    ReplyParameters,
)
from telegram.error import BadRequest

from tests.fakes.senders import Clock
from tests.fakes.telegram import FakeTelegram, Person, fake_telegram

pytestmark = pytest.mark.breaks_rules

logging.getLogger("httpx").setLevel(logging.WARNING)


@pytest.fixture(autouse=True)
def _retry_after_as_timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")  # the library warns of every RetryAfter without it


@pytest.fixture
async def fake() -> AsyncIterator[FakeTelegram]:
    async with fake_telegram(clock=Clock(), rates=False) as fake:
        yield fake


@pytest.fixture
async def bot(fake: FakeTelegram) -> AsyncIterator[Bot]:
    async with Bot(fake.token, base_url=fake.url, base_file_url=fake.file_url) as bot:
        yield bot


@pytest.fixture
def ann(fake: FakeTelegram) -> Person:
    ann = fake.person("Ann")
    ann.start()
    return ann


def keyboard(*labels: str, row: int = 1) -> InlineKeyboardMarkup:
    buttons = [InlineKeyboardButton(label, callback_data=f"do {label}"[:64]) for label in labels]
    return InlineKeyboardMarkup([buttons[n : n + row] for n in range(0, len(buttons), row)])


_B = MessageEntity.BOLD
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("no text", {"text": ""}, "Message text is empty"),
    ("nothing to see", {"text": " \n\u2060\u200b "}, "Text must be non-empty"),
    ("too long", {"text": "x" * 4097}, "Message is too long"),
    ("too long in UTF-16", {"text": "🙂" * 2049}, "Message is too long"),
    ("entity outside", {"text": "abc", "entities": [MessageEntity(_B, 1, 3)]}, "Entity_bounds_invalid"),
    ("entity in half a pair", {"text": "🙂🙂", "entities": [MessageEntity(_B, 1, 2)]}, "Entity_bounds_invalid"),
    ("entity empty", {"text": "abc", "entities": [MessageEntity(_B, 1, 0)]}, "Entity_bounds_invalid"),
    (
        "entities overlap",
        {"text": "abcdef", "entities": [MessageEntity(_B, 0, 4), MessageEntity("italic", 2, 4)]},
        "overlap",
    ),
    ("bold in code", {"text": "abcd", "entities": [MessageEntity("code", 0, 4), MessageEntity(_B, 1, 1)]}, "code"),
    ("101 entities", {"text": "x" * 200, "entities": [MessageEntity(_B, n, 1) for n in range(101)]}, "Entities_too"),
    ("a link nowhere", {"text": "abcd", "entities": [MessageEntity("text_link", 0, 4, url="javascript:1")]}, "texturl"),
    (
        "data too long",
        {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "é" * 33}]]}},
        "data",
    ),
    ("no data", {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": ""}]]}}, "data"),
    ("no action", {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a"}]]}}, "Text buttons are unallowed"),
    (
        "no label",
        {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": " ", "callback_data": "a"}]]}},
        "non-empty",
    ),
    ("9 in a row", {"text": "x", "reply_markup": keyboard(*"abcdefghi", row=9)}, "Reply markup is too long"),
    ("101 buttons", {"text": "x", "reply_markup": keyboard(*map(str, range(101)), row=8)}, "Reply markup is too long"),
    ("no such thread", {"text": "x", "message_thread_id": 7}, "Message thread not found"),
]


@pytest.mark.parametrize(("what", "given", "reason"), REFUSED, ids=[what for what, _, _ in REFUSED])
async def test_refused_messages(
    fake: FakeTelegram, bot: Bot, ann: Person, what: str, given: dict[str, Any], reason: str
) -> None:
    with pytest.raises(BadRequest, match=f"(?i){reason}"):
        await bot.send_message(ann.id, **given)
    assert fake.replies(ann) == []
    (call,) = fake.refused
    assert (call.method, call.status) == ("sendMessage", 400)
    assert call.description.startswith("Bad Request: ")


async def test_the_very_limits_are_taken(fake: FakeTelegram, bot: Bot, ann: Person) -> None:
    await bot.send_message(ann.id, "🙂" * 2048, entities=[MessageEntity(_B, 2 * n, 2) for n in range(100)])
    await bot.send_message(ann.id, "x", reply_markup=keyboard(*map(str, range(100)), row=8))
    await bot.send_document(ann.id, b"{}", filename="a.json", caption="c" * 1024)
    nested = [
        MessageEntity(_B, 0, 9),
        MessageEntity("italic", 0, 4),
        MessageEntity("text_link", 5, 4, url="https://a.io"),
    ]
    await bot.send_message(ann.id, "some link", entities=nested)
    await bot.send_message(ann.id, "markup of another kind", reply_markup=ForceReply())
    assert fake.refused == []


async def test_text_is_trimmed_and_cleaned_as_the_platform_does(fake: FakeTelegram, bot: Bot, ann: Person) -> None:
    sent = await bot.send_message(ann.id, "\n a\r\tb c \n", entities=[MessageEntity(_B, 5, 1), MessageEntity(_B, 7, 3)])
    assert sent.text == "a b c"
    assert [(e.offset, e.length) for e in sent.entities] == [(2, 1), (4, 1)]


INJECTED = [
    ("ask @someone now", "mention"),
    ("see example.com, please", "url"),
    ("https://nowhere.invalid/path?q=1", "url"),
    ("tg://resolve?domain=x", "url"),
    ("type /delete_all to", "bot_command"),
    ("the #hashtag", "hashtag"),
    ("buy $TSLA", "cashtag"),
    ("mail me@example.org.", "email"),
    ("10.0.0.1 is here", "url"),
]


@pytest.mark.parametrize(("text", "kind"), INJECTED)
async def test_what_the_platform_finds_by_itself(
    fake: FakeTelegram, bot: Bot, ann: Person, text: str, kind: str
) -> None:
    await bot.send_message(ann.id, text)
    await bot.send_message(ann.id, text, entities=[MessageEntity("code", 0, len(text))])
    found, inside_code = fake.replies(ann)
    assert [entity.type for entity in found.injected] == [kind]
    assert inside_code.injected == []


@pytest.mark.parametrize(
    "text",
    [
        "a.b c...d 1.5 e.g. x/y and/or",
        "node.js",
        "a@b @ab",
        "# 1 #1 $ 5 $usd",
        "ask @\u2060someone",
        "example\u2060.com",
        "/\u2060do",
    ],
)
async def test_what_is_no_link_stays_text(fake: FakeTelegram, bot: Bot, ann: Person, text: str) -> None:
    await bot.send_message(ann.id, text)
    assert fake.replies(ann)[0].injected == []


async def test_editing_what_cannot_be_edited(fake: FakeTelegram, bot: Bot, ann: Person) -> None:
    said = ann.say("mine")
    assert said.message
    sent = await bot.send_message(ann.id, "x", reply_markup=keyboard("a"))
    with pytest.raises(BadRequest, match="Message is not modified: specified new message content"):
        await bot.edit_message_text("x ", ann.id, sent.message_id, reply_markup=keyboard("a"))
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await bot.edit_message_text("y", ann.id, 4711)
    assert fake.refused == []
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await bot.edit_message_text("y", ann.id, said.message.id)
    assert len(fake.refused) == 1
    fake.delete(ann, sent.message_id)
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await bot.edit_message_reply_markup(ann.id, sent.message_id)
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await bot.send_message(ann.id, "y", reply_parameters=ReplyParameters(4711))


async def test_a_quiz_in_a_group(fake: FakeTelegram, bot: Bot, ann: Person) -> None:
    group = fake.group("Team", [ann])
    sent = await bot.send_poll(
        group.id, "Which?", ["this", "that"], type="quiz", correct_option_ids=[1], is_anonymous=False, explanation="So."
    )
    assert sent.poll
    (shown,) = fake.replies(group)
    ann.answer_poll(shown, "that")
    answer = next(u.poll_answer for u in await bot.get_updates() if u.poll_answer)
    assert answer.user
    assert (answer.poll_id, answer.user.id, answer.option_ids) == (sent.poll.id, ann.id, (1,))
    with pytest.raises(AssertionError, match="answered already"):
        ann.answer_poll(shown, 0)
    stopped = await bot.stop_poll(group.id, sent.message_id)
    assert (stopped.is_closed, stopped.options[1].voter_count) == (True, 1)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"question": "q" * 301}, "question length must not exceed 300"),
        ({"options": ["o" * 101, "b"]}, "options length must not exceed 100"),
        ({"options": [str(n) for n in range(13)]}, "more than 12 options"),
        ({"options": ["a", "a"]}, "poll_option_duplicate"),
        ({"correct_option_ids": [2]}, "wrong correct option"),
        ({"explanation": "e" * 201}, "explanation is too long"),
        ({"explanation": "a\nb\nc\nd"}, "line feeds"),
    ]
    for given, reason in wrong:
        fine = {"question": "Q?", "options": ["a", "b"], "type": "quiz", "correct_option_ids": [0]}
        with pytest.raises(BadRequest, match=f"(?i){reason}"):
            await bot.send_poll(group.id, **{**fine, **given})


async def test_inline_mode(fake: FakeTelegram, bot: Bot, ann: Person) -> None:
    def article(id: str) -> InlineQueryResultArticle:
        return InlineQueryResultArticle(id, "Mutex", InputTextMessageContent("A lock."))

    typed = ann.inline("mutex")
    query = (await bot.get_updates(offset=-1))[0].inline_query
    assert query
    assert query.query == "mutex"
    for results, reason in [
        ([article("a"), article("a")], "result_id_duplicate"),
        ([article("x" * 65)], "result_id_invalid"),
        ([article(str(n)) for n in range(51)], "results_too_much"),
    ]:
        with pytest.raises(BadRequest, match=f"(?i){reason}"):
            await bot.answer_inline_query(query.id, results, api_kwargs={"next_offset": ""})
    await query.answer([article("a")])
    assert [one["title"] for one in await typed.results()] == ["Mutex"]
    group = fake.group("Team", [ann])
    ann.choose(typed, "a", group)
    assert fake.screen(group)[-1].text == "A lock."


async def test_menus_and_descriptions(fake: FakeTelegram, bot: Bot) -> None:
    menu = [BotCommand("quiz", "Ask me")]
    await bot.set_my_commands(menu, scope=BotCommandScopeAllGroupChats(), language_code="de")
    assert await bot.get_my_commands(scope=BotCommandScopeAllGroupChats(), language_code="de") == tuple(menu)
    assert await bot.get_my_commands() == ()
    await bot.set_my_description("I teach.")
    assert (await bot.get_my_description("de")).description == "I teach."
    await bot.set_chat_menu_button(menu_button=MenuButtonCommands())
    assert (await bot.get_chat_menu_button()).type == "commands"
    for wrong, reason in [([BotCommand("Quiz", "x")], "bot_command_invalid"), (menu * 101, "bot_commands_too_much")]:
        with pytest.raises(BadRequest, match=f"(?i){reason}"):
            await bot.set_my_commands(wrong)
    with pytest.raises(BadRequest, match="Description is too long"):
        await bot.set_my_description("x" * 513)
