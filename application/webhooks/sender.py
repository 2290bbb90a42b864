"""Sends one endpoint's messages strictly in order: the next one only when this one was accepted."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.ports import Clock
from application.webhooks.messages import body_of, headers_of, secrets_in_use
from application.webhooks.ports import (
    DeliveryLease,
    DeliveryStore,
    HttpSession,
    Message,
    OutboundHttp,
    Reply,
    SecretBox,
)
from application.webhooks.retry_schedule import is_given_up, next_attempt
from application.webhooks.switch_off_endpoint import SwitchOffEndpoint
from domain.kernel.provenance import Provenance
from domain.webhooks.endpoint import DeactivationReason

ROUND_SECONDS: Final = 5.0
"""After this long an endpoint with many messages gives its thread to another one."""
_AT_ONCE: Final = 100
_GONE: Final = 410


class WebhookSender:
    """Thread-safe. The result of each message is stored before the next one is sent: a worker that
    is killed repeats at most one message, under the same id.
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
        """Send until no message waits, one was not accepted, or the time is up; then release the
        lease.
        """
        until = time.monotonic() + ROUND_SECONDS
        with self._http.session() as session:
            while found := self._store.waiting(lease, _AT_ONCE):
                destination, messages = found
                secrets = secrets_in_use(
                    self._secrets, lease.tenant_id, lease.endpoint_id, destination, self._clock.now()
                )
                for message in messages:
                    if is_stopping() or time.monotonic() > until:
                        self._store.release(lease)
                        return
                    if not self._deliver(session, lease, destination.url, secrets, message):
                        return
        self._store.release(lease)

    def _deliver(
        self, session: HttpSession, lease: DeliveryLease, url: str, secrets: list[str], message: Message
    ) -> bool:
        """Send one message; return whether the next may follow."""
        body = body_of(lease.tenant_id, message)
        sent_at = self._clock.now()
        reply = session.post(url, headers_of(lease.endpoint_id, message, body, sent_at, secrets), body)
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
