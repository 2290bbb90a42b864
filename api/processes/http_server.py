"""One HTTP server process: uvicorn on a bound socket."""

import socket
from collections.abc import Callable
from typing import Final

import uvicorn
from fastapi import FastAPI

from api.processes.garbage_collection import settle

LEAVE_SECONDS: Final = 10
"""How long running requests may take after the server is told to stop."""
KEEP_ALIVE_SECONDS: Final = 75
"""How long an idle connection is kept: longer than clients and proxies keep theirs (nginx and AWS 60 s), so that
the client closes it. A client whose connection closes during a request cannot know whether it was carried out.
"""


class PortTakenError(Exception):
    """The address is in use, or cannot be bound."""


def bound(host: str, port: int) -> socket.socket:
    """Return a socket bound to the address; port 0 takes a free one. Raises PortTakenError."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PortTakenError(f"cannot listen on {host}:{port} ({error.strerror}); set SCHEDULER_PORT") from None
    return listener


class HttpServer(uvicorn.Server):
    """Serves an application until SIGINT or SIGTERM, then lets requests under way finish."""

    def __init__(self, app: FastAPI, announce: Callable[[], None]) -> None:
        """``announce`` is called once requests are answered."""
        super().__init__(
            uvicorn.Config(
                app,
                loop="uvloop",
                http="httptools",
                ws="none",
                lifespan="on",
                access_log=False,
                server_header=False,
                log_config=None,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=LEAVE_SECONDS,
            )
        )
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        settle()
        if self.started:
            self._announce()
