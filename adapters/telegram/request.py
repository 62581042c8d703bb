"""How python-telegram-bot's calls travel: over aiohttp, which Slack's library needs anyway.

Measured with 64 calls in flight against a local server, httpx, the library's own choice, takes several times as long:
its pool looks at every connection for every call (docs/benchmarks.md).
"""

from __future__ import annotations

import json

import aiohttp
from telegram._utils.defaultvalue import DefaultValue
from telegram._utils.types import JSONDict, ODVInput
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

CONNECT = 3.0  # seconds; the outbox gives a send five in all


class Request(BaseRequest):
    """One pool of connections. Its errors hold no address, for that holds the token."""

    def __init__(self, connections: int, read: float) -> None:
        """Use at most `connections` at once; wait `read` seconds for an answer unless a call says otherwise."""
        self._connections = connections
        self._read = read
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """Seconds that an answer may take."""
        return self._read

    async def initialize(self) -> None:
        """Open the pool."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections),
                trust_env=True,  # proxies, as the library's own transport has them
                headers={"User-Agent": self.USER_AGENT},
            )

    async def shutdown(self) -> None:
        """Close the pool."""
        if self._session is not None:
            await self._session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        write_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        connect_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        pool_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Make a call; status and body.

        Raises:
            TimedOut: no answer in time; the call may have been carried out.
            NetworkError: no connection, or it broke.
        """
        if self._session is None or self._session.closed:
            raise RuntimeError("the request is not initialised")
        read = self._read if isinstance(read_timeout, DefaultValue) else read_timeout
        connect = CONNECT if isinstance(connect_timeout, DefaultValue) else connect_timeout
        timeout = aiohttp.ClientTimeout(total=None, connect=connect, sock_read=read)
        try:
            async with self._session.request(
                method, url, data=_body(request_data), timeout=timeout, allow_redirects=False
            ) as answer:
                return answer.status, await answer.read()
        except TimeoutError:
            raise TimedOut from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise NetworkError(type(error).__name__) from None

    @staticmethod
    def parse_json_payload(payload: bytes) -> JSONDict:
        """The answer as JSON; the library's own would log it where it is none, and it holds what people write."""
        try:
            found = json.loads(payload.decode("utf-8", "replace"))
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise TelegramError("the server's answer is no JSON object")
        return found


def _body(given: RequestData | None) -> aiohttp.FormData | dict[str, str] | None:
    if given is None:
        return None
    if not given.contains_files:
        return given.json_parameters
    form = aiohttp.FormData()
    for name, value in given.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, kind) in (given.multipart_data or {}).items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return form
