"""What a test does with the fake's world: people and groups, the screen, and the delivery of updates."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from tests.fakes.telegram import objects
from tests.fakes.telegram.people import Person
from tests.fakes.telegram.state import World
from tests.fakes.telegram.world import BOT, Chat, Json, Message, Shown, Update


class Stage(World):
    """The world with the means to set it up, to look at it, and to disturb how updates are delivered."""

    def person(self, name: str, *, language: str = "en", username: str = "", id: int = 0) -> Person:
        """Add a person, who has not started the bot yet. `language` "" sends no language_code."""
        number = id or self.new_user_id()
        chat = Chat(id=number, type="private", title=name, started=False)
        self.chats[number] = chat
        person = Person(self, number, name, language, username, chat)
        self.people[number] = person
        return person

    def group(
        self, title: str, members: Iterable[Person] = (), *, forum: bool = False, supergroup: bool = True
    ) -> Chat:
        """Add a group with the bot in it; the bot is told that its first member added it."""
        chat = self.new_chat("supergroup" if supergroup else "group", title, forum=forum)
        chat.members = [person.id for person in members]
        if chat.members:
            self.add(chat)
        return chat

    def topic(self, chat: Chat, name: str) -> int:
        """Open a topic in a forum; its thread id."""
        assert chat.forum, "not a forum"
        made = {"name": name, "icon_color": 7322096}
        message = self.write(chat, chat.members[0], extra={"forum_topic_created": made})
        message.thread = message.id
        chat.topics[message.id] = name
        self.tell(message)
        return message.id

    def migrate(self, group: Chat) -> Chat:
        """Make a group a supergroup: calls for its old id are refused with the new one."""
        new = self.new_chat("supergroup", group.title)
        new.members = list(group.members)
        self.tell(self.write(group, group.members[0], extra={"migrate_to_chat_id": new.id}))
        group.migrated_to = new.id
        self.tell(self.write(new, group.members[0], extra={"migrate_from_chat_id": group.id}))
        return new

    def kick(self, group: Chat, by: Person | None = None) -> Update:
        """Throw the bot out of a group."""
        group.bot_in = False
        return self.membership(group, by.id if by else group.members[0], "member", "kicked")

    def add(self, group: Chat, by: Person | None = None) -> Update:
        """Add the bot to a group (again)."""
        group.bot_in = True
        adder = by.id if by else group.members[0]
        update = self.membership(group, adder, "left", "member")
        bot = objects.user(self, 0)
        self.tell(self.write(group, adder, extra={"new_chat_members": [bot], "new_chat_member": bot}))
        return update

    def screen(self, chat: Chat | Person | int, *, thread: int | None = None) -> list[Shown]:
        """The messages visible now, oldest first: as edited, without the deleted ones."""
        visible = [m for m in self.chat_of(chat).messages if not m.deleted and thread in (None, m.thread)]
        return [objects.shown(self, message) for message in visible]

    def replies(self, chat: Chat | Person | int, *, thread: int | None = None) -> list[Shown]:
        """The bot's own messages on the screen."""
        return [one for one in self.screen(chat, thread=thread) if one.sender == BOT]

    async def settled(
        self, chat: Chat | Person | int, until: int | Callable[[list[Shown]], object] = 1, within: float = 5.0
    ) -> list[Shown]:
        """Wait until the bot's messages in a chat are so many, or such; return them. Else AssertionError, with them."""
        end = asyncio.get_running_loop().time() + within
        while True:
            replies = self.replies(chat)
            if until(replies) if callable(until) else len(replies) >= until:
                return replies
            if asyncio.get_running_loop().time() > end:
                outcomes = [(call.method, call.outcome, call.description) for call in self.calls[-5:]]
                raise AssertionError(f"not within {within} s; the bot's messages are {replies}; last calls: {outcomes}")
            await asyncio.sleep(0.01)

    def push(self, kind: str, payload: Json, *, update_id: int = 0) -> Update:
        """Deliver any update, such as one of a kind that nobody here makes."""
        return self.enqueue(kind, payload, update_id=update_id)

    def redeliver(self, update: Update) -> None:
        """Deliver an update once more, as after a lost acknowledgement."""
        self.queue.put(update, late=True)

    def hold(self) -> None:
        """Keep new updates back until `release`."""
        self.held = []

    def release(self, order: Callable[[list[Update]], Iterable[Update]] = lambda updates: updates) -> None:
        """Deliver what was kept back, in any order."""
        held, self.held = self.held or [], None
        for update in order(held):
            self.queue.put(update, late=True)

    async def delivered(self, within: float = 5.0) -> None:
        """Wait until every update was acknowledged by the bot: confirmed by its offset, or answered 2xx."""
        end = asyncio.get_running_loop().time() + within
        while self.queue.waiting:
            if asyncio.get_running_loop().time() > end:
                left = [(one.update.id, one.update.kind) for one in self.queue.waiting]
                raise AssertionError(f"not acknowledged within {within} s: {left}")
            await asyncio.sleep(0.01)

    def delete(self, chat: Chat | Person, message: int | Shown) -> Message:
        """Delete a message as a person does; bots are not told."""
        found = self.find(self.chat_of(chat), message.id if isinstance(message, Shown) else message)
        assert found, "no such message"
        found.deleted = True
        return found
