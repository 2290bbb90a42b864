"""The work queue: transactions, retries, dead letters, fairness, cancelling, and killed and
competing workers.
"""

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import msgspec
import psycopg
import pytest
from uuid_utils.compat import uuid7

from adapters.postgres.connections import OUTAGES
from adapters.postgres.job_queue import ListedJob, PostgresJobQueue, open_job_queue
from application.kernel.backoff import LONGEST_PAUSE, SHORTEST_PAUSE
from application.kernel.job_worker import MAX_ATTEMPTS, THREADS, THREADS_PER_PRACTICE, JobWorker
from application.kernel.jobs import Job, JobChanges, JobInterruptedError, JobRun, Priority
from tests.support.container import Container, SettableClock, open_container
from tests.support.database import Database
from tests.support.forked_process import ForkedProcess
from tests.support.jobs import run_worker, stored_jobs
from tests.support.wait_until import TIMEOUT_SECONDS, wait_until

NOW = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
LEASE_SECONDS = 1.5
"""Of a killed worker: the next one need not wait long."""


@dataclass(frozen=True, slots=True)
class Count(Job):
    NAME: ClassVar[str] = "test.count"
    number: int


@dataclass(frozen=True, slots=True)
class Other(Job):
    NAME: ClassVar[str] = "test.other"
    number: int


@dataclass(frozen=True, slots=True)
class Hang(Job):
    NAME: ClassVar[str] = "test.hang"
    number: int


def append_line(output: Path) -> Any:
    """Return a handler that writes its process and its job into a file."""

    def handle(job: Count, run: JobRun) -> None:
        time.sleep(0.01)
        with output.open("a") as file:
            file.write(f"{os.getpid()} {job.tenant_id} {job.number}\n")

    return handle


def hang_once(output: Path) -> Any:
    """Return a handler that never ends in the first process that runs it, and writes a line in the
    next one.
    """

    def handle(job: Hang, run: JobRun) -> None:
        began = output.with_suffix(".began")
        is_first = not began.exists()
        began.write_text("x")
        while is_first:
            time.sleep(60)
        append_line(output)(job, run)

    return handle


@pytest.fixture
def queue(container: Container) -> Iterator[PostgresJobQueue]:
    with open_job_queue(container.database.conninfo("scheduler_worker"), LEASE_SECONDS) as queue:
        yield queue


@pytest.fixture(autouse=True)
def empty(container: Container) -> Iterator[None]:
    """Workers serve all practices: each test begins without jobs of the others."""
    with container.admin() as connection:
        connection.execute("delete from jobs.job; delete from jobs.queue")
        yield


def work(database: Database, output: Path) -> None:
    handlers = {Count: append_line(output), Hang: hang_once(output)}
    with open_container(database) as container:
        run_worker(container, SettableClock(), threading.Event(), of=handlers, lease_seconds=LEASE_SECONDS)


def lines(output: Path) -> list[list[str]]:
    return [line.split() for line in output.read_text().splitlines()] if output.exists() else []


def listed(queue: PostgresJobQueue, tenant_id: UUID) -> list[ListedJob]:
    return list(queue.listed(tenant_id))


def leased_until(container: Container, tenant_id: UUID) -> datetime:
    """Return when the last lease of the practice's jobs ends."""
    with container.admin() as connection:
        [(until,)] = connection.execute(
            "select max(leased_until) from jobs.queue where tenant_id = %s", (tenant_id,)
        ).fetchall()
    assert isinstance(until, datetime)
    return until


class Recorder:
    """A handler that keeps what it was called with, and fails while ``error`` is set."""

    def __init__(self, again: datetime | None = None) -> None:
        self.jobs: list[Job] = []
        self.error: Exception | None = None
        self.again = again

    def __call__(self, job: Job, run: JobRun) -> datetime | None:
        self.jobs.append(job)
        if self.error is not None:
            raise self.error
        return self.again


def worker(queue: PostgresJobQueue, clock: SettableClock, **handlers: Any) -> JobWorker:
    """Return a worker; handlers are named by the class of their job."""
    classes = {"Count": Count, "Other": Other, "Hang": Hang}
    return JobWorker(queue, {classes[name]: handler for name, handler in handlers.items()}, clock, OUTAGES)


