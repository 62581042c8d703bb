"""What goes to the app: first tries, held ones, forged ones, and the echo of its own messages."""

from __future__ import annotations

from collections.abc import Callable

from tests.fakes.slack import payloads
from tests.fakes.slack.core import Core
from tests.fakes.slack.delivery import Courier
from tests.fakes.slack.state import Channel, Delivery, Json, Kind, Message, Workspace, new_id


class Delivering(Core):
    """The part of the fake that delivers."""

    courier: Courier

    def new_delivery(self, kind: Kind, payload: Json, workspace: Workspace, scope: str = "") -> Delivery:
        """A delivery yet to be made; skipped where the app is not installed or lacks the scope."""
        delivery = Delivery(kind, payload, workspace)
        delivery.skipped = not workspace.installed or bool(scope and scope not in workspace.scopes)
        self.deliveries.append(delivery)
        return delivery

    def takes(self, workspace: Workspace, inner: Json) -> bool:
        """Whether the app is subscribed to this event, and has the scope for it."""
        name, scope = payloads.needs(inner)
        return workspace.installed and name in self.subscribed and (not scope or scope in workspace.scopes)

    async def deliver_event(self, workspace: Workspace, inner: Json, unless: str = "") -> Delivery:
        """Deliver an event, if the app is subscribed to it."""
        delivery = Delivery("events_api", payloads.event(self, workspace, inner), workspace)
        delivery.skipped = bool(unless) or not self.takes(workspace, inner)
        self.deliveries.append(delivery)
        return await self.deliver(delivery)

    async def deliver(self, delivery: Delivery, acked: Callable[[], None] | None = None) -> Delivery:
        """The first try, unless deliveries are held; `acked` is done once it is acknowledged."""
        if delivery.skipped:
            return delivery
        if self.holding:
            delivery.held = True
            delivery.acked = acked
            self.held.append(delivery)
            return delivery
        return await self.courier.send(delivery, acked=acked)

    async def redeliver(self, delivery: Delivery, reason: str = "http_timeout") -> Delivery:
        """Deliver it once more, as a retry."""
        return await self.courier.send(delivery, reason)

    def hold(self) -> None:
        """Keep deliveries back from now on: they wait in `held`, for `release` in any order."""
        self.holding = True

    async def release(self, *deliveries: Delivery) -> None:
        """Deliver these in this order; without any, all that is held, and hold no longer."""
        if not deliveries:
            self.holding = False
        for delivery in deliveries or tuple(self.held):
            self.held.remove(delivery)
            delivery.held = False
            await self.courier.send(delivery, acked=delivery.acked)

    async def forge(
        self,
        payload: Json,
        kind: Kind = "events_api",
        *,
        secret: str | None = None,
        age: float = 0.0,
        signed: bool = True,
    ) -> tuple[int, str]:
        """POST to the app with another secret, a timestamp `age` seconds old, or no signature; its status and body."""
        status, _, body = await self.courier.post(kind, payload, {}, secret=secret, age=age, signed=signed)
        return status, body if isinstance(body, str) else repr(body)

    async def verify_url(self) -> bool:
        """Ask the app for the challenge, as Slack does when the request URL is entered."""
        asked = {"token": payloads.TOKEN, "challenge": new_id("ch"), "type": "url_verification"}
        status, _, body = await self.courier.post("events_api", asked, {})
        return status == 200 and asked["challenge"] in str(body)

    def echo(self, channel: Channel, message: Message, kind: str = "", before: Json | None = None) -> None:
        """The app's own message, on its way back to it as an event."""
        if not self.echoes:
            return
        inner = payloads.message_event(self, channel, message)
        if kind:
            inner = payloads.changed_event(self, channel, message, before or self.as_json(message), kind)
        if self.takes(channel.workspace, inner):
            self.in_background(self.deliver_event(channel.workspace, inner))
