"""Reading what Telegram sends: JSON into the library's types, without a word of it in any log."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from typing import Any

from telegram import ChatMember, Update

# The library's documented switch to what its next version does; without it, it warns at every 429 and of every timer.
os.environ.setdefault("PTB_TIMEDELTA", "true")

# What `updates.event_of` and inline mode read; Telegram sends nothing else.
ALLOWED = ("message", "edited_message", "callback_query", "inline_query", "poll_answer", "my_chat_member")

log = logging.getLogger(__name__)


def parse(raw: Any) -> Update | None:
    """The update that was sent as JSON; None, and a line in the log, for one that cannot be read."""
    try:
        return Update.de_json(completed(raw), None)
    except Exception as error:
        number = raw.get("update_id") if isinstance(raw, dict) else None
        log.warning("telegram: update %s cannot be read (%s)", number, type(error).__name__)
        return None


def completed(found: Any) -> Any:
    """Fill in, in place, what the library demands and Bot API servers before 10.0 do not send."""
    if isinstance(found, list):
        for one in found:
            completed(one)
    elif isinstance(found, dict):
        if "is_anonymous" in found and isinstance(found.get("options"), list):  # a poll
            found.setdefault("allows_revoting", False)
            found.setdefault("members_only", False)
            right = found.pop("correct_option_id", None)  # the library warns of it
            if right is not None:
                found.setdefault("correct_option_ids", [right])
            for n, option in enumerate(found["options"]):
                if isinstance(option, dict):
                    option.setdefault("persistent_id", str(n))
        if "option_ids" in found and "poll_id" in found:
            found.setdefault("option_persistent_ids", [])
        if found.get("status") == ChatMember.RESTRICTED:
            found.setdefault("can_react_to_messages", True)
        for value in found.values():
            if isinstance(value, (dict, list)):
                completed(value)
    return found


def keys(update: Update) -> frozenset[str]:
    """What an update shares with those that must not overtake it: its chat and its sender."""
    chat, user = update.effective_chat, update.effective_user
    return frozenset(
        [*([f"chat {chat.id}"] if chat is not None else ()), *([f"user {user.id}"] if user is not None else ())]
    )


def kinds(update: Update) -> Iterable[str]:
    """What an update holds, by field name, for the log."""
    return (name for name in (*ALLOWED, "channel_post", "poll", "chat_member") if getattr(update, name, None))
