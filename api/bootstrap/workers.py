"""The background workers: webhooks, offers of freed time, and changes of time zone rules."""

from threading import Event

from adapters.postgres.auto_fill_worker import AutoFillWorker
from adapters.postgres.webhook_worker import WebhookWorker
from adapters.postgres.zone_keeper import ZoneKeeper
from api.bootstrap.container import Container
from api.processes.run_together import run_together


def run_workers(container: Container, stop: Event) -> None:
    """Run all workers until ``stop`` is set."""
    storage, clock, scheduling = container.storage, container.clock, container.scheduling
    conninfo = storage.server.conninfo("scheduler_worker")
    webhooks = WebhookWorker(
        conninfo, container.logs, clock, container.webhooks.secrets, container.webhooks.outbound_http
    )
    auto_fill = AutoFillWorker(conninfo, container.waitlist.auto_fill, clock)
    zones = ZoneKeeper(conninfo, scheduling.zone_sightings, scheduling.adopt_zone_rules, storage.practices, clock)
    run_together(stop, webhooks.run, auto_fill.run, zones.run)
