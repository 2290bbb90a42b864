"""Runs the work queue's workers on connections of their own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from threading import Event
from typing import Any

from adapters.postgres.connections import OUTAGES, relaxed
from adapters.postgres.job_queue import LEASE_SECONDS, PostgresJobQueue
from adapters.postgres.wake_ups import waking
from application.kernel.job_worker import THREADS, JobWorker
from application.kernel.jobs import Job, JobHandler
from application.kernel.ports import Clock
from event_store.append.notifier import JOBS
from event_store.tenancy import open_pool, tenant_transaction


@contextmanager
def open_job_queue(conninfo: str, lease_seconds: float = LEASE_SECONDS) -> Iterator[PostgresJobQueue]:
    """Open the queue; ``conninfo`` logs in as scheduler_worker."""
    with open_pool(relaxed(conninfo), name="jobs", most=THREADS + 1, resets=False, wait_seconds=10.0) as pool:
        yield PostgresJobQueue(pool, partial(tenant_transaction, pool), lease_seconds)


def run_jobs(
    conninfo: str, queue: PostgresJobQueue, handlers: Mapping[type[Job], JobHandler[Any]], clock: Clock, stop: Event
) -> None:
    """Carry out jobs until ``stop`` is set. Waits while the database is away."""
    worker = JobWorker(queue, handlers, clock, OUTAGES)
    with waking(conninfo, JOBS, worker.wake, stop):
        worker.run(stop)
