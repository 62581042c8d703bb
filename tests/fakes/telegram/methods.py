"""The methods that write, edit and delete messages."""

from __future__ import annotations

import struct
from collections.abc import Awaitable, Callable
from typing import Any

from tests.fakes.telegram import faults, objects, rules, rules_more
from tests.fakes.telegram.detect import found
from tests.fakes.telegram.rules import Refusal, bad, formatted, state
from tests.fakes.telegram.state import World
from tests.fakes.telegram.world import Chat, File, Json, Message

Method = Callable[[World, Json], Awaitable[Any] | Any]
METHODS: dict[str, Method] = {}


def method(name: str) -> Callable[[Method], Method]:
    """Register a method under its name in the Bot API."""

    def register(function: Method) -> Method:
        METHODS[name.lower()] = function
        return function

    return register


def target(world: World, params: Json) -> Chat:
    """The chat that a call is for, refused where the bot cannot write."""
    given = params.get("chat_id")
    if given in (None, ""):
        raise bad("chat_id is empty")
    try:
        chat = world.chats.get(int(given))
    except ValueError:
        chat = None
    if chat is None:
        raise state(faults.CHAT_NOT_FOUND, rule=True)
    if chat.migrated_to:
        raise state(faults.migrated(chat.migrated_to))
    if chat.private:
        if chat.deactivated:
            raise state(faults.DEACTIVATED)
        if not chat.started:
            met = any(chat.id in other.members and other.bot_in for other in world.chats.values())
            raise state(faults.NEVER_STARTED if met else faults.CHAT_NOT_FOUND, rule=True)
        if not chat.bot_in:
            raise state(faults.BLOCKED)
    elif not chat.bot_in:
        raise Refusal(f"Forbidden: bot was kicked from the {chat.type} chat", 403, rule=False)
    return chat


def _place(world: World, params: Json) -> Json:
    """The chat, thread and answered message of a send."""
    chat = target(world, params)
    thread = int(params.get("message_thread_id") or 0)
    if thread and thread not in chat.topics:
        raise bad("message thread not found")
    reply = params.get("reply_parameters") or {}
    answered = int(reply.get("message_id") or params.get("reply_to_message_id") or 0)
    if answered and not world.find(chat, answered):
        if not (reply.get("allow_sending_without_reply") or params.get("allow_sending_without_reply")):
            raise bad("message to be replied not found", rule=False)
        answered = 0
    return {"chat": chat, "thread": thread, "reply_to": answered}


def _no_parse_mode(params: Json) -> None:
    if params.get("parse_mode"):
        raise Refusal("Not Implemented: this server parses no markup, send entities", 501)


@method("sendMessage")
def send_message(world: World, params: Json) -> Json:
    """A text."""
    _no_parse_mode(params)
    place = _place(world, params)
    text, entities = formatted(str(params.get("text") or ""), params.get("entities") or [], rules.TEXT)
    keyboard = rules.keyboard(params.get("reply_markup"), world.username)
    return objects.message(world, world.write(sender=0, text=text, entities=entities, keyboard=keyboard, **place))


def _caption(params: Json) -> tuple[str, list[Json]]:
    _no_parse_mode(params)
    caption = str(params.get("caption") or "")
    if not caption:
        return "", []
    return formatted(caption, params.get("caption_entities") or [], rules.CAPTION, long="message caption is too long")


def _upload(world: World, params: Json, name: str) -> File:
    given = params.get(name)
    if isinstance(given, File):
        file = given
    elif isinstance(given, str) and given in world.files:
        file = world.files[given]
    elif isinstance(given, str) and given.startswith(("http://", "https://")):
        raise bad("failed to get HTTP URL content")
    else:
        raise bad(f"there is no {name} in the request" if not given else "wrong file identifier/HTTP URL specified")
    if not file.data:
        raise bad("file must be non-empty")
    if len(file.data) > rules.UPLOAD_BYTES:
        raise Refusal("Request Entity Too Large", 413)
    return file


@method("sendDocument")
def send_document(world: World, params: Json) -> Json:
    """A file."""
    place = _place(world, params)
    file = _upload(world, params, "document")
    text, entities = _caption(params)
    keyboard = rules.keyboard(params.get("reply_markup"), world.username)
    return objects.message(
        world, world.write(sender=0, text=text, entities=entities, keyboard=keyboard, document=file, **place)
    )


@method("sendPhoto")
def send_photo(world: World, params: Json) -> Json:
    """A picture."""
    place = _place(world, params)
    file = _upload(world, params, "photo")
    if len(file.data) > rules.PHOTO_BYTES:
        raise bad("file is too big")
    if not file.data.startswith((b"\x89PNG", b"\xff\xd8", b"GIF8", b"RIFF")):
        raise bad("IMAGE_PROCESS_FAILED")
    if file.data.startswith(b"\x89PNG"):
        width, height = struct.unpack(">II", file.data[16:24])
        if width + height > 10_000 or max(width, height) > 20 * min(width, height):
            raise bad("PHOTO_INVALID_DIMENSIONS")
    text, entities = _caption(params)
    keyboard = rules.keyboard(params.get("reply_markup"), world.username)
    return objects.message(
        world, world.write(sender=0, text=text, entities=entities, keyboard=keyboard, photo=file, **place)
    )


