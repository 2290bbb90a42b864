"""The background workers: webhooks, and the jobs of the work queue."""

from functools import partial
from threading import Event

from adapters.postgres.delivery_store import send_webhooks
from adapters.postgres.job_queue import run_jobs
from api.bootstrap.container import Container
from api.bootstrap.jobs import job_handlers
from api.processes.run_together import run_together
from application.scheduling.zone_changes.jobs import enqueue_adoptions


def run_workers(container: Container, stop: Event) -> None:
    """Send webhooks and carry out jobs until ``stop`` is set."""
    storage, logs, clock = container.storage, container.logs, container.clock
    webhooks, sightings = container.webhooks, container.scheduling.zone_sightings
    conninfo = storage.server.conninfo("scheduler_worker")
    handlers = job_handlers(logs, clock, container.waitlist.lines, container.scheduling.patient_links, sightings)
    with storage.job_queue() as queue:
        enqueue_adoptions(sightings, queue, storage.practices(), clock.now())
        run_together(
            stop,
            partial(send_webhooks, conninfo, logs, clock, webhooks.secrets, webhooks.outbound_http),
            partial(run_jobs, conninfo, queue, handlers, clock),
        )
