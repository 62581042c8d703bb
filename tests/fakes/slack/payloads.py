"""What Slack sends: event wrappers, slash commands, and the payloads of presses, modals and shortcuts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.fakes.slack.state import Channel, Json, Message, View, Workspace, new_id

if TYPE_CHECKING:
    from tests.fakes.slack.core import Core
    from tests.fakes.slack.people import Person

TOKEN = "legacy-verification-token"
_MENTION = re.compile(r"(<[@#][A-Z0-9]+>)")
_LINK = re.compile(r"(?:https?://|mailto:)[^\s<>|]+")


def event(fake: Core, workspace: Workspace, inner: Json) -> Json:
    """An event in its wrapper."""
    who = {"enterprise_id": None, "team_id": workspace.id, "user_id": workspace.bot_user, "is_bot": True}
    return {
        "token": TOKEN, "team_id": workspace.id, "api_app_id": fake.app_id, "type": "event_callback",
        "event": inner, "event_id": new_id("Ev"), "event_time": int(fake.now()), "event_context": new_id("EC"),
        "authorizations": [{**who, "is_enterprise_install": False}], "is_ext_shared_channel": False,
    }  # fmt: skip


def typed(text: str) -> str:
    """What a person typed as Slack hands it on: &, < and > encoded, addresses in <…>, mentions left as they are."""
    parts = _MENTION.split(text)
    for number in range(0, len(parts), 2):
        part = parts[number].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        parts[number] = _LINK.sub(lambda match: f"<{match[0]}>", part)
    return "".join(parts)


def typed_blocks(text: str) -> list[Json]:
    """The rich_text block that Slack's composer makes of a text."""
    elements: list[Json] = []
    for part in re.split(r"(<@[A-Z0-9]+>|https?://[^\s<>|]+)", text):
        if part.startswith("<@"):
            elements.append({"type": "user", "user_id": part[2:-1]})
        elif part.startswith("http"):
            elements.append({"type": "link", "url": part})
        elif part:
            elements.append({"type": "text", "text": part})
    section = {"type": "rich_text_section", "elements": elements}
    return [{"type": "rich_text", "block_id": new_id("b"), "elements": [section]}]


def message_event(fake: Core, channel: Channel, message: Message) -> Json:
    """A message as an event of type message."""
    shown = fake.as_json(message)
    shown.pop("reply_count", None)
    inner = {**shown, "channel": channel.id, "event_ts": message.ts, "channel_type": channel.kind}
    if not message.bot:
        inner["client_msg_id"] = f"client-{message.ts}"
    return inner


def changed_event(fake: Core, channel: Channel, message: Message, before: Json, subtype: str) -> Json:
    """A message changed or deleted, as an event."""
    ts = fake.new_ts()
    inner: Json = {
        "type": "message", "subtype": subtype, "channel": channel.id, "hidden": True, "ts": ts, "event_ts": ts,
        "channel_type": channel.kind, "previous_message": before,
    }  # fmt: skip
    if subtype == "message_changed":
        return {**inner, "message": fake.as_json(message)}
    return {**inner, "deleted_ts": message.ts}


def slash(fake: Core, person: Person, command: str, text: str, channel: Channel) -> Json:
    """A slash command: all values are strings."""
    w = person.workspace
    return {
        "token": TOKEN, "team_id": w.id, "team_domain": w.name.lower(), "channel_id": channel.id,
        "channel_name": channel_name(channel), "user_id": person.id, "user_name": person.name.lower(),
        "command": command, "text": text, "api_app_id": fake.app_id, "is_enterprise_install": "false",
        "response_url": fake.new_response_url(person, channel), "trigger_id": fake.new_trigger(person),
    }  # fmt: skip


def channel_name(channel: Channel) -> str:
    """As interactive payloads call it."""
    return "directmessage" if channel.person else "privategroup" if channel.private else channel.name


def interactive(fake: Core, person: Person, kind: str, view: View | None = None) -> Json:
    """What all interactive payloads have in common."""
    w = person.workspace
    name = person.name.lower()
    return {
        "type": kind, "token": TOKEN, "api_app_id": fake.app_id,
        "team": {"id": w.id, "domain": w.name.lower()}, "enterprise": None, "is_enterprise_install": False,
        "user": {"id": person.id, "username": name, "name": name, "team_id": w.id},
        "trigger_id": fake.new_trigger(person, view),
    }  # fmt: skip


