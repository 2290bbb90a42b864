"""Fills read models anew from the logs, beside the live ones, and swaps them in; reading and writing go on meanwhile.

A shadow schema takes the rows. Once it has nearly caught up, the cursors are locked, which makes runners wait; the last events
are projected, the schemas change names and the cursors are set, all in one transaction. A rebuild that is killed changes
nothing; the next one clears away what it left.
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

from projections.engine.batches import Feed, Share, advance, read
from projections.engine.errors import RebuildRunningError
from projections.engine.ports import LogSource, TenantTransaction
from projections.engine.rows import Projector, write
from projections.install import RETIRED_REPORTING, as_owner, create, publish, remember
from projections.read_models import READ_MODELS

Progress: TypeAlias = Callable[[int, int], None]
"""Called with how many events have been projected, and of how many; by one thread at a time."""

_LOCK: Final = 7_239_481_006
"""The advisory lock that lets one program rebuild at a time."""
_PAGE: Final = 10_000
_LANES: Final = 3
"""So many practices are filled at once: while the database writes the rows of one, those of another are made."""
_FEW: Final = 500
"""So many events are caught up within the swap, while projections wait."""
_MOST_ROUNDS: Final = 20
_ALLOCATIONS: Final = 500_000
"""So many more objects than were freed bring a collection about; a page has about 100,000."""

_SET_CURSORS: Final = """
insert into projection.cursor (tenant_id, projector, position, error, failed_position)
select tenant_id, projector, position, error, failed_position
from json_to_recordset(%s::json) as r (tenant_id uuid, projector text, position bigint, error text, failed_position bigint)
on conflict (tenant_id, projector) do update set
    position = excluded.position, error = excluded.error, failed_position = excluded.failed_position, updated_at = now()
"""


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A practice in which a rebuilt view ends before an event that its projector cannot take."""

    tenant_id: UUID
    projector: str
    error: str
    position: int


class Rebuild:
    """One rebuild; ``run`` it once.

    ``log`` and ``transaction`` reach the database as scheduler_projector; ``admin`` is a connection in autocommit mode that
    may become scheduler_owner, and serves nothing else.
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
        self._feeds: dict[UUID, Feed] = {}
        self._done = 0
        self._lock = threading.Lock()
        self._abandoned = threading.Event()

    def run(self, progress: Progress = lambda done, total: None) -> list[Incomplete]:
        """Rebuild the read models of the projectors given; return where they are not whole, as they would not be live.

        Raises RebuildRunningError: another program is at it; psycopg.OperationalError: the database went away.
        """
        with self._alone(), _rare_collections():
            with as_owner(self._admin):
                self._clear_away()
                for model in self._models:
                    create(self._admin, model, _shadow(model.name))
                later = self._drop_indexes()
            self._fill(progress)
            # An index is built over what is there in a fraction of the time that it takes to keep one up row by row.
            for definition in later:
                with as_owner(self._admin):
                    self._admin.execute(definition.encode())
            for _ in range(_MOST_ROUNDS):
                if self._fill(progress) <= _FEW:
                    break
            with as_owner(self._admin):
                self._swap(progress)
            with as_owner(self._admin):
                self._clear_away()
        return [
            Incomplete(feed.tenant_id, name, stop.error, stop.position)
            for feed in self._feeds.values()
            for name, stop in feed.stops.items()
        ]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        row = self._admin.execute("select pg_try_advisory_lock(%s)", (_LOCK,)).fetchone()
        if row is None or not row[0]:
            raise RebuildRunningError("another program rebuilds read models; wait for it")
        try:
            yield
        finally:
            if not self._admin.closed:
                self._admin.execute("select pg_advisory_unlock(%s)", (_LOCK,))

    def _clear_away(self) -> None:
        """Drop what a swap, or a rebuild that was killed, has left of any read model."""
        self._admin.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(RETIRED_REPORTING)))
        for model in READ_MODELS:
            for name in (_shadow(model.name), _retired(model.name)):
                self._admin.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(name)))

    def _drop_indexes(self) -> list[str]:
        """Drop the shadows' indexes that no row is looked up by while they are filled; return what makes them again."""
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
        """Bring the shadows up to the heads as they are now; return how many events that took."""
        heads = self._log.heads()
        before = self._done
        with ThreadPoolExecutor(_LANES, "rebuild") as lanes:
            # The longest first, so that none is left alone at the end.
            filled = [
                lanes.submit(self._fill_practice, tenant_id, heads, progress)
                for tenant_id in sorted(heads, key=heads.__getitem__, reverse=True)
            ]
            try:
                for practice in filled:
                    practice.result()
            except BaseException:
                self._abandoned.set()
                lanes.shutdown(cancel_futures=True)
                raise
        return self._done - before

    def _fill_practice(self, tenant_id: UUID, heads: Mapping[UUID, int], progress: Progress) -> None:
        feed = self._feeds.setdefault(tenant_id, Feed(tenant_id, {one.name: 0 for one in self._projectors}))
        while (running := feed.running(self._projectors)) and not self._abandoned.is_set():
            after = min(feed.positions[one.name] for one in running)
            if after >= heads[tenant_id]:
                break
            page = read(self._log, tenant_id, after, min(self._page, heads[tenant_id] - after))
            advance(feed, running, page, self._commit)
            if not page.events:
                break  # An event that cannot be read has stopped all; or the log ends before its head, and more will not come.
            with self._lock:
                self._done += len(page.events)
                progress(self._done, max(self._done, sum(heads.values())))

    def _commit(self, tenant_id: UUID, shares: Sequence[Share]) -> None:
        with self._transaction(tenant_id) as cursor:
            for share in shares:
                write(cursor, _shadow(share.projector), share.writes)

    def _swap(self, progress: Progress) -> None:
        """Project the last events while no cursor can move, and put the shadows in the place of the live read models."""
        self._admin.execute("lock table projection.cursor in share row exclusive mode")
        self._fill(progress)
        for model in self._models:
            for name, becomes in ((model.name, _retired(model.name)), (_shadow(model.name), model.name)):
                self._admin.execute(
                    sql.SQL("alter schema {} rename to {}").format(sql.Identifier(name), sql.Identifier(becomes))
                )
            remember(self._admin, model)
        # Those that there are show the tables that were retired.
        publish(self._admin)
        self._admin.execute(_SET_CURSORS, (msgspec.json.encode(self._cursors()).decode(),))

    def _cursors(self) -> list[dict[str, object]]:
        return [
            {
                "tenant_id": feed.tenant_id,
                "projector": name,
                "position": position,
                "error": stop.error if (stop := feed.stops.get(name)) else None,
                "failed_position": stop.position if stop else None,
            }
            for feed in self._feeds.values()
            for name, position in feed.positions.items()
        ]


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Let Python look for cyclic garbage rarely: pages are many small objects without a cycle, and looking took a third of the time."""
    often = gc.get_threshold()
    gc.set_threshold(_ALLOCATIONS, *often[1:])
    try:
        yield
    finally:
        gc.set_threshold(*often)


def _shadow(name: str) -> str:
    return f"{name}_shadow"


def _retired(name: str) -> str:
    return f"{name}_retired"
