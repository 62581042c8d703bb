"""Slack's payloads as events: what they say, whose they are, and what is left alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.events import event_of, kind_of, opens_settings, own_room, team_of
from adapters.slack.home import OPEN_SETTINGS
from adapters.slack.manifest import SHORTCUT
from adapters.slack.typed import TEXT_MAX, typed
from bot.messages import Address, Event, MessageRef

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
BOT = "U0BOT"
ANN = Address("slack", "T1", "U1")
URL = "https://hooks.slack.test/actions/T1/1/x"
BOT_HERE = {"enterprise_id": None, "team_id": "T1", "user_id": BOT, "is_bot": True}


def callback(event: Mapping[str, Any], **wrapper: Any) -> Event | None:
    """The event in an Events API wrapper."""
    body = {"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "authorizations": [BOT_HERE], **wrapper}
    return event_of({**body, "event": event}, NOW)


def message(**fields: Any) -> dict[str, Any]:
    return {"type": "message", "channel_type": "im", "channel": "D1", "user": "U1", "ts": "1.5", "text": "hi", **fields}


def press(container: Mapping[str, Any], action_id: str = "act:0", value: str = "quiz", **fields: Any) -> dict[str, Any]:
    return {
        "type": "block_actions", "team": {"id": "T1"}, "user": {"id": "U1", "team_id": "T1"}, "trigger_id": "9.9",
        "container": container, "actions": [{"type": "button", "action_id": action_id, "value": value}], **fields,
    }  # fmt: skip


def command(**fields: Any) -> dict[str, Any]:
    return {
        "command": "/tutor", "text": "what is git?", "team_id": "T1", "user_id": "U1", "channel_id": "C1",
        "channel_name": "general", "trigger_id": "9.9", "response_url": URL, **fields,
    }  # fmt: skip


# --- events -------------------------------------------------------------------------------------------------------


def test_a_direct_message() -> None:
    assert callback(message()) == Event("slack:Ev1", "text", NOW, "U1", ANN, text="hi", home=ANN)


def test_a_message_in_a_thread_or_the_assistant_pane() -> None:
    event = callback(message(thread_ts="1.0"))
    assert event is not None
    assert event.address == Address("slack", "T1", "U1", "1.0")
    assert event.home == ANN


def test_files_are_their_words() -> None:
    texts = [callback(message(subtype="file_share", text=text)) for text in ("look", "")]
    assert [event and event.text for event in texts] == ["look", ""]


@pytest.mark.parametrize(
    "event",
    [
        message(subtype="message_changed", message={"user": "U1"}),
        message(subtype="message_deleted"),
        message(subtype="bot_message", bot_id="B1"),
        message(bot_id="B1"),
        message(subtype="assistant_app_thread"),
        message(user=BOT),
        message(channel_type="channel", channel="C1"),
        message(channel_type="mpim", channel="G1"),
        {**message(), "user": None},
        {"type": "app_mention", "user": "U2", "bot_id": "B2", "channel": "C1", "ts": "1.5", "text": "hi"},
        {"type": "app_home_opened", "tab": "messages", "user": "U1"},
        {"type": "member_joined_channel", "user": "U1", "channel": "C1"},
        {"type": "member_left_channel", "user": BOT, "channel": "C1"},
        {"type": "team_join", "user": {"id": "U7"}},
        {"type": "reaction_added", "user": "U1"},
        {},
    ],
)
def test_what_is_nobodys_question(event: Mapping[str, Any]) -> None:
    assert callback(event) is None


@pytest.mark.parametrize(("fields", "thread"), [({}, "1.5"), ({"thread_ts": "1.0"}, "1.0")])
def test_a_mention_is_answered_in_its_thread(fields: dict[str, str], thread: str) -> None:
    mention = {"type": "app_mention", "user": "U1", "channel": "C1", "ts": "1.5", "text": f"<@{BOT}> git?", **fields}
    there = Address("slack", "T1", "C1", thread)
    assert callback(mention) == Event("slack:Ev1", "text", NOW, "U1", there, text="git?", place="channel", home=ANN)


def test_home_and_an_invitation() -> None:
    opened = callback({"type": "app_home_opened", "tab": "home", "user": "U1", "channel": "D1"})
    assert opened == Event("slack:Ev1", "opened", NOW, "U1", ANN, action="home", home=ANN)
    joined = callback({"type": "member_joined_channel", "user": BOT, "channel": "C1", "inviter": "U1"})
    assert joined == Event("slack:Ev1", "joined", NOW, "U1", Address("slack", "T1", "C1"), place="channel")


def test_somebody_of_a_shared_channel_has_no_home_here() -> None:
    mention = {"type": "app_mention", "user": "U9", "user_team": "T9", "channel": "C1", "ts": "1.5", "text": "hi"}
    event = callback(mention, is_ext_shared_channel=True)
    assert event is not None
    assert (event.account, event.home) == ("slack:T1:U9", None)
    own = callback({**mention, "user_team": "T1"}, is_ext_shared_channel=True)
    assert own is not None
    assert own.home is not None


def test_the_workspace_whose_token_answers() -> None:
    first = {"enterprise_id": "E1", "team_id": "T1"}
    assert team_of({"team_id": "T9", "authorizations": [first]}) == "T1"
    assert team_of({"team": None, "enterprise": {"id": "E1"}, "user": {"id": "U1"}}) == "E1"
    assert team_of({"team": {"id": "T9"}, "view": {"app_installed_team_id": "T1"}}) == "T1"
    assert team_of({"team": None, "user": {"id": "U1", "team_id": "T1"}, "enterprise": {"id": "E1"}}) == "T1"


def test_a_direct_message_tells_its_room() -> None:
    body = {"type": "event_callback", "team_id": "T1", "event": message()}
    assert own_room(body) == ("T1", "U1", "D1")
    assert own_room({**body, "event": message(channel_type="channel")}) is None


# --- commands, shortcuts ------------------------------------------------------------------------------------------


def test_a_command_is_what_was_typed_behind_it() -> None:
    there = Address("slack", "T1", "C1", URL)
    expected = Event("slack:T1:9.9", "text", NOW, "U1", there, text="what is git?", place="whisper", home=ANN)
    assert event_of(command(), NOW) == expected
    asked = event_of(command(text=" "), NOW)
    assert asked is not None
    assert asked.text == "help"


def test_a_command_in_direct_messages_is_private_only_with_tutor() -> None:
    mine = command(channel_id="D1", channel_name="directmessage")
    assert event_of(mine, NOW, "D1") == Event("slack:T1:9.9", "text", NOW, "U1", ANN, text="what is git?", home=ANN)
    others = event_of(mine, NOW, "D2")
    assert others is not None
    assert others.place == "whisper"


def test_ask_tutor() -> None:
    body = {
        "type": "message_action", "callback_id": SHORTCUT, "team": {"id": "T1"}, "user": {"id": "U1", "team_id": "T1"},
        "channel": {"id": "C1"}, "message": {"text": "a &amp; b?", "user": "U2"}, "trigger_id": "9.9",
        "response_url": URL,
    }  # fmt: skip
    there = Address("slack", "T1", "C1", URL)
    assert event_of(body, NOW) == Event(
        "slack:T1:9.9", "text", NOW, "U1", there, text="a & b?", place="whisper", home=ANN
    )
    assert event_of({**body, "callback_id": "another"}, NOW) is None


# --- presses, modals ----------------------------------------------------------------------------------------------


def test_a_press_in_direct_messages() -> None:
    pressed = event_of(press({"type": "message", "message_ts": "1.5", "channel_id": "D1"}), NOW)
    expected = Event("slack:T1:9.9", "press", NOW, "U1", ANN, action="quiz", message=MessageRef("D1", "1.5"), home=ANN)
    assert pressed == expected
    threaded = {"type": "message", "message_ts": "1.5", "channel_id": "D1", "thread_ts": "1.0"}
    event = event_of(press(threaded), NOW)
    assert event is not None
    assert event.address.thread == "1.0"


def test_a_press_in_a_channel() -> None:
    event = event_of(press({"type": "message", "message_ts": "1.5", "channel_id": "C1", "thread_ts": "1.0"}), NOW)
    assert event is not None
    assert (event.address, event.place) == (Address("slack", "T1", "C1", "1.0"), "channel")


def test_a_press_on_what_only_one_person_sees() -> None:
    box = {"type": "message", "message_ts": "1.5", "channel_id": "C1", "is_ephemeral": True}
    event = event_of(press(box, response_url=URL, channel={"id": "C1"}), NOW)
    assert event is not None
    assert (event.address, event.place) == (Address("slack", "T1", "C1", URL), "whisper")
    assert (event.action, event.message) == ("quiz", MessageRef("C1", "1.5"))


def test_a_press_at_home() -> None:
    body = press({"type": "view", "view_id": "V1"}, view={"id": "V1", "type": "home"})
    assert event_of(body, NOW) == Event("slack:T1:9.9", "press", NOW, "U1", ANN, action="quiz", home=ANN)
    assert event_of(press({"type": "view", "view_id": "V1"}, "link:1"), NOW) is None


def test_the_button_of_the_modal() -> None:
    body = press({"type": "view", "view_id": "V1"}, OPEN_SETTINGS)
    assert opens_settings(body)
    assert not opens_settings(press({"type": "view", "view_id": "V1"}))
    event = event_of(body, NOW)
    assert event is not None
    assert event.action == "settings"


def submission(cap: str, hash: str = "h1") -> Event:
    values = {"cap": {"cap": {"type": "number_input", "value": cap}}}
    view = {"id": "V1", "hash": hash, "callback_id": "settings", "state": {"values": values}}
    body = {"type": "view_submission", "team": {"id": "T1"}, "user": {"id": "U1", "team_id": "T1"}, "view": view}
    found = event_of(body, NOW)
    assert found is not None
    return found


def test_a_modal() -> None:
    event = submission("7")
    assert (event.kind, event.action, event.fields, event.address) == ("submit", "settings", {"cap": "7"}, ANN)
    assert event.id.startswith("slack:T1:V1:h1:")


def test_a_modal_sent_twice_is_one_event_and_a_corrected_one_another() -> None:
    assert submission("7").id == submission("7").id
    assert len({submission("7").id, submission("8").id, submission("7", "h2").id}) == 3


# --- any payload --------------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "user", "type"]), inner),
    max_leaves=6,
)
KEYS = ["event", "team", "user", "view", "container", "actions", "team_id", "trigger_id", "message", "command"]


@given(
    st.sampled_from(["event_callback", "block_actions", "view_submission", "message_action"]),
    st.dictionaries(st.sampled_from(KEYS), JSON),
)
def test_any_payload_is_an_event_or_none(kind: str, body: dict[str, Any]) -> None:
    found = event_of({"type": kind, **body}, NOW)
    assert found is None or (found.sender and found.address.workspace)
    assert kind_of(body).isascii()


def test_the_kind_of_a_payload_holds_nothing_of_it() -> None:
    assert kind_of({"type": "event_callback", "event": {"type": "team_join"}}) == "event_callback/team_join"
    assert kind_of(command()) == "slash_command"
    assert kind_of({"type": "what ann wrote: …"}) == "unknown"


# --- what was typed -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"),
        ("&amp;lt;", "&lt;"),
        (f"<@{BOT}> what is git?", "what is git?"),
        (f"<@{BOT}|tutor>: what is git?", "what is git?"),
        (f"hey <@{BOT}>, what is git?", "hey what is git?"),
        (f"<@{BOT}>", ""),
        ("ask <@U2|ann> or <@U3>", "ask @ann or"),
        ("see <http://example.com|example.com> and <https://x.org/?a=1&amp;b>", "see example.com and https://x.org/?a=1&b"),
        ("<mailto:a@b.org|a@b.org>", "a@b.org"),
        ("in <#C1|general> and <#C2>", "in #general and"),
        ("<!here> <!subteam^S1|@eng> <!date^1^{date}|today>", "@here @eng today"),
        (":+1:", "👍"),
        (":thumbsdown::skin-tone-3:", "👎"),
        ("line\n  two", "line\n  two"),
        ("x" * 9000, "x" * TEXT_MAX),
    ],
)  # fmt: skip
def test_what_was_typed(text: str, expected: str) -> None:
    assert typed(text, BOT) == expected


@given(st.text())
def test_any_words_come_through(text: str) -> None:
    sent = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if ":" not in text:
        assert typed(sent) == text.strip()[:TEXT_MAX]
