"""The objects of the Bot API as JSON, made of what is in the fake's world."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.fakes.telegram.rules import covered
from tests.fakes.telegram.world import BOT, Button, Chat, Entity, File, Json, Message, Poll, Shown

if TYPE_CHECKING:
    from tests.fakes.telegram.state import World


def user(world: World, id: int) -> Json:
    """A user; 0 is the bot."""
    if id == 0:
        return {"id": world.id, "is_bot": True, "first_name": "Tutor", "username": world.username}
    person = world.people[id]
    result: Json = {"id": id, "is_bot": False, "first_name": person.name}
    if person.username:
        result["username"] = person.username
    if person.language:
        result["language_code"] = person.language
    return result


def chat(world: World, one: Chat) -> Json:
    """A chat."""
    result: Json = {"id": one.id, "type": one.type}
    if one.private:
        result["first_name"] = one.title
        if world.people[one.id].username:
            result["username"] = world.people[one.id].username
    else:
        result["title"] = one.title
        if one.forum:
            result["is_forum"] = True
    return result


def poll(one: Poll) -> Json:
    """A poll, with its counts."""
    chosen = [option for votes in one.votes.values() for option in votes]
    result: Json = {
        "id": one.id,
        "question": one.question,
        "options": [
            {"text": text, "voter_count": chosen.count(n), "persistent_id": f"{one.id}_{n}"}
            for n, text in enumerate(one.options)
        ],
        "total_voter_count": len(one.votes),
        "is_closed": one.closed,
        "is_anonymous": one.anonymous,
        "type": "quiz" if one.quiz else "regular",
        "allows_multiple_answers": one.multiple,
        "allows_revoting": not one.quiz,
        "members_only": False,
    }
    if one.quiz:
        result["correct_option_ids"] = one.correct
    if one.explanation:
        result["explanation"] = one.explanation
        result["explanation_entities"] = one.explanation_entities
    return result


def file(one: File) -> Json:
    """What all kinds of files have in common."""
    return {"file_id": one.id, "file_unique_id": f"u{one.id}", "file_size": len(one.data)}


def message(world: World, one: Message, *, nested: bool = False) -> Json:
    """A message, with the message that it answers unless it is `nested` itself."""
    result: Json = {
        "message_id": one.id,
        "from": user(world, one.sender),
        "chat": chat(world, one.chat),
        "date": int(one.at.timestamp()),
        **one.extra,
    }
    captioned = bool(one.document or one.photo or {"photo", "voice", "video"} & set(one.extra))
    if one.text:
        result["caption" if captioned else "text"] = one.text
    entities = sorted([*one.entities, *one.auto], key=lambda e: (e["offset"], -e["length"]))
    if entities:
        result["caption_entities" if captioned else "entities"] = entities
    if one.keyboard:
        result["reply_markup"] = {"inline_keyboard": one.keyboard}
    if one.poll:
        result["poll"] = poll(one.poll)
    if one.document:
        result["document"] = {**file(one.document), "file_name": one.document.name, "mime_type": one.document.mime}
    if one.photo:
        result["photo"] = [{**file(one.photo), "width": 800, "height": 600}]
    if one.thread:
        result |= {"message_thread_id": one.thread, "is_topic_message": True}
    if one.edited:
        result["edit_date"] = int(one.edited.timestamp())
    answered = world.find(one.chat, one.reply_to)
    if answered and not nested:
        result["reply_to_message"] = message(world, answered, nested=True)
    return result


def pressed(world: World, one: Message) -> Json:
    """A message as a callback query has it: deleted ones are inaccessible."""
    if one.deleted:
        return {"chat": chat(world, one.chat), "message_id": one.id, "date": 0}
    return message(world, one)


def shown(world: World, one: Message) -> Shown:
    """A message as it is on the screen."""
    entities = [(entity, False) for entity in one.entities] + [(entity, True) for entity in one.auto]
    return Shown(
        id=one.id,
        sender=world.people[one.sender].name if one.sender else BOT,
        text=one.text,
        entities=tuple(
            Entity(
                type=entity["type"],
                offset=entity["offset"],
                length=entity["length"],
                text=covered(one.text, entity["offset"], entity["length"]),
                url=str(entity.get("url", "")),
                auto=auto,
            )
            for entity, auto in sorted(entities, key=lambda pair: (pair[0]["offset"], -pair[0]["length"]))
        ),
        buttons=tuple(
            tuple(Button(b["text"], b.get("callback_data", ""), b.get("url", "")) for b in row) for row in one.keyboard
        ),
        poll=one.poll,
        document=one.document,
        photo=one.photo,
        thread=one.thread,
        reply_to=one.reply_to,
        edited=one.edited is not None,
        at=one.at,
    )


def is_for_bot(world: World, one: Message) -> bool:
    """Whether a message reaches a bot in privacy mode: commands, mentions, answers to it, service messages."""
    if one.chat.private or not world.privacy:
        return True
    kinds = {"new_chat_members", "left_chat_member", "migrate_to_chat_id", "migrate_from_chat_id"}
    if (kinds | {"forum_topic_created", "via_bot"}) & set(one.extra):
        return True
    answered = world.find(one.chat, one.reply_to)
    if answered and answered.sender == 0:
        return True
    for entity in one.auto:
        words = covered(one.text, entity["offset"], entity["length"])
        if entity["type"] == "mention" and words.lower() == f"@{world.username}".lower():
            return True
        if entity["type"] == "bot_command" and entity["offset"] == 0:
            return bool(re.fullmatch(rf"/\w+(?:@{world.username})?", words, re.IGNORECASE))
    return False
