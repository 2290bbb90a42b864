"""A webhook receiver: it stores the requests, and answers as a test sets it up."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.wait_until import TIMEOUT_SECONDS

Responder = Callable[["ReceivedMessage"], tuple[int, dict[str, str]]]


@dataclass(frozen=True)
class ReceivedMessage:
    """One request: its headers in lower case, its body as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def payload(self) -> dict[str, Any]:
        payload: dict[str, Any] = json.loads(self.body)
        return payload

    @property
    def number(self) -> int:
        return int(self.payload["data"]["number"])


def accept(_: ReceivedMessage) -> tuple[int, dict[str, str]]:
    return 204, {}


def respond_with(code: int, headers: dict[str, str]) -> Responder:
    """Return what answers everything alike."""
    return lambda _: (code, headers)


@dataclass
class WebhookReceiver:
    """``answer`` may be set by the test at any time."""

    url: str = ""
    received: list[ReceivedMessage] = field(default_factory=list)
    answer: Responder = accept
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, number: int) -> Sequence[ReceivedMessage]:
        """Return what came once it is so much. Raises AssertionError: it did not come."""
        with self.arrived:
            came = self.arrived.wait_for(lambda: len(self.received) >= number, TIMEOUT_SECONDS)
            assert came, f"{len(self.received)} of {number} came: {[each.path for each in self.received]}"
            return list(self.received)


@contextmanager
def running_receiver(tls: ssl.SSLContext | None = None) -> Iterator[WebhookReceiver]:
    """Receive on a free port of this machine until the block ends, with or without TLS."""
    receiver = WebhookReceiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            received = ReceivedMessage(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            status, headers = receiver.answer(received)
            with receiver.arrived:
                receiver.received.append(received)
                receiver.arrived.notify_all()
            self.send_response_only(status)
            for name, value in {"content-length": "0", **headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Say nothing: a handshake that was broken off is what some tests want."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    receiver.url = f"http://127.0.0.1:{server.server_port}/hooks"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="receiver")
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
