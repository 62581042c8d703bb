"""What the Web API's methods have in common: their table, what a call knows, and how it is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fakes.slack.state import Call, Channel, Json, Workspace

if TYPE_CHECKING:
    from tests.fakes.slack.fake import FakeSlack
    from tests.fakes.slack.people import Person


class Refused(Exception):
    """The call is answered with this error. `rule` says which rule it broke; "" where the world is to blame."""

    def __init__(self, error: str, rule: str = "", **more: Any) -> None:
        super().__init__(error)
        self.error, self.rule, self.more = error, rule, more


@dataclass
class Context:
    """A call on its way through a method."""

    fake: FakeSlack
    call: Call
    params: Json
    given: Workspace | None = None
    after: list[Callable[[], None]] = field(default_factory=list)  # what to do once it was answered

    @property
    def workspace(self) -> Workspace:
        """The token's workspace."""
        assert self.given is not None
        return self.given

    def text(self, name: str, *, required: bool = True) -> str:
        """A string parameter."""
        value = self.params.get(name)
        if value is None or value == "":
            if required:
                raise Refused("invalid_arguments", f"missing required field: {name}", **problems([f"missing {name}"]))
            return ""
        if not isinstance(value, (str, int)) or isinstance(value, bool):
            raise Refused("invalid_arguments", f"{name} must be a string", **problems([f"{name} must be a string"]))
        return str(value)

    def flag(self, name: str) -> bool:
        """A boolean parameter, in any of the spellings that Slack takes."""
        return str(self.params.get(name, "")).lower() in ("1", "true")

    def person(self, id: str) -> Person:
        """A member of the workspace, deactivated or not."""
        person = self.workspace.people.get(id)
        if person is None:
            raise Refused("user_not_found", f"no such user: {id}")
        return person

    def channel(self, name: str = "channel", *, people: bool = False) -> Channel:
        """The channel that a parameter names: an id, a #name, or (`people`) a person, whose DM it is then."""
        given = self.text(name)
        if people and given.startswith(("U", "W")):
            person = self.workspace.people.get(given)
            if person is None or person.is_bot:
                raise Refused("channel_not_found", f"no such user: {given}")
            return person.dm
        channel = self.workspace.channels.get(given) or next(
            (c for c in self.workspace.channels.values() if given in (c.name, f"#{c.name}")), None
        )
        if channel is None or (channel.private and not channel.bot_in):
            unknown = "" if channel else f"no such channel: {given}"
            raise Refused("channel_not_found", unknown)
        return channel

    def writable(self, channel: Channel) -> Channel:
        """The channel, if the app may post there."""
        if channel.archived:
            raise Refused("is_archived")
        if channel.person is not None:
            if channel.person.deleted and self.fake.deactivated_error:
                raise Refused(self.fake.deactivated_error)
        elif not channel.bot_in and "chat:write.public" not in self.workspace.scopes:
            raise Refused("not_in_channel")
        return channel


def problems(found: list[str]) -> Json:
    """What Slack adds to an answer that names problems."""
    return {"response_metadata": {"messages": [f"[ERROR] {each}" for each in found]}}


Handler = Callable[[Context], Json]


@dataclass(frozen=True)
class Method:
    """A method of the Web API. `scopes`: any one of these; `tier`: calls a minute, 0: it has limits of its own."""

    handler: Handler
    scopes: tuple[str, ...] = ()
    tier: int = 100
    token: str = "bot"  # bot | app | none
    json: bool = True  # it reads JSON bodies


METHODS: dict[str, Method] = {}


def method(
    name: str, *scopes: str, tier: int = 100, token: str = "bot", json: bool = True
) -> Callable[[Handler], Handler]:
    """Enter a function as this method."""

    def enter(handler: Handler) -> Handler:
        METHODS[name] = Method(handler, scopes, tier, token, json)
        return handler

    return enter
