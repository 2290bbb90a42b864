"""HTTP/1.1 with limits: uvicorn's protocol for httptools sets none to heads, time and connections.

nginx calls them large_client_header_buffers, client_header_timeout, client_body_timeout,
send_timeout, lingering_timeout and limit_conn. Sources: uvicorn 0.54 and httptools 0.9, read
2026-11.
"""

import asyncio
import resource
import time
from collections import Counter
from enum import Enum, auto
from typing import Any, Final, cast

from uuid_utils.compat import uuid7
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from api.http.client_network import client_network
from api.http.envelope import SAFE_HEADERS
from api.http.errors import problem

MAX_HEAD_BYTES: Final = 64 * 1024
HEAD_SECONDS: Final = 15.0
"""From the connection, or the first byte of another request on it, to the end of the head."""
BODY_SECONDS: Final = 60.0
"""From the end of the head to the end of the body: 3 MiB at 0.4 Mbit/s."""
SEND_SECONDS: Final = 120.0
"""How long a client may leave an answer unread."""
LINGER_SECONDS: Final = 2.0
"""How long a refused client may read the refusal; what it still sends is discarded."""
LINGER_BYTES: Final = 256 * 1024
"""How much of that is read before the connection is reset: an endless head costs no more."""
MAX_PIPELINED: Final = 16
"""Requests that wait on one connection for the answers to earlier ones."""
MAX_CONNECTIONS: Final = 4_096
MAX_CONNECTIONS_PER_CLIENT: Final = 256
"""Of one network: see ``client_network``."""
RESERVED_DESCRIPTORS: Final = 256
"""File descriptors that connections leave to the database, listeners and files."""


