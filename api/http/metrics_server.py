"""Serves /metrics on a listener of its own, in a thread of its own."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Final

from api.http.metrics import Metrics

FRESH_SECONDS: Final = 1.0
"""How long an exposition is served before another is made."""
_TIMEOUT_SECONDS: Final = 5.0
"""How long a client may be silent. Requests are answered one after another."""


class CachedExposition:
    """The exposition of the metrics, made at most once per ``FRESH_SECONDS``. Not thread-safe."""

    def __init__(self, metrics: Metrics, clock: Callable[[], float] = time.monotonic) -> None:
        self._metrics = metrics
        self._clock = clock
        self._made = b""
        self._made_at = float("-inf")

    def read(self) -> bytes:
        now = self._clock()
        if now - self._made_at >= FRESH_SECONDS:
            self._made, self._made_at = self._metrics.exposition(), now
        return self._made


@contextmanager
def metrics_served(metrics: Metrics, listener: socket.socket) -> Iterator[None]:
    """Answer GET /metrics on a bound socket until the block ends."""
    exposition = CachedExposition(metrics)

    class Handler(BaseHTTPRequestHandler):
        timeout = _TIMEOUT_SECONDS

        def do_GET(self) -> None:
            is_found = self.path.partition("?")[0] == "/metrics"
            body = exposition.read() if is_found else b"only /metrics is served here\n"
            self.send_response_only(HTTPStatus.OK if is_found else HTTPStatus.NOT_FOUND)
            self.send_header("Content-Type", metrics.content_type if is_found else "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing: a monitor asks every few seconds."""

    server = _Server(listener.getsockname()[:2], Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    server.server_activate()
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


class _Server(HTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a client that left: the standard library prints a traceback."""
