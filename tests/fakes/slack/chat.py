"""chat.*: posting, changing and deleting messages; and answers by response_url."""

from __future__ import annotations

import json
from typing import Any

from tests.fakes.slack.api import Context, Refused, method, problems
from tests.fakes.slack.rules import check_blocks, pings_in, too_long
from tests.fakes.slack.state import Channel, Json, Message, ResponseUrl, new_id

TEXT_TRUNCATED, TEXT_BEST = 40_000, 4_000
RESPONSE_USES, RESPONSE_SECONDS = 5, 30 * 60


@method("chat.postMessage", "chat:write", tier=0)
def post_message(c: Context) -> Json:
    channel = c.writable(c.channel(people=True))
    thread = _thread(c, channel)
    text, blocks = content(c)
    metadata = _metadata(c.params["metadata"]) if "metadata" in c.params else {}
    message = _place(c, channel, Message(channel.id, c.fake.new_ts(), c.workspace.bot_user, text, blocks, thread))
    message.unfurl = c.params.get("unfurl_links", True) not in (False, "0", "false")
    message.metadata = metadata
    channel.opened = True
    if thread in channel.assistant:
        channel.assistant[thread].status = ""
    return {"channel": channel.id, "ts": message.ts, "message": c.fake.as_json(message)}


@method("chat.postEphemeral", "chat:write")
def post_ephemeral(c: Context) -> Json:
    channel = c.writable(c.channel())
    user = c.person(c.text("user"))
    if user.id not in channel.members:
        raise Refused("user_not_in_channel")
    text, blocks = content(c)
    thread = _thread(c, channel)
    message = Message(channel.id, c.fake.new_ts(), c.workspace.bot_user, text, blocks, thread, seen_by=user.id)
    _place(c, channel, message)
    return {"message_ts": message.ts}


@method("chat.update", "chat:write", tier=50)
def update(c: Context) -> Json:
    channel = c.writable(c.channel())
    message = _own(c, channel, "cant_update_message")
    if isinstance(c.params.get("text"), str) and len(c.params["text"]) > TEXT_BEST:
        raise Refused("msg_too_long", f"text of {len(c.params['text'])} characters")
    text, blocks = content(c, default=message)
    change(c, message, text, blocks)
    return {"channel": channel.id, "ts": message.ts, "text": text, "message": c.fake.as_json(message)}


@method("chat.delete", "chat:write", tier=50)
def delete(c: Context) -> Json:
    channel = c.channel()
    message = _own(c, channel, "cant_delete_message")
    message.deleted = True
    c.after.append(lambda: c.fake.echo(channel, message, "message_deleted"))
    return {"channel": channel.id, "ts": message.ts}


def content(c: Context, default: Message | None = None) -> tuple[str, list[Json]]:
    """Text and blocks, checked; for a change, what is left out stays."""
    blocks = c.params.get("blocks")
    if isinstance(blocks, str):
        try:
            blocks = json.loads(blocks)
        except ValueError:
            blocks = ""
    if blocks is not None and (not isinstance(blocks, list) or not all(isinstance(b, dict) for b in blocks)):
        raise Refused("invalid_blocks_format", "blocks must be an array of objects")
    text = c.params.get("text")
    if text is not None and not isinstance(text, str):
        raise Refused("invalid_arguments", "text must be a string", **problems(["text must be a string"]))
    if not (text or "").strip() and not blocks:
        raise Refused("no_text", "neither text nor blocks")
    if blocks:
        found = check_blocks(blocks)
        if found:
            raise Refused("invalid_blocks", "; ".join(found), errors=found, **problems(found))
        if too_long(blocks):
            raise Refused("msg_blocks_too_long", "too many characters in all blocks together")
    elif len(text or "") > TEXT_BEST:
        c.call.warnings.append(f"text of {len(text or '')} characters: Slack splits it")
    if len(text or "") > TEXT_TRUNCATED:
        c.call.warnings.append("message_truncated")
        text = (text or "")[:TEXT_TRUNCATED]
    c.fake.pings += pings_in(text, blocks)
    if default is not None:
        blocks = default.blocks if blocks is None else blocks
        text = default.text if text is None else text
    return text or "", with_block_ids(blocks or [])


