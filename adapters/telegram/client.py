"""The connection to the Bot API: python-telegram-bot's `Bot`, with what it would log or refuse put right."""

from __future__ import annotations

import logging
import re
from typing import Any

from telegram import Bot
from telegram._utils.defaultvalue import DEFAULT_NONE
from telegram._utils.types import JSONDict, ODVInput
from telegram.error import InvalidToken

from adapters.telegram.raw import completed, parse
from adapters.telegram.request import Request
from knowledge.errors import SettingsError

API = "https://api.telegram.org/bot"
FILES = "https://api.telegram.org/file/bot"

READ = 4.5  # seconds for an answer; the outbox gives a send five in all
READ_UPDATES = 10.0  # on top of how long a long poll is asked to last
CONNECTIONS = 256  # lanes that the outbox may have at work at once

_TOKEN = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")
_TELL_URLS = ("httpx", "httpcore", "telegram")  # below WARNING they log addresses, which hold the token


class Client(Bot):
    """A bot that takes the answers of older Bot API servers, and updates that hold one which cannot be read."""

    __slots__ = ()

    async def _post(
        self,
        endpoint: str,
        data: JSONDict | None = None,
        *,
        read_timeout: ODVInput[float] = DEFAULT_NONE,
        write_timeout: ODVInput[float] = DEFAULT_NONE,
        connect_timeout: ODVInput[float] = DEFAULT_NONE,
        pool_timeout: ODVInput[float] = DEFAULT_NONE,
        api_kwargs: JSONDict | None = None,
    ) -> Any:
        result = await super()._post(
            endpoint,
            data,
            read_timeout=read_timeout,
            write_timeout=write_timeout,
            connect_timeout=connect_timeout,
            pool_timeout=pool_timeout,
            api_kwargs=api_kwargs,
        )
        if endpoint == "getUpdates":
            # One that cannot be read would cost the whole batch, and the library would log what is in it.
            return [raw if parse(raw) else {"update_id": raw["update_id"]} for raw in completed(result)]
        return completed(result)


async def connect(token: str, api_url: str = "", file_url: str = "") -> Client:
    """A bot that is ready to use; `shutdown()` ends it.

    Args:
        token: what BotFather gave.
        api_url: another Bot API server's address up to the token, as "https://host/bot"; "" for Telegram's own.
        file_url: where that server serves files, as "https://host/file/bot".

    Raises:
        SettingsError: the token is none, or Telegram does not know it.
        NetworkError: Telegram cannot be reached.
    """
    for name in _TELL_URLS:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING))
    if not _TOKEN.fullmatch(token):
        raise SettingsError("setting TUTOR_TELEGRAM_TOKEN: not a bot's token; BotFather gives one, as 123456:ABC…")
    bot = Client(
        token,
        base_url=api_url.rstrip("/") or API,
        base_file_url=file_url.rstrip("/") or FILES,
        request=Request(CONNECTIONS, READ),
        get_updates_request=Request(2, READ_UPDATES),
    )
    try:
        await bot.initialize()
    except InvalidToken:  # its text holds the token
        await bot.shutdown()
        raise SettingsError(
            "setting TUTOR_TELEGRAM_TOKEN: Telegram does not know this token; ask BotFather for the current one"
        ) from None
    except BaseException:
        await bot.shutdown()
        raise
    return bot
