"""Tells which of many things are in a practice's log already: what an import asks before it books."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from psycopg_pool import ConnectionPool

from domain.scheduling.time_claim import TimeClaim
from domain.time_range import TimeRange
from event_store.tenancy import tenant_transaction

_AT_ONCE: Final = 5_000
"""Ids of one query; a message to the server stays far below a megabyte."""


class RecordedThings:
    """Implements application.importing.ports.RecordedThings."""

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
    return TimeClaim(holder_id, what, visit.padded(timedelta(minutes=before), timedelta(minutes=after)), visit)
