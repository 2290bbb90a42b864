"""Tells which of many things are in a practice's log already: what an import asks before it books."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from psycopg_pool import ConnectionPool

from domain.kernel.time_range import TimeRange
from domain.patients.origin import Origin
from domain.scheduling.time_claim import TimeClaim
from event_store.tenancy import tenant_transaction

_AT_ONCE: Final = 5_000
"""Ids of one query; a message to the server stays far below a megabyte."""


class StreamLookup:
    """Implements application.importing.ports.StreamLookup."""

    def __init__(self, pool: ConnectionPool) -> None:
        """``pool`` connects as scheduler_app."""
        self._pool = pool

    def known(self, tenant_id: UUID, stream_ids: Sequence[UUID]) -> Collection[UUID]:
        """Return those that are there."""
        found: set[UUID] = set()
        for first in range(0, len(stream_ids), _AT_ONCE):
            with tenant_transaction(self._pool, tenant_id) as cursor:
                rows = cursor.execute(
                    "select stream_id from log.event where tenant_id = %s and stream_id = any (%s) and version = 1",
                    (tenant_id, list(stream_ids[first : first + _AT_ONCE])),
                    binary=True,
                ).fetchall()
            found.update(stream_id for (stream_id,) in rows)
        return found

    def origins(self, tenant_id: UUID, patient_ids: Sequence[UUID]) -> Mapping[UUID, Origin]:
        """Return where the patients among them come from that were ever registered."""
        found: dict[UUID, Origin] = {}
        for first in range(0, len(patient_ids), _AT_ONCE):
            with tenant_transaction(self._pool, tenant_id) as cursor:
                rows = cursor.execute(
                    "select stream_id, event_type, causation_id from log.event where tenant_id = %s and stream_id = any (%s)"
                    " and event_type in ('patients.patient.registered', 'patients.patient.reinstated',"
                    " 'patients.patient.withdrawn') order by stream_id, version",
                    (tenant_id, list(patient_ids[first : first + _AT_ONCE])),
                    binary=True,
                ).fetchall()
            for stream_id, event_type, causation_id in rows:
                if event_type.endswith(".withdrawn"):
                    found[stream_id] = Origin(found[stream_id].import_id, is_withdrawn=True)
                else:
                    found[stream_id] = Origin(causation_id, is_withdrawn=False)
        return found

    def made_by(self, tenant_id: UUID, import_id: UUID) -> Sequence[UUID]:
        """Return the patients whom an import has ever registered, each once, in the order of the log."""
        with tenant_transaction(self._pool, tenant_id) as cursor:
            rows = cursor.execute(
                "select stream_id from log.event where tenant_id = %s and causation_id = %s"
                " and event_type in ('patients.patient.registered', 'patients.patient.reinstated') order by position",
                (tenant_id, import_id),
                binary=True,
            ).fetchall()
        return list(dict.fromkeys(stream_id for (stream_id,) in rows))

    def changed_since(self, tenant_id: UUID, import_id: UUID, patient_ids: Sequence[UUID]) -> Collection[UUID]:
        """Return the patients for whom something else was recorded since the import registered them last."""
        changed: set[UUID] = set()
        for first in range(0, len(patient_ids), _AT_ONCE):
            with tenant_transaction(self._pool, tenant_id) as cursor:
                rows = cursor.execute(
                    "select stream_id, event_type, causation_id from log.event where tenant_id = %s and stream_id = any (%s)"
                    " order by stream_id, version",
                    (tenant_id, list(patient_ids[first : first + _AT_ONCE])),
                    binary=True,
                ).fetchall()
            for stream_id, event_type, causation_id in rows:
                if causation_id != import_id:
                    changed.add(stream_id)
                elif event_type in ("patients.patient.registered", "patients.patient.reinstated"):
                    changed.discard(stream_id)
        return changed

    def claims_when_booked(self, tenant_id: UUID, appointment_ids: Sequence[UUID]) -> Sequence[TimeClaim]:
        """Return the clinician's claim with which each appointment that is there was booked, whatever came of it later."""
        found: list[TimeClaim] = []
        for first in range(0, len(appointment_ids), _AT_ONCE):
            with tenant_transaction(self._pool, tenant_id) as cursor:
                rows = cursor.execute(
                    "select stream_id, (body ->> 'clinician_id')::uuid,"
                    " (body ->> 'starts_at')::timestamptz, (body ->> 'ends_at')::timestamptz,"
                    " (body ->> 'buffer_before_minutes')::int, (body ->> 'buffer_after_minutes')::int"
                    " from log.event where tenant_id = %s and stream_id = any (%s) and version = 1"
                    " and event_type = 'scheduling.appointment.booked'",
                    (tenant_id, list(appointment_ids[first : first + _AT_ONCE])),
                    binary=True,
                ).fetchall()
            found += [_claim(*row) for row in rows]
        return found


def _claim(holder_id: UUID, what: UUID, starts_at: datetime, ends_at: datetime, before: int, after: int) -> TimeClaim:
    visit = TimeRange(starts_at.astimezone(UTC), ends_at.astimezone(UTC))
    return TimeClaim(holder_id, what, visit.with_buffers(before, after), visit)
