"""What exists in the fake's world: people's accounts, chats, messages, polls, files, and the updates about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Json = dict[str, Any]
ChatType = Literal["private", "group", "supergroup"]
BOT = "bot"  # the sender of the bot's own messages, on the screen


@dataclass(frozen=True, slots=True)
class Entity:
    """A part of a text: `text` is what it covers. Offsets and lengths are UTF-16 units, as in the Bot API."""

    type: str
    offset: int
    length: int
    text: str
    url: str = ""
    auto: bool = False  # found by the platform in the text, not asked for by the sender


@dataclass(frozen=True, slots=True)
class Button:
    """A button as it is seen: with `data` it can be pressed, with `url` it is a link."""

    label: str
    data: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as it is visible now. `sender` is a person's name, or "bot"; `thread` a topic's id, 0 without one."""

    id: int
    sender: str
    text: str
    entities: tuple[Entity, ...] = ()
    buttons: tuple[tuple[Button, ...], ...] = ()
    poll: Poll | None = None
    document: File | None = None
    photo: File | None = None
    thread: int = 0
    reply_to: int = 0
    edited: bool = False
    at: datetime | None = None

    @property
    def labels(self) -> list[str]:
        """The labels of all its buttons, row after row."""
        return [button.label for row in self.buttons for button in row]

    @property
    def injected(self) -> list[Entity]:
        """What the platform itself made of the text: mentions, links, commands, hashtags that nobody asked for."""
        return [entity for entity in self.entities if entity.auto]


@dataclass(slots=True)
class File:
    """A file that was uploaded."""

    id: str
    name: str
    mime: str
    data: bytes


@dataclass(slots=True)
class Poll:
    """A poll, and who chose what in it: `votes` by user id."""

    id: str
    question: str
    options: list[str]
    quiz: bool
    anonymous: bool
    correct: list[int]
    multiple: bool = False
    explanation: str = ""
    explanation_entities: list[Json] = field(default_factory=list)
    closed: bool = False
    votes: dict[int, list[int]] = field(default_factory=dict)


@dataclass(slots=True)
class Chat:
    """A chat. `members` are ids of people; `bot_in`: the bot is a member (groups), is not blocked (private)."""

    id: int
    type: ChatType
    title: str
    forum: bool = False
    members: list[int] = field(default_factory=list)
    topics: dict[int, str] = field(default_factory=dict)
    bot_in: bool = True
    started: bool = True  # private: the person wrote first
    deactivated: bool = False
    migrated_to: int = 0
    messages: list[Message] = field(default_factory=list, repr=False)

    @property
    def private(self) -> bool:
        """Whether this is the chat of one person with the bot."""
        return self.type == "private"


@dataclass(slots=True)
class Message:
    """A message. `sender` is a user id, 0 for the bot; `extra` holds further fields just as the Bot API gives them."""

    id: int
    chat: Chat
    sender: int
    at: datetime
    text: str = ""
    entities: list[Json] = field(default_factory=list)
    auto: list[Json] = field(default_factory=list)
    keyboard: list[list[Json]] = field(default_factory=list)
    poll: Poll | None = None
    document: File | None = None
    photo: File | None = None
    thread: int = 0
    reply_to: int = 0
    edited: datetime | None = None
    deleted: bool = False
    extra: Json = field(default_factory=dict)


@dataclass(slots=True)
class Update:
    """An update for the bot: `body` is what is delivered; `deliveries` when, on the fake's clock.

    `withheld`: the bot never gets it, because of the group's privacy mode or of `allowed_updates`.
    """

    id: int
    kind: str
    body: Json
    deliveries: list[datetime] = field(default_factory=list)
    confirmed: bool = False
    withheld: bool = False
    message: Message | None = field(default=None, repr=False)

    @property
    def delivered(self) -> bool:
        """Whether the bot got it at least once."""
        return bool(self.deliveries)


@dataclass(slots=True)
class Call:
    """A call of the bot: when on the fake's clock, with what, and what came of it.

    `outcome` is ok, refused (a rule of the platform, or of its rates), fault (ordered by a test) or conflict.
    """

    method: str
    params: Json
    at: datetime
    outcome: str = "ok"
    status: int = 200
    description: str = ""
    result: Any = None

    @property
    def chat(self) -> int:
        """The chat that it is for; 0 without one."""
        value = str(self.params.get("chat_id", ""))
        return int(value) if value.lstrip("-").isdigit() else 0
