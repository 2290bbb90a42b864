"""Carries out jobs, several at once, at most a fixed share of them for one practice."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from application.kernel.backoff import backoff
from application.kernel.jobs import Job, JobHandler, JobInterruptedError, JobStore, LeasedJob
from application.kernel.ports import Clock

THREADS: Final = 4
THREADS_PER_PRACTICE: Final = 2
POLL_SECONDS: Final = 1.0
"""How often a worker polls without a notification, and extends its leases."""

MAX_ATTEMPTS: Final = 20
"""About eleven hours with backoff; then the job is a dead letter."""

_log = logging.getLogger(__name__)


class JobWorker:
    """Any number of workers may run, in one process or many."""

    def __init__(
        self,
        store: JobStore,
        handlers: Mapping[type[Job], JobHandler[Any]],
        clock: Clock,
        outages: tuple[type[Exception], ...] = (),
        *,
        threads: int = THREADS,
    ) -> None:
        """``outages`` are errors of the database or key store; they do not count as attempts."""
        self._store = store
        self._handlers = {kind.NAME: (kind, handler) for kind, handler in handlers.items()}
        self._clock = clock
        self._outages = outages
        self._interruptions: tuple[type[Exception], ...] = (JobInterruptedError, *outages)
        self._threads = threads
        self._changed = threading.Condition()
        self._is_woken = True
        self._running: list[LeasedJob] = []
        self._stop = threading.Event()

    def wake(self) -> None:
        """Poll now."""
        with self._changed:
            self._is_woken = True
            self._changed.notify()

    def run(self, stop: threading.Event) -> None:
        """Carry out jobs until ``stop`` is set and the last one has ended; wait during outages."""
        self._stop = stop
        extend_at = time.monotonic()
        with ThreadPoolExecutor(self._threads, thread_name_prefix="jobs") as pool:
            while not stop.is_set() or self._running:
                with self._changed:
                    self._changed.wait_for(lambda: self._is_woken, POLL_SECONDS)
                    self._is_woken = False
                    running = list(self._running)
                try:
                    if running and time.monotonic() >= extend_at:
                        extend_at = time.monotonic() + POLL_SECONDS
                        self._store.extend(running)
                    while not stop.is_set() and (job := self._take()):
                        pool.submit(self._run, job)
                except self._outages as error:
                    _log.warning("jobs wait, the database is unavailable: %s", type(error).__name__)
                    stop.wait(POLL_SECONDS)

    def run_next(self) -> bool:
        """Carry out one due job in this thread; return whether there was one."""
        job = self._take()
        if job is not None:
            self._run(job)
        return job is not None

    def _take(self) -> LeasedJob | None:
        with self._changed:
            if len(self._running) >= self._threads:
                return None
            by_practice = Counter(job.tenant_id for job in self._running)
        busy = [tenant_id for tenant_id, number in by_practice.items() if number >= THREADS_PER_PRACTICE]
        job = self._store.take(self._clock.now(), list(self._handlers), busy)
        if job is not None:
            with self._changed:
                self._running.append(job)
        return job

    def _run(self, job: LeasedJob) -> None:
        try:
            self._carry_out(job)
        except self._outages as error:
            # The lease expires, and the job is tried again.
            _log.warning("job %s of practice %s waits: %s", job.name, job.tenant_id, type(error).__name__)
        except Exception as error:
            _log.error("job %s of practice %s was not finished: %s", job.name, job.tenant_id, type(error).__name__)
        finally:
            with self._changed:
                self._running.remove(job)
                self._is_woken = True
                self._changed.notify()

    def _carry_out(self, job: LeasedJob) -> None:
        if job.attempts > MAX_ATTEMPTS:
            # The worker died during the last attempt.
            self._store.finish(job, self._clock.now(), error="WorkerDied", attempts=MAX_ATTEMPTS)
            return
        kind, handler = self._handlers[job.name]
        try:
            again = handler(kind.from_payload(job.tenant_id, job.payload), _Run(self._store, job, self._stop))
        except self._interruptions:
            self._store.finish(job, self._clock.now(), due_at=job.due_at, attempts=job.attempts - 1)
        except Exception as error:
            self._fail(job, error)
        else:
            self._store.finish(job, self._clock.now(), due_at=again)

    def _fail(self, job: LeasedJob, error: Exception) -> None:
        # Only the class: a message may contain personal data.
        name, now = type(error).__name__, self._clock.now()
        is_dead = job.attempts >= MAX_ATTEMPTS
        _log.error("job %s of practice %s failed %d times: %s", job.name, job.tenant_id, job.attempts, name)
        due_at = None if is_dead else now + backoff(job.attempts)
        self._store.finish(job, now, due_at=due_at, error=name, attempts=job.attempts)


class _Run:
    """Implements JobRun for one job."""

    def __init__(self, store: JobStore, job: LeasedJob, stop: threading.Event) -> None:
        self._store = store
        self._job = job
        self._stop = stop

    def report(self, done: int, total: int) -> None:
        if not self._store.report(self._job, done, total) or self._stop.is_set():
            raise JobInterruptedError
