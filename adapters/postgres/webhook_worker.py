"""The worker that sends webhooks: its connections, its threads, and its notifications."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Event
from uuid import UUID

from adapters.postgres.connections import OUTAGES, relaxed
from adapters.postgres.delivery_store import LEASE_SECONDS, PostgresDeliveryStore
from adapters.postgres.wake_ups import waking
from application.kernel.commands import CommandBus
from application.kernel.permissions import Actor
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLogs
from application.webhooks.deactivate_endpoint import SwitchOffEndpoint
from application.webhooks.dispatcher import THREADS, WebhookDispatcher
from application.webhooks.ports import OutboundHttp, SecretBox
from application.webhooks.sender import WebhookSender
from domain.kernel.provenance import Provenance
from event_store.append.notifier import WEBHOOKS
from event_store.tenancy import open_pool, tenant_transaction


@dataclass(frozen=True, slots=True)
class WebhookWorker:
    """``conninfo`` logs in as scheduler_worker. Several may run at once, in one process or many."""

    conninfo: str
    logs: PracticeLogs
    clock: Clock
    secrets: SecretBox
    http: OutboundHttp
    lease_seconds: float = LEASE_SECONDS

    def run(self, stop: Event) -> None:
        """Send messages until ``stop`` is set. Waits while the database is away."""
        with self.delivering() as dispatcher, waking(self.conninfo, WEBHOOKS, dispatcher.wake, stop):
            dispatcher.run(stop, OUTAGES)

    @contextmanager
    def delivering(self, threads: int = THREADS) -> Iterator[WebhookDispatcher]:
        """Open a dispatcher with connections of its own."""
        # A result that a power cut loses is repeated under the same message id, so commits need not
        # wait for the disk.
        with open_pool(
            relaxed(self.conninfo), name="webhooks", most=threads + 1, resets=False, wait_seconds=10.0
        ) as pool:
            store = PostgresDeliveryStore(pool, partial(tenant_transaction, pool), self.lease_seconds)
            bus = CommandBus(self.logs, self.clock)

            def switch_off(tenant_id: UUID, command: SwitchOffEndpoint, by: Provenance) -> object:
                return bus.execute(Actor.system(tenant_id), command, by)

            sender = WebhookSender(store, self.http, self.secrets, self.clock, switch_off)
            yield WebhookDispatcher(store, sender, self.clock, threads)
