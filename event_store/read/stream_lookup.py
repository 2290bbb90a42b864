"""Looks up many patients or visits in a practice's log, for imports."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any, Final
from uuid import UUID

from psycopg_pool import ConnectionPool

from domain.kernel.time_range import TimeRange
from domain.patients.origin import Origin
from domain.scheduling.time_claim import TimeClaim
from event_store.tenancy import tenant_transaction

_BATCH: Final = 5_000
"""Ids per query, so that its message stays far below a megabyte."""
_ORIGINS: Final = (
    "select stream_id, event_type, causation_id from log.event where tenant_id = %s and stream_id = any (%s)"
    " and event_type = any (%s) order by stream_id, version"
)
_REGISTRATIONS: Final = ["patients.patient.registered", "patients.patient.reinstated"]
# Only withdrawals since the last run: if the file was imported again after an earlier undo, the
# visits that the undo withdrew were booked again under other ids.
_BOOKED_BY: Final = (
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


class _Lookup:
    def __init__(self, pool: ConnectionPool) -> None:
        """``pool`` connects as scheduler_app."""
        self._pool = pool

    def _rows(self, tenant_id: UUID, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with tenant_transaction(self._pool, tenant_id) as cursor:
            return cursor.execute(statement.encode(), (tenant_id, *values), binary=True).fetchall()

    def _rows_of(self, tenant_id: UUID, ids: Sequence[UUID], statement: str, *values: object) -> Iterator[Any]:
        for first in range(0, len(ids), _BATCH):
            yield from self._rows(tenant_id, statement, list(ids[first : first + _BATCH]), *values)

    def _origins(self, tenant_id: UUID, ids: Sequence[UUID], event_types: list[str]) -> Mapping[UUID, Origin]:
        found: dict[UUID, Origin] = {}
        for stream_id, event_type, causation_id in self._rows_of(tenant_id, ids, _ORIGINS, event_types):
            is_withdrawn = event_type.endswith(".withdrawn")
            found[stream_id] = Origin(found[stream_id].import_id if is_withdrawn else causation_id, is_withdrawn)
        return found


class StreamLookup(_Lookup):
    """Implements application.importing.ports.StreamLookup."""

    def known(self, tenant_id: UUID, stream_ids: Sequence[UUID]) -> Collection[UUID]:
        statement = "select stream_id from log.event where tenant_id = %s and stream_id = any (%s) and version = 1"
        return {stream_id for (stream_id,) in self._rows_of(tenant_id, stream_ids, statement)}

    def origins(self, tenant_id: UUID, patient_ids: Sequence[UUID]) -> Mapping[UUID, Origin]:
        return self._origins(tenant_id, patient_ids, [*_REGISTRATIONS, "patients.patient.withdrawn"])

    def made_by(self, tenant_id: UUID, import_id: UUID) -> Sequence[UUID]:
        rows = self._rows(
            tenant_id,
            "select stream_id from log.event where tenant_id = %s and causation_id = %s and event_type = any (%s)"
            " order by position",
            import_id,
            _REGISTRATIONS,
        )
        return list(dict.fromkeys(stream_id for (stream_id,) in rows))

    def changed_since(self, tenant_id: UUID, import_id: UUID, patient_ids: Sequence[UUID]) -> Collection[UUID]:
        statement = (
            "select stream_id, event_type, causation_id from log.event where tenant_id = %s and stream_id = any (%s)"
            " order by stream_id, version"
        )
        changed: set[UUID] = set()
        for stream_id, event_type, causation_id in self._rows_of(tenant_id, patient_ids, statement):
            if causation_id != import_id:
                changed.add(stream_id)
            elif event_type in _REGISTRATIONS:
                changed.discard(stream_id)
        return changed

    def claims_when_booked(self, tenant_id: UUID, appointment_ids: Sequence[UUID]) -> Sequence[TimeClaim]:
        """Return the clinician's claim with which each known appointment was booked."""
        statement = (
            "select stream_id, (body ->> 'clinician_id')::uuid,"
            " (body ->> 'starts_at')::timestamptz, (body ->> 'ends_at')::timestamptz,"
            " (body ->> 'buffer_before_minutes')::int, (body ->> 'buffer_after_minutes')::int"
            " from log.event where tenant_id = %s and stream_id = any (%s) and version = 1"
            " and event_type = 'scheduling.appointment.booked'"
        )
        claims: list[TimeClaim] = []
        for holder_id, what, starts_at, ends_at, before, after in self._rows_of(tenant_id, appointment_ids, statement):
            visit = TimeRange(starts_at.astimezone(UTC), ends_at.astimezone(UTC))
            claims.append(TimeClaim(holder_id, what, visit.with_buffers(before, after), visit))
        return claims


class VisitLookup(_Lookup):
    """Implements application.importing.ports.VisitLookup."""

    def origins(self, tenant_id: UUID, appointment_ids: Sequence[UUID]) -> Mapping[UUID, Origin]:
        event_types = ["scheduling.appointment.booked", "scheduling.appointment.withdrawn"]
        return self._origins(tenant_id, appointment_ids, event_types)

    def made_by(self, tenant_id: UUID, import_id: UUID) -> tuple[Sequence[UUID], Sequence[UUID]]:
        rows = self._rows(tenant_id, _BOOKED_BY, import_id, import_id)
        current = [stream_id for stream_id, is_withdrawn in rows if not is_withdrawn]
        return current, [stream_id for stream_id, is_withdrawn in rows if is_withdrawn]

    def changed_since(self, tenant_id: UUID, import_id: UUID, appointment_ids: Sequence[UUID]) -> Collection[UUID]:
        statement = (
            "select distinct stream_id from log.event where tenant_id = %s and stream_id = any (%s)"
            " and causation_id is distinct from %s"
        )
        return {stream_id for (stream_id,) in self._rows_of(tenant_id, appointment_ids, statement, import_id)}
