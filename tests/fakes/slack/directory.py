"""auth.*, users.*, conversations.*, team.*, files.*, assistant.threads.* and the rest of what an app calls."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.fakes.slack.api import Context, Refused, method, problems
from tests.fakes.slack.state import AssistantThread, Channel, Json, Message, Upload, new_id


@method("api.test", token="none")
def api_test(c: Context) -> Json:
    if error := c.text("error", required=False):
        raise Refused(error)
    return {"args": {k: v for k, v in c.params.items() if k != "token"}}


@method("auth.test")
def auth_test(c: Context) -> Json:
    w = c.workspace
    return {
        "url": f"https://{w.name.lower()}.slack.com/", "team": w.name, "user": "tutor", "team_id": w.id,
        "user_id": w.bot_user, "bot_id": w.bot_id, "is_enterprise_install": False,
    }  # fmt: skip


@method("auth.revoke")
def auth_revoke(c: Context) -> Json:
    if c.flag("test"):
        return {"revoked": False}
    workspace = c.workspace
    c.after.append(lambda: c.fake.in_background(c.fake.revoke_tokens(workspace)))
    return {"revoked": True}


@method("apps.uninstall", tier=1)
def apps_uninstall(c: Context) -> Json:
    if (c.text("client_id"), c.text("client_secret")) != (c.fake.client_id, c.fake.client_secret):
        raise Refused("bad_client_secret", "wrong client_id or client_secret")
    workspace = c.workspace
    c.after.append(lambda: c.fake.in_background(c.fake.uninstall(workspace)))
    return {}


@method("apps.connections.open", "connections:write", tier=20, token="app")
def connections_open(c: Context) -> Json:
    if not c.fake.socket_mode:
        raise Refused("internal_error", "Socket Mode is not switched on for this app")
    return {"url": c.fake.sockets.ticket()}


@method("team.info", "team:read", tier=50)
def team_info(c: Context) -> Json:
    w = c.workspace
    return {"team": {"id": w.id, "name": w.name, "domain": w.name.lower(), "email_domain": "", "icon": {}}}


@method("users.info", "users:read", json=False)
def users_info(c: Context) -> Json:
    person = c.person(c.text("user"))
    user: Json = {
        "id": person.id, "team_id": c.workspace.id, "name": person.name.lower(), "deleted": person.deleted,
        "real_name": person.name, "is_bot": person.is_bot, "is_app_user": False, "updated": int(c.fake.now()),
        "profile": {"real_name": person.name, "display_name": person.name, "team": c.workspace.id},
    }  # fmt: skip
    if not person.deleted:
        offset = datetime.fromtimestamp(c.fake.now(), UTC).astimezone(ZoneInfo(person.tz)).utcoffset()
        user |= {"tz": person.tz, "tz_label": person.tz, "tz_offset": int(offset.total_seconds()) if offset else 0}
    if c.flag("include_locale"):
        user["locale"] = person.locale
    return {"user": user}


@method("conversations.open", "im:write", tier=50)
def conversations_open(c: Context) -> Json:
    if c.params.get("channel"):
        channel = c.channel()
    else:
        users = [each for each in c.text("users").split(",") if each]
        if len(users) != 1:
            raise Refused("invalid_arguments", "the fake opens direct messages with one person")
        person = c.workspace.people.get(users[0])
        if person is None:
            raise Refused("user_not_found", f"no such user: {users[0]}")
        if person.is_bot:
            raise Refused("cannot_dm_bot")
        if person.deleted:
            raise Refused("user_disabled")
        channel = person.dm
    known, channel.opened = channel.opened, True
    shown: Json = {"id": channel.id} if not c.flag("return_im") else channel_json(channel)
    return {"channel": shown, **({"no_op": True, "already_open": True} if known else {})}


@method("conversations.info", "channels:read", "groups:read", "im:read", tier=50, json=False)
def conversations_info(c: Context) -> Json:
    channel = c.channel()
    needed = {"im": "im:read", "group": "groups:read", "channel": "channels:read"}[channel.kind]
    if needed not in c.workspace.scopes:
        provided = ",".join(sorted(c.workspace.scopes))
        raise Refused("missing_scope", f"needs {needed}", needed=needed, provided=provided)
    return {"channel": channel_json(channel)}


def channel_json(channel: Channel) -> Json:
    """A channel as conversations.info shows it."""
    im = channel.person is not None
    shown: Json = {"id": channel.id, "is_im": im, "is_archived": channel.archived, "created": 1_760_000_000}
    if channel.person is not None:
        return {
            **shown,
            "user": channel.person.id,
            "is_user_deleted": channel.person.deleted,
            "is_open": channel.opened,
        }
    return {
        **shown, "name": channel.name, "is_channel": not channel.private, "is_group": channel.private,
        "is_private": channel.private, "is_member": channel.bot_in, "num_members": len(channel.members),
    }  # fmt: skip


@method("files.getUploadURLExternal", "files:write", json=False)
def upload_url(c: Context) -> Json:
    name, length = c.text("filename"), c.text("length")
    if not length.isdecimal() or int(length) < 1:
        raise Refused("invalid_arguments", "length must be 1 or more", **problems(["length must be 1 or more"]))
    upload = Upload(new_id("F"), name, int(length), c.workspace, alt=c.text("alt_txt", required=False))
    c.fake.uploads.append(upload)
    return {"upload_url": f"{c.fake.root}/upload/{upload.id}", "file_id": upload.id}


@method("files.completeUploadExternal", "files:write")
def upload_complete(c: Context) -> Json:
    given = _json(c, "files")
    if not isinstance(given, list) or not given or not all(isinstance(f, dict) and f.get("id") for f in given):
        raise Refused("invalid_arguments", "files must be an array of objects with an id")
    ids = [c.text("channel_id", required=False), *c.text("channels", required=False).split(",")]
    ids = [each for each in ids if each]
    for each in ids:
        if not re.fullmatch(r"[CGDZ][A-Z0-9]{8,}", each):
            raise Refused("invalid_arguments", f"not a channel's id: {each}", **problems([f"channel_id {each}"]))
    channels = []
    for each in ids:
        found = c.workspace.channels.get(each)
        if found is None:
            raise Refused("channel_not_found", f"no such channel: {each}")
        channels.append(c.writable(found))
    uploads = []
    for each in given:
        upload = next((u for u in c.fake.uploads if u.id == each["id"] and u.workspace is c.workspace), None)
        if upload is None or upload.data is None or upload.done:
            raise Refused("file_not_found", "was not uploaded, or was completed before")
        uploads.append(upload)
        upload.title = str(each.get("title") or upload.name)
    thread = c.text("thread_ts", required=False)
    for upload in uploads:
        upload.done, upload.channels, upload.thread_ts = True, [channel.id for channel in channels], thread
    for channel in channels:
        _share(c, channel, uploads, thread)
    return {"files": [file_json(upload) for upload in uploads]}


def _share(c: Context, channel: Channel, uploads: list[Upload], thread: str) -> None:
    text = c.text("initial_comment", required=False)
    message = Message(channel.id, c.fake.new_ts(), c.workspace.bot_user, text, [], thread, bot=True)
    message.files = [file_json(upload) for upload in uploads]
    message.subtype = "file_share"
    channel.messages.append(message)
    c.after.append(lambda: c.fake.echo(channel, message))


def file_json(upload: Upload) -> Json:
    """A file as Slack shows it; which message it is in comes later, and only by an event."""
    return {"id": upload.id, "title": upload.title, "name": upload.name, "size": upload.length, "shares": {}}


@method("assistant.threads.setStatus", "assistant:write")
def set_status(c: Context) -> Json:
    thread = _assistant_thread(c)
    status = c.params.get("status")
    if not isinstance(status, str):
        raise Refused("invalid_arguments", "missing required field: status")
    messages = _json(c, "loading_messages") or []
    if not isinstance(messages, list) or len(messages) > 10:
        raise Refused("invalid_arguments", "no more than 10 loading_messages")
    thread.status = status
    thread.statuses.append(status)
    return {}


@method("assistant.threads.setTitle", "assistant:write")
def set_title(c: Context) -> Json:
    thread = _assistant_thread(c)
    thread.title = c.text("title")
    return {}


@method("assistant.threads.setSuggestedPrompts", "assistant:write")
def set_prompts(c: Context) -> Json:
    # Without a thread they are the agent view's, above the composer of the chat.
    place = _assistant_thread(c) if c.text("thread_ts", required=False) else c.channel("channel_id")
    prompts = _json(c, "prompts")
    if not isinstance(prompts, list) or not 1 <= len(prompts) <= 4:
        raise Refused("invalid_arguments", "prompts must be an array of 1 to 4")
    for prompt in prompts:
        if not isinstance(prompt, dict) or not prompt.get("title") or not prompt.get("message"):
            raise Refused("invalid_arguments", "a prompt needs title and message")
    place.prompts, place.prompts_title = prompts, c.text("title", required=False)
    return {}


def _assistant_thread(c: Context) -> AssistantThread:
    channel = c.channel("channel_id")
    ts = c.text("thread_ts")
    if ts not in channel.assistant:
        # In the agent view every direct message may begin a thread; the older pane has threads of its own.
        if not (c.fake.agent_view and channel.person is not None and channel.find(ts)):
            raise Refused("invalid_thread_ts", "not a thread of a chat with the app")
        channel.assistant[ts] = AssistantThread(channel, ts)
    return channel.assistant[ts]


def _json(c: Context, name: str) -> Any:
    value = c.params.get(name)
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError as error:
            raise Refused("invalid_arguments", f"{name} is no JSON") from error
    return value
