"""The visits, sessions and series within the reach of a key that is bound to one clinician.

Each function raises OutOfReachError, which is answered as if the record did not exist.
"""

from collections.abc import Iterable
from typing import Protocol
from uuid import UUID

from application.kernel.permissions import Actor, authorise_session, authorise_visit
from application.kernel.practice_log import PracticeLog
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.series.occurrence_plan import Scope
from domain.scheduling.series.series import Series
from domain.scheduling.sessions.course import Course
from domain.scheduling.sessions.group_session import GroupSession


class OfOneAggregate(Protocol):
    @property
    def id(self) -> UUID: ...


class OfOneClinician(Protocol):
    @property
    def clinician_id(self) -> UUID | None: ...


def own_appointment(log: PracticeLog, actor: Actor, command: OfOneAggregate) -> None:
    if actor.clinician_id is not None:
        authorise_visit(actor, log.load(Appointment, command.id).clinician_id)


def own_session(log: PracticeLog, actor: Actor, command: OfOneAggregate) -> None:
    if actor.clinician_id is not None:
        authorise_session(actor, log.load(GroupSession, command.id).staff_ids)


def own_clinician(log: PracticeLog, actor: Actor, command: OfOneClinician) -> None:
    own_clinicians(actor, command.clinician_id)


def own_clinicians(actor: Actor, *clinician_ids: UUID | None) -> None:
    """Check that all clinicians are the actor's own; None is skipped."""
    for clinician_id in clinician_ids:
        if clinician_id is not None:
            authorise_visit(actor, clinician_id, "clinician")


def own_new_staff(actor: Actor, staff_before: Iterable[UUID], staff: Iterable[UUID] | None) -> None:
    """Check that staff who are added by a change are the actor's own."""
    own_clinicians(actor, *(set(staff or ()) - set(staff_before)))


def own_course(
    log: PracticeLog, actor: Actor, course_id: UUID, from_occurrence: int, scope: Scope = Scope.FOLLOWING
) -> None:
    """Check the course and each of its sessions in scope."""
    if actor.clinician_id is None:
        return
    course = log.load(Course, course_id)
    authorise_session(actor, course.staff_ids)
    for session in log.load_all(GroupSession, list(course.in_scope(from_occurrence, scope).values())).values():
        authorise_session(actor, session.staff_ids)


def own_series(log: PracticeLog, actor: Actor, series_id: UUID, from_occurrence: int, scope: Scope) -> None:
    """Check the series and each of its visits in scope."""
    if actor.clinician_id is None:
        return
    series = log.load(Series, series_id)
    authorise_visit(actor, series.clinician_id, "series")
    for visit in log.load_all(Appointment, list(series.in_scope(from_occurrence, scope).values())).values():
        authorise_visit(actor, visit.clinician_id, "series")
