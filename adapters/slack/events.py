"""What Slack delivers, as events. Pure; what means nothing to Tutor becomes None.

The workspace of an event is the one that Tutor is installed in, since that one's token answers it; an organisation's
id stands in where a payload names no workspace (Enterprise Grid). A person from elsewhere, in a channel shared by
Slack Connect, is known by that workspace, too, but has no `home`: their own chat with Tutor is not to be had there.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from adapters.slack.modal import fields_of
from adapters.slack.typed import typed
from bot.messages import Address, Event, EventKind, MessageRef, Place

PLATFORM = "slack"
ACTION = "act:"  # how the action_ids of our buttons begin; their value is the action
OPEN_SETTINGS = "open:settings"  # the action_id of the button that opens the settings modal
SHORTCUT = "ask_tutor"

Body = Mapping[str, Any]

_SAID = frozenset({"", "file_share", "me_message", "thread_broadcast"})  # subtypes of what a person writes
_NAME = re.compile(r"[A-Za-z_.]{1,60}")


def event_of(body: Body, now: datetime, room: str = "") -> Event | None:
    """The event in a payload of any kind.

    Args:
        body: what Slack delivered.
        now: aware UTC.
        room: the sender's direct messages with Tutor, where a slash command may have come from; "" if not known.
    """
    if body.get("command"):
        return _slash(body, now, room)
    match body.get("type"):
        case "event_callback":
            return _callback(body, _part(body, "event"), now)
        case "block_actions":
            return _press(body, now)
        case "view_submission":
            return _submit(body, now)
        case "message_action" if body.get("callback_id") == SHORTCUT:
            text = typed(_text(_part(body, "message"), "text"))
            return _whisper(body, "text", now, text=text)
        case _:
            return None


def kind_of(body: Body) -> str:
    """The kind of a payload in a word or two, fit for a log."""
    kind = _text(body, "type") or ("slash_command" if body.get("command") else "")
    names = [kind, _text(_part(body, "event"), "type")]
    return "/".join(name for name in names if _NAME.fullmatch(name)) or "unknown"


def team_of(body: Body) -> str:
    """The workspace whose token answers a payload, by Bolt's own rule."""
    first: Body = next(iter(body.get("authorizations") or ()), {})
    return (
        _text(_part(body, "view"), "app_installed_team_id")
        or _text(_part(body, "team"), "id")
        or _text(first, "team_id")
        or _text(body, "team_id")
        or _text(_part(body, "user"), "team_id")
        or _text(_part(body, "enterprise"), "id")
        or _text(first, "enterprise_id")
        or _text(body, "enterprise_id")
    )


def opens_settings(body: Body) -> bool:
    """Whether a payload is a press on the button that opens the settings modal."""
    return body.get("type") == "block_actions" and _text(_action(body), "action_id") == OPEN_SETTINGS


def own_room(body: Body) -> tuple[str, str, str] | None:
    """The workspace, the person and the channel of a direct message to Tutor."""
    event = _part(body, "event")
    if event.get("type") == "message" and event.get("channel_type") == "im" and event.get("user"):
        return team_of(body), _text(event, "user"), _text(event, "channel")
    return None


def _callback(body: Body, event: Body, now: datetime) -> Event | None:
    team, user = team_of(body), _text(event, "user")
    bot = next((_text(each, "user_id") for each in body.get("authorizations") or () if each.get("is_bot")), "")
    id = f"{PLATFORM}:{_text(body, 'event_id')}"
    if event.get("bot_id") or not (team and user and body.get("event_id")):
        return None
    home = Address(PLATFORM, team, user)
    match event.get("type"):
        case "message" if event.get("channel_type") == "im" and _text(event, "subtype") in _SAID and user != bot:
            own = Address(PLATFORM, team, user, _text(event, "thread_ts"))
            return Event(id, "text", now, user, own, text=typed(_text(event, "text"), bot), home=home)
        case "app_mention" if user != bot:
            thread = _text(event, "thread_ts") or _text(event, "ts")
            there = Address(PLATFORM, team, _text(event, "channel"), thread)
            text = typed(_text(event, "text"), bot)
            alone = None if _from_elsewhere(body, event) else home
            return Event(id, "text", now, user, there, text=text, place="channel", home=alone)
        case "app_home_opened" if event.get("tab") == "home":
            return Event(id, "opened", now, user, home, action="home", home=home)
        case "member_joined_channel" if bot and user == bot:
            there = Address(PLATFORM, team, _text(event, "channel"))
            return Event(id, "joined", now, _text(event, "inviter") or bot, there, place="channel")
        case _:
            return None