class TestEnqueue:
    def test_is_rolled_back_with_the_cursor_of_the_projector(self, container: Container) -> None:
        tenant_id = container.practice().tenant_id
        changes = JobChanges()
        changes.enqueue(Count(tenant_id, 1), due_at=NOW)
        rows = msgspec.json.encode(changes.rows()).decode()

        def project(position: int) -> None:
            with container.projector_transaction(tenant_id) as cursor:
                cursor.execute(
                    "insert into projection.cursor values (%s, 'policies') on conflict do nothing", (tenant_id,)
                )
                cursor.execute("select jobs.change(%s::json)", (rows,))
                moves = f'[{{"projector": "policies", "expected": {position}, "position": 7}}]'
                cursor.execute("select projection.advance(%s, %s)", (tenant_id, moves))

        with pytest.raises(psycopg.DatabaseError, match="another runner"):
            project(position=3)
        before = stored_jobs(container, tenant_id)
        project(position=0)

        assert (before, stored_jobs(container, tenant_id)) == ([], [(Count.NAME, "1", NOW)])

    def test_shows_a_practice_no_job_of_another_one(self, container: Container, queue: PostgresJobQueue) -> None:
        ours, theirs = uuid7(), uuid7()
        queue.enqueue(Count(theirs, 1), due_at=NOW)

        assert (stored_jobs(container, ours), len(stored_jobs(container, theirs))) == ([], 1)

    def test_replaces_a_job_with_the_same_key(self, container: Container, queue: PostgresJobQueue) -> None:
        tenant_id, later = uuid7(), NOW + timedelta(hours=1)
        queue.enqueue(Count(tenant_id, 1), due_at=NOW)
        queue.enqueue(Count(tenant_id, 1), due_at=later)
        handler = Recorder()

        is_early = worker(queue, SettableClock(NOW), Count=handler).run_next()

        assert stored_jobs(container, tenant_id) == [(Count.NAME, "1", later)]
        assert not is_early

    def test_is_not_lost_while_the_job_with_that_key_runs(self, container: Container, queue: PostgresJobQueue) -> None:
        tenant_id, runs = uuid7(), []

        def handle(job: Count, run: JobRun) -> None:
            runs.append(job)
            if len(runs) == 1:
                queue.enqueue(job, due_at=NOW)

        queue.enqueue(Count(tenant_id, 1), due_at=NOW)
        own = worker(queue, SettableClock(NOW), Count=handle)

        assert [own.run_next() for _ in range(3)] == [True, True, False]
        assert (len(runs), stored_jobs(container, tenant_id)) == (2, [])


class TestDueTimes:
    def test_may_lie_decades_ahead_and_hold_up_no_other_job(self, queue: PostgresJobQueue) -> None:
        tenant_id, far = uuid7(), NOW.replace(year=2056)
        queue.enqueue(Count(tenant_id, 1), due_at=far, priority=Priority.HIGH)
        queue.enqueue(Count(tenant_id, 2), due_at=NOW)
        handler = Recorder()

        now = worker(queue, SettableClock(NOW), Count=handler)
        today = [now.run_next(), now.run_next()]
        then = worker(queue, SettableClock(far), Count=handler)

        assert (today, then.run_next()) == ([True, False], True)
        assert handler.jobs == [Count(tenant_id, 2), Count(tenant_id, 1)]

    def test_the_most_urgent_job_of_those_that_are_due_runs_first(self, queue: PostgresJobQueue) -> None:
        tenant_id, handler = uuid7(), Recorder()
        for number, priority in enumerate((Priority.LOW, Priority.NORMAL, Priority.HIGH, Priority.NORMAL)):
            queue.enqueue(Count(tenant_id, number), due_at=NOW + timedelta(seconds=number), priority=priority)

        own = worker(queue, SettableClock(NOW + timedelta(minutes=1)), Count=handler)
        while own.run_next():
            pass

        assert [job.number for job in handler.jobs if isinstance(job, Count)] == [2, 1, 3, 0]

    def test_a_handler_may_ask_to_run_again(self, container: Container, queue: PostgresJobQueue) -> None:
        tenant_id, again = uuid7(), NOW + timedelta(minutes=5)
        queue.enqueue(Count(tenant_id, 1), due_at=NOW)

        worker(queue, SettableClock(NOW), Count=Recorder(again)).run_next()

        assert stored_jobs(container, tenant_id) == [(Count.NAME, "1", again)]


