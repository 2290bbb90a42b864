"""Gives a person a seat in every session of a course that is to come, or a place in the lines of those that are full."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.commands import Command, Context, handles
from application.kernel.permissions import Actor, Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.patients.person import person_of, refuse_gone
from application.scheduling.reach import own_course
from application.scheduling.series.book_series import OnConflict
from application.scheduling.sessions.course_roster import COURSE_TRIES, change_places
from domain.kernel.presence import PresenceGuard
from domain.scheduling.series.errors import Conflict
from domain.scheduling.sessions.course import Course, CourseEnrolment
from domain.scheduling.sessions.errors import CourseFullError, SessionFullError


@dataclass(frozen=True, slots=True)
class EnrolInCourse(Command[Course]):
    """``waits``: where every seat is taken, wait for one. If not, ``on_conflict`` says whether the other sessions are enough."""

    id: UUID
    patient_id: UUID
    from_occurrence: int = 1
    waits: bool = False
    on_conflict: OnConflict = OnConflict.ALL_OR_NOTHING
    expected_version: int | None = None


def _own_course(log: PracticeLog, actor: Actor, command: EnrolInCourse) -> None:
    own_course(log, actor, command.id, command.from_occurrence)


@handles(EnrolInCourse, needs=Permission.ENROL, within=_own_course, tries=COURSE_TRIES)
def enrol_in_course(log: PracticeLog, command: EnrolInCourse, context: Context) -> Outcome[Course]:
    """Enrol in every session to come that agrees; what is cancelled or has begun, and where the person is already, stays.

    Raises NotFoundError: no such course or patient, or an erased one; PatientMergedError,
    PatientWithdrawnError; InvalidValueError: no such occurrence; CourseFullError: some sessions are full,
    and it is all or nothing; NothingToChangeError: every session refuses.
    """
    with log.turn_at(command.id):
        course = log.load(Course, command.id, command.expected_version)
        person = person_of(log, command.patient_id)
        refuse_gone(person, command.patient_id)
        places = change_places(
            log,
            course,
            command.from_occurrence,
            lambda session: session.enrol(command.patient_id, person.ids, context.now, waits=command.waits),
        )
        full = [
            Conflict(index, session.starts_at, places.kept[index])
            for index, session in places.refused.items()
            if places.kept[index] == SessionFullError.code
        ]
        if full and command.on_conflict is OnConflict.ALL_OR_NOTHING:
            raise CourseFullError(full)
        places.require_any()
        has_seat = {index: command.patient_id in session.roster for index, session in places.done.items()}
        enrolment = CourseEnrolment(
            command.patient_id,
            command.from_occurrence,
            enrolled=[index for index, seat in has_seat.items() if seat],
            waiting=[index for index, seat in has_seat.items() if not seat],
            kept=places.kept,
        )
        course.enrol(enrolment, context.now)
        guards = [PresenceGuard(command.patient_id)]
        return log.commit(course, *places.done.values(), by=context.provenance, guards=guards)
