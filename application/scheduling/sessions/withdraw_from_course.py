"""Takes a person off the rosters of a course's sessions that are to come; who has waited longest in each moves up in the same append."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from application.patients.person import Person
from application.scheduling.sessions.course_roster import CourseRosterHandler
from domain.scheduling.sessions.course import Course, CourseWithdrawal
from domain.scheduling.sessions.group_session import GroupSession


@dataclass(frozen=True, slots=True)
class WithdrawFromCourse:
    """The person gives up their seats, and their places in lines, from one occurrence on."""

    id: UUID
    patient_id: UUID
    from_occurrence: int = 1
    expected_version: int | None = None


class WithdrawFromCourseHandler(CourseRosterHandler[WithdrawFromCourse]):
    """Carries out WithdrawFromCourse. What is cancelled or has begun, and where the person is not, stays as it is."""

    def ask(self, session: GroupSession, person: Person, command: WithdrawFromCourse) -> None:
        """Raises what ``GroupSession.withdraw`` raises."""
        session.withdraw(person.ids, self._clock.now())

    def note(
        self, course: Course, command: WithdrawFromCourse, done: Mapping[int, GroupSession], kept: Mapping[int, str]
    ) -> None:
        what = CourseWithdrawal(command.patient_id, command.from_occurrence, list(done), kept)
        course.withdraw(what, self._clock.now())
