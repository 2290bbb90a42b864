"""Tells what a practice's log knows of many visits: what an import of appointments asks before it books, and before it is undone."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from psycopg_pool import ConnectionPool

from domain.patients.origin import Origin
from event_store.tenancy import tenant_transaction

_AT_ONCE: Final = 5_000
"""Ids of one query; a message to the server stays far below a megabyte."""
_WITHDRAWN: Final = "scheduling.appointment.withdrawn"
_ORIGINS: Final = (
    "select stream_id, event_type, causation_id from log.event where tenant_id = %s and stream_id = any (%s)"
    " and event_type in ('scheduling.appointment.booked', 'scheduling.appointment.withdrawn') order by stream_id, version"
)
# What an earlier undo took back has come anew since, under other ids, if the file was imported again.
_MADE: Final = (
    "select b.stream_id, w.position is not null from log.event b"
    " left join lateral ("
    "select e.position from log.event e where e.tenant_id = b.tenant_id and e.stream_id = b.stream_id"
    " and e.event_type = 'scheduling.appointment.withdrawn' limit 1"
    ") w on true"
    " where b.tenant_id = %s and b.causation_id = %s and b.event_type = 'scheduling.appointment.booked'"
    " and (w.position is null or w.position > ("
    "select max(i.position) from log.event i where i.tenant_id = b.tenant_id and i.stream_id = %s"
    " and i.event_type in ('practice.import.started', 'practice.import.resumed')"
    ")) order by b.position"
)
_CHANGED: Final = (
    "select distinct stream_id from log.event where tenant_id = %s and stream_id = any (%s)"
    " and causation_id is distinct from %s"
)


class VisitLookup:
    """Implements application.importing.ports.VisitLookup."""

    def __init__(self, pool: ConnectionPool) -> None:
        """``pool`` connects as scheduler_app."""
        self._pool = pool

    def origins(self, tenant_id: UUID, appointment_ids: Sequence[UUID]) -> Mapping[UUID, Origin]:
        """Return where those come from that were ever booked, and whether they were taken back."""
        found: dict[UUID, Origin] = {}
        for some in _parts(appointment_ids):
            for stream_id, event_type, causation_id in self._rows(tenant_id, _ORIGINS, list(some)):
                is_withdrawn = event_type == _WITHDRAWN
                import_id = found[stream_id].import_id if is_withdrawn else causation_id
                found[stream_id] = Origin(import_id, is_withdrawn)
        return found

    def made_by(self, tenant_id: UUID, import_id: UUID) -> tuple[Sequence[UUID], Sequence[UUID]]:
        """Return which visits of an import stand, and which were taken back since it ran last; both in the order of the log."""
        rows = self._rows(tenant_id, _MADE, import_id, import_id)
        standing = [stream_id for stream_id, is_withdrawn in rows if not is_withdrawn]
        return standing, [stream_id for stream_id, is_withdrawn in rows if is_withdrawn]

    def changed_since(self, tenant_id: UUID, import_id: UUID, appointment_ids: Sequence[UUID]) -> Collection[UUID]:
        """Return those for which anything was recorded that the import did not."""
        return {
            stream_id
            for some in _parts(appointment_ids)
            for (stream_id,) in self._rows(tenant_id, _CHANGED, list(some), import_id)
        }

    def _rows(self, tenant_id: UUID, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with tenant_transaction(self._pool, tenant_id) as cursor:
            return cursor.execute(statement, (tenant_id, *values), binary=True).fetchall()


def _parts(ids: Sequence[UUID]) -> list[Sequence[UUID]]:
    return [ids[first : first + _AT_ONCE] for first in range(0, len(ids), _AT_ONCE)]
