"""A webhook endpoint: an address outside that is told what happens in the practice, by ids alone."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from eventsourcing.domain import event

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.errors import InvalidValueError, RuleBrokenError
from domain.webhooks.address import checked_address

MOST_ENDPOINTS: Final = 20
"""So many may a practice have: each multiplies what leaves the house."""
LONGEST_OVERLAP: Final = timedelta(days=7)


class DeactivationReason(StrEnum):
    """Why the program itself stopped sending."""

    GIVEN_UP = "given_up"
    GONE = "gone"


class DeliveryStatus(StrEnum):
    """``pending`` until it was taken, or given up."""

    PENDING = "pending"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


class EndpointInactiveError(RuleBrokenError):
    """The endpoint is switched off; activate it first."""

    code = "endpoint_inactive"


class TooManyEndpointsError(RuleBrokenError):
    """The practice has as many endpoints as it may have; delete one, or let one serve several purposes."""

    code = "too_many_endpoints"


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where to, and of what: exact public names, kept once each and in order. What is not ``active`` is sent nothing.

    Raises InvalidValueError: the address is none, or no name is given.
    """

    url: str
    events: Sequence[str]
    active: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", checked_address("url", self.url))
        object.__setattr__(self, "events", tuple(sorted(set(self.events))))
        if not self.events:
            raise InvalidValueError("events", "an endpoint is told of at least one kind of event")

    def checked_against(self, known: Collection[str]) -> Self:
        """Return the subscription. Raises InvalidValueError: it asks for an event that there is not; names match exactly."""
        if not set(self.events) <= set(known):
            raise InvalidValueError("events", "there is no event of this name; names match exactly, without wildcards")
        return self


class WebhookEndpoint(Aggregate):
    """``secret`` is what messages are signed with, sealed under the practice's key: it is in clear nowhere."""

    TOPIC = "practice.webhook_endpoint"

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

    class SecretRotated(Aggregate.Event):
        TOPIC = "practice.webhook_endpoint.secret_rotated"
        secret: str
        previous_until: datetime

    class TestRequested(Aggregate.Event):
        TOPIC = "practice.webhook_endpoint.test_requested"

    class ReplayRequested(Aggregate.Event):
        TOPIC = "practice.webhook_endpoint.replay_requested"
        from_position: int

    class SwitchedOff(Aggregate.Event):
        TOPIC = "practice.webhook_endpoint.switched_off"
        number: int
        reason: str

    class Removed(Aggregate.Event):
        TOPIC = "practice.webhook_endpoint.removed"

    @classmethod
    def register(cls, *, id: UUID, subscription: Subscription, secret: str, at: datetime) -> Self:
        """``secret`` is sealed."""
        return cls._create(
            cls.Registered,
            id=id,
            timestamp=at,
            url=subscription.url,
            events=list(subscription.events),
            secret=secret,
        )

    @event(Registered)
    def __init__(self, url: str, events: list[str], secret: str, timestamp: datetime) -> None:
        self.url, self.events, self.active = url, events, True
        self.secret = secret
        self.previous_secret: str | None = None
        self.previous_until: datetime | None = None
        self.switched_off: str | None = None
        self.is_removed = False

    @property
    def subscription(self) -> Subscription:
        return Subscription(self.url, tuple(self.events), self.active)

    def change(self, to: Subscription, at: datetime) -> bool:
        """Return whether anything was recorded: the same again records nothing."""
        if to == self.subscription:
            return False
        self._changed(**(asdict(to) | {"events": list(to.events)}), timestamp=at)
        return True

    @event(Changed)
    def _changed(self, url: str, events: list[str], active: bool, timestamp: datetime) -> None:
        self.url, self.events, self.active = url, events, active
        self.switched_off = None

    def rotate_secret(self, secret: str, overlap: timedelta, at: datetime) -> None:
        """Sign with another secret from now on, and with the former one beside it while they overlap.

        Raises InvalidValueError: an overlap below zero or above a week.
        """
        if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
            raise InvalidValueError("overlap_hours", "two secrets overlap for 0 to 168 hours")
        self._secret_rotated(secret=secret, previous_until=at + overlap, timestamp=at)

    @event(SecretRotated)
    def _secret_rotated(self, secret: str, previous_until: datetime, timestamp: datetime) -> None:
        self.previous_secret, self.previous_until = self.secret, previous_until
        self.secret = secret

    def request_test(self, at: datetime) -> None:
        """Send one message that says nothing. Raises EndpointInactiveError: nothing would be sent."""
        if not self.active:
            raise EndpointInactiveError("the endpoint is switched off; activate it first")
        self._test_requested(timestamp=at)

    @event(TestRequested)
    def _test_requested(self, timestamp: datetime) -> None:
        pass

    def request_replay(self, from_position: int, at: datetime) -> None:
        """Send again, in order and under the same ids, whatever lies at or behind a position of the log.

        Raises InvalidValueError: positions begin at 1; EndpointInactiveError.
        """
        if from_position < 1:
            raise InvalidValueError("from_position", "positions begin at 1")
        if not self.active:
            raise EndpointInactiveError("the endpoint is switched off; activate it first")
        self._replay_requested(from_position=from_position, timestamp=at)

    @event(ReplayRequested)
    def _replay_requested(self, from_position: int, timestamp: datetime) -> None:
        pass

    def switch_off(self, number: int, reason: DeactivationReason, at: datetime) -> bool:
        """Give the message of this number up and send nothing more; return whether it was still sending."""
        if not self.active or self.is_removed:
            return False
        self._switched_off(number=number, reason=reason.value, timestamp=at)
        return True

    @event(SwitchedOff)
    def _switched_off(self, number: int, reason: str, timestamp: datetime) -> None:
        self.active, self.switched_off = False, reason

    def remove(self, at: datetime) -> None:
        """End it for good; whoever asks for it afterwards finds nothing."""
        self._removed(timestamp=at)

    @event(Removed)
    def _removed(self, timestamp: datetime) -> None:
        self.active, self.is_removed = False, True
