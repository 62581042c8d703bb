"""What passes between a front end and the conversation: events in, answers out. Platform-free and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, Protocol

EventKind = Literal["text", "press", "command", "submit", "poll", "opened", "joined", "left", "due", "taught"]
# private: with the learner alone. group: several read it, and a quiz goes there as a native poll. channel: several read
# it, no polls. whisper: in a group or channel, but what is said is seen by the sender alone.
Place = Literal["private", "group", "channel", "whisper"]
ACTION_MAX = 64  # bytes: Telegram's callback_data, the smallest payload of any platform


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message goes: a chat of a platform, and a thread in it. `workspace` is "" where a platform has none.

    In a whisper (see `Place`) `thread` may be the address that the platform gave for answering one person (Slack's
    response_url): good for minutes, and for that person only.
    """

    platform: str
    workspace: str
    chat: str
    thread: str = ""

    @property
    def lane(self) -> str:
        """The key of the lane that its messages share: one chat, whatever the thread."""
        return f"{self.platform}:{self.workspace}:{self.chat}"


@dataclass(frozen=True, slots=True)
class MessageRef:
    """A message that was sent: the platform's own id for it, in a chat, and of the poll in it, if it holds one."""

    chat: str
    id: str
    poll: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. `id` ("telegram:8841") is the dedupe key; `at` is aware UTC.

    `sender` is the platform's user id; `text` what was typed (for a command, what followed its name); `action` a
    button's payload, at most 64 bytes (for a command, its name); `fields` a modal's values; `message` the message
    whose button was pressed; `zone` the sender's IANA zone where the platform tells it; `learner` a learner's id, on
    events that Tutor makes itself (due, taught) instead of a sender. `place` says who reads the chat; `home` is where
    the sender can be written to alone, None where the platform may refuse that. For a poll's answer, `action` is the
    poll's id and `text` the number of the option chosen, from 0. A message that was edited has `edited` in
    `fields`. Opened: the sender looks at a surface (`action`).
    """

    id: str
    kind: EventKind
    at: datetime
    sender: str
    address: Address
    text: str = ""
    action: str = ""
    fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    message: MessageRef | None = None
    language: str = ""
    zone: str = ""
    learner: int | None = None
    place: Place = "private"
    home: Address | None = None

    @property
    def account(self) -> str:
        """The key of the sender's account: a person on a platform, in a workspace."""
        return f"{self.address.platform}:{self.address.workspace}:{self.sender}"

    @property
    def alone(self) -> Address | None:
        """Where the sender is alone with Tutor, without a thread; None where that is not known."""
        found = self.home or (self.address if self.place == "private" else None)
        return replace(found, thread="") if found and found.thread else found


@dataclass(frozen=True, slots=True)
class Button:
    """A choice under a message. `action` comes back in a press; it is at most 64 bytes.

    `private:<command>` opens the sender's own chat with Tutor, where that command is run; front ends make a link of it.
    """

    label: str
    action: str


@dataclass(frozen=True, slots=True)
class Image:
    """A recipe for a picture: what to draw, its data, and the words for those who cannot see it."""

    kind: str
    data: Mapping[str, Any]
    alt: str


@dataclass(frozen=True, slots=True)
class Poll:
    """A native quiz poll, for groups: what is shown, and what grading needs, frozen as it is put (as asks are).

    `ids` and `whys` go with the options; `title` is the topic's; `version` the library's.
    """

    question: str
    options: tuple[str, ...]
    right: int
    explanation: str = ""
    item: str = ""
    topic: str = ""
    title: str = ""
    ids: tuple[str, ...] = ()
    whys: tuple[str, ...] = ()
    explain: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A file to hand over, such as a learner's export."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A message to send. `text` is light Markdown (knowledge.markup); user text in it is escaped.

    `key` names the message, `replaces` a message to edit in place (a key or a MessageRef, resolved when sent, sent
    anew where it is gone; without buttons it only settles a message that was answered). `audience` None is the chat,
    else one platform user id. `topics` are the ids it is about, for front ends that show or test them.
    """

    text: str
    buttons: tuple[Button, ...] = ()
    image: Image | None = None
    poll: Poll | None = None
    document: Document | None = None
    key: str = ""
    replaces: str | MessageRef | None = None
    audience: str | None = None
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refresh:
    """A surface to draw anew (App Home, a scoreboard). Rows for one surface coalesce: the newest wins."""

    surface: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the conversation returns: messages, a short notice for whoever pressed, errors of a modal's fields.

    `to` sends the replies elsewhere than the event's own address (a scheduled quiz goes to the learner's home).
    """

    replies: tuple[Reply | Refresh, ...] = ()
    notice: str = ""
    errors: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    to: Address | None = None


Outcome = Literal["done", "duplicate", "failed", "busy"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What `Inbox.receive` returns once the event is committed.

    done: handled now. duplicate: handled before, nothing changed. failed: it raised; recorded, the learner got an
    apology. A `busy` receipt was not accepted: do not acknowledge it, the platform sends it again.
    """

    outcome: Outcome
    notice: str = ""
    errors: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


class SendLater(Exception):
    """The platform asks to wait: try again after `after` seconds (None: back off with jitter)."""

    def __init__(self, after: float | None = None) -> None:
        self.after = after
        super().__init__("send later")


class SendNever(Exception):
    """The message can never be delivered. `gone` True: the learner blocked us or left, so pause them."""

    def __init__(self, reason: str, *, gone: bool = False) -> None:
        self.reason = reason
        self.gone = gone
        super().__init__(reason)


class Sender(Protocol):
    """Delivers one message on one platform. May raise SendLater or SendNever; anything else counts as SendLater."""

    async def send(self, to: Address, reply: Reply, replaced: MessageRef | None) -> MessageRef:
        """Send `reply`, editing `replaced` in place where there is one; return the message's own reference."""
        ...
