"""Asks the calendar for sessions, page by page, and for the ones that a patient is or was in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from domain.scheduling.appointments.undo import grace_after
from projections.engine.conditions import all_of
from projections.engine.ports import TenantTransaction
from projections.scheduling.calendar.queries import LONGEST_VISIT, Bookmark

COLUMNS: Final = (
    "s.session_id, s.course_id, s.service_id, s.staff_ids, s.location_id, s.resource_ids, s.starts_at, s.ends_at,"
    " s.buffer_before_minutes, s.buffer_after_minutes, s.status, s.mode, s.price_amount_minor, s.price_currency, s.seats, s.taken,"
    " s.waiting, s.changed_at, s.version, s.position"
)
_SESSIONS: Final = f"select {COLUMNS} from calendar.session s"  # noqa: S608  constants only
_ENROLMENTS: Final = (
    f"select e.patient_id, e.status, e.attended, e.since, {COLUMNS} from calendar.enrolment e"  # noqa: S608  constants only
    " join calendar.session s on s.tenant_id = e.tenant_id and s.session_id = e.session_id"
)
_IN_ORDER: Final = " order by s.starts_at, s.session_id limit %s"
_BEHIND: Final = "(s.starts_at, s.session_id) > (%s, %s)"


@dataclass(frozen=True, slots=True)
class SessionEntry:
    """One session as it stands; ``taken`` of its ``seats`` are, and so many people wait. It was last changed at ``changed_at``."""

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
    """How a patient stands in a session. ``attended`` is None while nobody has noted whether they came."""

    patient_id: UUID
    status: str
    attended: bool | None
    since: datetime
    session: SessionEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFilter:
    """Which sessions: those that share an instant with ``[starts_from, until)``, of all that is named. Nothing named is everything."""

    starts_from: datetime | None = None
    until: datetime | None = None
    clinician_id: UUID | None = None
    resource_id: UUID | None = None
    service_id: UUID | None = None
    location_id: UUID | None = None
    course_id: UUID | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class SessionPage:
    """Sessions in order of their start; ``after`` is None on the last page."""

    entries: Sequence[SessionEntry]
    after: Bookmark | None


class SessionQueries:
    def __init__(self, transaction: TenantTransaction) -> None:
        self._transaction = transaction

    def page(
        self, tenant_id: UUID, which: SessionFilter, *, after: Bookmark | None = None, limit: int = 100
    ) -> SessionPage:
        """Return up to ``limit`` sessions behind a bookmark."""
        rows = self._rows(tenant_id, _SESSIONS, _condition(tenant_id, which, after), limit)
        entries = [session_of(row) for row in rows[:limit]]
        last = entries[-1] if len(rows) > limit else None
        return SessionPage(entries, Bookmark(last.starts_at, last.session_id) if last else None)

    def of_patient(
        self, tenant_id: UUID, patient_ids: Sequence[UUID], *, after: Bookmark | None = None, limit: int = 100
    ) -> tuple[Sequence[EnrolmentEntry], Bookmark | None]:
        """Return up to ``limit`` enrolments of one person, who is known under these ids, in order of the sessions' start.

        Where somebody was enrolled under two of their ids, a page may hold one more, so that the next one begins behind both.
        """
        theirs = all_of(
            ("e.tenant_id = %s", tenant_id), ("e.patient_id = any (%s)", list(patient_ids)), (_BEHIND, after)
        )
        rows = self._rows(tenant_id, _ENROLMENTS, theirs, limit + len(patient_ids))
        found = [EnrolmentEntry(row[0], row[1], row[2], row[3].astimezone(UTC), session_of(row[4:])) for row in rows]
        chosen = found[:limit]
        chosen += [each for each in found[limit:] if each.session.session_id == chosen[-1].session.session_id]
        last = chosen[-1].session if len(found) > len(chosen) else None
        return chosen, Bookmark(last.starts_at, last.session_id) if last else None

    def _rows(
        self, tenant_id: UUID, select: str, which: tuple[str, list[object]], limit: int
    ) -> Sequence[tuple[Any, ...]]:
        condition, values = which
        with self._transaction(tenant_id) as cursor:
            return cursor.execute(
                f"{select} where {condition}{_IN_ORDER}".encode(), (*values, limit + 1), binary=True
            ).fetchall()


def _condition(tenant_id: UUID, which: SessionFilter, after: Bookmark | None) -> tuple[str, list[object]]:
    return all_of(
        ("s.tenant_id = %s", tenant_id),
        (_BEHIND, after),
        ("s.ends_at > %s", which.starts_from),
        ("s.starts_at > %s", which.starts_from and which.starts_from - LONGEST_VISIT),
        ("s.starts_at < %s", which.until),
        ("%s = any (s.staff_ids)", which.clinician_id),
        ("%s = any (s.resource_ids)", which.resource_id),
        ("s.service_id = %s", which.service_id),
        ("s.location_id = %s", which.location_id),
        ("s.course_id = %s", which.course_id),
        ("s.status = %s", which.status),
    )


def session_of(row: Sequence[Any]) -> SessionEntry:
    """Return the session of a row of COLUMNS."""
    entry = list(row)
    for column in (3, 5):
        entry[column] = tuple(entry[column])
    for column in (6, 7, 17):
        # PostgreSQL answers in its session's zone.
        entry[column] = entry[column].astimezone(UTC)
    return SessionEntry(*entry)
