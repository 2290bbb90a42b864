"""Asks the calendar: visits in a window of time, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from projections.engine.conditions import all_of
from projections.engine.ports import TenantTransaction

LONGEST_VISIT: Final = timedelta(days=1)
"""A service lasts at most 1440 minutes, so a visit that reaches into a window began at most a day before it."""

COLUMNS: Final = (
    "appointment_id, patient_id, service_id, clinician_id, location_id, resource_ids, starts_at, ends_at,"
    " buffer_before_minutes, buffer_after_minutes, status, mode, price_amount_minor, price_currency, booked_at,"
    " series_id, occurrence, original, version, position"
)


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One visit as it stands; instants in UTC, ``[starts_at, ends_at)`` without its buffers.

    Of one that was booked in a series ``occurrence`` is its index, ``original`` its time on the wall clock as it was planned first.
    """

    appointment_id: UUID
    patient_id: UUID
    service_id: UUID
    clinician_id: UUID
    location_id: UUID
    resource_ids: tuple[UUID, ...]
    starts_at: datetime
    ends_at: datetime
    buffer_before_minutes: int
    buffer_after_minutes: int
    status: str
    mode: str
    price_amount_minor: int
    price_currency: str
    booked_at: datetime
    series_id: UUID | None
    occurrence: int | None
    original: str | None
    version: int
    position: int

    @property
    def holder_id(self) -> UUID:
        """Under which id its time is claimed."""
        return self.appointment_id


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarFilter:
    """Which visits: those that share an instant with ``[starts_from, until)``, of all that is named. Nothing named is everything.

    ``patient_ids`` are those under which one patient is known.
    """

    starts_from: datetime | None = None
    until: datetime | None = None
    clinician_id: UUID | None = None
    resource_id: UUID | None = None
    patient_ids: Sequence[UUID] = ()
    service_id: UUID | None = None
    location_id: UUID | None = None
    statuses: Sequence[str] = ()


class Bookmark(NamedTuple):
    """The last visit or session of a page; the next page begins behind it."""

    starts_at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class CalendarPage:
    """Visits in order of their start; ``after`` is None on the last page."""

    entries: Sequence[CalendarEntry]
    after: Bookmark | None


class CalendarQueries:
    def __init__(self, transaction: TenantTransaction) -> None:
        self._transaction = transaction

    def page(
        self, tenant_id: UUID, which: CalendarFilter, *, after: Bookmark | None = None, limit: int = 100
    ) -> CalendarPage:
        """Return up to ``limit`` visits behind a bookmark."""
        condition, values = _condition(tenant_id, which, after)
        with self._transaction(tenant_id) as cursor:
            rows = cursor.execute(
                f"select {COLUMNS} from calendar.appointment where {condition}"  # noqa: S608  constants only
                " order by starts_at, appointment_id limit %s",
                (*values, limit + 1),
                binary=True,
            ).fetchall()
        entries = [entry_of(row) for row in rows[:limit]]
        is_last = len(rows) <= limit
        return CalendarPage(entries, None if is_last else Bookmark(entries[-1].starts_at, entries[-1].appointment_id))

    def count(self, tenant_id: UUID, which: CalendarFilter) -> int:
        """Return how many visits there are."""
        condition, values = _condition(tenant_id, which)
        with self._transaction(tenant_id) as cursor:
            row = cursor.execute(
                f"select count(*) from calendar.appointment where {condition}",  # noqa: S608  constants only
                values,
            ).fetchone()
        return int(row[0]) if row else 0

    def appointment(self, tenant_id: UUID, appointment_id: UUID) -> CalendarEntry | None:
        """Return one visit; None if the calendar knows none under this id."""
        with self._transaction(tenant_id) as cursor:
            row = cursor.execute(
                f"select {COLUMNS} from calendar.appointment where tenant_id = %s and appointment_id = %s",  # noqa: S608
                (tenant_id, appointment_id),
                binary=True,
            ).fetchone()
        return entry_of(row) if row else None


def _condition(tenant_id: UUID, which: CalendarFilter, after: Bookmark | None = None) -> tuple[str, list[object]]:
    return all_of(
        ("tenant_id = %s", tenant_id),
        ("(starts_at, appointment_id) > (%s, %s)", after),
        ("ends_at > %s", which.starts_from),
        ("starts_at > %s", which.starts_from and which.starts_from - LONGEST_VISIT),
        ("starts_at < %s", which.until),
        ("clinician_id = %s", which.clinician_id),
        ("service_id = %s", which.service_id),
        ("location_id = %s", which.location_id),
        ("patient_id = any (%s)", list(which.patient_ids) or None),
        ("%s = any (resource_ids)", which.resource_id),
        ("status = any (%s)", list(which.statuses) or None),
    )


def entry_of(row: tuple[Any, ...]) -> CalendarEntry:
    """Return the visit of a row of COLUMNS."""
    entry = list(row)
    entry[5] = tuple(entry[5])
    for column in (6, 7, 14):
        # PostgreSQL answers in its session's zone.
        entry[column] = entry[column].astimezone(UTC)
    return CalendarEntry(*entry)
