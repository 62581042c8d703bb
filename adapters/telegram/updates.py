"""What Telegram tells, as events. Pure: an update in, an event or None out.

In a group Tutor answers what is meant for it: its commands, its name, and replies to its messages. In private it
answers everything a person sends, except service messages.

Edited messages: only a private text that reads like a question becomes an event. Whoever mends "wat is git" wants the
answer; but a mended quiz answer was graded already and must not be taken for the answer to the next question, Telegram
also reports edits that changed no text, and in a group an old question would come up out of order. The event says so in
`fields["edited"]`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from telegram import (
    CallbackQuery,
    Chat,
    ChatMember,
    ChatMemberUpdated,
    Message,
    MessageEntity,
    PollAnswer,
    Update,
    User,
)
from telegram.constants import ChatType

from bot.messages import Address, Event, EventKind, MessageRef, Place
from bot.understand import looks_like_question
from bot.wording import words

# The commands that menus list, in their order there; in a group, those are for everybody to see.
COMMANDS = (
    *("start", "help", "quiz", "topics", "progress", "goal", "settings", "pause", "resume", "undo"),
    *("link", "export", "forget", "privacy"),
)
COMMANDS_IN_GROUPS = ("quiz", "topics", "help")

_COMMAND = re.compile(r"/([a-z0-9_]{1,32})(?:@([a-z0-9_]+))?(?=\s|$)", re.IGNORECASE)
# What a person can send that holds no words. Messages with neither are Telegram's own, such as "pinned".
_WORDLESS = (
    *("photo", "voice", "video", "video_note", "audio", "document", "sticker", "animation", "location", "venue"),
    *("contact", "dice", "poll", "game", "story", "paid_media", "live_photo", "checklist"),
)


def migration(update: Update) -> tuple[int, int] | None:
    """The old and the new id of a group that became a supergroup, where the update says so."""
    message = update.message
    if message is None:
        return None
    if message.migrate_to_chat_id:
        return message.chat_id, message.migrate_to_chat_id
    return (message.migrate_from_chat_id, message.chat_id) if message.migrate_from_chat_id else None


def event_of(update: Update, username: str, bot_id: int, now: datetime) -> Event | None:
    """The event that an update is; None where there is nothing to answer.

    Args:
        update: what Telegram sent.
        username: the bot's, without "@".
        bot_id: the bot's user id.
        now: aware UTC, for updates that carry no time.
    """
    number = f"telegram:{update.update_id}"
    if update.message:
        return _message(number, update.message, username, bot_id)
    if update.edited_message:
        return _edited(number, update.edited_message, username, bot_id)
    if update.callback_query:
        return _press(number, update.callback_query, now)
    if update.poll_answer:
        return _poll_answer(number, update.poll_answer, now)
    if update.my_chat_member:
        return _membership(number, update.my_chat_member)
    return None


# --- messages -----------------------------------------------------------------------------------------------------


def _message(id: str, message: Message, username: str, bot_id: int) -> Event | None:
    place = _place(message.chat)
    sender = _sender(message)
    if place is None or not sender or (message.via_bot and message.via_bot.id == bot_id):
        return None  # what was sent by way of us is an answer of our own
    text = (message.text or message.caption or "").strip()
    if not text and not any(getattr(message, name, None) for name in _WORDLESS):
        return None
    kind: EventKind = "text"
    action = ""
    # What somebody else said is no order, whatever it begins with.
    command = None if message.forward_origin else _COMMAND.match(text)
    if command and command[2] and command[2].casefold() != username.casefold():
        return None
    if place == "group" and not (command and (command[2] or command[1].lower() in COMMANDS)):
        said = _said_to_us(message, text, username, bot_id)
        if said is None:
            return None
        text = said
        command = _COMMAND.match(text)
    if command:
        kind, action, text = "command", command[1].lower(), text[command.end() :].strip()
    elif not text and message.media_group_id:  # an album comes as many messages, and is answered once
        id = f"telegram:album:{message.chat_id}:{message.media_group_id}"
    return Event(
        id,
        kind,
        message.date,
        sender,
        _address(message.chat, message),
        text=text,
        action=action,
        language=_language(message.from_user),
        place=place,
        home=_home(message.chat),
    )


def _edited(id: str, message: Message, username: str, bot_id: int) -> Event | None:
    found = _message(id, message, username, bot_id)
    if found is None or found.kind != "text" or found.place != "private":
        return None
    if not looks_like_question(found.text, words(found.language or "en")):
        return None
    return Event(
        id,
        "text",
        message.edit_date or message.date,
        found.sender,
        found.address,
        text=found.text,
        fields={"edited": "yes"},
        language=found.language,
        place=found.place,
        home=found.home,
    )


def _said_to_us(message: Message, text: str, username: str, bot_id: int) -> str | None:
    """What a group's message says to us, without our name; None if it is not for us."""
    name = re.compile(rf"[ \t]*(?<![\w@./])@{re.escape(username)}(?!\w)[ \t]*[,:;–—-]?[ \t]*", re.IGNORECASE)
    bare = _without_links_to(bot_id, message, text)
    found = name.sub(" ", bare)
    if found != text:
        return found.strip()
    replied = message.reply_to_message
    # The first message of every topic stands as what its messages reply to.
    ours = replied and replied.from_user and replied.from_user.id == bot_id and not replied.forum_topic_created
    return text if ours and text else None


