"""What webhooks need from outside, each with the promise that every adapter keeps."""

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID


class WebhookCatalogue(Protocol):
    """What can be subscribed to, and how many endpoints there are."""

    @property
    def event_names(self) -> frozenset[str]:
        """The names of all events that endpoints may subscribe to."""
        ...

    def endpoint_count(self, tenant_id: UUID) -> int:
        """Return how many endpoints a practice has."""
        ...


class SecretBox(Protocol):
    """Keeps secrets sealed under the practice's key, each bound to the thing it is a secret of."""

    def seal(self, tenant_id: UUID, owner_id: UUID, secret: str) -> str: ...

    def open(self, tenant_id: UUID, owner_id: UUID, sealed: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a request: a status code, or in ``failure`` why there is none. ``failure`` also names what is wrong with a code."""

    code: int | None
    failure: str | None = None
    retry_after: timedelta | None = None

    @property
    def is_success(self) -> bool:
        return self.failure is None and self.code is not None and 200 <= self.code < 300


class GroupSession(Protocol):
    """Requests to one address, over one connection while it lasts. Not thread-safe."""

    def post(self, url: str, headers: dict[str, str], body: bytes) -> Reply:
        """Send once. Never raises for what the other side or the way there does; ends within ten seconds; follows no redirect."""
        ...


class OutboundHttp(Protocol):
    """The one way to addresses that people have given us."""

    def refusal(self, url: str) -> str | None:
        """Return why an address can never be reached, as far as its form tells; None if it may be."""
        ...

    def session(self) -> AbstractContextManager[GroupSession]: ...


@dataclass(frozen=True, slots=True)
class DeliveryLease:
    """An endpoint that was lent to a worker under a lease: what is done under a lease that has gone to another has no effect."""

    tenant_id: UUID
    endpoint_id: UUID
    lease: UUID


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it waits: ``number`` counts the endpoint's messages without a gap."""

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
    """An endpoint as it is at this moment; secrets are sealed."""

    url: str
    secret: str
    previous_secret: str | None
    previous_until: datetime | None


class DeliveryStore(Protocol):
    """What waits to be sent, of all practices. Any number of workers share it; each endpoint is lent to one at a time."""

    def lend(
        self, lease: UUID, now: datetime, *, retries: bool, busy: Sequence[UUID], most: int
    ) -> Sequence[DeliveryLease]:
        """Lend endpoints that have something to send; ``retries``: those whose last attempt failed. Not of practices in ``busy``."""
        ...

    def waiting(self, lease: DeliveryLease, most: int) -> tuple[Destination, Sequence[Message]] | None:
        """Return where to and the next messages in order; None if nothing waits, it is switched off, or the lease has ended."""
        ...

    def note_success(self, lease: DeliveryLease, number: int, reply: Reply, at: datetime) -> bool:
        """Move behind a message that was taken, and prolong the lease. False: go no further; another lease, a replay, switched off."""
        ...

    def note_failure(self, lease: DeliveryLease, number: int, reply: Reply, at: datetime, due_at: datetime) -> None:
        """Keep the message for another attempt and end the lease."""
        ...

    def prolong(self, leases: Collection[DeliveryLease]) -> None:
        """Prolong the leases that have not gone to others; none waits for another."""
        ...

    def give_back(self, lease: DeliveryLease) -> None:
        """End the lease; the endpoint may be lent again at once."""
        ...
