"""Telegram in one process: connected once, then sending, polling or taking webhook calls, as its roles say."""

from __future__ import annotations

import asyncio
import logging

from starlette.routing import Route
from telegram import Bot, Update
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError

from adapters.shared.backoff import waits
from adapters.shared.insides import Insides
from adapters.telegram import polling, profile
from adapters.telegram.client import connect
from adapters.telegram.gateway import Gateway
from adapters.telegram.sender import LIMITS, TelegramSender
from adapters.telegram.webhook import register
from adapters.telegram.webhook import routes as webhook_routes
from bot.messages import Address, MessageRef, Reply, SendLater

ADDRESS_WAIT = 60.0  # seconds until Telegram is told again of an address that it could not use
NOT_YET = 2.0  # seconds until a message is tried again that came before the connection

log = logging.getLogger(__name__)


class TelegramFront:
    """The front end. Until Telegram was reached, messages wait and webhook calls are put off."""

    platform = "telegram"
    limits = LIMITS

    def __init__(
        self,
        token: str,
        api_url: str,
        file_url: str,
        insides: Insides,
        *,
        poll: bool,
        webhook: tuple[str, str] | None,
    ) -> None:
        """Prepare; nothing connects before `run`.

        Args:
            token: the bot's token.
            api_url: a Bot API server, "" for Telegram's own.
            file_url: where it serves files.
            insides: the application.
            poll: whether this process receives by long polling.
            webhook: where it receives by webhook, the public address of the application and the secret token.
        """
        self._token = token
        self._urls = api_url, file_url
        self._insides = insides
        self._poll = poll
        self._webhook = webhook
        self._bot: Bot | None = None
        self._gateway: Gateway | None = None
        self._sender: TelegramSender | None = None
        self.sender = self
        self.routes: list[Route] = webhook_routes(self.handle, webhook[1]) if webhook else []

    async def send(self, to: Address, reply: Reply, replaced: MessageRef | None) -> MessageRef:
        """Send; a message from before the connection waits."""
        if self._sender is None:
            raise SendLater(NOT_YET)
        return await self._sender.send(to, reply, replaced)

    async def handle(self, update: Update) -> bool:
        """Take an update; False: it must come again."""
        return self._gateway is not None and await self._gateway.handle(update)

    async def run(self) -> None:
        """Connect, say who we are, and receive until cancelled. Messages go out until `close`.

        Raises:
            SettingsError: Telegram does not know the token.
        """
        bot = self._bot = await self._connected()
        inside = self._insides
        self._sender = TelegramSender(bot)
        self._gateway = Gateway(bot, inside.receive, inside.library, inside.now, self._sender.moved)
        async with asyncio.TaskGroup() as tasks:
            if self._webhook or self._poll:
                tasks.create_task(self._introduced(bot))
            if self._poll:
                tasks.create_task(polling.poll(bot, self._gateway.handle, inside.hold))
            else:
                tasks.create_task(_forever())

    async def close(self) -> None:
        """Close the connections: not before the outbox stopped, since what is cut off on its way would go out twice."""
        self._sender = self._gateway = None
        bot, self._bot = self._bot, None
        if bot is not None:
            await bot.shutdown()

    async def _connected(self) -> Bot:
        for wait in waits():
            try:
                return await connect(self._token, *self._urls)
            except RetryAfter as told:
                wait = _seconds(told)
                log.warning("telegram: asked to wait %.0f s before connecting", wait)
            except TelegramError as error:  # also an answer that is none of Telegram's, as of a proxy on the way
                log.warning("telegram: not reached (%s); trying again", type(error).__name__)
            await asyncio.sleep(wait)
        raise AssertionError("waits() has no end")

    async def _introduced(self, bot: Bot) -> None:
        """Register the webhook, set menus and descriptions; what fails is tried again, and holds up nothing else."""
        for wait in waits():
            try:
                if self._webhook:
                    await register(bot, *self._webhook)
                await profile.introduce(bot, self._insides.library())
                return
            except RetryAfter as told:
                wait = _seconds(told)
            except BadRequest as error:  # a NetworkError to the library, but trying again soon will not help
                log.error("telegram: webhook or menus refused: %s", error.message)
                if not error.message.casefold().startswith("bad webhook"):
                    return
                wait = ADDRESS_WAIT  # but that a name is known everywhere, or that a port opens, may take a while
            except NetworkError as error:
                log.warning("telegram: webhook or menus not set yet (%s)", type(error).__name__)
            except TelegramError as error:
                log.error("telegram: webhook or menus not set (%s)", type(error).__name__)
                return
            await asyncio.sleep(wait)


async def _forever() -> None:
    await asyncio.Event().wait()


def _seconds(told: RetryAfter) -> float:
    after = told.retry_after
    return float(after) if isinstance(after, int) else after.total_seconds()