def with_block_ids(blocks: list[Json]) -> list[Json]:
    """Blocks as Slack keeps them: each with a block_id, and each element with an action_id."""

    def whole(element: Any) -> Any:
        acts = isinstance(element, dict) and element.get("type") not in ("image", "plain_text", "mrkdwn")
        return {"action_id": new_id("a"), **element} if acts else element

    kept = []
    for block in blocks:
        block = {"block_id": new_id("b"), **block}
        if block["type"] == "actions":
            block["elements"] = [whole(e) for e in block["elements"]]
        for key in ("accessory", "element"):
            if key in block:
                block[key] = whole(block[key])
        kept.append(block)
    return kept


def change(c: Context, message: Message, text: str, blocks: list[Json]) -> None:
    """Put new words in a message's place."""
    channel = c.workspace.channels[message.channel]
    before = c.fake.as_json(message)
    message.text, message.blocks = text, blocks
    message.edits += 1
    if not message.seen_by:
        c.after.append(lambda: c.fake.echo(channel, message, "message_changed", before))


def _place(c: Context, channel: Channel, message: Message) -> Message:
    message.bot = True
    channel.messages.append(message)
    if not message.seen_by:
        c.after.append(lambda: c.fake.echo(channel, message))
    return message


def _thread(c: Context, channel: Channel) -> str:
    thread = c.text("thread_ts", required=False)
    if thread:
        parent = channel.find(thread)
        if parent is None and not any(m.ts == thread or m.thread_ts == thread for m in channel.messages):
            raise Refused("thread_not_found", f"no message {thread} in {channel.id}")
        if parent is not None and parent.thread_ts not in ("", thread):
            raise Refused("thread_not_found", "thread_ts is a reply's: use its parent's")
    return thread


def _own(c: Context, channel: Channel, error: str) -> Message:
    ts = c.text("ts")
    message = channel.find(ts)
    if message is None or message.seen_by:
        rule = "an ephemeral message is out of its reach" if message else ""
        known = any(m.ts == ts for m in channel.messages)
        raise Refused("message_not_found", rule or ("" if known else f"no message {ts} in {channel.id}"))
    if message.user != c.workspace.bot_user:
        raise Refused(error, "not the app's own message")
    return message


def _metadata(value: Any) -> Json:
    try:
        metadata = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        metadata = None
    if (
        not isinstance(metadata, dict)
        or set(metadata) - {"event_type", "event_payload"}
        or "event_type" not in metadata
    ):
        raise Refused("invalid_metadata_format", "metadata needs event_type and event_payload")
    return metadata


def respond(c: Context, to: ResponseUrl) -> None:
    """An answer by response_url. Raises Refused with used_url or expired_url where it is too late."""
    if c.fake.now() - to.at > RESPONSE_SECONDS:
        raise Refused("expired_url", "used after 30 minutes")
    if to.uses >= RESPONSE_USES:
        raise Refused("used_url", "used more than 5 times")
    to.uses += 1
    if c.flag("delete_original"):
        if to.message is not None:
            to.message.deleted = True
        return
    text, blocks = content(c)
    kind = c.params.get("response_type", "ephemeral")
    if kind not in ("ephemeral", "in_channel"):
        raise Refused("invalid_arguments", f"response_type {kind}")
    if to.message is not None and c.flag("replace_original"):
        if to.message.deleted:
            raise Refused("message_not_found")
        change(c, to.message, text, blocks)
        return
    thread = c.text("thread_ts", required=False) or to.thread_ts
    seen_by = to.user if kind == "ephemeral" else ""
    message = Message(to.channel.id, c.fake.new_ts(), c.workspace.bot_user, text, blocks, thread, seen_by=seen_by)
    _place(c, to.channel, message)
