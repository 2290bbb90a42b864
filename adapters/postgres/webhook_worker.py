"""The worker that sends webhooks: its connections, its threads, and how it hears that there is work."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Event, Thread
from typing import Final
from uuid import UUID

from adapters.postgres.connections import OUTAGES, connecting, relaxed
from adapters.postgres.outbox import LEASE_SECONDS, PostgresDeliveryStore
from application.kernel.commands import CommandBus
from application.kernel.permissions import Actor
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLogs
from application.webhooks.dispatcher import LANES, WebhookDispatcher
from application.webhooks.ports import OutboundHttp, SecretBox
from application.webhooks.sender import WebhookSender
from application.webhooks.switch_off_endpoint import SwitchOffEndpoint
from domain.kernel.provenance import Provenance
from event_store.append.notifier import WEBHOOKS, listen
from event_store.tenancy import open_pool, tenant_transaction

_LISTEN_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class WebhookWorker:
    """``conninfo`` logs in as scheduler_worker. Several may run at once, in one process or many."""

    conninfo: str
    logs: PracticeLogs
    clock: Clock
    secrets: SecretBox
    outside: OutboundHttp
    lease_seconds: float = LEASE_SECONDS

    def run(self, stop: Event) -> None:
        """Send what waits, and whatever comes, until ``stop`` is set. While the database is away it waits."""
        with self.delivering() as office:
            hints = Thread(target=self._hear, args=(office, stop), name="webhook hints", daemon=True)
            hints.start()
            office.run(stop, OUTAGES)
            hints.join(2 * _LISTEN_SECONDS)

    @contextmanager
    def delivering(self, lanes: int = LANES) -> Iterator[WebhookDispatcher]:
        """Lend a post office with connections of its own."""
        # What a power cut loses of what was delivered is delivered once more, under the same id.
        with open_pool(relaxed(self.conninfo), name="worker", most=lanes + 1, resets=False, wait_seconds=10.0) as pool:
            outbox = PostgresDeliveryStore(pool, partial(tenant_transaction, pool), self.lease_seconds)
            bus = CommandBus(self.logs, self.clock)

            def switch_off(tenant_id: UUID, command: SwitchOffEndpoint, by: Provenance) -> object:
                return bus.execute(Actor.system(tenant_id), command, by)

            courier = WebhookSender(outbox, self.outside, self.secrets, self.clock, switch_off)
            yield WebhookDispatcher(outbox, courier, self.clock, lanes)

    def _hear(self, office: WebhookDispatcher, stop: Event) -> None:
        while not stop.is_set():
            try:
                with connecting(self.conninfo)() as connection:
                    for named in listen(connection, _LISTEN_SECONDS, WEBHOOKS):
                        if named is not None:
                            office.wake()
                        if stop.is_set():
                            return
            except OUTAGES:
                stop.wait(_LISTEN_SECONDS)
