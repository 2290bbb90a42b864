"""A webhook endpoint: a URL that receives the practice's events; messages carry ids only."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self
from urllib.parse import SplitResult, urlsplit
from uuid import UUID

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.errors import InvalidValueError, RuleBrokenError
from domain.kernel.value import Value

MAX_ENDPOINTS: Final = 20
"""Endpoints per practice: each multiplies the outgoing traffic."""
LONGEST_OVERLAP: Final = timedelta(days=7)
MAX_URL_LENGTH: Final = 2_000
_PRINTABLE: Final = re.compile(r"[\x21-\x7e]+")
_HOST: Final = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?|\[[0-9a-f:.]+\]"
)


class DeactivationReason(StrEnum):
    """Why the program deactivated an endpoint."""

    GIVEN_UP = "given_up"
    GONE = "gone"


class DeliveryStatus(StrEnum):
    """``pending`` until the receiver accepted the message or the program gave up."""

    PENDING = "pending"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


class EndpointInactiveError(RuleBrokenError):
    """The endpoint is inactive; activate it first."""

    code = "endpoint_inactive"


class TooManyEndpointsError(RuleBrokenError):
    """The practice has the most endpoints allowed; delete one or combine subscriptions."""

    code = "too_many_endpoints"


@dataclass(frozen=True, slots=True)
class Subscription(Value):
    """A URL and the exact public event names sent to it, sorted without repeats.

    An inactive subscription receives nothing.
    Raises InvalidValueError: the URL is invalid, or there is no event name.
    """

    url: str
    events: Sequence[str]
    active: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", checked_address("url", self.url))
        object.__setattr__(self, "events", tuple(sorted(set(self.events))))
        if not self.events:
            raise InvalidValueError("events", "an endpoint subscribes to at least one event")

    def checked_against(self, known: Collection[str]) -> Self:
        """Return the subscription. Raises InvalidValueError: an unknown event name."""
        if not set(self.events) <= set(known):
            raise InvalidValueError("events", "unknown event name; names match exactly, without wildcards")
        return self


class WebhookEndpoint(Aggregate):
    """``secret`` signs messages; it is sealed under the practice's key and never stored in clear.

    ``previous_secret`` signs as well until ``previous_until``.
    """

    TOPIC = "practice.webhook_endpoint"

    url: str
    events: list[str]
    secret: str
    active: bool = True
    previous_secret: str | None = None
    previous_until: datetime | None = None
    switched_off: str | None = None
    is_removed: bool = False

    class Registered(InitialEvent):
        TOPIC = "practice.webhook_endpoint.registered"
        url: str
        events: list[str]
        secret: str

    class Changed(Aggregate.Event):
        TOPIC = "practice.webhook_endpoint.changed"
        url: str
        events: list[str]
        active: bool

        def apply(self, aggregate: WebhookEndpoint) -> None:
            aggregate.url, aggregate.events, aggregate.active = self.url, self.events, self.active
            aggregate.switched_off = None

    class SecretRotated(Aggregate.Event):
        TOPIC = "practice.webhook_endpoint.secret_rotated"
        secret: str
        previous_until: datetime

        def apply(self, aggregate: WebhookEndpoint) -> None:
            aggregate.previous_secret, aggregate.previous_until = aggregate.secret, self.previous_until
            aggregate.secret = self.secret

    class TestRequested(Aggregate.Event):
        TOPIC = "practice.webhook_endpoint.test_requested"

    class ReplayRequested(Aggregate.Event):
        TOPIC = "practice.webhook_endpoint.replay_requested"
        from_position: int

    class SwitchedOff(Aggregate.Event):
        TOPIC = "practice.webhook_endpoint.switched_off"
        number: int
        reason: str

        def apply(self, aggregate: WebhookEndpoint) -> None:
            aggregate.active, aggregate.switched_off = False, self.reason

    class Removed(Aggregate.Event):
        TOPIC = "practice.webhook_endpoint.removed"

        def apply(self, aggregate: WebhookEndpoint) -> None:
            aggregate.active, aggregate.is_removed = False, True

    @classmethod
    def register(cls, *, id: UUID, subscription: Subscription, secret: str, at: datetime) -> Self:
        """``secret`` is sealed."""
        return cls._create(cls.Registered, id=id, timestamp=at, secret=secret, **subscription.fields("active"))

    @property
    def subscription(self) -> Subscription:
        return Subscription.of(self)

    def change(self, to: Subscription, at: datetime) -> bool:
        """Return whether an event was recorded; an equal subscription records nothing."""
        if to == self.subscription:
            return False
        self.trigger_event(self.Changed, **to.fields(), timestamp=at)
        return True

    def rotate_secret(self, secret: str, overlap: timedelta, at: datetime) -> None:
        """Sign with another secret from now on; during the overlap also with the previous one.

        Raises InvalidValueError: an overlap below zero or above a week.
        """
        if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
            raise InvalidValueError("overlap_hours", "two secrets overlap for 0 to 168 hours")
        self.trigger_event(self.SecretRotated, secret=secret, previous_until=at + overlap, timestamp=at)

    def request_test(self, at: datetime) -> None:
        """Send one test message. Raises EndpointInactiveError."""
        self._refuse_inactive()
        self.trigger_event(self.TestRequested, timestamp=at)

    def request_replay(self, from_position: int, at: datetime) -> None:
        """Send all events from a position of the log again, in order, under their message ids.

        Raises InvalidValueError: a position below 1; EndpointInactiveError.
        """
        if from_position < 1:
            raise InvalidValueError("from_position", "positions begin at 1")
        self._refuse_inactive()
        self.trigger_event(self.ReplayRequested, from_position=from_position, timestamp=at)

    def switch_off(self, number: int, reason: DeactivationReason, at: datetime) -> bool:
        """Give up on message ``number`` and deactivate. Return whether the endpoint was active."""
        if not self.active or self.is_removed:
            return False
        self.trigger_event(self.SwitchedOff, number=number, reason=reason.value, timestamp=at)
        return True

    def remove(self, at: datetime) -> None:
        """Delete the endpoint permanently."""
        self.trigger_event(self.Removed, timestamp=at)

    def _refuse_inactive(self) -> None:
        if not self.active:
            raise EndpointInactiveError("the endpoint is inactive; activate it first")


def checked_address(field: str, url: str) -> str:
    """Return a URL with its host in lower case: ``http(s)://host[:port]/path?query``.

    International hosts use their ASCII form (``xn--...``). The address to which the host resolves
    is checked at each delivery.
    Raises InvalidValueError: malformed, another scheme, a user or password, or a fragment.
    """
    if len(url) > MAX_URL_LENGTH or not _PRINTABLE.fullmatch(url):
        raise InvalidValueError(field, "a URL has at most 2000 visible ASCII characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidValueError(field, "this is not a URL") from None
    if parts.scheme not in ("http", "https"):
        raise InvalidValueError(field, "a URL begins with https://")
    if "@" in parts.netloc or parts.fragment or "#" in url or "\\" in url:
        raise InvalidValueError(field, "a URL has no user, no password and no fragment")
    host = (parts.netloc.rpartition(":")[0] if port is not None else parts.netloc.removesuffix(":")).lower()
    if not _HOST.fullmatch(host) or len(host) > 253 or port == 0:
        raise InvalidValueError(field, "the host or port of the URL is invalid")
    netloc = host if port is None else f"{host}:{port}"
    return SplitResult(parts.scheme, netloc, parts.path or "/", parts.query, "").geturl()
