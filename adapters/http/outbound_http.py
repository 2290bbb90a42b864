"""Sends requests to user-supplied addresses.

The address is checked and pinned, redirects are not followed, and a request ends after 10 seconds
or a response of 64 KiB.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Final
from urllib.parse import urlsplit

import httpcore2

from adapters.http.addresses import Policy
from adapters.http.pinned_backend import AddressRefusedError, Deadline, PinnedBackend, Resolve, look_up
from adapters.system.clock import SystemClock
from application.webhooks.ports import HttpSession, Reply

MAX_SECONDS: Final = 10.0
MAX_BYTES: Final = 64 * 1024
_HONOURS_RETRY_AFTER: Final = frozenset({429, 503})


class PinnedOutboundHttp:
    """Implements OutboundHttp with pinned addresses."""

    def __init__(
        self,
        policy: Policy,
        *,
        resolve: Resolve = look_up,
        seconds: float = MAX_SECONDS,
        trusted: ssl.SSLContext | None = None,
    ) -> None:
        """``trusted`` has the certificate authorities to trust; by default those of the system."""
        self._policy = policy
        self._resolve = resolve
        self._seconds = seconds
        self._trusted = trusted

    def refusal(self, url: str) -> str | None:
        return self._policy.refusal_of_form(urlsplit(url))

    @contextmanager
    def session(self) -> Iterator[HttpSession]:
        deadline = Deadline()
        backend = PinnedBackend(self._policy, self._resolve, deadline)
        with httpcore2.ConnectionPool(
            ssl_context=self._trusted or _default_trust(), max_connections=1, network_backend=backend
        ) as pool:
            yield _HttpSession(self, pool, deadline, self._seconds)


@dataclass(frozen=True, slots=True)
class _HttpSession:
    http: PinnedOutboundHttp
    pool: httpcore2.ConnectionPool
    deadline: Deadline
    seconds: float

    def post(self, url: str, headers: dict[str, str], body: bytes) -> Reply:
        if self.http.refusal(url) is not None:
            return Reply(None, "address_refused")
        self.deadline.set(self.seconds)
        try:
            return self._send(url, headers, body)
        except AddressRefusedError:
            return Reply(None, "address_refused")
        except httpcore2.TimeoutException:
            return Reply(None, "timeout")
        except (httpcore2.NetworkError, OSError) as error:
            return Reply(None, "certificate_refused" if _is_certificate(error) else "unreachable")
        except httpcore2.ProtocolError:
            return Reply(None, "no_http")

    def _send(self, url: str, headers: dict[str, str], body: bytes) -> Reply:
        sent: dict[bytes | str, bytes | str] = {"host": urlsplit(url).netloc, "content-length": str(len(body))}
        sent.update(headers)
        with self.pool.stream("POST", url, headers=sent, content=body) as response:
            reply_headers = {name.lower(): value for name, value in response.headers}
            may_wait = response.status in _HONOURS_RETRY_AFTER
            wait = _retry_after(reply_headers.get(b"retry-after", b"")) if may_wait else None
            length = 0
            for part in response.iter_stream():
                length += len(part)
                if length > MAX_BYTES:
                    return Reply(response.status, "answer_too_long", wait)
        if 300 <= response.status < 400:
            return Reply(response.status, "redirected")
        return Reply(response.status, None if response.status < 300 else "refused", wait)


@cache
def _default_trust() -> ssl.SSLContext:
    """Cache the context: reading the system's certificates takes as long as many requests."""
    return ssl.create_default_context()


def _is_certificate(error: BaseException) -> bool:
    """Return whether TLS failed. The pool chains the original error to the one it raises."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, ssl.SSLError):
            return True
        inner = inner.__cause__ or inner.__context__
    return False


def _retry_after(value: bytes) -> timedelta | None:
    """Parse seconds or a date (RFC 9110, section 10.2.3); return None for anything else."""
    text = value.decode("latin-1").strip()
    if text.isascii() and text.isdecimal():
        return timedelta(seconds=min(int(text[:9]), 10**8))
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(timedelta(0), at - SystemClock().now())