def _from_elsewhere(body: Body, event: Body) -> bool:
    team = _text(event, "user_team") or _text(event, "team")
    return bool(body.get("is_ext_shared_channel")) and team not in ("", team_of(body), _text(body, "enterprise_id"))


def _slash(body: Body, now: datetime, room: str) -> Event | None:
    """A slash command: plain words work behind it, so that whatever was typed is taken as such."""
    team, user = team_of(body), _text(body, "user_id")
    text = typed(_text(body, "text")) or "help"
    if not room or _text(body, "channel_id") != room:
        return _whisper(body, "text", now, text=text)
    home = Address(PLATFORM, team, user)
    return Event(f"{PLATFORM}:{team}:{_text(body, 'trigger_id')}", "text", now, user, home, text=text, home=home)


def _whisper(
    body: Body, kind: EventKind, now: datetime, *, text: str = "", action: str = "", message: MessageRef | None = None
) -> Event | None:
    """What only the sender is to see the answer to."""
    team, user = team_of(body), _text(body, "user_id") or _text(_part(body, "user"), "id")
    channel = _text(body, "channel_id") or _text(_part(body, "channel"), "id")
    trigger, url = _text(body, "trigger_id"), _text(body, "response_url")
    if not (team and user and channel and trigger and url):
        return None
    place: Place = "whisper"
    return Event(
        f"{PLATFORM}:{team}:{trigger}",
        kind,
        now,
        user,
        Address(PLATFORM, team, channel, url),
        text=text,
        action=action,
        message=message,
        place=place,
        home=_home(body, team, user),
    )


def _press(body: Body, now: datetime) -> Event | None:
    pressed = _action(body)
    name = _text(pressed, "action_id")
    value = _text(pressed, "value") or _text(_part(pressed, "selected_option"), "value")
    if name == OPEN_SETTINGS:  # in words, where the modal could not be opened
        value = "settings"
    elif not name.startswith(ACTION) or not value:
        return None
    team, user, box = team_of(body), _text(_part(body, "user"), "id"), _part(body, "container")
    id = f"{PLATFORM}:{team}:{_text(body, 'trigger_id')}"
    home = _home(body, team, user)
    channel, ts = _text(box, "channel_id"), _text(box, "message_ts")
    if not (team and user and body.get("trigger_id")):
        return None
    if not channel or not ts:  # App Home, or a modal
        own = Address(PLATFORM, team, user)
        return Event(id, "press", now, user, own, action=value, home=home)
    message = MessageRef(channel, ts)
    if box.get("is_ephemeral"):
        return _whisper(body, "press", now, action=value, message=message)
    thread = _text(box, "thread_ts") or _text(_part(body, "message"), "thread_ts")
    if channel.startswith("D"):
        own = Address(PLATFORM, team, user, "" if thread == ts else thread)
        return Event(id, "press", now, user, own, action=value, message=message, home=home)
    there = Address(PLATFORM, team, channel, thread or ts)
    return Event(id, "press", now, user, there, action=value, message=message, place="channel", home=home)


def _submit(body: Body, now: datetime) -> Event | None:
    """A modal that was filled in.

    A view keeps its hash while errors are shown in it: what was filled in tells a corrected one from one sent twice.
    """
    view, team, user = _part(body, "view"), team_of(body), _text(_part(body, "user"), "id")
    if not (team and user and view.get("id")):
        return None
    fields = fields_of(_part(_part(view, "state"), "values"))
    filled = hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:16]
    id = f"{PLATFORM}:{team}:{_text(view, 'id')}:{_text(view, 'hash')}:{filled}"
    own = Address(PLATFORM, team, user)
    name = _text(view, "callback_id")
    return Event(id, "submit", now, user, own, action=name, fields=fields, home=_home(body, team, user))


def _home(body: Body, team: str, user: str) -> Address | None:
    """Where an interaction's sender is written to alone; None for somebody from another organisation's workspace."""
    theirs = _text(_part(body, "user"), "team_id")
    if theirs and theirs != team and not _part(body, "enterprise"):
        return None
    return Address(PLATFORM, team, user)


def _action(body: Body) -> Body:
    actions = body.get("actions")
    pressed = next(iter(actions), None) if isinstance(actions, list) else None
    return pressed if isinstance(pressed, Mapping) else {}


def _part(body: Body, name: str) -> Body:
    found = body.get(name)
    return found if isinstance(found, Mapping) else {}


def _text(body: Body, name: str) -> str:
    found = body.get(name)
    return found if isinstance(found, str) else ""
