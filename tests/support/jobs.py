"""The work queue as the tests use it: the real policies, handlers and workers."""

import threading
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from adapters.postgres.job_queue import LEASE_SECONDS, open_job_queue, run_jobs
from adapters.postgres.patient_links import ReadPatientLinks
from adapters.postgres.waiting_lines import ReadWaitingLines
from api.bootstrap.jobs import POLICIES, job_handlers
from application.kernel.jobs import Job, JobHandler
from application.kernel.ports import Clock
from event_store.read.zone_sightings import ZoneSightingStore
from projections.engine.policies import PolicyProjector
from tests.support.container import Container


def handlers(container: Container, clock: Clock) -> Mapping[type[Job], JobHandler[Any]]:
    """Return the program's own handlers."""
    lines = ReadWaitingLines(container.app_transaction)
    links = ReadPatientLinks(container.app_transaction)
    return job_handlers(container.logs, clock, lines, links, ZoneSightingStore(container.app))


def run_worker(
    container: Container,
    clock: Clock,
    stop: threading.Event,
    *,
    of: Mapping[type[Job], JobHandler[Any]] | None = None,
    lease_seconds: float = LEASE_SECONDS,
) -> None:
    """Carry out jobs until ``stop`` is set."""
    conninfo = container.database.conninfo("scheduler_worker")
    with open_job_queue(conninfo, lease_seconds) as queue:
        run_jobs(conninfo, queue, of or handlers(container, clock), clock, stop)


def policies() -> PolicyProjector:
    return PolicyProjector(POLICIES)


def stored_jobs(container: Container, tenant_id: UUID) -> list[tuple[Any, ...]]:
    """Return (name, key, due time) of a practice's jobs."""
    with container.projector_transaction(tenant_id) as cursor:
        return cursor.execute("select name, key, due_at from jobs.job order by 1, 2").fetchall()
