"""Carries one endpoint's messages out, strictly in order: the next one only when this one was taken."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from uuid_utils.compat import uuid7

from application.ports import Clock
from application.webhooks.messages import body_of, headers_of, secrets_in_use
from application.webhooks.ports import Errand, Message, Outbox, Outside, Reply, SecretBox, Session
from application.webhooks.retrying import is_given_up, next_attempt
from application.webhooks.switch_off_endpoint import SwitchOffEndpoint, SwitchOffEndpointHandler
from domain.practice.webhook_endpoint import SwitchedOffBecause
from domain.provenance import Provenance

ROUND_SECONDS: Final = 5.0
"""After this long an endpoint with much to deliver lets others have its turn."""
_AT_ONCE: Final = 100
_GONE: Final = 410


class Courier:
    """Thread-safe. Each message is noted before the next is sent, so that whoever is killed leaves one message at most in doubt:
    it is sent once more, under the same id.
    """

    def __init__(
        self,
        outbox: Outbox,
        outside: Outside,
        secrets: SecretBox,
        clock: Clock,
        switch_off: SwitchOffEndpointHandler,
    ) -> None:
        self._outbox = outbox
        self._outside = outside
        self._secrets = secrets
        self._clock = clock
        self._switch_off = switch_off

    def carry_out(self, errand: Errand, is_stopping: Callable[[], bool] = lambda: False) -> None:
        """Deliver until nothing waits, one message was not taken, or others should have a turn; end the lease."""
        until = time.monotonic() + ROUND_SECONDS
        with self._outside.session() as session:
            while found := self._outbox.waiting(errand, _AT_ONCE):
                destination, messages = found
                secrets = secrets_in_use(
                    self._secrets, errand.tenant_id, errand.endpoint_id, destination, self._clock.now()
                )
                for message in messages:
                    if is_stopping() or time.monotonic() > until:
                        self._outbox.give_back(errand)
                        return
                    if not self._deliver(session, errand, destination.url, secrets, message):
                        return
        self._outbox.give_back(errand)

    def _deliver(self, session: Session, errand: Errand, url: str, secrets: list[str], message: Message) -> bool:
        """Send one message; return whether the next may follow."""
        body = body_of(errand.tenant_id, message)
        sent_at = self._clock.now()
        reply = session.post(url, headers_of(errand.endpoint_id, message, body, sent_at, secrets), body)
        now = self._clock.now()
        if reply.is_success:
            return self._outbox.note_success(errand, message.number, reply, now)
        self._note_failure(errand, message, reply, now)
        return False

    def _note_failure(self, errand: Errand, message: Message, reply: Reply, now: datetime) -> None:
        # First, and also where it is given up: what follows from that finds the attempt noted, and nothing is sent until then.
        due_at = next_attempt(message.attempts + 1, now, reply.retry_after)
        self._outbox.note_failure(errand, message.number, reply, now, due_at)
        if reply.code == _GONE:
            self._give_up(errand, message, SwitchedOffBecause.GONE)
        elif is_given_up(message.first_attempt or now, now):
            self._give_up(errand, message, SwitchedOffBecause.GIVEN_UP)

    def _give_up(self, errand: Errand, message: Message, reason: SwitchedOffBecause) -> None:
        """Record it in the practice's log: what follows from it comes with the projector, as any decision does."""
        command = SwitchOffEndpoint(errand.endpoint_id, message.number, reason)
        self._switch_off(errand.tenant_id, command, Provenance("system", uuid7()))
