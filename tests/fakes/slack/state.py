"""What the fake remembers: workspaces, channels, messages, views, files, calls and deliveries."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from tests.fakes.slack.people import Person

Json = dict[str, Any]
Kind = Literal["events_api", "interactive", "slash_commands"]
_numbers = itertools.count(1)


def number_from(first: int) -> None:
    """Go on with this number: a database that outlives the process must not meet the ids of the last one again."""
    global _numbers
    _numbers = itertools.count(first)


def new_id(prefix: str) -> str:
    """An id as Slack's look: a letter, then capitals and digits."""
    return f"{prefix}{next(_numbers):09d}X"


@dataclass(eq=False)
class Message:
    """A message on screen, in its newest version. `seen_by` is one person's id for an ephemeral message, else ""."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str = ""
    bot: bool = False
    seen_by: str = ""
    deleted: bool = False
    edits: int = 0
    subtype: str = ""
    files: list[Json] = field(default_factory=list)
    metadata: Json = field(default_factory=dict)
    unfurl: bool = True


@dataclass(eq=False)
class Channel:
    """A channel, or the direct messages of one person with the app (`person` is set)."""

    id: str
    name: str
    workspace: Workspace
    members: set[str] = field(default_factory=set)
    bot_in: bool = False
    private: bool = False
    archived: bool = False
    person: Person | None = None
    opened: bool = False  # direct messages: by the person or by conversations.open
    messages: list[Message] = field(default_factory=list)
    assistant: dict[str, AssistantThread] = field(default_factory=dict)
    prompts: list[Json] = field(default_factory=list)  # of the agent view
    prompts_title: str = ""

    @property
    def kind(self) -> str:
        """As in an event's channel_type."""
        return "im" if self.person else "group" if self.private else "channel"

    def find(self, ts: str) -> Message | None:
        """The message with this timestamp, unless it was deleted."""
        return next((m for m in reversed(self.messages) if m.ts == ts and not m.deleted), None)


@dataclass(eq=False)
class AssistantThread:
    """A thread of the Assistant pane and what the app set on it."""

    channel: Channel
    ts: str
    status: str = ""
    statuses: list[str] = field(default_factory=list)  # all that was ever set
    title: str = ""
    prompts: list[Json] = field(default_factory=list)
    prompts_title: str = ""


@dataclass(eq=False)
class Workspace:
    """A team. `token` is the bot's, while installed."""

    id: str
    name: str
    token: str
    bot_user: str
    bot_id: str
    installer: str = ""
    installed: bool = True
    token_state: str = ""  # the error its token is answered with, "" while it is good
    scopes: set[str] = field(default_factory=set)
    people: dict[str, Person] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)


@dataclass(eq=False)
class View:
    """A Home tab or a modal. `filled` is what the person typed or chose so far: block_id -> action_id -> value."""

    id: str
    user: str
    workspace: Workspace
    body: Json
    hash: str
    root: str = ""
    previous: str = ""
    filled: dict[str, dict[str, Json]] = field(default_factory=dict)


@dataclass(eq=False)
class Trigger:
    """What a trigger_id stands for: good for three seconds, once."""

    user: str
    workspace: Workspace
    at: float
    view: str = ""  # pressed in this modal
    used: bool = False


@dataclass(eq=False)
class ResponseUrl:
    """What a response_url stands for: five answers within half an hour."""

    url: str
    user: str
    channel: Channel
    at: float
    message: Message | None = None  # the one whose button was pressed
    thread_ts: str = ""
    uses: int = 0


@dataclass(eq=False)
class Grant:
    """A code of OAuth, to be exchanged for a token once."""

    workspace: Workspace
    user: str
    scopes: set[str]
    redirect_uri: str
    at: float
    used: bool = False


@dataclass(eq=False)
class Upload:
    """A file: uploaded, then (if `shared`) shown in channels."""

    id: str
    name: str
    length: int
    workspace: Workspace
    data: bytes | None = None
    title: str = ""
    alt: str = ""
    channels: list[str] = field(default_factory=list)
    thread_ts: str = ""
    done: bool = False


@dataclass
class Call:
    """A call of the Web API, of a response URL ("response_url") or an upload ("upload").

    `outcome` is "ok", or the error; `rule` says what rule it broke, "" where it broke none (an ordered fault, say).
    `executed` is False where nothing was changed.
    """

    method: str
    params: Json
    token: str
    at: float
    outcome: str = ""
    rule: str = ""
    executed: bool = False
    answer: Json = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


@dataclass
class Attempt:
    """One try at a delivery. `status` 200 for a socket's acknowledgement, 0 where nothing answered."""

    at: float
    way: Literal["socket", "http"]
    status: int
    body: Any = ""
    seconds: float = 0.0
    error: str = ""  # "" | pending | operation_timeout | http_error | connection_failed
    retry: int = 0


@dataclass(eq=False)
class Delivery:
    """Something delivered to the app, with each try. The figures of the last try are its own."""

    kind: Kind
    payload: Json
    workspace: Workspace
    attempts: list[Attempt] = field(default_factory=list)
    skipped: bool = False  # the app is not subscribed to it
    held: bool = False
    refused: str = ""  # what the app answered with and Slack would not take
    acked: Callable[[], None] | None = None  # to be done once a held delivery is acknowledged

    @property
    def ok(self) -> bool:
        """It was acknowledged in time."""
        return bool(self.attempts) and not self.attempts[-1].error

    @property
    def error(self) -> str:
        """Why the last try failed, "" if it did not."""
        return self.attempts[-1].error if self.attempts else "not_sent"

    @property
    def status(self) -> int:
        """The HTTP status of the last try; 200 for an acknowledgement by socket; 0: none came."""
        return self.attempts[-1].status if self.attempts else 0

    @property
    def body(self) -> Any:
        """What came with the acknowledgement: JSON parsed, else text, "" for nothing."""
        return self.attempts[-1].body if self.attempts else ""

    @property
    def seconds(self) -> float:
        """How long the last try took to be acknowledged."""
        return self.attempts[-1].seconds if self.attempts else 0.0

    @property
    def errors(self) -> dict[str, str]:
        """A modal's errors, by block_id."""
        body = self.body
        if isinstance(body, dict) and body.get("response_action") == "errors":
            return dict(body.get("errors", {}))
        return {}

    @property
    def event_id(self) -> str:
        """The event's id, "" for what is no event."""
        return str(self.payload.get("event_id", ""))
