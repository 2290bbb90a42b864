"""Compare read models with the logs: fill them anew, in a transaction that is rolled back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from psycopg import Connection, IsolationLevel

from projections.engine.ports import LogSource
from projections.engine.rows import Projector, execute_writes
from projections.install import as_owner, create, outdated
from projections.read_models import READ_MODELS
from projections.rebuild import rebuild_lock

_PAGE: Final = 5_000
_TABLES: Final = "select tablename from pg_tables where schemaname = %s order by tablename"


@dataclass(frozen=True, slots=True)
class Difference:
    """A table with rows that the log does not give, or without rows that it gives."""

    tenant_id: UUID
    table: str
    extra: int
    missing: int


class Comparison:
    """Compares the read models of practices with those that their logs give.

    ``log`` reads as scheduler_projector. ``admin`` is a connection in autocommit mode for this
    comparison alone, which may become scheduler_owner. All of it is one snapshot: projectors go on.
    """

    def __init__(self, log: LogSource, projectors: Sequence[Projector], admin: Connection[Any]) -> None:
        self._log = log
        self._projectors = projectors
        self._admin = admin

    def run(self, tenant_ids: Iterable[UUID]) -> list[Difference]:
        """Return the tables that differ, of read models whose definition is the present one.

        Raises RebuildRunningError.
        """
        with rebuild_lock(self._admin):
            old = set(outdated(self._admin))
            projectors = [projector for projector in self._projectors if projector.name not in old]
            names = {projector.name for projector in projectors}
            self._admin.isolation_level = IsolationLevel.REPEATABLE_READ
            with self._admin.transaction(force_rollback=True), as_owner(self._admin):
                for model in READ_MODELS:
                    if model.name in names:
                        create(self._admin, model, _anew(model.name))
                return [found for tenant_id in tenant_ids for found in self._compare(tenant_id, projectors)]

    def _compare(self, tenant_id: UUID, projectors: Sequence[Projector]) -> list[Difference]:
        with self._admin.transaction(force_rollback=True):
            self._admin.execute("select set_config('app.tenant_id', %s, true)", (str(tenant_id),))
            rows = self._admin.execute(
                "select projector, position from projection.cursor where tenant_id = %s", (tenant_id,)
            ).fetchall()
            self._fill(tenant_id, projectors, dict(rows))
            return list(self._differences(tenant_id, projectors))

    def _fill(self, tenant_id: UUID, projectors: Sequence[Projector], positions: Mapping[str, int]) -> None:
        """Fill each read model up to the position that the live one has reached."""
        after, last = 0, max((positions.get(projector.name, 0) for projector in projectors), default=0)
        with self._admin.cursor() as cursor:
            while after < last:
                events = self._log.page(tenant_id, after, min(_PAGE, last - after))
                if not events:
                    return  # The log is damaged; `scheduler verify` says where.
                for projector in projectors:
                    reached = positions.get(projector.name, 0)
                    seen = [event for event in events if event.position <= reached]
                    execute_writes(cursor, _anew(projector.name), projector.project(seen))
                after = events[-1].position

    def _differences(self, tenant_id: UUID, projectors: Sequence[Projector]) -> Iterator[Difference]:
        for name in (projector.name for projector in projectors):
            for (table,) in self._admin.execute(_TABLES, (name,)).fetchall():
                extra, missing = (
                    self._count(f"select * from {one}.{table} except all select * from {other}.{table}")  # noqa: S608
                    for one, other in ((name, _anew(name)), (_anew(name), name))
                )
                if extra or missing:
                    yield Difference(tenant_id, f"{name}.{table}", extra, missing)

    def _count(self, query: str) -> int:
        row = self._admin.execute(f"select count(*) from ({query}) as x".encode()).fetchone()  # noqa: S608
        return int(row[0]) if row else 0


def _anew(name: str) -> str:
    return f"{name}_anew"
