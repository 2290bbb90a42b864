"""Which visits, sessions and series are within the reach of a key that is bound to one clinician.

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


class OfOne(Protocol):
    """A command on one aggregate."""

    @property
    def id(self) -> UUID: ...


class OfOccurrences(OfOne, Protocol):
    """A command on some visits of a series, or sessions of a course."""

    @property
    def from_occurrence(self) -> int: ...
    @property
    def scope(self) -> Scope: ...


def own_appointment(log: PracticeLog, actor: Actor, command: OfOne) -> None:
    if actor.clinician_id is not None:
        authorise_visit(actor, log.load(Appointment, command.id).clinician_id)


def own_session(log: PracticeLog, actor: Actor, command: OfOne) -> None:
    if actor.clinician_id is not None:
        authorise_session(actor, log.load(GroupSession, command.id).staff_ids)


def own_clinicians(actor: Actor, *clinician_ids: UUID | None) -> None:
    """Every clinician that a command names is the actor's own; None names nobody."""
    for clinician_id in clinician_ids:
        if clinician_id is not None:
            authorise_visit(actor, clinician_id, "clinician")


def own_new_staff(actor: Actor, staff_before: Iterable[UUID], staff: Iterable[UUID] | None) -> None:
    """Staff who are added by a change are the actor's own."""
    own_clinicians(actor, *(set(staff or ()) - set(staff_before)))


def own_course(log: PracticeLog, actor: Actor, command: OfOccurrences) -> None:
    """The course and its sessions in the scope are among the actor's own."""
    if actor.clinician_id is None:
        return
    course = log.load(Course, command.id)
    authorise_session(actor, course.staff_ids)
    session_ids = list(course.in_scope(command.from_occurrence, command.scope).values())
    for session in log.load_all(GroupSession, session_ids).values():
        authorise_session(actor, session.staff_ids)


def own_series(log: PracticeLog, actor: Actor, command: OfOccurrences) -> None:
    """The series and its visits in the scope are the actor's own."""
    if actor.clinician_id is None:
        return
    series = log.load(Series, command.id)
    authorise_visit(actor, series.clinician_id, "series")
    visit_ids = list(series.in_scope(command.from_occurrence, command.scope).values())
    for visit in log.load_all(Appointment, visit_ids).values():
        authorise_visit(actor, visit.clinician_id, "series")
