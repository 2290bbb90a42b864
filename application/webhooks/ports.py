"""The ports of webhooks, with the guarantees that every adapter gives."""

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID


class WebhookCatalogue(Protocol):
    """The events that can be subscribed to, and the number of endpoints."""

    @property
    def event_names(self) -> frozenset[str]:
        """The names of all events that an endpoint may subscribe to."""
        ...

    def endpoint_count(self, tenant_id: UUID) -> int: ...


class SecretBox(Protocol):
    """Seals secrets under the practice's key, each bound to the endpoint that owns it."""

    def seal(self, tenant_id: UUID, owner_id: UUID, secret: str) -> str: ...

    def open(self, tenant_id: UUID, owner_id: UUID, sealed: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Reply:
    """The result of a request.

    ``failure`` is the reason why there is no status code, or why the answer is not accepted.
    """

    code: int | None
    failure: str | None = None
    retry_after: timedelta | None = None

    @property
    def is_success(self) -> bool:
        return self.failure is None and self.code is not None and 200 <= self.code < 300


class HttpSession(Protocol):
    """Requests to one address over one connection. Not thread-safe."""

    def post(self, url: str, headers: dict[str, str], body: bytes) -> Reply:
        """Send once, within ten seconds, without following redirects.

        Never raises for a failure of the network or the receiver.
        """
        ...


class OutboundHttp(Protocol):
    """Sends requests to addresses that users have entered; nothing else does."""

    def refusal(self, url: str) -> str | None:
        """Return why an address is always refused, from its form; None if it is not."""
        ...

    def session(self) -> AbstractContextManager[HttpSession]: ...


@dataclass(frozen=True, slots=True)
class DeliveryLease:
    """An endpoint that a worker has leased.

    Results that it stores after another worker has leased the endpoint have no effect.
    """

    tenant_id: UUID
    endpoint_id: UUID
    lease: UUID


@dataclass(frozen=True, slots=True)
class Message:
    """A message to be sent. ``number`` counts the endpoint's messages without a gap."""

    number: int
    position: int
    event: str
    thing_id: UUID
    thing_version: int
    occurred_at: datetime
    attempts: int
    first_attempt: datetime | None


@dataclass(frozen=True, slots=True)
class Destination:
    """The current settings of an endpoint; secrets are sealed."""

    url: str
    secret: str
    previous_secret: str | None
    previous_until: datetime | None


class DeliveryStore(Protocol):
    """The messages of all practices. Many workers share it; one at a time leases an endpoint."""

    def lease(
        self, lease: UUID, now: datetime, *, retries: bool, busy: Sequence[UUID], most: int
    ) -> Sequence[DeliveryLease]:
        """Lease up to ``most`` endpoints with messages to send, none of the practices in ``busy``.

        ``retries`` leases those whose last attempt failed; else those whose last attempt did not.
        """
        ...

    def waiting(self, lease: DeliveryLease, most: int) -> tuple[Destination, Sequence[Message]] | None:
        """Return the destination and the next messages in order.

        None if no message waits, the endpoint is switched off, or the lease has ended.
        """
        ...

    def record_success(self, lease: DeliveryLease, number: int, reply: Reply, at: datetime) -> bool:
        """Go on to the next message and extend the lease.

        False: stop, because of another lease, a replay, or a deactivation.
        """
        ...

    def record_failure(self, lease: DeliveryLease, number: int, reply: Reply, at: datetime, due_at: datetime) -> None:
        """Keep the message for another attempt and release the lease."""
        ...

    def extend(self, leases: Collection[DeliveryLease]) -> None:
        """Extend the leases that are still held, without waiting for locks."""
        ...

    def release(self, lease: DeliveryLease) -> None:
        """End the lease; the endpoint can be leased again at once."""
        ...
