"""Takes a person off the rosters of a course's sessions that are to come; who has waited longest in each moves up in the same append."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.commands import Command, Context, handles
from application.kernel.permissions import Actor, Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.patients.person import person_of
from application.scheduling.reach import own_course
from application.scheduling.sessions.course_roster import COURSE_TRIES, change_places
from domain.scheduling.sessions.course import Course, CourseWithdrawal


@dataclass(frozen=True, slots=True)
class WithdrawFromCourse(Command[Course]):
    """The person gives up their seats, and their places in lines, from one occurrence on."""

    id: UUID
    patient_id: UUID
    from_occurrence: int = 1
    expected_version: int | None = None


def _own_course(log: PracticeLog, actor: Actor, command: WithdrawFromCourse) -> None:
    own_course(log, actor, command.id, command.from_occurrence)


@handles(WithdrawFromCourse, needs=Permission.ENROL, within=_own_course, tries=COURSE_TRIES)
def withdraw_from_course(log: PracticeLog, command: WithdrawFromCourse, context: Context) -> Outcome[Course]:
    """Withdraw from every session to come; what is cancelled or has begun, and where the person is not, stays.

    Raises NotFoundError: no such course or patient; InvalidValueError: no such occurrence;
    NothingToChangeError: every session refuses.
    """
    with log.turn_at(command.id):
        course = log.load(Course, command.id, command.expected_version)
        person = person_of(log, command.patient_id)
        places = change_places(
            log, course, command.from_occurrence, lambda session: session.withdraw(person.ids, context.now)
        )
        places.require_any()
        withdrawal = CourseWithdrawal(command.patient_id, command.from_occurrence, list(places.done), places.kept)
        course.withdraw(withdrawal, context.now)
        return log.commit(course, *places.done.values(), by=context.provenance)