@method("sendPoll")
def send_poll(world: World, params: Json) -> Json:
    """A poll or quiz."""
    place = _place(world, params)
    poll = rules_more.poll(params, world.new_id())
    keyboard = rules.keyboard(params.get("reply_markup"), world.username)
    return objects.message(world, world.write(sender=0, keyboard=keyboard, poll=poll, **place))


@method("stopPoll")
def stop_poll(world: World, params: Json) -> Json:
    """End a poll of the bot's own."""
    message = _found(world, params, "message with poll to stop not found")
    if message.sender != 0 or not message.poll:
        raise bad("poll can't be stopped")
    if message.poll.closed:
        raise bad("poll has already been closed", rule=False)
    message.poll.closed = True
    message.keyboard = rules.keyboard(params.get("reply_markup"), world.username)
    world.enqueue("poll", objects.poll(message.poll))
    return objects.poll(message.poll)


@method("sendChatAction")
def send_chat_action(world: World, params: Json) -> bool:
    """Typing, and the like."""
    chat = target(world, params)
    action = str(params.get("action") or "")
    known = {"typing", "upload_photo", "upload_document", "record_voice", "upload_voice", "find_location"}
    if action not in known | {"choose_sticker", "record_video", "upload_video", "record_video_note"}:
        raise bad("wrong parameter action in request")
    world.typing.append((chat.id, action, world.clock()))
    return True


def _found(world: World, params: Json, missing: str) -> Message:
    chat = target(world, params)
    if not params.get("message_id"):
        raise bad("message identifier is not specified")
    message = world.find(chat, int(params["message_id"]))
    if message is None:
        raise bad(missing, rule=False)
    return message


def _editable(world: World, params: Json) -> Message:
    if params.get("inline_message_id"):
        raise bad("MESSAGE_ID_INVALID")
    message = _found(world, params, "message to edit not found")
    if message.sender != 0 or "via_bot" in message.extra:
        raise state(faults.CANT_EDIT, rule=True)
    return message


@method("editMessageText")
def edit_message_text(world: World, params: Json) -> Json:
    """Another text and keyboard; without reply_markup the keyboard goes."""
    _no_parse_mode(params)
    message = _editable(world, params)
    text, entities = formatted(str(params.get("text") or ""), params.get("entities") or [], rules.TEXT)
    keyboard = rules.keyboard(params.get("reply_markup"), world.username)
    if message.poll or message.document or message.photo:
        raise bad("there is no text in the message to edit")
    return _edited(world, message, text, entities, keyboard)


@method("editMessageCaption")
def edit_message_caption(world: World, params: Json) -> Json:
    """Another caption and keyboard."""
    message = _editable(world, params)
    text, entities = _caption(params)
    keyboard = rules.keyboard(params.get("reply_markup"), world.username)
    if not (message.document or message.photo):
        raise bad("there is no caption in the message to edit")
    return _edited(world, message, text, entities, keyboard)


@method("editMessageReplyMarkup")
def edit_message_reply_markup(world: World, params: Json) -> Json:
    """Another keyboard, or none."""
    message = _editable(world, params)
    keyboard = rules.keyboard(params.get("reply_markup"), world.username)
    return _edited(world, message, message.text, message.entities, keyboard)


def _edited(world: World, message: Message, text: str, entities: list[Json], keyboard: list[list[Json]]) -> Json:
    def plain(some: list[Json]) -> list[tuple[Any, ...]]:
        return sorted((e["type"], e["offset"], e["length"], str(e.get("url", ""))) for e in some)

    if (message.text, plain(message.entities), message.keyboard) == (text, plain(entities), keyboard):
        raise state(faults.NOT_MODIFIED)
    message.text, message.entities, message.keyboard = text, entities, keyboard
    message.auto = found(text, entities)
    message.edited = world.clock()
    return objects.message(world, message)


@method("deleteMessage")
def delete_message(world: World, params: Json) -> bool:
    """Delete a message: the bot's own, and in private chats the person's."""
    message = _found(world, params, "message to delete not found")
    if message.sender != 0 and not message.chat.private:
        raise bad("message can't be deleted")
    if (world.clock() - message.at).total_seconds() > 48 * 3600:
        raise bad("message can't be deleted for everyone", rule=False)
    message.deleted = True
    return True


@method("deleteMessages")
def delete_messages(world: World, params: Json) -> bool:
    """Delete several; those that are not there are passed over."""
    for id in params.get("message_ids") or []:
        if world.find(target(world, params), int(id)):
            delete_message(world, {**params, "message_id": id})
    return True
