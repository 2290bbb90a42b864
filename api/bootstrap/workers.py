"""The background workers: webhooks, and the jobs of the work queue."""

from functools import partial
from threading import Event

from adapters.postgres.job_runner import run_jobs
from adapters.postgres.webhook_worker import WebhookWorker
from api.bootstrap.container import Container
from api.bootstrap.jobs import job_handlers
from api.processes.run_together import run_together
from application.scheduling.zone_changes.jobs import enqueue_adoptions


def run_workers(container: Container, stop: Event) -> None:
    """Send webhooks and carry out jobs until ``stop`` is set."""
    storage, clock, sightings = container.storage, container.clock, container.scheduling.zone_sightings
    conninfo = storage.server.conninfo("scheduler_worker")
    webhooks = WebhookWorker(
        conninfo, container.logs, clock, container.webhooks.secrets, container.webhooks.outbound_http
    )
    handlers = job_handlers(container.logs, clock, container.waitlist.lines, sightings)
    with storage.job_queue() as queue:
        enqueue_adoptions(sightings, queue, storage.practices(), clock.now())
        run_together(stop, webhooks.run, partial(run_jobs, conninfo, queue, handlers, clock))
