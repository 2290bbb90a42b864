"""Query the calendar: appointments, group sessions, enrolments, series and courses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, NamedTuple, TypeAlias, TypeVar
from uuid import UUID

from domain.scheduling.appointments.status import Status
from domain.scheduling.appointments.undo import grace_after
from domain.scheduling.sessions.group_session import EnrolmentStatus
from projections.engine.ports import TenantTransaction
from projections.engine.queries import Condition, TableQuery, after_key, columns_of, in_utc, where

LONGEST_VISIT: Final = timedelta(days=1)
"""A service lasts at most 1440 minutes, so a visit in a window began at most a day before it."""


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """An appointment's current state; instants in UTC, ``[starts_at, ends_at)`` without buffers.

    In a series, ``occurrence`` is its number and ``original`` the local time it was planned for.
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
    cancellation_notice_minutes: int | None
    booked_at: datetime
    series_id: UUID | None
    occurrence: int | None
    original: str | None
    cancelled_at: datetime | None
    cancelled_by: str | None
    cancelled_late: bool | None
    origin: str
    assigned_starts_at: datetime | None
    version: int
    position: int

    @property
    def time_is_assigned(self) -> bool:
        """Whether an import chose the time; not any more once the visit was moved."""
        return self.assigned_starts_at == self.starts_at

    @property
    def holder_id(self) -> UUID:
        """The id under which its time is claimed."""
        return self.appointment_id


@dataclass(frozen=True, slots=True)
class SessionEntry:
    """A group session's current state: ``taken`` of its ``seats`` are taken, ``waiting`` wait."""

    session_id: UUID
    course_id: UUID | None
    service_id: UUID
    staff_ids: tuple[UUID, ...]
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
    cancellation_notice_minutes: int | None
    seats: int
    taken: int
    waiting: int
    changed_at: datetime
    version: int
    position: int

    @property
    def grace_until(self) -> datetime:
        return grace_after(self.changed_at)


@dataclass(frozen=True, slots=True)
class EnrolmentEntry:
    """A patient's place in a group session; ``attended`` is None until attendance is noted.

    The ``cancelled_`` fields are None unless the patient lost a seat.
    """

    patient_id: UUID
    status: str
    attended: bool | None
    cancelled_at: datetime | None
    cancelled_by: str | None
    cancelled_late: bool | None
    since: datetime
    session: SessionEntry


@dataclass(frozen=True, slots=True)
class SeriesEntry:
    """A series: ``booked`` and ``skipped`` count its occurrences; ``clinician_id`` is current."""

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


