"""The state of the fake's Telegram: who is there, what was written, what waits for the bot."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.fakes.telegram import objects
from tests.fakes.telegram.detect import found
from tests.fakes.telegram.people import InlineQuery, Person, Press
from tests.fakes.telegram.rates import Rates
from tests.fakes.telegram.updates import Queue
from tests.fakes.telegram.world import Call, Chat, ChatType, File, Json, Message, Poll, Update


class World:
    """People, chats, messages and updates around one bot."""

    def __init__(self, token: str, username: str, clock: Callable[[], datetime], burst: int, *, privacy: bool) -> None:
        self.token = token
        self.username = username
        self.clock = clock
        self.privacy = privacy
        self.id = int(token.partition(":")[0])
        self.people: dict[int, Person] = {}
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, File] = {}
        self.polls: dict[str, tuple[Poll, Message]] = {}
        self.queries: dict[str, tuple[Press | InlineQuery, datetime]] = {}
        self.query_life = 60.0  # seconds, on the fake's clock, in which a press or inline query can be answered
        self.menus: dict[tuple[str, str], list[Json]] = {}
        self.profile: dict[tuple[str, str], str] = {}  # (description or short_description or name, language)
        self.menu_buttons: dict[int, Json] = {}
        self.calls: list[Call] = []
        self.updates: list[Update] = []
        self.typing: list[tuple[int, str, datetime]] = []  # chat, action, when
        self.rate_limits = Rates(burst)
        self.queue = Queue(clock)
        self.held: list[Update] | None = None
        self.local = False
        # Updates are numbered from a number of the server's own choice.
        self._update_ids = itertools.count(870_000_001)
        self._user_ids = itertools.count(1001)
        self._message_ids = itertools.count(1)
        self._own_message_ids: dict[int, itertools.count[int]] = {}
        self._ids = itertools.count(1)

    def new_id(self, prefix: str = "") -> str:
        """An id of a poll, query or file: unique, and of no form that a bot could count on."""
        return f"{prefix}{next(self._ids)}{secrets.randbelow(10**9):09d}"

    def number_from(self, first: int) -> None:
        """Number updates and messages from here on, so that a fake started anew repeats no number of the last one."""
        self._update_ids, self._message_ids = itertools.count(first), itertools.count(first)
        self._own_message_ids = {id: itertools.count(first) for id in self._own_message_ids}

    def new_user_id(self) -> int:
        """An id for a person."""
        return next(self._user_ids)

    def new_chat(self, kind: ChatType, title: str, *, forum: bool = False) -> Chat:
        """A group, empty; supergroups have ids below -100 and 10 more digits, and count their own messages."""
        number = next(self._ids)
        id = -(4_000_000 + number) if kind == "group" else -(1_000_000_000_000 + 2_000_000_000 + number)
        chat = Chat(id=id, type=kind, title=title, forum=forum)
        self.chats[id] = chat
        if kind == "supergroup":
            self._own_message_ids[id] = itertools.count(1)
        return chat

    def chat_of(self, one: Chat | Person | int | str) -> Chat:
        """The chat meant: a person's private one, or by its id."""
        if isinstance(one, Person):
            return one.chat
        return one if isinstance(one, Chat) else self.chats[int(one)]

    def find(self, chat: Chat, id: int) -> Message | None:
        """A message of a chat that is still there."""
        return next((m for m in reversed(chat.messages) if m.id == id and not m.deleted), None) if id else None

    def write(
        self, chat: Chat, sender: int, text: str = "", entities: list[Json] | None = None, **more: Any
    ) -> Message:
        """Put a message into a chat. What the platform finds in its text is added."""
        kept = entities or []
        message = Message(
            id=next(self._own_message_ids.get(chat.id, self._message_ids)),
            chat=chat,
            sender=sender,
            at=self.clock(),
            text=text,
            entities=kept,
            auto=found(text, kept),
            **more,
        )
        chat.messages.append(message)
        if message.poll:
            self.polls[message.poll.id] = (message.poll, message)
        return message

    def enqueue(
        self, kind: str, content: Json, *, message: Message | None = None, update_id: int = 0, withheld: bool = False
    ) -> Update:
        """Make an update, and deliver it unless it is withheld."""
        id = update_id or next(self._update_ids)
        update = Update(id, kind, {"update_id": id, kind: content}, message=message)
        update.withheld = withheld or not self.queue.takes(kind)
        self.updates.append(update)
        if update.withheld:
            return update
        if self.held is not None:
            self.held.append(update)
        else:
            self.queue.put(update)
        return update

    def update_about(self, message: Message) -> Update:
        """The first update about a message."""
        return next(update for update in self.updates if update.message is message)

    def tell(self, message: Message, kind: str = "message") -> Update:
        """The update about a message, withheld where privacy mode or the bot's absence keeps it back."""
        hidden = not message.chat.bot_in or not objects.is_for_bot(self, message)
        return self.enqueue(kind, objects.message(self, message), message=message, withheld=hidden)

    def membership(self, chat: Chat, by: int, old: str, new: str) -> Update:
        """The update about the bot's own place in a chat."""
        bot = objects.user(self, 0)

        def member(status: str) -> Json:
            return {"user": bot, "status": status} | ({"until_date": 0} if status == "kicked" else {})

        return self.enqueue(
            "my_chat_member",
            {
                "chat": objects.chat(self, chat),
                "from": objects.user(self, by),
                "date": int(self.clock().timestamp()),
                "old_chat_member": member(old),
                "new_chat_member": member(new),
            },
        )

    def keep_file(self, name: str, mime: str, data: bytes) -> File:
        """Keep an uploaded file."""
        file = File(self.new_id("BQAC"), name, mime, data)
        self.files[file.id] = file
        return file
