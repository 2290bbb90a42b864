"""The HTTP server of one process: uvicorn on a bound socket."""

import socket
from collections.abc import Callable
from typing import Final

import uvicorn
from fastapi import FastAPI

from api.http.server_protocol import BoundedHttpProtocol, Connections

LEAVE_SECONDS: Final = 10
"""How long running requests may take after the signal to stop."""
KEEP_ALIVE_SECONDS: Final = 75
"""How long an idle connection is kept: longer than by clients and proxies (nginx and AWS: 60 s).

So the client closes it. A client whose connection closes during a request does not know whether it
was carried out.
"""


class HttpServer(uvicorn.Server):
    """Serves an application until SIGINT or SIGTERM, then finishes the running requests."""

    def __init__(
        self,
        app: FastAPI,
        announce: Callable[[], None],
        *,
        trusted_proxies: str,
        connections: Connections | None = None,
    ) -> None:
        """``announce`` is called once requests are answered.

        ``trusted_proxies`` are addresses and networks whose X-Forwarded-For is believed.
        """
        super().__init__(
            uvicorn.Config(
                app,
                loop="uvloop",
                http=BoundedHttpProtocol,
                ws="none",
                lifespan="on",
                access_log=False,
                server_header=False,
                log_config=None,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=LEAVE_SECONDS,
                forwarded_allow_ips=trusted_proxies,
            )
        )
        self.server_state = connections or Connections()
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._announce()
