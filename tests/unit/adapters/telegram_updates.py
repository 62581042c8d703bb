"""Updates as Telegram sends them, for the tests: plain JSON, as the Bot API documents it."""

from __future__ import annotations

import itertools
from typing import Any

from telegram import Update

from adapters.telegram.raw import parse

BOT_ID, BOT_NAME = 7654321, "tutor_bot"
ANN = {"id": 11, "is_bot": False, "first_name": "Ann", "language_code": "de"}
BEN = {"id": 12, "is_bot": False, "first_name": "Ben"}
ME = {"id": BOT_ID, "is_bot": True, "first_name": "Tutor", "username": "Tutor_Bot"}
OTHER_BOT = {"id": 99, "is_bot": True, "first_name": "Other", "username": "other_bot"}
ANONYMOUS = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
PRIVATE = {"id": 11, "type": "private", "first_name": "Ann"}
GROUP = {"id": -1001, "type": "supergroup", "title": "Team"}
SMALL = {"id": -5, "type": "group", "title": "Small"}
CHANNEL = {"id": -1009, "type": "channel", "title": "News"}
AT = 1795251600  # 2026-11-22 01:40 UTC
PHOTO = [{"file_id": "p", "file_unique_id": "p", "width": 9, "height": 9}]

_numbers = itertools.count(8841)


def message(text: str = "", chat: dict[str, Any] = PRIVATE, **fields: Any) -> dict[str, Any]:
    """A message of Ann's."""
    given = {"message_id": 7, "date": AT, "chat": chat, "from": ANN, **({"text": text} if text else {}), **fields}
    return {name: value for name, value in given.items() if value is not None}


def update(**content: Any) -> Update:
    """An update, read as it would be from the network."""
    read = parse({"update_id": next(_numbers), **content})
    assert read is not None
    return read


def said(text: str = "", chat: dict[str, Any] = PRIVATE, **fields: Any) -> Update:
    """An update with a message."""
    return update(message=message(text, chat, **fields))


def pressed(data: str | None = "next", shown: dict[str, Any] | None = None, **fields: Any) -> Update:
    """An update with a press of a button."""
    query: dict[str, Any] = {"id": "q1", "from": ANN, "chat_instance": "1", **fields}
    if data is not None:
        query["data"] = data
    if shown is not None:
        query["message"] = shown
    return update(callback_query=query)


def changed(chat: dict[str, Any], was: str, now: str, who: dict[str, Any] = ANN, **more: Any) -> Update:
    """An update on the bot's own membership."""
    states = [{"user": ME, "status": state, **_REST.get(state, {}), **more} for state in (was, now)]
    change = {"chat": chat, "from": who, "date": AT, "old_chat_member": states[0], "new_chat_member": states[1]}
    return update(my_chat_member=change)


_RIGHTS = (
    *("can_change_info", "can_invite_users", "can_pin_messages", "can_send_messages", "can_send_polls"),
    *("can_send_other_messages", "can_add_web_page_previews", "can_manage_topics", "can_send_audios"),
    *("can_send_documents", "can_send_photos", "can_send_videos", "can_send_video_notes", "can_send_voice_notes"),
    "can_edit_tag",
)
_ADMIN = (
    *("can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages", "can_manage_video_chats"),
    *("can_restrict_members", "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories"),
    *("can_edit_stories", "can_delete_stories"),
)
_REST: dict[str, dict[str, Any]] = {
    "kicked": {"until_date": 0},
    "restricted": {"until_date": 0, **dict.fromkeys(_RIGHTS, False)},
    "administrator": dict.fromkeys(_ADMIN, True),
}