def _without_links_to(bot_id: int, message: Message, text: str) -> str:
    """The text without mentions of us that are links, as clients make them of names."""
    original = message.text or message.caption or ""
    entities = message.entities or message.caption_entities
    ours = [e for e in entities if e.type == MessageEntity.TEXT_MENTION and e.user and e.user.id == bot_id]
    if not ours:
        return text
    data = original.encode("utf-16-le")  # entities count UTF-16 units
    for entity in sorted(ours, key=lambda entity: -entity.offset):
        data = data[: 2 * entity.offset] + data[2 * (entity.offset + entity.length) :]
    return data.decode("utf-16-le", "replace").strip()


# --- everything else ----------------------------------------------------------------------------------------------


def _press(id: str, query: CallbackQuery, now: datetime) -> Event | None:
    if query.data is None or query.from_user.is_bot:
        return None
    user, message = query.from_user, query.message
    if message is None:  # below a message that was sent inline, in a chat that we may not even be in
        own = Address("telegram", "", str(user.id))
        return Event(id, "press", now, str(user.id), own, action=query.data, language=_language(user), home=own)
    place = _place(message.chat)
    if place is None:
        return None
    return Event(
        id,
        "press",
        now,
        str(user.id),
        _address(message.chat, message if isinstance(message, Message) else None),
        action=query.data,
        message=MessageRef(str(message.chat.id), str(message.message_id)),
        language=_language(user),
        place=place,
        home=_home(message.chat),
    )


def _poll_answer(id: str, answer: PollAnswer, now: datetime) -> Event | None:
    """An answer names no chat, only the poll; several answers cannot be given in a quiz."""
    if answer.voter_chat is not None:
        sender = str(answer.voter_chat.id)
    elif answer.user is not None and not answer.user.is_bot:
        sender = str(answer.user.id)
    else:
        return None
    return Event(
        id,
        "poll",
        now,
        sender,
        Address("telegram", "", sender),
        text=str(answer.option_ids[0]) if answer.option_ids else "",
        action=answer.poll_id,
        language=_language(answer.user),
        place="group",
    )


def _membership(id: str, change: ChatMemberUpdated) -> Event | None:
    place = _place(change.chat)
    was, is_now = _member(change.old_chat_member), _member(change.new_chat_member)
    if place is None or was == is_now:
        return None
    user = change.from_user
    return Event(
        id,
        "joined" if is_now else "left",
        change.date,
        # An anonymous admin acts as the group.
        str(change.chat.id if user.is_bot else user.id),
        _address(change.chat),
        language=_language(user),
        place=place,
        home=_home(change.chat),
    )


def _member(member: ChatMember) -> bool:
    if member.status == ChatMember.RESTRICTED:
        return bool(getattr(member, "is_member", False))
    return member.status not in (ChatMember.LEFT, ChatMember.BANNED)


# --- parts --------------------------------------------------------------------------------------------------------

_PLACES: Mapping[str, Place] = {
    ChatType.PRIVATE: "private",
    ChatType.GROUP: "group",
    ChatType.SUPERGROUP: "group",
}


def _place(chat: Chat) -> Place | None:
    """Who reads a chat; None for channels."""
    return _PLACES.get(chat.type)


def _sender(message: Message) -> str:
    """Who wrote: a person, or the chat that they write as (admins, channels); "" for bots and copies from a channel."""
    if message.is_automatic_forward:
        return ""
    if message.sender_chat is not None:
        return str(message.sender_chat.id)
    user = message.from_user
    return str(user.id) if user is not None and not user.is_bot else ""


def _address(chat: Chat, message: Message | None = None) -> Address:
    thread = message.message_thread_id if message is not None and message.is_topic_message else None
    return Address("telegram", "", str(chat.id), str(thread) if thread else "")


def _home(chat: Chat) -> Address | None:
    """Where the sender can be written to alone. From a group we may not write to anybody who has not started us."""
    return Address("telegram", "", str(chat.id)) if chat.type == ChatType.PRIVATE else None


def _language(user: User | None) -> str:
    return (user.language_code or "") if user is not None and not user.is_bot else ""
