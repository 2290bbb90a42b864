"""Connects to exactly the address that was checked; the name is resolved only once.

All waits share one deadline, so neither a slow name server nor a slow answer can exceed it.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from ipaddress import ip_address
from typing import Any, TypeAlias

import httpcore2

from adapters.http.addresses import Policy

Resolve: TypeAlias = Callable[[str, int], Sequence[str]]
"""Resolves a name to all its addresses. Raises OSError."""


class AddressRefusedError(Exception):
    """The name resolves to an address that is not allowed."""


class Deadline:
    """The time by which a request must end; set for each request."""

    def __init__(self) -> None:
        self._at = 0.0

    def set(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds left. Raises httpcore2.ReadTimeout: the deadline has passed."""
        left = self._at - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout
        return left


class PinnedBackend(httpcore2.NetworkBackend):
    """Network backend of httpcore2. All addresses of a name must be allowed, not only the first."""

    def __init__(self, policy: Policy, resolve: Resolve, deadline: Deadline) -> None:
        self._policy = policy
        self._resolve = resolve
        self._deadline = deadline
        self._inner = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Raises AddressRefusedError, and the connection errors of httpcore2."""
        addresses = _in_time(lambda: self._resolve(host.strip("[]"), port), self._deadline)
        if not addresses or not all(self._policy.allows(ip_address(address)) for address in addresses):
            raise AddressRefusedError
        stream = self._inner.connect_tcp(
            addresses[0], port, timeout=self._deadline.left(), socket_options=socket_options
        )
        return TimedStream(stream, self._deadline)


class TimedStream(httpcore2.NetworkStream):
    """A connection whose operations end by the deadline, whatever their own timeouts are."""

    def __init__(self, inner: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, timeout=self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, timeout=self._deadline.left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        try:
            left = self._deadline.left()
        except httpcore2.TimeoutException:
            self.close()  # as SyncStream does when the handshake fails: the pool does not
            raise
        return TimedStream(self._inner.start_tls(ssl_context, server_hostname, timeout=left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def look_up(host: str, port: int) -> list[str]:
    """Return all addresses of a name, IPv4 first, since IPv6 may have no route. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [str(address[0]) for _, _, _, _, address in sorted(found, key=lambda each: each[0] != socket.AF_INET)]


def _in_time(work: Callable[[], Sequence[str]], deadline: Deadline) -> Sequence[str]:
    """Return the result of ``work``. After a timeout its thread runs until the resolver gives up.

    Raises httpcore2.ConnectTimeout, httpcore2.ConnectError.
    """
    result: Future[Sequence[str]] = Future()

    def run() -> None:
        try:
            result.set_result(work())
        except Exception as error:
            result.set_exception(error)

    threading.Thread(target=run, name="look-up", daemon=True).start()
    try:
        return result.result(deadline.left())
    except TimeoutError:
        raise httpcore2.ConnectTimeout from None
    except OSError as error:
        raise httpcore2.ConnectError from error
