"""Cancels sessions of a course, all in one append: those from one occurrence on, that one alone, or all."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.commands import Command, Context, handles
from application.kernel.permissions import Actor, Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.scheduling.reach import own_course
from domain.scheduling.errors import AlreadyStartedError
from domain.scheduling.series.errors import NothingToChangeError
from domain.scheduling.series.occurrence_plan import Scope
from domain.scheduling.sessions.course import Course, CourseCancellation
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.time_claim import TimeRelease


@dataclass(frozen=True, slots=True)
class CancelCourse(Command[Course]):
    """``reason`` is free text, personal, 1 to 1000 characters. Each session keeps it."""

    id: UUID
    from_occurrence: int
    reason: str
    scope: Scope = Scope.FOLLOWING
    expected_version: int | None = None


def _own_course(log: PracticeLog, actor: Actor, command: CancelCourse) -> None:
    own_course(log, actor, command.id, command.from_occurrence, command.scope)


@handles(CancelCourse, needs=Permission.CHANGE_VISITS, within=_own_course)
def cancel_course(log: PracticeLog, command: CancelCourse, context: Context) -> Outcome[Course]:
    """Cancel in one append; sessions that have begun, or are cancelled already, stay as they are.

    Raises InvalidValueError: the course has no such occurrence; NothingToChangeError: not one session is cancelled.
    """
    now = context.now
    course = log.load(Course, command.id, command.expected_version)
    meant = course.in_scope(command.from_occurrence, command.scope)
    sessions = log.load_all(GroupSession, list(meant.values()))
    kept: dict[int, str] = {}
    for index, session_id in meant.items():
        session = sessions[session_id]
        if refusal := session.called_off:
            kept[index] = refusal.code
        elif session.starts_at <= now:
            kept[index] = AlreadyStartedError.code
    cancelled = {index: sessions[id_] for index, id_ in meant.items() if index not in kept}
    if not cancelled:
        raise NothingToChangeError(kept)
    for session in cancelled.values():
        session.cancel(command.reason, now)
    first = 1 if command.scope is Scope.ALL else command.from_occurrence
    course.cancel(CourseCancellation(first, list(cancelled), kept), now)
    guards = [TimeRelease(session.id) for session in cancelled.values()]
    return log.commit(course, *cancelled.values(), by=context.provenance, guards=guards)
