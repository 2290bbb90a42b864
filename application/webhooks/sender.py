"""Send the messages of one endpoint in order: each only after the one before was accepted."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.backoff import backoff, by_chance
from application.kernel.ports import Clock
from application.webhooks.deactivate_endpoint import SwitchOffEndpoint
from application.webhooks.messages import body_of, message_id, signed_headers
from application.webhooks.ports import (
    DeliveryLease,
    DeliveryStore,
    Destination,
    HttpSession,
    Message,
    OutboundHttp,
    Reply,
    SecretBox,
)
from domain.kernel.provenance import Provenance
from domain.webhooks.endpoint import DeactivationReason

ROUND_SECONDS: Final = 5.0
"""How long one endpoint uses a thread before another one gets it."""
GIVE_UP_AFTER: Final = timedelta(hours=72)
"""Counted from a message's first attempt, so that a message that waited has as long."""
LONGEST_RETRY_AFTER: Final = timedelta(hours=6)
"""The longest pause that a receiver can request with Retry-After."""
_HEADERS: Final = {"content-type": "application/json", "user-agent": "patient-studio-scheduler-webhooks/1"}
_PAGE_SIZE: Final = 100
_GONE: Final = 410


class WebhookSender:
    """Sends the messages of leased endpoints. Thread-safe.

    Stores the result of each message before it sends the next one: a worker that is killed repeats
    at most one message, under the same id.
    """

    def __init__(
        self,
        store: DeliveryStore,
        http: OutboundHttp,
        secrets: SecretBox,
        clock: Clock,
        switch_off: Callable[[UUID, SwitchOffEndpoint, Provenance], object],
    ) -> None:
        self._store = store
        self._http = http
        self._secrets = secrets
        self._clock = clock
        self._switch_off = switch_off

    def send(self, lease: DeliveryLease, is_stopping: Callable[[], bool] = lambda: False) -> None:
        """Send until no message waits, one was not accepted, or the time is up.

        Then release the lease.
        """
        until = time.monotonic() + ROUND_SECONDS
        with self._http.session() as session:
            while found := self._store.waiting(lease, _PAGE_SIZE):
                destination, messages = found
                secrets = self._signing_secrets(lease, destination)
                for message in messages:
                    if is_stopping() or time.monotonic() > until:
                        self._store.release(lease)
                        return
                    if not self._deliver(session, lease, destination.url, secrets, message):
                        return
        self._store.release(lease)

    def _signing_secrets(self, lease: DeliveryLease, destination: Destination) -> list[str]:
        """Return the current secret, and the previous one while the two overlap."""
        sealed = [destination.secret]
        until = destination.previous_until
        if destination.previous_secret is not None and until is not None and self._clock.now() < until:
            sealed.append(destination.previous_secret)
        return [self._secrets.open(lease.tenant_id, lease.endpoint_id, each) for each in sealed]

    def _deliver(
        self, session: HttpSession, lease: DeliveryLease, url: str, secrets: list[str], message: Message
    ) -> bool:
        """Send one message; return whether the next may follow."""
        body = body_of(lease.tenant_id, message)
        id_ = message_id(lease.endpoint_id, message.number)
        headers = _HEADERS | signed_headers(id_, self._clock.now(), body, secrets)
        reply = session.post(url, headers, body)
        now = self._clock.now()
        if reply.is_success:
            return self._store.record_success(lease, message.number, reply, now)
        self._record_failure(lease, message, reply, now)
        return False

    def _record_failure(self, lease: DeliveryLease, message: Message, reply: Reply, now: datetime) -> None:
        # Stored first, also before giving up: the event that gives up must find the attempt, and
        # nothing is sent until then.
        due_at = next_attempt(message.attempts + 1, now, reply.retry_after)
        self._store.record_failure(lease, message.number, reply, now, due_at)
        if reply.code == _GONE:
            self._give_up(lease, message, DeactivationReason.GONE)
        elif is_given_up(message.first_attempt or now, now):
            self._give_up(lease, message, DeactivationReason.GIVEN_UP)

    def _give_up(self, lease: DeliveryLease, message: Message, reason: DeactivationReason) -> None:
        """Record it in the practice's log; the projector then switches the endpoint off."""
        command = SwitchOffEndpoint(lease.endpoint_id, message.number, reason)
        self._switch_off(lease.tenant_id, command, Provenance("system", uuid7()))


def next_attempt(
    attempts: int, now: datetime, retry_after: timedelta | None = None, chance: Callable[[], float] = by_chance
) -> datetime:
    """Return when to send again after so many attempts.

    A receiver that requests a longer pause gets it, up to six hours.
    """
    requested = min(retry_after or timedelta(0), LONGEST_RETRY_AFTER)
    return now + max(backoff(attempts, chance), requested)


def is_given_up(first_attempt: datetime, now: datetime) -> bool:
    """Return whether a message is no longer sent; ``first_attempt`` is when it first failed."""
    return now - first_attempt >= GIVE_UP_AFTER
