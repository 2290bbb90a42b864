"""Keep the read models up to date with the logs: rows and cursors in one transaction."""

import logging
import threading
import time
from collections.abc import Sequence
from itertools import islice
from typing import Final
from uuid import UUID

import psycopg

from projections.engine import cursors
from projections.engine.batches import (
    OUTAGES,
    Page,
    PracticeProgress,
    ProjectedBatch,
    project_isolating_failures,
    project_page,
    read_page,
)
from projections.engine.inbox import OUTAGE_PAUSE_SECONDS, Inbox
from projections.engine.ports import Connect, Listen, LogSource, TenantTransaction
from projections.engine.rows import BoundStatement, Projector, bind, execute_together

SWEEP_SECONDS: Final = 1.0
_PRACTICES_PER_STEP: Final = 16
_MIN_RETRY_SECONDS: Final = 1.0
_MAX_RETRY_SECONDS: Final = 30.0

_log = logging.getLogger(__name__)


class Runner:
    """Runs projectors. Several runners may run at once: none applies an event twice.

    ``transaction`` and ``connect`` reach the database as scheduler_projector. ``page`` is the most
    events of a practice in a step: behind 80 long logs a practice waits for less than a second.
    Not thread-safe: each thread has its own.
    """

    def __init__(
        self,
        log: LogSource,
        projectors: Sequence[Projector],
        transaction: TenantTransaction,
        connect: Connect,
        *,
        page: int = 250,
    ) -> None:
        self._log = log
        self._projectors = tuple(projectors)
        self._names = [projector.name for projector in projectors]
        self._transaction = transaction
        self._connect = connect
        self._page = page
        self._practices: dict[UUID, PracticeProgress] = {}
        self._retries: dict[tuple[UUID, str], tuple[float, float]] = {}
        """When to retry a stopped projector, and the pause before, in seconds."""
        self._must_reload = threading.Event()

    def catch_up(self, tenant_id: UUID) -> None:
        """Project one practice to its newest event, and retry its stopped projectors."""
        self._practices.pop(tenant_id, None)
        while self.step(tenant_id):
            pass

    def sweep(self) -> None:
        """Project all events of all practices that are not projected yet."""
        for tenant_id in self.behind():
            while self.step(tenant_id):
                pass

    def reload(self) -> None:
        """Make ``run`` read the cursors again, which a rebuild has set, and retry. Thread-safe."""
        self._must_reload.set()

    def behind(self) -> list[UUID]:
        """Return the practices with events that a projector has not seen."""
        with self._connect() as connection:
            return cursors.behind(connection, self._names)

    def step(self, tenant_id: UUID) -> bool:
        """Project one page of a practice; return whether there may be more.

        Raises psycopg.OperationalError: nothing was projected.
        """
        return bool(self.steps([tenant_id]))

    def steps(self, tenant_ids: Sequence[UUID]) -> list[UUID]:
        """Project one page of each practice, all together; return the practices that may have more.

        If that fails, project each by itself, so that an error in one stops no other.
        """
        practices = [progress for tenant_id in tenant_ids if (progress := self._progress_of(tenant_id)).running]
        if not practices:
            return []
        pages = list(zip(practices, self._read(practices), strict=True))
        readable = [(progress, page) for progress, page in pages if page.events]
        try:
            projected = [(progress, project_page(progress, page)) for progress, page in readable]
            self._commit([(progress.tenant_id, batches) for progress, batches in projected])
        except OUTAGES:
            raise
        except Exception:
            return [progress.tenant_id for progress, page in pages if self._project_alone(progress, page)]
        for progress, batches in projected:
            progress.advance(batches)
            self._forget_retries(progress)
        for progress, page in pages:
            if page.error is not None:
                self._project_alone(progress, page)
        return [progress.tenant_id for progress, page in readable if not page.is_last]

    def run(self, listen: Listen, stop: threading.Event) -> None:
        """Follow all logs until ``stop`` is set: at once after a hint, and by a sweep each second.

        Hints may be lost; the sweeps find every event. Practices take turns, a page each, so that a
        long log delays no other. While the database is unreachable, wait.
        """
        inbox = Inbox(listen, stop)
        waiting: dict[UUID, None] = {}
        sweep_at = time.monotonic()
        while not stop.is_set():
            if self._must_reload.is_set():
                self._must_reload.clear()
                self._practices.clear()
                self._retries.clear()
            try:
                if time.monotonic() >= sweep_at:
                    waiting |= dict.fromkeys(self.behind())
                    sweep_at = time.monotonic() + SWEEP_SECONDS
                tenant_ids, must_sweep = inbox.take(0 if waiting else sweep_at - time.monotonic())
                waiting |= dict.fromkeys(tenant_ids)
                if must_sweep:
                    sweep_at = time.monotonic()
                turns = list(islice(waiting, _PRACTICES_PER_STEP))
                for tenant_id in turns:
                    del waiting[tenant_id]
                waiting |= dict.fromkeys(self.steps(turns))
            except OUTAGES as error:
                _log.warning("the database is unreachable: %s", type(error).__name__)
                self._practices.clear()
                stop.wait(OUTAGE_PAUSE_SECONDS)
        inbox.close()

    def _progress_of(self, tenant_id: UUID) -> PracticeProgress:
        """Return a practice's progress; read its cursors if it is unknown or a retry is due."""
        progress = self._practices.get(tenant_id)
        now = time.monotonic()
        if progress is None or any(self._retries[tenant_id, name][0] <= now for name in progress.failures):
            with self._transaction(tenant_id) as cursor:
                positions = cursors.load(cursor, tenant_id, self._names)
            progress = self._practices[tenant_id] = PracticeProgress(tenant_id, self._projectors, positions)
        return progress

    def _read(self, practices: Sequence[PracticeProgress]) -> list[Page]:
        wanted = [(progress.tenant_id, progress.after) for progress in practices]
        try:
            found = self._log.pages(wanted, self._page)
        except OUTAGES:
            raise
        except Exception:
            return [read_page(self._log, tenant_id, after, self._page) for tenant_id, after in wanted]
        return [Page.up_to_gap(after, events, self._page) for (_, after), events in zip(wanted, found, strict=True)]

    def _project_alone(self, progress: PracticeProgress, page: Page) -> bool:
        """Project one practice's page by itself; return whether there may be more."""
        before = set(progress.failures)
        try:
            project_isolating_failures(progress, page, lambda tenant_id, batches: self._commit([(tenant_id, batches)]))
        except cursors.CursorMovedError:
            del self._practices[progress.tenant_id]
            return True
        for name in progress.failures.keys() - before:
            self._record_failure(progress, name)
        self._forget_retries(progress)
        return bool(page.events) and not page.is_last

    def _commit(self, projected: Sequence[tuple[UUID, Sequence[ProjectedBatch]]]) -> None:
        """Execute practices' writes and move their cursors, in one transaction."""
        if not projected:
            return
        statements: list[BoundStatement] = []
        # Always in the same order, so that two runners cannot deadlock.
        for tenant_id, batches in sorted(projected, key=lambda item: item[0]):
            # The cursors first: their lock excludes other runners, and waits for a rebuild.
            moves = {batch.projector: (batch.expected, batch.position) for batch in batches}
            statements.append(cursors.advance(tenant_id, moves))
            for batch in batches:
                statements += bind(batch.projector, batch.writes)
        with self._connect() as connection:
            try:
                execute_together(connection, statements)
            except psycopg.DatabaseError as error:
                if error.sqlstate == cursors.MOVED:
                    raise cursors.CursorMovedError from error
                raise

    def _record_failure(self, progress: PracticeProgress, name: str) -> None:
        """Record where a projector stopped, and schedule its retry: after 1, 2, 4, ... seconds."""
        failure = progress.failures[name]
        with self._transaction(progress.tenant_id) as cursor:
            cursors.record_failure(cursor, progress.tenant_id, name, failure.error, failure.position)
        _, pause = self._retries.get((progress.tenant_id, name), (0.0, _MIN_RETRY_SECONDS / 2))
        pause = min(pause * 2, _MAX_RETRY_SECONDS)
        self._retries[progress.tenant_id, name] = (time.monotonic() + pause, pause)

    def _forget_retries(self, progress: PracticeProgress) -> None:
        """Forget the pauses of projectors that run again."""
        if self._retries:
            for projector in progress.running:
                self._retries.pop((progress.tenant_id, projector.name), None)
