"""The work queue in PostgreSQL: implements JobQueue and JobStore on the schema ``jobs``."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Event
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg.rows import class_row
from psycopg_pool import ConnectionPool
from uuid_utils.compat import uuid7

from adapters.postgres.connections import OUTAGES, relaxed, waking
from application.kernel.job_worker import THREADS, JobWorker
from application.kernel.jobs import Job, JobChanges, JobHandler, LeasedJob, Priority
from application.kernel.ports import Clock
from event_store.append.notifier import JOBS
from event_store.tenancy import open_pool, tenant_transaction

LEASE_SECONDS: Final = 5.0
"""A worker extends its leases each second; after it is killed, they expire within this time."""

_TAKE: Final = """
select tenant_id, name, key, payload, due_at, attempts, revision, lease from jobs.take(%s, %s, %s, %s::uuid[], %s::text[])
"""
_FINISH: Final = "select jobs.finish(%s, %s, %s, %s, %s, %s, %s, %s, %s)"
# Locked rows are skipped, so that it never waits.
_EXTEND: Final = """
update jobs.queue q set leased_until = clock_timestamp() + make_interval(secs => %s)
from (
    select tenant_id, name from jobs.queue
    join unnest(%s::uuid[], %s::text[], %s::uuid[]) as held (tenant_id, name, lease) using (tenant_id, name, lease)
    for update of queue skip locked
) as mine
where q.tenant_id = mine.tenant_id and q.name = mine.name
"""
_REPORT: Final = """
update jobs.job j set done = %s, total = %s from jobs.queue q
where j.tenant_id = %s and j.name = %s and j.key = %s and j.revision = %s
  and q.tenant_id = j.tenant_id and q.name = j.name and q.lease = %s
"""
_STATE: Final = """
case when j.dead_at is not null then 'dead'
     when j.lease = q.lease and q.leased_until > clock_timestamp() then 'running' else 'waiting' end
"""
_LIST: Final = f"""
select j.job_id as id, j.tenant_id, j.name, j.payload, {_STATE} as state, j.due_at, j.attempts, j.error, j.done, j.total
from jobs.job j join jobs.queue q using (tenant_id, name)
where (%(tenant)s::uuid is null or j.tenant_id = %(tenant)s) and (%(state)s::text is null or {_STATE} = %(state)s)
order by j.due_at, j.job_id limit %(most)s
"""  # noqa: S608 - of constants alone
_COUNT: Final = f"""
select {_STATE} as state, count(*) from jobs.job j join jobs.queue q using (tenant_id, name) group by 1
"""  # noqa: S608 - of constants alone


@dataclass(frozen=True, slots=True)
class ListedJob:
    """A stored job: waiting, running or dead; ``error`` is the class of its last error."""

    id: UUID
    tenant_id: UUID
    name: str
    payload: dict[str, object]
    state: str
    due_at: datetime
    attempts: int
    error: str | None
    done: int | None
    total: int | None


class PostgresJobQueue:
    """``pool`` connects as scheduler_worker.

    Its commits need not wait for the disk: a job runs again if a power cut loses its result.
    """

    def __init__(self, pool: ConnectionPool, lease_seconds: float) -> None:
        self._pool = pool
        self._lease_seconds = lease_seconds

    def enqueue(self, job: Job, *, due_at: datetime, priority: Priority = Priority.NORMAL) -> None:
        changes = JobChanges()
        changes.enqueue(job, due_at=due_at, priority=priority)
        self._change(job.tenant_id, changes)

    def cancel(self, job: Job) -> None:
        changes = JobChanges()
        changes.cancel(job)
        self._change(job.tenant_id, changes)

    def _change(self, tenant_id: UUID, changes: JobChanges) -> None:
        with tenant_transaction(self._pool, tenant_id) as cursor:
            cursor.execute("select jobs.change(%s::json)", (msgspec.json.encode(changes.rows()).decode(),))

    def take(self, now: datetime, names: Collection[str], busy: Collection[UUID]) -> LeasedJob | None:
        with self._pool.connection() as connection:
            row = connection.execute(_TAKE, (uuid7(), self._lease_seconds, now, list(busy), list(names))).fetchone()
        return LeasedJob(*row) if row else None

    def extend(self, jobs: Collection[LeasedJob]) -> None:
        held = [job.tenant_id for job in jobs], [job.name for job in jobs], [job.lease for job in jobs]
        with self._pool.connection() as connection:
            connection.execute(_EXTEND, (self._lease_seconds, *held))

    def report(self, job: LeasedJob, done: int, total: int) -> bool:
        place = (job.tenant_id, job.name, job.key, job.revision, job.lease)
        with self._pool.connection() as connection:
            return connection.execute(_REPORT, (done, total, *place)).rowcount == 1

    def finish(
        self,
        job: LeasedJob,
        now: datetime,
        *,
        due_at: datetime | None = None,
        error: str | None = None,
        attempts: int = 0,
    ) -> None:
        place = (job.tenant_id, job.name, job.key, job.lease, job.revision)
        with self._pool.connection() as connection:
            connection.execute(_FINISH, (*place, now, due_at, error, attempts))

    def listed(self, tenant_id: UUID | None = None, state: str | None = None, limit: int = 100) -> Sequence[ListedJob]:
        """Return stored jobs by due time, the earliest first."""
        with self._pool.connection() as connection, connection.cursor(row_factory=class_row(ListedJob)) as cursor:
            found = cursor.execute(_LIST, {"tenant": tenant_id, "state": state, "most": limit}).fetchall()
        return [replace(job, due_at=job.due_at.astimezone(UTC)) for job in found]

    def counts(self) -> dict[str, int]:
        """Return the number of waiting, running and dead jobs."""
        with self._pool.connection() as connection:
            return {"waiting": 0, "running": 0, "dead": 0, **dict(connection.execute(_COUNT).fetchall())}

    def retry(self, job_id: UUID, now: datetime) -> bool:
        """Make a dead job due now; return False if no dead job has this id."""
        with self._pool.connection() as connection:
            return connection.execute("select jobs.retry(%s, %s)", (job_id, now)).fetchone() == (True,)

    def delete(self, job_id: UUID) -> bool:
        """Delete a job; return False if it does not exist."""
        with self._pool.connection() as connection:
            return connection.execute("delete from jobs.job where job_id = %s", (job_id,)).rowcount == 1


@contextmanager
def open_job_queue(conninfo: str, lease_seconds: float = LEASE_SECONDS) -> Iterator[PostgresJobQueue]:
    """Open the queue; ``conninfo`` logs in as scheduler_worker."""
    with open_pool(relaxed(conninfo), name="jobs", most=THREADS + 1, resets=False, wait_seconds=10.0) as pool:
        yield PostgresJobQueue(pool, lease_seconds)


def run_jobs(
    conninfo: str, queue: PostgresJobQueue, handlers: Mapping[type[Job], JobHandler[Any]], clock: Clock, stop: Event
) -> None:
    """Carry out jobs until ``stop`` is set. Waits during outages of the database."""
    worker = JobWorker(queue, handlers, clock, OUTAGES)
    with waking(conninfo, JOBS, worker.wake, stop):
        worker.run(stop)
