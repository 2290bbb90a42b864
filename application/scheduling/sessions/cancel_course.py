"""Cancels sessions of a course, all in one append: those from one occurrence on, that one alone, or all."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.errors import StaleVersionError
from application.kernel.handlers import UpdateHandler
from application.kernel.outcome import Outcome
from application.kernel.practice_log import PracticeLog
from application.kernel.retry import OvertakenError, retry_when_overtaken
from domain.kernel.provenance import Provenance
from domain.scheduling.errors import AlreadyStartedError
from domain.scheduling.series.errors import NothingToChangeError
from domain.scheduling.series.occurrence_plan import Scope
from domain.scheduling.sessions.course import Course, CourseCancellation
from domain.scheduling.sessions.group_session import GroupSession


@dataclass(frozen=True, slots=True)
class CancelCourse:
    """``reason`` is free text, personal, 1 to 1000 characters. Each session keeps it."""

    id: UUID
    from_occurrence: int
    reason: str
    scope: Scope = Scope.FOLLOWING
    expected_version: int | None = None


class CancelCourseHandler(UpdateHandler[CancelCourse, Course]):
    """Carries out CancelCourse; sessions that have begun, or are cancelled already, stay as they are."""

    kind = Course

    def decide(self, log: PracticeLog, command: CancelCourse, by: Provenance) -> Outcome[Course]:
        """Decide anew when somebody else came first to the course or to one of its sessions.

        Raises InvalidValueError: the course has no such occurrence; NothingToChangeError: not one session is cancelled.
        """
        return retry_when_overtaken(lambda: self._decide(log, command, by))

    def _decide(self, log: PracticeLog, command: CancelCourse, by: Provenance) -> Outcome[Course]:
        now, course = self._clock.now(), self.load(log, command)
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
        releases = [session.id for session in cancelled.values()]
        try:
            return Outcome(course, log.record(course, *cancelled.values(), by=by, releases=releases))
        except StaleVersionError as error:
            raise OvertakenError(error) from error

    def change(self, log: PracticeLog, thing: Course, command: CancelCourse) -> None:
        """A course and its sessions are asked in ``decide``."""
