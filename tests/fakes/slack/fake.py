"""The fake Slack that tests hold in their hands."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.fakes.slack import answers, oauth
from tests.fakes.slack.core import Clock, Rates
from tests.fakes.slack.delivery import Courier, Sockets
from tests.fakes.slack.outgoing import Delivering
from tests.fakes.slack.pace import Fault
from tests.fakes.slack.people import Person
from tests.fakes.slack.screen import plain
from tests.fakes.slack.server import Server
from tests.fakes.slack.state import (
    Call,
    Channel,
    Delivery,
    Json,
    Message,
    View,
    Workspace,
    new_id,
)
from tests.fakes.watch import used

RETRY_DELAYS = (0.0, 60.0, 300.0)


class FakeSlack(Delivering):
    """A Slack of one app and as many workspaces as a test wants. Made by `fake_slack`.

    Attributes that tests read or set:
        url: the Web API's, for TUTOR_SLACK_API_URL: "http://127.0.0.1:<port>/api/"; root: without the path.
        request_url: where deliveries go by HTTP while no socket is connected.
        ack_within: seconds that an acknowledgement may take; retry_delays: seconds of the fake's clock between tries.
        rates: "enforce" answers 429 to what is too fast, "record" only notes it in `hurried`, "off" does not look.
        scopes: what the app may ask for, and what the first workspace granted; subscribed: its events; commands;
            shortcuts. All as the manifest says.
        echoes: the app's own messages come back to it as events, as Slack sends them (where it is subscribed).
        deactivated_error: what posting to a deactivated person's direct messages answers; "" lets it pass.
        visitor: who is signed in on OAuth's page, and allows what it asks for.
        calls, deliveries, uploads, pings: all that happened so far; pings are <!channel>, <@U…> and the like.
    """

    def __init__(self, clock: Clock, rates: Rates, retry_delays: Sequence[float], ack_within: float) -> None:
        super().__init__(clock, rates, retry_delays, ack_within)
        self.sockets, self.courier, self.server = Sockets(self), Courier(self), Server(self)

    # --- what tests set up

    @property
    def first(self) -> Workspace:
        """The workspace that the properties below are about."""
        return next(iter(self.workspaces.values()))

    @property
    def bot_token(self) -> str:
        """The bot's token in the first workspace."""
        return self.first.token

    @property
    def team(self) -> str:
        """The first workspace's id."""
        return self.first.id

    @property
    def bot_user(self) -> str:
        """The bot's user id in the first workspace."""
        return self.first.bot_user

    def workspace(self, id: str, *, installed: bool = False) -> Workspace:
        """A workspace with this id, made if it is new. Not installed: its token comes by OAuth."""
        if id not in self.workspaces:
            token = f"xoxb-{new_id('').lower()}-{id.lower()}" if installed else ""
            made = Workspace(id, f"Team{id}", token, new_id("U"), new_id("B"), installed=installed)
            made.scopes = set(self.scopes) if installed else set()
            self.workspaces[id] = made
            bot = Person(self, made, made.bot_user, "Tutor", "Etc/UTC", "en-US")
            bot.is_bot = True
            made.people[bot.id] = bot
        return self.workspaces[id]

    def person(
        self, name: str, tz: str = "Europe/London", locale: str = "en-US", workspace: Workspace | None = None
    ) -> Person:
        """A new member of a workspace."""
        team = workspace or self.first
        made = Person(self, team, new_id("U"), name, tz, locale)
        team.people[made.id] = made
        return made

    def channel(
        self,
        name: str,
        members: Iterable[Person] = (),
        *,
        bot_in: bool = True,
        private: bool = False,
        workspace: Workspace | None = None,
    ) -> Channel:
        """A new channel."""
        who = list(members)
        team = workspace or (who[0].workspace if who else self.first)
        made = Channel(new_id("C"), name, team, {person.id for person in who}, bot_in=bot_in, private=private)
        team.channels[made.id] = made
        return made

    def fail(self, method: str, fault: str, times: int = 1, *, retry_after: int = 1, skip: int = 0) -> None:
        """Let the next `times` calls of a method fail, after `skip` that do not.

        `method`: a method's name, "response_url", "upload", or "*" for any method. `fault`: "ratelimited" (429 with
        Retry-After), "500", "502", "503", "504" (a body that is no JSON), "drop_before", "drop_after" (executed, then
        the connection is cut), "hang", or any of Slack's errors: "token_revoked", "invalid_auth", "account_inactive",
        "channel_not_found", "is_archived", "not_in_channel", "message_not_found", "user_disabled", "fatal_error" …
        """
        self.faults.order(method, Fault(fault, times, retry_after, skip))

    # --- what tests read

    @property
    def refused(self) -> list[Call]:
        """Calls that broke a rule of Slack's: tests assert that there are none."""
        return [call for call in self.calls if call.rule]

    @property
    def warned(self) -> list[Call]:
        """Calls that went through, but not as they were meant: text truncated or split."""
        return [call for call in self.calls if call.warnings]

    def called(self, method: str) -> list[Call]:
        """The calls of one method."""
        return [call for call in self.calls if call.method == method]

    def screen(self, where: Channel | Person, viewer: Person | None = None) -> list[Message]:
        """The messages to be seen now, oldest first; of a person, their direct messages. Ephemerals: `viewer`'s."""
        channel = where.dm if isinstance(where, Person) else where
        eyes = viewer or channel.person
        return [m for m in channel.messages if not m.deleted and m.seen_by in ("", eyes.id if eyes else "")]

    def texts(self, where: Channel | Person, viewer: Person | None = None) -> list[str]:
        """The words of those messages (see `plain`)."""
        return [plain(message) for message in self.screen(where, viewer)]

    def said(self, where: Channel | Person, viewer: Person | None = None) -> list[Message]:
        """Of those messages, the app's own."""
        return [m for m in self.screen(where, viewer) if m.bot and m.subtype != "assistant_app_thread"]

    def home(self, person: Person) -> Json | None:
        """The Home tab that was published for them."""
        view = self.homes.get(person.id)
        return view.body if view else None

    def modal(self, person: Person) -> Json | None:
        """The modal that is open before them (the top of the stack)."""
        stack = self.modals.get(person.id)
        return stack[-1].body if stack else None

    async def settled(self, predicate: Callable[[], Any], timeout: float = 5.0) -> None:  # noqa: ASYNC109
        """Wait until the predicate holds; an error in it, as of a screen that is empty, counts as not yet."""
        until = time.monotonic() + timeout
        while True:
            try:
                if predicate():
                    return
                failure: Exception | None = None
            except (LookupError, AssertionError, TypeError, AttributeError, StopIteration) as error:
                failure = error
            if time.monotonic() > until:
                last = "; ".join(f"{call.method}: {call.outcome}" for call in self.calls[-5:])
                raise AssertionError(f"did not settle within {timeout} s; last calls: {last}") from failure
            await asyncio.sleep(0.005)

    async def quiet(self, timeout: float = 5.0) -> None:  # noqa: ASYNC109
        """Wait until nothing is being delivered behind the scenes."""
        async with asyncio.timeout(timeout):
            while self.tasks:
                await asyncio.wait(set(self.tasks))

    # --- what happens to people, tokens and sockets

    async def deactivate(self, person: Person) -> Delivery:
        """Deactivate an account: `user_change` is delivered."""
        person.deleted = True
        user = {"id": person.id, "team_id": person.workspace.id, "name": person.name.lower(), "deleted": True}
        inner = {"type": "user_change", "user": user, "cache_ts": int(self.now()), "event_ts": self.new_ts()}
        return await self.deliver_event(person.workspace, inner)

    async def uninstall(self, workspace: Workspace | None = None) -> list[Delivery]:
        """Remove the app: `app_uninstalled` and `tokens_revoked` are delivered, its token answers account_inactive."""
        team = workspace or self.first
        inners: list[Json] = [
            {"type": "app_uninstalled", "event_ts": self.new_ts()},
            {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [team.bot_user]}, "event_ts": self.new_ts()},
        ]
        team.token_state = "account_inactive"
        delivered = [await self.deliver_event(team, inner) for inner in inners]
        team.installed = False
        self.dead_tokens[team.token] = "account_inactive"
        return delivered

    async def revoke_tokens(self, workspace: Workspace | None = None) -> Delivery:
        """Revoke the bot's token: `tokens_revoked` is delivered."""
        team = workspace or self.first
        team.token_state = "token_revoked"
        inner = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [team.bot_user]}, "event_ts": self.new_ts()}
        delivered = await self.deliver_event(team, inner)
        team.installed = False
        return delivered

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Tell the sockets to go ("warning", "refresh_requested", "link_disabled") and close; "drop": close unsaid."""
        self.socket_mode = self.socket_mode and reason != "link_disabled"
        await self.sockets.dismiss(reason)

    def lose_acks(self, times: int = 1) -> None:
        """The next acknowledgements by socket get lost: Slack never sees them."""
        self.sockets.lose(times)

    def approve(self, url: str, person: Person) -> str:
        """OAuth: where the browser goes once `person` allowed what the authorize page at `url` asks for."""
        return oauth.approve(self, url, person)

    def deny(self, url: str) -> str:
        """OAuth: where the browser goes after Cancel."""
        return oauth.deny(self, url)

    # --- for the parts of the fake

    def slash_answered(self, delivery: Delivery) -> None:
        """Show what a slash command was acknowledged with."""
        answers.to_slash(self, delivery)

    def modal_answered(self, delivery: Delivery, view: View) -> None:
        """Do with a modal what its submission was acknowledged with."""
        answers.to_submission(self, delivery, view)

    async def start(self, port: int, routes: list[web.RouteDef]) -> None:
        """Begin to serve."""
        port = await self.server.start(port, routes)
        self.root = f"http://127.0.0.1:{port}"
        self.url = f"{self.root}/api/"

    async def stop(self) -> None:
        """End what is under way, and serve no longer."""
        tasks = list(self.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.courier.stop()
        await self.server.stop()


@asynccontextmanager
async def fake_slack(
    clock: Clock = time.time,
    *,
    port: int = 0,
    rates: Rates = "enforce",
    retry_delays: Sequence[float] = RETRY_DELAYS,
    ack_within: float = 3.0,
    workspace: str = "T0000001",
    routes: Sequence[web.RouteDef] = (),
) -> AsyncIterator[FakeSlack]:
    """Serve on 127.0.0.1 until the block ends. `clock` tells seconds since the epoch, or aware datetimes."""
    fake = FakeSlack(clock, rates, retry_delays, ack_within)
    fake.workspace(workspace, installed=True)
    used.append(fake)
    await fake.start(port, list(routes))
    try:
        yield fake
    finally:
        await fake.stop()