class TestAFailingJob:
    def test_is_retried_with_backoff_until_it_is_a_dead_letter_that_can_be_retried(
        self, container: Container, queue: PostgresJobQueue
    ) -> None:
        tenant_id, handler, clock = uuid7(), Recorder(), SettableClock(NOW)
        handler.error = ValueError("holds what was in an event")
        queue.enqueue(Count(tenant_id, 1), due_at=NOW)
        own = worker(queue, clock, Count=handler)
        pauses = []
        for _ in range(MAX_ATTEMPTS):
            assert own.run_next()
            [job] = listed(queue, tenant_id)
            pauses.append(job.due_at - clock.now())
            clock.fixed_time = max(job.due_at, clock.now())
        [job] = listed(queue, tenant_id)

        assert SHORTEST_PAUSE * 0.75 <= pauses[0] <= SHORTEST_PAUSE * 1.25
        assert all(pause <= LONGEST_PAUSE * 1.25 for pause in pauses)
        assert pauses[5] > pauses[3] > pauses[1]
        assert (job.state, job.error, job.attempts) == ("dead", "ValueError", MAX_ATTEMPTS)
        assert queue.counts() == {"waiting": 0, "running": 0, "dead": 1}
        assert not own.run_next()

        handler.error = None
        assert (queue.retry(job.id, clock.now()), queue.retry(uuid7(), clock.now())) == (True, False)
        assert own.run_next()
        assert stored_jobs(container, tenant_id) == []

    def test_holds_up_no_other_one(self, queue: PostgresJobQueue) -> None:
        tenant_id, handler, other = uuid7(), Recorder(), Recorder()
        handler.error = ValueError()
        queue.enqueue(Count(tenant_id, 1), due_at=NOW - timedelta(hours=1))
        queue.enqueue(Other(tenant_id, 1), due_at=NOW)
        own = worker(queue, SettableClock(NOW), Count=handler, Other=other)

        assert [own.run_next() for _ in range(3)] == [True, True, False]
        assert len(other.jobs) == 1

    def test_is_not_to_blame_for_an_outage(self, queue: PostgresJobQueue) -> None:
        tenant_id, handler = uuid7(), Recorder()
        handler.error = psycopg.OperationalError()
        queue.enqueue(Count(tenant_id, 1), due_at=NOW)

        worker(queue, SettableClock(NOW), Count=handler).run_next()

        [job] = listed(queue, tenant_id)
        assert (job.state, job.attempts, job.error, job.due_at) == ("waiting", 0, None, NOW)

    def test_that_kills_its_workers_becomes_a_dead_letter(self, container: Container, queue: PostgresJobQueue) -> None:
        tenant_id, handler = uuid7(), Recorder()
        queue.enqueue(Count(tenant_id, 1), due_at=NOW)
        with container.admin() as connection:
            connection.execute("update jobs.job set attempts = %s", (MAX_ATTEMPTS,))

        worker(queue, SettableClock(NOW), Count=handler).run_next()

        assert handler.jobs == []
        assert [job.state for job in listed(queue, tenant_id)] == ["dead"]


class TestCancelling:
    def test_deletes_the_job_with_that_key(self, container: Container, queue: PostgresJobQueue) -> None:
        tenant_id, handler = uuid7(), Recorder()
        for number in (1, 2):
            queue.enqueue(Count(tenant_id, number), due_at=NOW)
        queue.cancel(Count(tenant_id, 1))
        own = worker(queue, SettableClock(NOW), Count=handler)

        assert [own.run_next(), own.run_next()] == [True, False]
        assert handler.jobs == [Count(tenant_id, 2)]

    def test_ignores_the_result_of_a_job_that_runs(self, container: Container, queue: PostgresJobQueue) -> None:
        tenant_id = uuid7()

        def handle(job: Count, run: JobRun) -> datetime:
            queue.cancel(job)
            return NOW

        queue.enqueue(Count(tenant_id, 1), due_at=NOW)
        worker(queue, SettableClock(NOW), Count=handle).run_next()

        assert stored_jobs(container, tenant_id) == []

    def test_by_id_says_whether_there_was_one(self, queue: PostgresJobQueue) -> None:
        tenant_id = uuid7()
        queue.enqueue(Count(tenant_id, 1), due_at=NOW)
        [job] = listed(queue, tenant_id)

        assert [queue.delete(job.id), queue.delete(job.id)] == [True, False]


class TestProgress:
    def test_is_shown_and_interrupts_a_job_that_was_cancelled(self, queue: PostgresJobQueue) -> None:
        tenant_id, seen, interrupted = uuid7(), [], []

        def handle(job: Count, run: JobRun) -> None:
            run.report(3, 10)
            seen.extend(listed(queue, tenant_id))
            queue.cancel(job)
            try:
                run.report(4, 10)
            except JobInterruptedError as error:
                interrupted.append(error)
                raise

        queue.enqueue(Count(tenant_id, 1), due_at=NOW)
        worker(queue, SettableClock(NOW), Count=handle).run_next()

        assert [(job.state, job.done, job.total) for job in seen] == [("running", 3, 10)]
        assert (len(interrupted), listed(queue, tenant_id)) == (1, [])


