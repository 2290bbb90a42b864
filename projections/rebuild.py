"""Rebuild read models from the logs beside the live ones, and swap them in.

Reads and writes go on meanwhile. The rows are written to a shadow schema. Once it has nearly caught
up, one transaction locks the cursors, which makes runners wait, projects the last events, renames
the schemas and sets the cursors. A rebuild that is killed changes nothing; the next one drops its
schemas.
"""

import gc
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from uuid import UUID

import msgspec
from psycopg import Connection, sql

from projections.engine.batches import PracticeProgress, ProjectedBatch, project_isolating_failures, read_page
from projections.engine.errors import RebuildRunningError
from projections.engine.ports import LogSource, TenantTransaction
from projections.engine.rows import Projector, execute_writes
from projections.install import RETIRED_REPORTING, as_owner, create, publish, remember
from projections.read_models import READ_MODELS

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of projected events and their total, by one thread at a time."""

_LOCK: Final = 7_239_481_006
"""The advisory lock under which one program at a time rebuilds."""
_PAGE: Final = 10_000
_THREADS: Final = 3
"""Practices filled at once: Python makes rows of one while the database writes those of another."""
_SWAP_EVENTS: Final = 500
"""The most events left for the swap, during which projections wait."""
_MAX_ROUNDS: Final = 20
_GC_ALLOCATIONS: Final = 500_000
"""New objects that trigger a garbage collection; a page has about 100,000."""

_SET_CURSORS: Final = """
insert into projection.cursor (tenant_id, projector, position, error, failed_position)
select tenant_id, projector, position, error, failed_position
from json_to_recordset(%s::json) as r (tenant_id uuid, projector text, position bigint, error text, failed_position bigint)
on conflict (tenant_id, projector) do update set
    position = excluded.position, error = excluded.error, failed_position = excluded.failed_position, updated_at = now()
"""


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A practice in which a rebuilt view ends before an event that its projector fails on."""

    tenant_id: UUID
    projector: str
    error: str
    position: int


