"""Asks the calendar for courses, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from projections.engine.conditions import all_of
from projections.engine.ports import TenantTransaction

_COLUMNS: Final = "course_id, service_id, staff_ids, seats, zone, rrule, starts_at, planned, skipped, version, position"


@dataclass(frozen=True, slots=True)
class CourseEntry:
    """One course: ``planned`` and ``skipped`` count its occurrences, of which the first is at ``starts_at``; ``staff_ids`` give it now."""

    course_id: UUID
    service_id: UUID
    staff_ids: tuple[UUID, ...]
    seats: int
    zone: str
    rrule: str
    starts_at: datetime
    planned: int
    skipped: int
    version: int
    position: int


class CourseQueries:
    def __init__(self, transaction: TenantTransaction) -> None:
        self._transaction = transaction

    def page(
        self,
        tenant_id: UUID,
        *,
        service_id: UUID | None = None,
        clinician_id: UUID | None = None,
        after: UUID | None = None,
        limit: int = 50,
    ) -> tuple[Sequence[CourseEntry], UUID | None]:
        """Return up to ``limit`` courses in the order in which they were planned, and the id behind which the next page begins."""
        condition, values = all_of(
            ("tenant_id = %s", tenant_id),
            ("service_id = %s", service_id),
            ("%s = any (staff_ids)", clinician_id),
            ("course_id > %s", after),
        )
        with self._transaction(tenant_id) as cursor:
            rows = cursor.execute(
                f"select {_COLUMNS} from calendar.course where {condition} order by course_id limit %s",  # noqa: S608  constants only
                (*values, limit + 1),
                binary=True,
            ).fetchall()
        entries = [_entry(row) for row in rows[:limit]]
        return entries, entries[-1].course_id if len(rows) > limit else None


def _entry(row: tuple[Any, ...]) -> CourseEntry:
    entry = list(row)
    entry[2] = tuple(entry[2])
    # PostgreSQL answers in its session's zone.
    entry[6] = entry[6].astimezone(UTC)
    return CourseEntry(*entry)