class TestFairness:
    def test_a_practice_with_many_jobs_takes_turns_with_the_others(self, queue: PostgresJobQueue) -> None:
        busy, other, handler = uuid7(), uuid7(), Recorder()
        for number in range(50):
            queue.enqueue(Count(busy, number), due_at=NOW - timedelta(hours=1))
        for number in range(3):
            queue.enqueue(Count(other, number), due_at=NOW)
        own = worker(queue, SettableClock(NOW), Count=handler)
        for _ in range(8):
            own.run_next()

        assert [job.tenant_id for job in handler.jobs].count(other) == 3

    def test_a_practice_never_takes_all_threads(self, container: Container, queue: PostgresJobQueue) -> None:
        busy, other, third, goes_on, began = uuid7(), uuid7(), uuid7(), threading.Event(), []
        lease = timedelta(seconds=LEASE_SECONDS)

        def block(job: Job, run: JobRun) -> None:
            began.append(job.tenant_id)
            goes_on.wait(TIMEOUT_SECONDS)

        for kind in (Count, Other, Hang):
            for number in range(5):
                queue.enqueue(kind(busy, number), due_at=NOW - timedelta(hours=1))
        queue.enqueue(Count(other, 1), due_at=NOW)
        stop = threading.Event()
        handlers = dict.fromkeys((Count, Other, Hang), block)
        thread = threading.Thread(
            target=run_worker,
            args=(container, SettableClock(NOW), stop),
            kwargs={"of": handlers, "lease_seconds": LEASE_SECONDS},
        )
        thread.start()
        try:
            wait_until(lambda: other in began, "the other practice's job runs")
            first = leased_until(container, busy)
            # Leases of jobs that run are extended: no job is taken twice.
            wait_until(lambda: leased_until(container, busy) > first + lease, "the first leases would be over")
            queue.enqueue(Count(third, 1), due_at=NOW)
            wait_until(lambda: third in began, "a job that came later runs")
            running = list(began)
        finally:
            stop.set()
            goes_on.set()
            thread.join()

        assert THREADS > THREADS_PER_PRACTICE
        assert sorted(running) == sorted([busy] * THREADS_PER_PRACTICE + [other, third])


class TestAKilledWorker:
    def test_leaves_its_job_to_the_next_one_which_finishes_it_once(
        self, container: Container, queue: PostgresJobQueue, tmp_path: Path
    ) -> None:
        tenant_id, output = uuid7(), tmp_path / "output"
        queue.enqueue(Hang(tenant_id, 1), due_at=NOW)
        first = ForkedProcess(work, container.database, output)
        try:
            wait_until(lambda: output.with_suffix(".began").exists(), "the job runs")
            first.kill()
            first.wait()
            second = ForkedProcess(work, container.database, output)
            try:
                wait_until(lambda: lines(output) and not listed(queue, tenant_id), "the job is finished")
                queue.enqueue(Count(tenant_id, 2), due_at=NOW)
                wait_until(lambda: not listed(queue, tenant_id), "a job that came later is finished")
            finally:
                second.kill()
                second.wait()
        finally:
            first.kill()
            first.wait()

        assert lines(output) == [[str(second.pid), str(tenant_id), number] for number in ("1", "2")]

    def test_has_no_effect_once_another_one_has_its_lease(self, container: Container, queue: PostgresJobQueue) -> None:
        tenant_id = uuid7()
        queue.enqueue(Count(tenant_id, 1), due_at=NOW)
        late = queue.take(NOW, [Count.NAME], [])
        assert late is not None
        with container.admin() as connection:
            connection.execute("update jobs.queue set leased_until = now()")
        held = queue.take(NOW, [Count.NAME], [])
        assert held is not None

        queue.finish(late, NOW)
        is_held = queue.report(late, 1, 2), queue.report(held, 1, 2)
        queue.extend([late, held])

        assert is_held == (False, True)
        assert [job.state for job in listed(queue, tenant_id)] == ["running"]
        queue.finish(held, NOW)
        assert listed(queue, tenant_id) == []


class TestTwoWorkerProcesses:
    def test_share_the_work_and_carry_out_each_job_once(
        self, container: Container, queue: PostgresJobQueue, tmp_path: Path
    ) -> None:
        practices, output = [uuid7() for _ in range(6)], tmp_path / "output"
        output.touch()
        processes = [ForkedProcess(work, container.database, output) for _ in range(2)]
        try:
            number = 0
            while len({pid for pid, *_ in lines(output)}) < 2:
                assert number < 10_000
                for tenant_id in practices:
                    queue.enqueue(Count(tenant_id, number), due_at=NOW)
                number += 1
                time.sleep(0.05)
            wait_until(lambda: not any(queue.counts().values()), "all jobs are finished")
        finally:
            for process in processes:
                process.kill()
                process.wait()

        done = [(tenant_id, job) for _, tenant_id, job in lines(output)]
        assert len(done) == len(set(done)) == number * len(practices)
