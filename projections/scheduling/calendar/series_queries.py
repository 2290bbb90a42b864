"""Asks the calendar for series, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from projections.engine.conditions import all_of
from projections.engine.ports import TenantTransaction

_COLUMNS: Final = (
    "series_id, patient_id, service_id, clinician_id, zone, rrule, starts_at, booked, skipped, version, position"
)


@dataclass(frozen=True, slots=True)
class SeriesEntry:
    """One series as it was planned: ``booked`` and ``skipped`` count its occurrences; ``clinician_id`` is whose it is now."""

    series_id: UUID
    patient_id: UUID
    service_id: UUID
    clinician_id: UUID
    zone: str
    rrule: str
    starts_at: datetime
    booked: int
    skipped: int
    version: int
    position: int


class SeriesQueries:
    def __init__(self, transaction: TenantTransaction) -> None:
        self._transaction = transaction

    def page(
        self,
        tenant_id: UUID,
        *,
        patient_id: UUID | None = None,
        clinician_id: UUID | None = None,
        after: UUID | None = None,
        limit: int = 50,
    ) -> tuple[Sequence[SeriesEntry], UUID | None]:
        """Return up to ``limit`` series in the order in which they were made, and the id behind which the next page begins."""
        condition, values = all_of(
            ("tenant_id = %s", tenant_id),
            ("patient_id = %s", patient_id),
            ("clinician_id = %s", clinician_id),
            ("series_id > %s", after),
        )
        with self._transaction(tenant_id) as cursor:
            rows = cursor.execute(
                f"select {_COLUMNS} from calendar.series where {condition} order by series_id limit %s",  # noqa: S608  constants only
                (*values, limit + 1),
                binary=True,
            ).fetchall()
        entries = [_entry(row) for row in rows[:limit]]
        return entries, entries[-1].series_id if len(rows) > limit else None


def _entry(row: tuple[Any, ...]) -> SeriesEntry:
    entry = list(row)
    # PostgreSQL answers in its session's zone.
    entry[6] = entry[6].astimezone(UTC)
    return SeriesEntry(*entry)
