"""Updates become events: what counts as said to Tutor, by whom, where, and when."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from telegram import Update

from adapters.telegram.raw import keys, parse
from adapters.telegram.updates import COMMANDS, COMMANDS_IN_GROUPS, event_of, migration
from bot.messages import Address, Event, MessageRef
from bot.understand import commands, understand
from bot.wording import words
from tests.unit.adapters.telegram_updates import (
    ANN,
    ANONYMOUS,
    AT,
    BEN,
    BOT_ID,
    BOT_NAME,
    CHANNEL,
    GROUP,
    ME,
    OTHER_BOT,
    PHOTO,
    PRIVATE,
    SMALL,
    changed,
    message,
    pressed,
    said,
    update,
)

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SENT = datetime.fromtimestamp(AT, UTC)
HOME = Address("telegram", "", "11")


def read(given: Update) -> Event | None:
    return event_of(given, BOT_NAME, BOT_ID, NOW)


def event(given: Update) -> Event:
    found = read(given)
    assert found is not None
    return found


def test_a_text_in_private() -> None:
    given = said("what is git?")
    found = event(given)
    assert found.id == f"telegram:{given.update_id}"
    assert (found.kind, found.text, found.sender, found.language) == ("text", "what is git?", "11", "de")
    assert (found.address, found.home, found.place) == (HOME, HOME, "private")
    assert found.at == SENT
    assert found.at.tzinfo is not None


def test_a_missing_language_is_no_language() -> None:
    assert event(said("hi", **{"from": BEN})).language == ""


@pytest.mark.parametrize(
    ("text", "action", "rest"),
    [
        ("/quiz", "quiz", ""),
        ("/quiz Git and more", "quiz", "Git and more"),
        ("/quiz@tutor_bot", "quiz", ""),
        ("/QUIZ@Tutor_Bot  Git", "quiz", "Git"),
        ("/start topic_skill__git", "start", "topic_skill__git"),
        ("/flag\nthe answer\nis old", "flag", "the answer\nis old"),
        ("/nonsense", "nonsense", ""),
    ],
)
def test_commands(text: str, action: str, rest: str) -> None:
    found = event(said(text))
    assert (found.kind, found.action, found.text) == ("command", action, rest)


@pytest.mark.parametrize("text", ["/", "/füttern", "/a/b", "what does /quiz do?", "//"])
def test_what_only_looks_like_a_command_is_text(text: str) -> None:
    assert event(said(text)).kind == "text"


@pytest.mark.parametrize("chat", [PRIVATE, GROUP])
def test_commands_to_other_bots_are_theirs(chat: dict[str, Any]) -> None:
    assert read(said("/quiz@other_bot", chat)) is None


# --- what is no plain text ----------------------------------------------------------------------------------------

FORWARDED = {"type": "hidden_user", "sender_user_name": "Somebody", "date": AT}


def test_forwarded_text_is_a_question_and_never_an_order() -> None:
    assert event(said("what is git?", forward_origin=FORWARDED)).text == "what is git?"
    assert event(said("/forget", forward_origin=FORWARDED)).kind == "text"


def test_a_caption_is_text() -> None:
    assert event(said(photo=PHOTO, caption="what is this?")).text == "what is this?"
    found = event(said(photo=PHOTO, caption="/quiz Git"))
    assert (found.kind, found.action, found.text) == ("command", "quiz", "Git")


WORDLESS: list[dict[str, Any]] = [
    {"photo": PHOTO},
    {"voice": {"file_id": "v", "file_unique_id": "v", "duration": 3}},
    {
        "sticker": {
            **{"file_id": "s", "file_unique_id": "s", "type": "regular", "width": 5, "height": 5},
            **{"is_animated": False, "is_video": False},
        }
    },
    {"document": {"file_id": "d", "file_unique_id": "d"}},
    {"location": {"longitude": 1.0, "latitude": 2.0}},
    {"contact": {"phone_number": "1", "first_name": "Ben"}},
    {"dice": {"emoji": "🎲", "value": 3}},
    {"video_note": {"file_id": "n", "file_unique_id": "n", "length": 5, "duration": 3}},
]


@pytest.mark.parametrize("content", WORDLESS, ids=lambda content: next(iter(content)))
def test_what_holds_no_words_is_an_empty_text_in_private_and_nothing_in_a_group(content: dict[str, Any]) -> None:
    found = event(said(**content))
    assert (found.kind, found.text) == ("text", "")
    assert read(said(chat=GROUP, **content)) is None
    assert read(said(chat=GROUP, reply_to_message=message("Hi", GROUP, **{"from": ME}), **content)) is None


def test_an_album_without_words_is_answered_once() -> None:
    ids = {event(said(photo=PHOTO, media_group_id="1357")).id for _ in range(3)}
    assert len(ids) == 1, "it comes as many messages, and the inbox takes an id once"
    assert event(said(photo=PHOTO, media_group_id="1357", caption="what is this?")).id not in ids


@pytest.mark.parametrize(
    "content",
    [
        {"pinned_message": {"message_id": 3, "date": AT, "chat": PRIVATE, "text": "x"}},
        {"message_auto_delete_timer_changed": {"message_auto_delete_time": 60}},
        {"write_access_allowed": {}},
        {"new_chat_title": "x"},
        {"some_field_of_the_future": {}},
    ],
    ids=lambda content: next(iter(content)),
)
def test_service_messages_are_nothing(content: dict[str, Any]) -> None:
    assert read(said(**content)) is None


def test_what_was_sent_by_way_of_our_inline_mode_is_our_own_answer() -> None:
    assert read(said("**Git** is …", via_bot=ME)) is None
    assert read(said("by another", via_bot=OTHER_BOT)) is not None


# --- edits --------------------------------------------------------------------------------------------------------


def edited(text: str, chat: dict[str, Any] = PRIVATE, **fields: Any) -> Update:
    return update(edited_message=message(text, chat, edit_date=AT + 60, **fields))


def test_an_edited_question_in_private_is_answered() -> None:
    given = edited("what is git?")
    found = event(given)
    assert (found.id, found.kind, found.text) == (f"telegram:{given.update_id}", "text", "what is git?")
    assert found.at == datetime.fromtimestamp(AT + 60, UTC)
    assert found.fields == {"edited": "yes"}


@pytest.mark.parametrize("text", ["the standby server", "b", "yes", "/forget", "quiz", "redundancy"])
def test_an_edited_quiz_answer_or_command_is_never_taken_again(text: str) -> None:
    assert read(edited(text)) is None


def test_edits_in_groups_and_of_places_are_nothing() -> None:
    assert read(edited("@tutor_bot what is git?", GROUP)) is None
    assert read(edited("", location={"longitude": 1.0, "latitude": 2.0})) is None


# --- groups -------------------------------------------------------------------------------------------------------


def test_a_mention_in_a_group() -> None:
    found = event(said("@tutor_bot what is git?", GROUP))
    assert (found.kind, found.text, found.place, found.home) == ("text", "what is git?", "group", None)
    assert found.address == Address("telegram", "", "-1001")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("@Tutor_Bot, what is git?", "what is git?"),
        ("what is git, @tutor_bot?", "what is git, ?"),
        ("hey @TUTOR_BOT: what is git", "hey what is git"),
        ("what is git\n@tutor_bot", "what is git"),
        ("@tutor_bot", ""),
    ],
)
def test_the_name_is_no_part_of_what_is_said(text: str, left: str) -> None:
    assert event(said(text, SMALL)).text == left


@pytest.mark.parametrize("text", ["what is git?", "mail ann@tutor_bot.example", "@tutor_bot_two hi", "t.me/@tutor_bot"])
def test_a_group_is_not_listened_to(text: str) -> None:
    assert read(said(text, GROUP)) is None


def test_a_mention_that_is_a_link() -> None:
    entity = {"type": "text_mention", "offset": 3, "length": 5, "user": ME}
    found = event(said("😀 Tutor what is git?", GROUP, entities=[entity]))
    assert found.text.endswith("what is git?")
    assert "Tutor" not in found.text


def test_a_command_behind_a_mention() -> None:
    found = event(said("@tutor_bot /quiz Git", GROUP))
    assert (found.kind, found.action, found.text) == ("command", "quiz", "Git")


def test_commands_in_a_group() -> None:
    assert event(said("/quiz", GROUP)).action == "quiz"
    assert event(said("/ban@tutor_bot x", GROUP)).action == "ban", "said to us, so that we say we do not know it"
    assert read(said("/ban x", GROUP)) is None, "some other bot's"


def test_a_reply_to_our_message_in_a_group() -> None:
    ours = message("Git is …", GROUP, message_id=3, **{"from": ME})
    assert event(said("tell me more", GROUP, reply_to_message=ours)).text == "tell me more"
    theirs = message("Git is …", GROUP, message_id=3, **{"from": BEN})
    assert read(said("tell me more", GROUP, reply_to_message=theirs)) is None


def test_a_forum_topic() -> None:
    found = event(said("@tutor_bot hi", GROUP, message_thread_id=42, is_topic_message=True))
    assert found.address == Address("telegram", "", "-1001", "42")
    assert event(said("@tutor_bot hi", GROUP, message_thread_id=42)).address.thread == "", "replies have one, too"


def test_the_first_message_of_a_topic_that_we_opened_is_no_message_of_ours() -> None:
    opened = message(chat=GROUP, forum_topic_created={"name": "Git", "icon_color": 1}) | {"from": ME}
    topic = {"message_thread_id": 42, "is_topic_message": True, "reply_to_message": opened}
    assert read(said("lunch?", GROUP, **topic)) is None


def test_anonymous_admins_and_channels_write_as_a_chat() -> None:
    admin = {"from": ANONYMOUS, "sender_chat": GROUP}
    found = event(said("/quiz@tutor_bot", GROUP, **admin))
    assert (found.sender, found.language, found.home) == ("-1001", "", None)
    assert event(said("/quiz@tutor_bot", GROUP, **{"from": OTHER_BOT, "sender_chat": CHANNEL})).sender == "-1009"
    forwarded = {"sender_chat": CHANNEL, "is_automatic_forward": True}
    assert read(said("@tutor_bot hi", GROUP, **forwarded)) is None
    assert event(said("@tutor_bot hi", GROUP, **{"from": None, "sender_chat": GROUP})).sender == "-1001"


def test_bots_channels_and_nobody_are_not_answered() -> None:
    assert read(said("/quiz@tutor_bot", GROUP, **{"from": OTHER_BOT})) is None
    assert read(said("hi", PRIVATE, **{"from": None})) is None
    assert read(update(channel_post=message("@tutor_bot hi", CHANNEL, **{"from": None}))) is None
    assert read(update(edited_channel_post=message("@tutor_bot hi", CHANNEL, **{"from": None}))) is None
    assert read(update(business_message=message("hi"))) is None
    assert read(update(chosen_inline_result={"result_id": "1", "from": ANN, "query": "x"})) is None
    assert read(update()) is None
    assert read(update(an_update_of_the_future={"x": 1})) is None


def test_a_group_that_moves_is_no_event() -> None:
    old = said(chat=SMALL, migrate_to_chat_id=-1001)
    new = said(chat=GROUP, migrate_from_chat_id=-5)
    assert read(old) is None
    assert read(new) is None
    assert migration(old) == migration(new) == (-5, -1001)
    assert migration(said("hi")) is None


# --- presses, polls, membership -----------------------------------------------------------------------------------


def test_a_press() -> None:
    found = event(pressed("quiz:skill/git", message("Git", message_id=31, **{"from": ME})))
    assert (found.kind, found.action, found.sender) == ("press", "quiz:skill/git", "11")
    assert (found.address, found.home, found.place) == (HOME, HOME, "private")
    assert found.message == MessageRef("11", "31")
    assert found.at == NOW, "Telegram does not say when"


def test_a_press_in_a_forum_topic() -> None:
    shown = message("Git", GROUP, message_thread_id=42, is_topic_message=True, **{"from": ME})
    found = event(pressed("next", shown))
    assert (found.address, found.place, found.home) == (Address("telegram", "", "-1001", "42"), "group", None)


def test_a_press_below_a_message_that_is_gone() -> None:
    found = event(pressed("next", {"chat": PRIVATE, "message_id": 31, "date": 0}))
    assert (found.address, found.message) == (HOME, MessageRef("11", "31"))


def test_a_press_below_an_inline_message_goes_to_the_private_chat() -> None:
    found = event(pressed("next", inline_message_id="AbC"))
    assert (found.address, found.message, found.place) == (HOME, None, "private")


def test_a_press_without_payload_is_nothing() -> None:
    assert read(pressed(None, message("Git", **{"from": ME}), game_short_name="x")) is None


def test_a_poll_answer() -> None:
    found = event(update(poll_answer={"poll_id": "55", "user": ANN, "option_ids": [2], "option_persistent_ids": ["c"]}))
    assert (found.kind, found.action, found.text, found.sender) == ("poll", "55", "2", "11")
    assert (found.place, found.at) == ("group", NOW)
    assert event(update(poll_answer={"poll_id": "55", "user": ANN, "option_ids": []})).text == "", "taken back"


def test_a_poll_answer_of_a_chat() -> None:
    answer = {"poll_id": "55", "user": OTHER_BOT, "voter_chat": CHANNEL, "option_ids": [0]}
    assert event(update(poll_answer=answer)).sender == "-1009"
    assert read(update(poll_answer={"poll_id": "55", "user": OTHER_BOT, "option_ids": [0]})) is None


@pytest.mark.parametrize(
    ("chat", "was", "now", "kind", "place"),
    [
        (PRIVATE, "member", "kicked", "left", "private"),
        (PRIVATE, "kicked", "member", "joined", "private"),
        (SMALL, "left", "member", "joined", "group"),
        (GROUP, "left", "administrator", "joined", "group"),
        (GROUP, "member", "kicked", "left", "group"),
        (GROUP, "administrator", "left", "left", "group"),
    ],
)
def test_blocked_and_back_in_and_out(chat: dict[str, Any], was: str, now: str, kind: str, place: str) -> None:
    found = event(changed(chat, was, now))
    assert (found.kind, found.place, found.sender, found.at) == (kind, place, "11", SENT)
    assert found.address == Address("telegram", "", str(chat["id"]))


def test_a_change_of_rights_is_neither() -> None:
    assert read(changed(GROUP, "member", "administrator")) is None
    assert read(changed(GROUP, "member", "restricted", is_member=True)) is None
    assert event(changed(GROUP, "left", "restricted", is_member=True)).kind == "joined"
    assert read(changed(CHANNEL, "left", "administrator")) is None


def test_an_anonymous_admin_adds_us_as_the_group() -> None:
    assert event(changed(GROUP, "left", "member", ANONYMOUS)).sender == "-1001"


# --- reading ------------------------------------------------------------------------------------------------------


def test_what_cannot_be_read_is_logged_without_what_it_says(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        assert parse({"update_id": 5, "message": {"text": "my secret", "from": 3}}) is None
    assert "5" in caplog.text
    assert "secret" not in caplog.text


def test_answers_of_older_servers_are_read() -> None:
    old_poll = {
        **{"id": "1", "question": "?", "options": [{"text": "a", "voter_count": 0}], "total_voter_count": 0},
        **{"is_closed": False, "is_anonymous": False, "type": "quiz", "allows_multiple_answers": False},
        "correct_option_id": 0,
    }
    given = parse({"update_id": 5, "message": message("hi", reply_to_message=message(poll=old_poll))})
    assert given is not None
    assert given.message is not None
    assert given.message.reply_to_message is not None
    poll = given.message.reply_to_message.poll
    assert poll is not None
    assert poll.correct_option_ids == (0,)


def test_updates_of_one_chat_or_sender_keep_their_order() -> None:
    in_group = keys(said("hi", GROUP))
    assert in_group & keys(said("hi", GROUP, **{"from": BEN}))
    assert in_group & keys(said("hi", PRIVATE))
    assert not in_group & keys(said("hi", {**PRIVATE, "id": 12}, **{"from": BEN}))
    assert in_group & keys(update(poll_answer={"poll_id": "1", "user": ANN, "option_ids": [0]}))
    assert keys(update()) == frozenset()


def test_every_listed_command_is_understood() -> None:
    say = words("en")
    known = set(commands(say).values()) | {"link"}
    assert set(COMMANDS_IN_GROUPS) <= set(COMMANDS)
    for name in set(COMMANDS) - {"link"}:
        assert understand(f"/{name}", say).name in known