class Connections(ServerState):
    """The connections of a server, with a limit in total and one per client network.

    When a limit is reached, a new connection replaces the one that has waited longest without a
    complete request. If all have requests in progress, the new one is refused.
    """

    def __init__(self, limit: int | None = None, limit_per_client: int = MAX_CONNECTIONS_PER_CLIENT) -> None:
        """``limit`` is by default what the process's file descriptors allow."""
        super().__init__()
        self._limit = most_connections() if limit is None else limit
        self._limit_per_client = min(limit_per_client, max(1, self._limit // 2))
        self._of_client: Counter[str] = Counter()

    def admit(self, new: "BoundedHttpProtocol") -> bool:
        """Count a connection; return whether there is room for it."""
        self._of_client[new.network] += 1
        if self._of_client[new.network] > self._limit_per_client:
            return self._drop_one(new, new.network)
        return self._of_client.total() <= self._limit or self._drop_one(new, None)

    def leave(self, gone: "BoundedHttpProtocol") -> None:
        self._of_client[gone.network] -= 1
        if not self._of_client[gone.network]:
            del self._of_client[gone.network]

    def _drop_one(self, new: "BoundedHttpProtocol", network: str | None) -> bool:
        """Drop the connection of least use, of one network or of all; return whether one was."""
        waiting = [
            each
            for each in cast("set[BoundedHttpProtocol]", self.connections)
            if each is not new and each.is_waiting and network in (None, each.network)
        ]
        # A connection whose head never ends is of less use than one that has been answered.
        least = min(waiting, key=lambda each: (each.phase is not Phase.HEAD, each.waiting_since), default=None)
        if least is not None:
            least.drop()
        return least is not None


def most_connections() -> int:
    """Return how many connections the process's file descriptors allow."""
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if descriptors == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return min(MAX_CONNECTIONS, descriptors - min(RESERVED_DESCRIPTORS, descriptors // 2))


class Phase(Enum):
    """What a connection waits for."""

    HEAD = auto()
    BODY = auto()
    ANSWER = auto()
    IDLE = auto()
    """For another request, after an answer."""
    CLOSED = auto()
    """For the client to read a refusal and leave."""


class LimitExceededError(Exception):
    """Ends parsing: a limit of the request is exceeded."""


class BoundedHttpProtocol(HttpToolsProtocol):
    """One connection. Errors of HTTP itself are answered with problems too."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.phase = Phase.HEAD
        self.network = ""
        self.waiting_since = time.monotonic()
        self._all = cast(Connections, server_state)
        self._timer: asyncio.TimerHandle | None = None
        self._send_timer: asyncio.TimerHandle | None = None
        self._has_begun = False  # a head, of which any part has arrived
        self._head_bytes = 0
        self._unparsed_bytes = 0  # received since the parser last delivered a head or a part of a body
        self._discarded_bytes = 0
        self._broken_limit: tuple[int, str, str] | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether no request is in progress."""
        return self.phase in (Phase.HEAD, Phase.IDLE) and not self._is_answering

    @property
    def _is_answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request
        return cycle is not None and not cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the base
        super().connection_made(transport)
        self.network = client_network(self.client[0]) if self.client else ""
        self._enter(Phase.HEAD, HEAD_SECONDS)
        if not self._all.admit(self):
            self._refuse(503, "overloaded", "too many connections at the moment; try again")
            self.transport.close()  # at once: its descriptor is one of the reserve

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        self._enter(Phase.CLOSED)
        self.resume_writing()
        self._all.leave(self)

    def data_received(self, data: bytes) -> None:
        if self.phase is Phase.CLOSED:
            self._discarded_bytes += len(data)
            if self._discarded_bytes > LINGER_BYTES:
                if self._is_answering:
                    self.flow.pause_reading()
                else:
                    self.transport.abort()
            return
        if self.phase is Phase.IDLE:
            self._enter(Phase.HEAD, HEAD_SECONDS)
        self._unparsed_bytes += len(data)
        super().data_received(data)
        if self._unparsed_bytes > MAX_HEAD_BYTES:  # of a single field, of trailers, or between requests
            self._refuse(*_HEAD_TOO_LARGE)

    def send_400_response(self, msg: str) -> None:
        """Called by the base for each error of the parser."""
        self._refuse(*self._broken_limit or (400, "bad_request", "the request is not valid HTTP"))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._has_begun, self._head_bytes = True, 0
        if self.phase is not Phase.HEAD:
            self._enter(Phase.HEAD, HEAD_SECONDS)

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value) + len(b": \r\n"))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if len(self.pipeline) >= MAX_PIPELINED:
            self._stop(429, "too_many_requests", "too many requests on one connection without waiting for answers")
        super().on_headers_complete()
        self._has_begun, self._unparsed_bytes = False, 0
        self._enter(Phase.BODY, BODY_SECONDS)

    def on_body(self, body: bytes) -> None:
        self._unparsed_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unparsed_bytes = 0
        is_answered = self.cycle.response_complete
        super().on_message_complete()
        self._enter(Phase.IDLE if is_answered else Phase.ANSWER)
        if is_answered and not self.transport.is_closing():  # what arrives ends the wait for another request
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self._send_timer = self._send_timer or self.loop.call_later(SEND_SECONDS, self.transport.abort)
        elif self.phase is Phase.ANSWER and self.cycle.response_complete:
            self._enter(Phase.IDLE)

    def timeout_keep_alive_handler(self) -> None:
        self.drop()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._send_timer = self._send_timer or self.loop.call_later(SEND_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._send_timer is not None:
            self._send_timer.cancel()
            self._send_timer = None

    def drop(self) -> None:
        """Close the connection now, although the client may not have read all answers."""
        self._enter(Phase.CLOSED)
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()

    def _enter(self, phase: Phase, seconds: float | None = None) -> None:
        """Enter a phase, which may last so many seconds."""
        self.phase, self.waiting_since = phase, time.monotonic()  # the loop's time stands still within a turn
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None else self.loop.call_later(seconds, self._too_slow)

    def _too_slow(self) -> None:
        if self.phase is Phase.CLOSED:
            self.transport.abort()
        elif self.is_waiting and not self._has_begun:
            self.drop()  # nothing was requested: a client could take a problem for its next answer
        else:
            self._refuse(408, "request_timeout", "the request did not arrive in time")

    def _count(self, length: int) -> None:
        self._head_bytes += length
        if self._head_bytes > MAX_HEAD_BYTES:
            self._stop(*_HEAD_TOO_LARGE)

    def _stop(self, status: int, code: str, detail: str) -> None:
        """Stop parsing. The parser reports any error of a callback as one of its own."""
        self._broken_limit = status, code, detail
        raise LimitExceededError

    def _refuse(self, status: int, code: str, detail: str) -> None:
        """Answer a request that is not complete, and close after the answers to earlier ones."""
        if self.phase is Phase.CLOSED or self.transport.is_closing():
            return
        is_of_cycle = self.phase is Phase.BODY
        self._enter(Phase.CLOSED)
        if is_of_cycle and not self._is_answering:
            self.drop()  # it was answered before it ended
            return
        if self._is_answering:
            if not is_of_cycle:
                self.cycle.keep_alive = False
                return
            if self.cycle.response_started or self.pipeline:
                self.transport.abort()
                return
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._unset_keepalive_if_required()
        self.transport.write(_response(self.server_state.default_headers, status, code, detail))
        # Closing with unread input would reset the connection, and with it the refusal.
        self.transport.write_eof()
        self._enter(Phase.CLOSED, LINGER_SECONDS)


_HEAD_TOO_LARGE: Final = (
    431,
    "request_header_fields_too_large",
    "the request line and header fields have at most 64 KiB",
)


def _response(default_headers: list[tuple[bytes, bytes]], status: int, code: str, detail: str) -> bytes:
    """Return a problem as it is sent, outside of the application."""
    request_id = str(uuid7())
    answer = problem(request_id, status, code, detail)
    headers = [
        *default_headers,
        *answer.raw_headers,
        (b"x-request-id", request_id.encode()),
        (b"cache-control", b"no-store"),
        *SAFE_HEADERS,
        (b"connection", b"close"),
    ]
    head = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
    return STATUS_LINE[status] + head + b"\r\n" + bytes(answer.body)
