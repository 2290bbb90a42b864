"""Carries one endpoint's messages out, strictly in order: the next one only when this one was taken."""

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
    GroupSession,
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
"""After this long an endpoint with much to deliver lets others have its turn."""
_AT_ONCE: Final = 100
_GONE: Final = 410


class WebhookSender:
    """Thread-safe. Each message is noted before the next is sent, so that whoever is killed leaves one message at most in doubt:
    it is sent once more, under the same id.
    """

    def __init__(
        self,
        outbox: DeliveryStore,
        outside: OutboundHttp,
        secrets: SecretBox,
        clock: Clock,
        switch_off: Callable[[UUID, SwitchOffEndpoint, Provenance], object],
    ) -> None:
        self._outbox = outbox
        self._outside = outside
        self._secrets = secrets
        self._clock = clock
        self._switch_off = switch_off

    def carry_out(self, lease: DeliveryLease, is_stopping: Callable[[], bool] = lambda: False) -> None:
        """Deliver until nothing waits, one message was not taken, or others should have a turn; end the lease."""
        until = time.monotonic() + ROUND_SECONDS
        with self._outside.session() as session:
            while found := self._outbox.waiting(lease, _AT_ONCE):
                destination, messages = found
                secrets = secrets_in_use(
                    self._secrets, lease.tenant_id, lease.endpoint_id, destination, self._clock.now()
                )
                for message in messages:
                    if is_stopping() or time.monotonic() > until:
                        self._outbox.give_back(lease)
                        return
                    if not self._deliver(session, lease, destination.url, secrets, message):
                        return
        self._outbox.give_back(lease)

    def _deliver(
        self, session: GroupSession, lease: DeliveryLease, url: str, secrets: list[str], message: Message
    ) -> bool:
        """Send one message; return whether the next may follow."""
        body = body_of(lease.tenant_id, message)
        sent_at = self._clock.now()
        reply = session.post(url, headers_of(lease.endpoint_id, message, body, sent_at, secrets), body)
        now = self._clock.now()
        if reply.is_success:
            return self._outbox.note_success(lease, message.number, reply, now)
        self._note_failure(lease, message, reply, now)
        return False

    def _note_failure(self, lease: DeliveryLease, message: Message, reply: Reply, now: datetime) -> None:
        # First, and also where it is given up: what follows from that finds the attempt noted, and nothing is sent until then.
        due_at = next_attempt(message.attempts + 1, now, reply.retry_after)
        self._outbox.note_failure(lease, message.number, reply, now, due_at)
        if reply.code == _GONE:
            self._give_up(lease, message, DeactivationReason.GONE)
        elif is_given_up(message.first_attempt or now, now):
            self._give_up(lease, message, DeactivationReason.GIVEN_UP)

    def _give_up(self, lease: DeliveryLease, message: Message, reason: DeactivationReason) -> None:
        """Record it in the practice's log: what follows from it comes with the projector, as any decision does."""
        command = SwitchOffEndpoint(lease.endpoint_id, message.number, reason)
        self._switch_off(lease.tenant_id, command, Provenance("system", uuid7()))
