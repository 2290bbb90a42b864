"""Gives a person a seat in every session of a course that is to come, or a place in the lines of those that are full."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from application.patients.person import Person, refuse_gone
from application.scheduling.series.book_series import OnConflict
from application.scheduling.sessions.course_roster import CourseRosterHandler
from domain.patients.standing import PatientSeen
from domain.scheduling.series.errors import Conflict
from domain.scheduling.sessions.course import Course, CourseEnrolment
from domain.scheduling.sessions.errors import CourseFullError, SessionFullError
from domain.scheduling.sessions.group_session import GroupSession


@dataclass(frozen=True, slots=True)
class EnrolInCourse:
    """``waits``: where every seat is taken, wait for one. If not, ``on_conflict`` says whether the other sessions are enough."""

    id: UUID
    patient_id: UUID
    from_occurrence: int = 1
    waits: bool = False
    on_conflict: OnConflict = OnConflict.ALL_OR_NOTHING
    expected_version: int | None = None


class EnrolInCourseHandler(CourseRosterHandler[EnrolInCourse]):
    """Carries out EnrolInCourse. What is cancelled or has begun, and where the person is already, stays as it is."""

    def refuse(self, person: Person, command: EnrolInCourse) -> None:
        """Raises NotFoundError: they were erased; PatientMergedError, PatientWithdrawnError."""
        refuse_gone(person, command.patient_id)

    def relies_on(self, command: EnrolInCourse) -> PatientSeen:
        return PatientSeen(command.patient_id)

    def ask(self, session: GroupSession, person: Person, command: EnrolInCourse) -> None:
        """Raises what ``GroupSession.enrol`` raises."""
        session.enrol(command.patient_id, person.ids, self._clock.now(), waits=command.waits)

    def refuse_some(
        self, refusing: Mapping[int, GroupSession], kept: Mapping[int, str], command: EnrolInCourse
    ) -> None:
        """Raises CourseFullError: some sessions are full, and it is to be all or nothing."""
        full = [
            Conflict(index, session.starts_at, kept[index])
            for index, session in refusing.items()
            if kept[index] == SessionFullError.code
        ]
        if full and command.on_conflict is OnConflict.ALL_OR_NOTHING:
            raise CourseFullError(full)

    def note(
        self, course: Course, command: EnrolInCourse, done: Mapping[int, GroupSession], kept: Mapping[int, str]
    ) -> None:
        has_seat = {index: command.patient_id in session.roster for index, session in done.items()}
        course.enrol(
            CourseEnrolment(
                command.patient_id,
                command.from_occurrence,
                enrolled=[index for index, seat in has_seat.items() if seat],
                waiting=[index for index, seat in has_seat.items() if not seat],
                kept=kept,
            ),
            self._clock.now(),
        )