@dataclass(frozen=True, slots=True)
class CourseEntry:
    """A course: ``planned`` and ``skipped`` count its occurrences; ``staff_ids`` are current."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarFilter:
    """Selects entries that overlap ``[starts_from, until)`` and match every other given field.

    ``patient_ids``, all ids of one patient, applies to appointments, ``course_id`` to sessions.
    """

    starts_from: datetime | None = None
    until: datetime | None = None
    clinician_id: UUID | None = None
    resource_id: UUID | None = None
    patient_ids: Sequence[UUID] = ()
    service_id: UUID | None = None
    location_id: UUID | None = None
    course_id: UUID | None = None
    statuses: Sequence[str] = ()


class Bookmark(NamedTuple):
    """The last entry of a page; the next page begins after it."""

    starts_at: datetime
    id: UUID


E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class CalendarPage(Generic[E]):
    """Entries in order of their start; ``after`` is None on the last page."""

    entries: Sequence[E]
    after: Bookmark | None


ByStart: TypeAlias = tuple[datetime, UUID]
APPOINTMENTS: Final = TableQuery[CalendarEntry, ByStart](
    "calendar.appointment", CalendarEntry, "starts_at", "appointment_id"
)
SESSIONS: Final = TableQuery[SessionEntry, ByStart]("calendar.session", SessionEntry, "starts_at", "session_id")
OF_CLINICIAN: Final = "clinician_id = %s"
OF_STAFF: Final = "%s = any (staff_ids)"
_SERIES: Final = TableQuery[SeriesEntry, UUID]("calendar.series", SeriesEntry, "series_id")
_COURSES: Final = TableQuery[CourseEntry, UUID]("calendar.course", CourseEntry, "course_id")
_ENROLMENTS: Final = (
    "select e.patient_id, e.status, e.attended, case when e.status = 'withdrawn' then e.cancelled_at end,"  # noqa: S608  constants only
    " case when e.status = 'withdrawn' then e.cancelled_by end,"
    " case when e.status = 'withdrawn' then e.cancelled_late end,"
    f" e.since, {columns_of(SessionEntry, 's')} from calendar.enrolment e"
    " join calendar.session s on s.tenant_id = e.tenant_id and s.session_id = e.session_id"
)


class CalendarQueries:
    def __init__(self, transaction: TenantTransaction) -> None:
        self._transaction = transaction

    def appointments(
        self, tenant_id: UUID, which: CalendarFilter, *, after: Bookmark | None = None, limit: int = 100
    ) -> CalendarPage[CalendarEntry]:
        """Return up to ``limit`` appointments after a bookmark."""
        tests = (*_conditions(which, OF_CLINICIAN), ("patient_id = any (%s)", list(which.patient_ids) or None))
        return self._page(APPOINTMENTS, tenant_id, tests, after, limit)

    def sessions(
        self, tenant_id: UUID, which: CalendarFilter, *, after: Bookmark | None = None, limit: int = 100
    ) -> CalendarPage[SessionEntry]:
        """Return up to ``limit`` group sessions after a bookmark."""
        tests = (*_conditions(which, OF_STAFF), ("course_id = %s", which.course_id))
        return self._page(SESSIONS, tenant_id, tests, after, limit)

    def enrolments(
        self,
        tenant_id: UUID,
        patient_ids: Sequence[UUID],
        *,
        clinician_id: UUID | None = None,
        after: Bookmark | None = None,
        limit: int = 100,
    ) -> CalendarPage[EnrolmentEntry]:
        """Return up to ``limit`` enrolments of a patient, by all their ids, in the sessions' order.

        ``clinician_id``: only in sessions of this clinician.
        If the patient was enrolled under two ids in one session, a page may hold more, so that the
        next one begins after both.
        """
        condition, values = where(
            ("e.tenant_id = %s", tenant_id),
            ("e.patient_id = any (%s)", list(patient_ids)),
            (OF_STAFF, clinician_id),
            after_key(("s.starts_at", "s.session_id"), after),
        )
        with self._transaction(tenant_id) as cursor:
            rows = cursor.execute(
                f"{_ENROLMENTS} where {condition} order by s.starts_at, s.session_id limit %s".encode(),
                (*values, limit + len(patient_ids) + 1),
                binary=True,
            ).fetchall()
        found = [
            EnrolmentEntry(patient_id, status, attended, at, by, late, since, SessionEntry(*session))
            for patient_id, status, attended, at, by, late, since, *session in map(in_utc, rows)
        ]
        chosen = found[:limit]
        chosen += [each for each in found[limit:] if each.session.session_id == chosen[-1].session.session_id]
        last = chosen[-1].session if len(found) > len(chosen) else None
        return CalendarPage(chosen, Bookmark(last.starts_at, last.session_id) if last else None)

    def seats(self, tenant_id: UUID, session_ids: Sequence[UUID]) -> Sequence[tuple[UUID, UUID]]:
        """Return (session, patient) of each seat taken in these sessions."""
        if not session_ids:
            return []
        with self._transaction(tenant_id) as cursor:
            return cursor.execute(
                "select session_id, patient_id from calendar.enrolment"
                " where tenant_id = %s and session_id = any (%s) and status = %s order by session_id, patient_id",
                (tenant_id, list(session_ids), EnrolmentStatus.ENROLLED.value),
            ).fetchall()

    def count_visits(self, tenant_id: UUID, patient_ids: Sequence[UUID], now: datetime) -> tuple[int, int]:
        """Count a patient's visits and requests, by all their ids: all of them, and the coming."""
        with self._transaction(tenant_id) as cursor:
            [(all_, coming)] = cursor.execute(
                "select count(*), count(*) filter (where starts_at >= %s and status = any (%s))"
                " from calendar.appointment where tenant_id = %s and patient_id = any (%s)",
                (now, [Status.REQUESTED.value, Status.BOOKED.value], tenant_id, list(patient_ids)),
            ).fetchall()
        return all_, coming

    def series(
        self,
        tenant_id: UUID,
        *,
        patient_id: UUID | None = None,
        clinician_id: UUID | None = None,
        after: UUID | None = None,
        limit: int = 50,
    ) -> tuple[Sequence[SeriesEntry], UUID | None]:
        """Return a page of series, oldest first, and the id after which the next one begins."""
        tests = (("patient_id = %s", patient_id), (OF_CLINICIAN, clinician_id))
        return _SERIES.page(self._transaction, tenant_id, *tests, after=after, limit=limit)

    def courses(
        self,
        tenant_id: UUID,
        *,
        service_id: UUID | None = None,
        clinician_id: UUID | None = None,
        after: UUID | None = None,
        limit: int = 50,
    ) -> tuple[Sequence[CourseEntry], UUID | None]:
        """Return a page of courses, oldest first, and the id after which the next one begins."""
        tests = (("service_id = %s", service_id), (OF_STAFF, clinician_id))
        return _COURSES.page(self._transaction, tenant_id, *tests, after=after, limit=limit)

    def _page(
        self,
        table: TableQuery[E, ByStart],
        tenant_id: UUID,
        tests: Sequence[Condition],
        after: Bookmark | None,
        limit: int,
    ) -> CalendarPage[E]:
        entries, key = table.page(self._transaction, tenant_id, *tests, after=after, limit=limit)
        return CalendarPage(entries, Bookmark(*key) if key else None)


def place_conditions(which: CalendarFilter, of_clinician: str) -> tuple[Condition, ...]:
    """Return the conditions of a place: its window, clinician and resource."""
    return (
        ("ends_at > %s", which.starts_from),
        ("starts_at > %s", which.starts_from and which.starts_from - LONGEST_VISIT),
        ("starts_at < %s", which.until),
        (of_clinician, which.clinician_id),
        ("%s = any (resource_ids)", which.resource_id),
    )


def _conditions(which: CalendarFilter, of_clinician: str) -> tuple[Condition, ...]:
    return (
        *place_conditions(which, of_clinician),
        ("service_id = %s", which.service_id),
        ("location_id = %s", which.location_id),
        ("status = any (%s)", list(which.statuses) or None),
    )
