"""People who use the platform: what they do reaches the bot as updates. All of it is plain calls, nothing to await."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from tests.fakes.telegram import objects
from tests.fakes.telegram.detect import found
from tests.fakes.telegram.rules import INLINE_QUERY
from tests.fakes.telegram.world import Chat, Json, Message, Poll, Shown, Update

if TYPE_CHECKING:
    from tests.fakes.telegram.state import World

# The smallest PNG there is: one transparent point.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


@dataclass(slots=True, eq=False)
class _Query:
    """Something that the bot answers once."""

    id: str
    update: Update
    answer: Json | None = None
    _done: asyncio.Event = field(default_factory=asyncio.Event)

    def answer_with(self, answer: Json) -> None:
        """Keep the bot's answer."""
        self.answer = answer
        self._done.set()

    async def _wait(self, within: float) -> Json:
        async with asyncio.timeout(within):
            await self._done.wait()
        assert self.answer is not None
        return self.answer


@dataclass(slots=True, eq=False)
class Press(_Query):
    """A button that was pressed; the bot's answer shows as a toast."""

    async def answered(self, within: float = 5.0) -> str:
        """Wait for the bot's answer; its text ("" where it only stops the spinner)."""
        return str((await self._wait(within)).get("text") or "")


@dataclass(slots=True, eq=False)
class InlineQuery(_Query):
    """What was typed behind the bot's name in any chat."""

    async def results(self, within: float = 5.0) -> list[Json]:
        """Wait for the results that the bot offers, as the Bot API has them."""
        results: list[Json] = (await self._wait(within))["results"]
        return results