def pressed_in_message(
    fake: Core, person: Person, channel: Channel, message: Message, action: Json, state: Json
) -> Json:
    """block_actions of a message. An ephemeral message is not in it, only its timestamp."""
    container: Json = {
        "type": "message", "message_ts": message.ts, "channel_id": channel.id, "is_ephemeral": bool(message.seen_by),
    }  # fmt: skip
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    payload = {
        **interactive(fake, person, "block_actions"), "container": container,
        "channel": {"id": channel.id, "name": channel_name(channel)}, "state": {"values": state},
        "response_url": fake.new_response_url(person, channel, message), "actions": [action],
    }  # fmt: skip
    if not message.seen_by:
        payload["message"] = fake.as_json(message)
    return payload


def pressed_in_view(fake: Core, person: Person, view: View, action: Json) -> Json:
    """block_actions of a Home tab or a modal."""
    modal = view.body["type"] == "modal"
    return {
        **interactive(fake, person, "block_actions", view if modal else None),
        "container": {"type": "view", "view_id": view.id}, "view": fake.view_json(view), "actions": [action],
    }  # fmt: skip


def submitted(fake: Core, person: Person, view: View) -> Json:
    """view_submission."""
    payload = interactive(fake, person, "view_submission", view)
    return {**payload, "view": fake.view_json(view), "response_urls": []}


def closed(fake: Core, person: Person, view: View) -> Json:
    """view_closed; it has no trigger."""
    payload = interactive(fake, person, "view_closed", view)
    del payload["trigger_id"]
    return {**payload, "view": fake.view_json(view), "is_cleared": False}


def shortcut(fake: Core, person: Person, callback_id: str, message: Message | None, channel: Channel | None) -> Json:
    """A message shortcut, or a global one."""
    common: Json = {"callback_id": callback_id, "action_ts": fake.new_ts()}
    if message is None or channel is None:
        return {**interactive(fake, person, "shortcut"), **common}
    return {
        **interactive(fake, person, "message_action"), **common, "message_ts": message.ts,
        "channel": {"id": channel.id, "name": channel_name(channel)}, "message": fake.as_json(message),
        "response_url": fake.new_response_url(person, channel, message, replaces=False),
    }  # fmt: skip


def needs(inner: Json) -> tuple[str, str]:
    """What the app must have subscribed to for an event, and the scope that takes ("": none)."""
    kind = str(inner["type"])
    if kind == "message":
        by_type = {"im": "message.im", "channel": "message.channels", "group": "message.groups"}
        scopes = {"im": "im:history", "channel": "channels:history", "group": "groups:history"}
        return by_type[inner["channel_type"]], scopes[inner["channel_type"]]
    scopes = {
        "app_mention": "app_mentions:read", "assistant_thread_started": "assistant:write",
        "assistant_thread_context_changed": "assistant:write", "user_change": "users:read",
        "member_joined_channel": "channels:read", "member_left_channel": "channels:read",
    }  # fmt: skip
    return kind, scopes.get(kind, "")


def as_json(fake: Core, workspace: Workspace, message: Message) -> Json:
    """A message as the Web API and events show it."""
    shown: Json = {
        "type": "message",
        "user": message.user,
        "ts": message.ts,
        "text": message.text,
        "team": workspace.id,
    }
    if message.blocks:
        shown["blocks"] = message.blocks
    if message.bot:
        shown |= {
            "bot_id": workspace.bot_id, "app_id": fake.app_id,
            "bot_profile": {"id": workspace.bot_id, "app_id": fake.app_id, "name": "Tutor", "team_id": workspace.id},
        }  # fmt: skip
    optional: list[tuple[str, Any]] = [
        ("thread_ts", message.thread_ts), ("subtype", message.subtype), ("files", message.files),
        ("metadata", message.metadata),
    ]  # fmt: skip
    shown |= {name: value for name, value in optional if value}
    if message.edits:
        shown["edited"] = {"user": message.user, "ts": message.ts}
    return shown
