"""The one HTTP server of a process: what the platforms call, and the health pages."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from knowledge.errors import SettingsError

GRACE = 5  # seconds that requests under way may take once the server stops


def application(routes: Sequence[Route]) -> Starlette:
    """The application; a fault of ours is a plain 500 that says nothing of what was inside."""

    async def failed(_request: Request, _error: Exception) -> Response:
        return PlainTextResponse("Something went wrong here. Nothing was changed.\n", status_code=500)

    return Starlette(routes=list(routes), exception_handlers={Exception: failed})


def bind(host: str, port: int) -> socket.socket:
    """A listening socket, taken before anything else starts, so that a taken port is known at once.

    Raises:
        SettingsError: the port or the host cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(512)
    except OSError as error:
        listening.close()
        raise SettingsError(
            f"setting TUTOR_PORT: cannot listen on {host} port {port}: {error.strerror}. Choose another port or host."
        ) from None
    return listening


class _Server(uvicorn.Server):
    """uvicorn's server without its signal handlers: the process has its own, and other parts to stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Web:
    """Serves an application on a bound socket until told to stop."""

    def __init__(self, app: Starlette, listening: socket.socket) -> None:
        """Prepare to serve `app` on `listening`."""
        self._listening = listening
        self._server = _Server(
            uvicorn.Config(
                app,
                log_config=None,  # ours stands
                access_log=False,  # a line a request would hold addresses of people
                lifespan="off",
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=GRACE,
                ws="none",
            )
        )

    async def run(self) -> None:
        """Serve; returns once `stop` was called and what is under way is finished."""
        await self._server.serve(sockets=[self._listening])

    def stop(self) -> None:
        """Take no more requests."""
        self._server.should_exit = True