class Rebuild:
    """One rebuild; ``run`` it once.

    ``log`` and ``transaction`` reach the database as scheduler_projector. ``admin`` is a connection
    in autocommit mode for this rebuild alone, which may become scheduler_owner.
    """

    def __init__(
        self,
        log: LogSource,
        projectors: Sequence[Projector],
        transaction: TenantTransaction,
        admin: Connection[Any],
        *,
        page: int = _PAGE,
    ) -> None:
        names = {projector.name for projector in projectors}
        self._log = log
        self._projectors = tuple(projectors)
        self._models = [model for model in READ_MODELS if model.name in names]
        self._transaction = transaction
        self._admin = admin
        self._page = page
        self._practices: dict[UUID, PracticeProgress] = {}
        self._done = 0
        self._lock = threading.Lock()
        self._abandoned = threading.Event()

    def run(self, progress: Progress = lambda done, total: None) -> list[Incomplete]:
        """Rebuild the read models of the projectors; return where a projector had to stop.

        Raises RebuildRunningError; psycopg.OperationalError: the database became unreachable.
        """
        with rebuild_lock(self._admin), _rare_garbage_collection():
            with as_owner(self._admin):
                self._drop_leftovers()
                for model in self._models:
                    create(self._admin, model, _shadow(model.name))
                index_definitions = self._drop_indexes()
            self._fill(progress)
            # To build an index at once takes a fraction of the time of maintaining it row by row.
            for definition in index_definitions:
                with as_owner(self._admin):
                    self._admin.execute(definition.encode())
            for _ in range(_MAX_ROUNDS):
                if self._fill(progress) <= _SWAP_EVENTS:
                    break
            with as_owner(self._admin):
                self._swap(progress)
            with as_owner(self._admin):
                self._drop_leftovers()
        return [
            Incomplete(progress.tenant_id, name, failure.error, failure.position)
            for progress in self._practices.values()
            for name, failure in progress.failures.items()
        ]

    def _drop_leftovers(self) -> None:
        """Drop the schemas that a swap or a killed rebuild has left."""
        self._admin.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(RETIRED_REPORTING)))
        for model in READ_MODELS:
            for name in (_shadow(model.name), _retired(model.name)):
                self._admin.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(name)))

    def _drop_indexes(self) -> list[str]:
        """Drop the indexes that filling the shadows does not use; return their definitions."""
        indexes = self._admin.execute(
            "select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) from pg_index i"
            " join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace"
            " where n.nspname = any (%s) and not i.indisunique",
            ([_shadow(model.name) for model in self._models],),
        ).fetchall()
        for name, _ in indexes:
            self._admin.execute(f"drop index {name}".encode())
        return [definition for _, definition in indexes]

    def _fill(self, progress: Progress) -> int:
        """Project up to the present heads; return the number of events."""
        heads = self._log.heads()
        before = self._done
        with ThreadPoolExecutor(_THREADS, "rebuild") as threads:
            # The longest logs first, so that the threads end at about the same time.
            filled = [
                threads.submit(self._fill_practice, tenant_id, heads, progress)
                for tenant_id in sorted(heads, key=heads.__getitem__, reverse=True)
            ]
            try:
                for practice in filled:
                    practice.result()
            except BaseException:
                self._abandoned.set()
                threads.shutdown(cancel_futures=True)
                raise
        return self._done - before

    def _fill_practice(self, tenant_id: UUID, heads: Mapping[UUID, int], progress: Progress) -> None:
        start = dict.fromkeys((projector.name for projector in self._projectors), 0)
        practice = self._practices.setdefault(tenant_id, PracticeProgress(tenant_id, self._projectors, start))
        while practice.running and not self._abandoned.is_set():
            after = practice.after
            if after >= heads[tenant_id]:
                break
            page = read_page(self._log, tenant_id, after, min(self._page, heads[tenant_id] - after))
            project_isolating_failures(practice, page, self._commit)
            if not page.events:
                break  # An unreadable event has stopped all projectors, or the log ends before its head.
            with self._lock:
                self._done += len(page.events)
                progress(self._done, max(self._done, sum(heads.values())))

    def _commit(self, tenant_id: UUID, batches: Sequence[ProjectedBatch]) -> None:
        with self._transaction(tenant_id) as cursor:
            for batch in batches:
                execute_writes(cursor, _shadow(batch.projector), batch.writes)

    def _swap(self, progress: Progress) -> None:
        """Project the last events while no cursor can move, and make the shadows live."""
        self._admin.execute("lock table projection.cursor in share row exclusive mode")
        self._fill(progress)
        for model in self._models:
            for name, becomes in ((model.name, _retired(model.name)), (_shadow(model.name), model.name)):
                self._admin.execute(
                    sql.SQL("alter schema {} rename to {}").format(sql.Identifier(name), sql.Identifier(becomes))
                )
            remember(self._admin, model)
        # The existing views show the retired tables.
        publish(self._admin)
        self._admin.execute(_SET_CURSORS, (msgspec.json.encode(self._cursors()).decode(),))

    def _cursors(self) -> list[dict[str, object]]:
        return [
            {
                "tenant_id": progress.tenant_id,
                "projector": name,
                "position": position,
                "error": failure.error if (failure := progress.failures.get(name)) else None,
                "failed_position": failure.position if failure else None,
            }
            for progress in self._practices.values()
            for name, position in progress.positions.items()
        ]


@contextmanager
def rebuild_lock(admin: Connection[Any]) -> Iterator[None]:
    """Keep other programs from rebuilding during the block. Raises RebuildRunningError."""
    row = admin.execute("select pg_try_advisory_lock(%s)", (_LOCK,)).fetchone()
    if row is None or not row[0]:
        raise RebuildRunningError("another program is rebuilding read models; wait for it")
    try:
        yield
    finally:
        if not admin.closed:
            admin.execute("select pg_advisory_unlock(%s)", (_LOCK,))


@contextmanager
def _rare_garbage_collection() -> Iterator[None]:
    """Collect garbage rarely: pages have no cycles, and collecting took a third of the time."""
    threshold = gc.get_threshold()
    gc.set_threshold(_GC_ALLOCATIONS, *threshold[1:])
    try:
        yield
    finally:
        gc.set_threshold(*threshold)


def _shadow(name: str) -> str:
    return f"{name}_shadow"


def _retired(name: str) -> str:
    return f"{name}_retired"