@dataclass(eq=False)
class Person:
    """A person's account. `chat` is their own chat with the bot; other chats are passed."""

    fake: World = field(repr=False)
    id: int
    name: str
    language: str
    username: str
    chat: Chat = field(repr=False)

    def say(
        self,
        text: str,
        chat: Chat | None = None,
        *,
        thread: int = 0,
        reply_to: int | Shown | None = None,
        forwarded: bool = False,
    ) -> Update:
        """Write a message. The update is `withheld` where privacy mode keeps it from the bot."""
        extra: Json = {}
        if forwarded:
            at = int(self.fake.clock().timestamp())
            extra["forward_origin"] = {"type": "hidden_user", "sender_user_name": "Somebody", "date": at}
        return self._send(chat, text, thread=thread, reply_to=reply_to, extra=extra)

    def _send(
        self,
        chat: Chat | None,
        text: str = "",
        *,
        thread: int = 0,
        reply_to: int | Shown | None = None,
        extra: Json | None = None,
    ) -> Update:
        place = chat or self.chat
        if place.private:
            place.started = True
            if not place.bot_in:
                raise AssertionError(f"{self.name} has blocked the bot: unblock() first")
        elif self.id not in place.members:
            raise AssertionError(f"{self.name} is no member of {place.title}")
        answered = reply_to.id if isinstance(reply_to, Shown) else reply_to or 0
        message = self.fake.write(place, self.id, text, thread=thread, reply_to=answered, extra=extra or {})
        return self.fake.tell(message)

    def start(self, payload: str = "") -> Update:
        """Open the bot by its link, with a payload: /start payload."""
        return self.say(f"/start {payload}".strip())

    def edit(self, update: Update, text: str) -> Update:
        """Edit the message of an earlier `say`."""
        assert update.message
        message = update.message
        message.text, message.auto, message.edited = text, found(text, []), self.fake.clock()
        return self.fake.tell(message, "edited_message")

    def find_button(
        self, button: str, chat: Chat | None = None, message: int | Shown | None = None
    ) -> tuple[Message, Json]:
        """The newest button with this data, or whose label this regular expression finds."""
        place = chat or self.chat
        wanted = message.id if isinstance(message, Shown) else message
        seen: list[str] = []
        for one in reversed(place.messages):
            if one.deleted or (wanted is not None and one.id != wanted):
                continue
            buttons = [item for row in one.keyboard for item in row]
            for item in buttons:
                if item.get("callback_data") == button or re.search(button, item["text"]):
                    return one, item
            seen += [item["text"] for item in buttons]
        raise AssertionError(f"no button {button!r}; there are {seen}")

    def press(self, button: str, chat: Chat | None = None, *, message: int | Shown | None = None) -> Press:
        """Press the newest button whose label matches the regular expression, or whose data is `button`."""
        one, item = self.find_button(button, chat, message)
        if "callback_data" not in item:
            raise AssertionError(f"{item['text']!r} is a link: follow() it")
        return self.press_data(item["callback_data"], one)

    def press_data(self, data: str, message: Message) -> Press:
        """Press a button that need not be there any more, as a stale or doctored client does."""
        id = self.fake.new_id()
        content: Json = {
            "id": id,
            "from": objects.user(self.fake, self.id),
            "message": objects.pressed(self.fake, message),
            "chat_instance": f"-{abs(message.chat.id)}7",
            "data": data,
        }
        press = Press(id, self.fake.enqueue("callback_query", content, message=message))
        self.fake.queries[id] = (press, self.fake.clock())
        return press

    def follow(self, button: str, chat: Chat | None = None) -> Update:
        """Tap a button that is a deep link to this bot."""
        _, item = self.find_button(button, chat)
        parts = urlsplit(item.get("url", ""))
        if parts.netloc.lower() != "t.me" or parts.path.strip("/").lower() != self.fake.username.lower():
            raise AssertionError(f"{item['text']!r} does not lead to the bot: {item}")
        if not self.chat.bot_in:
            self.unblock()
        return self.start(parse_qs(parts.query).get("start", [""])[0])

    def sticker(self, chat: Chat | None = None, emoji: str = "👍") -> Update:
        """Send a sticker."""
        sticker: Json = {"file_id": "CAAC1", "file_unique_id": "s1", "type": "regular", "width": 512, "height": 512}
        return self._send(chat, extra={"sticker": {**sticker, "is_animated": False, "is_video": False, "emoji": emoji}})

    def photo(self, caption: str = "", chat: Chat | None = None) -> Update:
        """Send a photo."""
        file = self.fake.keep_file("photo.png", "image/png", PIXEL)
        return self._send(chat, caption, extra={"photo": [{**objects.file(file), "width": 90, "height": 67}]})

    def voice(self, chat: Chat | None = None) -> Update:
        """Send a voice message."""
        file = self.fake.keep_file("voice.ogg", "audio/ogg", b"OggS")
        return self._send(chat, extra={"voice": {**objects.file(file), "duration": 3, "mime_type": "audio/ogg"}})

    def answer_poll(self, poll: Poll | Shown, option: int | str) -> Update:
        """Choose an option of a poll, by number from 0 or by its words."""
        one = poll.poll if isinstance(poll, Shown) else poll
        assert one, "no poll in that message"
        if one.closed:
            raise AssertionError("the poll is closed")
        if one.quiz and self.id in one.votes:
            raise AssertionError(f"{self.name} has answered already: a quiz takes one answer")
        number = option if isinstance(option, int) else one.options.index(option)
        one.votes[self.id] = [number]
        update = self.fake.enqueue(
            "poll_answer",
            {
                "poll_id": one.id,
                "user": objects.user(self.fake, self.id),
                "option_ids": [number],
                "option_persistent_ids": [f"{one.id}_{number}"],
            },
            withheld=one.anonymous,
        )
        self.fake.enqueue("poll", objects.poll(one))
        return update

    def inline(self, query: str, offset: str = "") -> InlineQuery:
        """Type the bot's name and a query in any chat; the platform cuts it to 256 characters."""
        id = self.fake.new_id()
        content: Json = {
            "id": id,
            "from": objects.user(self.fake, self.id),
            "query": query[:INLINE_QUERY],
            "offset": offset,
            "chat_type": "sender",
        }
        typed = InlineQuery(id, self.fake.enqueue("inline_query", content))
        self.fake.queries[id] = (typed, self.fake.clock())
        return typed

    def choose(self, query: InlineQuery, result_id: str, chat: Chat) -> Update:
        """Send one of the results of an inline query to a chat."""
        assert query.answer, "the query is not answered"
        result = next(one for one in query.answer["results"] if str(one["id"]) == result_id)
        content = result["input_message_content"]
        message = self.fake.write(
            chat,
            self.id,
            content["message_text"],
            content.get("entities") or [],
            keyboard=(result.get("reply_markup") or {}).get("inline_keyboard") or [],
            extra={"via_bot": objects.user(self.fake, 0)},
        )
        return self.fake.tell(message)

    def leave(self, group: Chat) -> Update:
        """Leave a group."""
        group.members.remove(self.id)
        gone = objects.user(self.fake, self.id)
        return self.fake.tell(self.fake.write(group, self.id, extra={"left_chat_member": gone}))

    def block(self) -> Update:
        """Block the bot."""
        self.chat.bot_in = False
        return self.fake.membership(self.chat, self.id, "member", "kicked")

    def unblock(self) -> Update:
        """Unblock the bot."""
        self.chat.bot_in = True
        return self.fake.membership(self.chat, self.id, "kicked", "member")

    def deactivate(self) -> None:
        """Delete the account; the bot is told only when it writes."""
        self.chat.deactivated = True
