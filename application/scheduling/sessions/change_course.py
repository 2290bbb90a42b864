"""Changes sessions of a course together: this one, this and the following, or all; or shows what would become of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from application.kernel.errors import StaleVersionError
from application.kernel.outcome import Outcome
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLog, PracticeLogs
from application.kernel.retry import OvertakenError, retry_when_overtaken
from application.scheduling.availability.visit_caps import caps_on_sessions
from application.scheduling.series.book_series import OnConflict
from application.scheduling.series.series_changes import ALREADY_SO, MOVED_BY_ITSELF
from application.scheduling.series.series_slots import RequestedOccurrence, SlotDecisions, decide_moves
from domain.kernel.errors import InvalidValueError
from domain.kernel.provenance import Provenance
from domain.scheduling.errors import AlreadyStartedError, LimitReachedError, TimeTakenError
from domain.scheduling.series.errors import NothingToChangeError, SeriesConflictError
from domain.scheduling.series.occurrence_plan import PlanChange, PlannedOccurrence, Scope
from domain.scheduling.series.times import shifted
from domain.scheduling.sessions.course import Course
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.sessions.terms import checked_staff


@dataclass(frozen=True, slots=True)
class ChangeCourse:
    """``starts_at`` is where the session of ``from_occurrence`` goes; the others that are meant take its new time of day, and are moved by
    as many days. The staff, and the resources that are named, are theirs from now on. None stays as it is: resources as far as they are
    free and where the staff are. Raises InvalidValueError: nothing is to change, or staff that cannot be.
    """

    id: UUID
    from_occurrence: int
    scope: Scope
    starts_at: datetime | None = None
    staff_ids: tuple[UUID, ...] | None = None
    resource_ids: tuple[UUID, ...] | None = None
    on_conflict: OnConflict = OnConflict.ALL_OR_NOTHING
    expected_version: int | None = None

    def __post_init__(self) -> None:
        if self.starts_at is None and not self.is_elsewhere:
            raise InvalidValueError("starts_at", "say what to change: starts_at, staff_ids or resource_ids")
        if self.staff_ids is not None:
            checked_staff(self.staff_ids)

    @property
    def is_elsewhere(self) -> bool:
        """Whether it names with whom or where the sessions are to be."""
        return self.staff_ids is not None or self.resource_ids is not None


@dataclass(frozen=True, slots=True)
class CourseChangePlan:
    """What would be changed now; ``kept`` stay, with the code of the reason. None of ``decisions``: nothing can be."""

    course: Course
    sessions: Mapping[int, GroupSession]
    decisions: SlotDecisions | None
    kept: Mapping[int, str]


class ChangeCourseHandler:
    """Carries out ChangeCourse. Sessions keep their ids, their length and everybody on their rosters."""

    def __init__(self, logs: PracticeLogs, clock: Clock) -> None:
        self._logs = logs
        self._clock = clock

    def __call__(self, tenant_id: UUID, command: ChangeCourse, by: Provenance) -> Outcome[Course]:
        """Raises NotFoundError: no such course, clinician or resource; StaleVersionError; InvalidValueError: the course has no such
        occurrence; SeriesConflictError: a session cannot take place then; NothingToChangeError: not one is changed.
        """
        log = self._logs.of(tenant_id)
        return log.carry_out(Course, by, lambda: retry_when_overtaken(lambda: self._record(log, command, by)))

    def preview(self, tenant_id: UUID, command: ChangeCourse) -> CourseChangePlan:
        """Return what the command would change; nothing is recorded. Raises what the command raises, but for conflicts."""
        return self._plan(self._logs.of(tenant_id), command, self._clock.now())

    def _plan(self, log: PracticeLog, command: ChangeCourse, now: datetime) -> CourseChangePlan:
        course = log.load(Course, command.id, command.expected_version)
        meant = course.in_scope(command.from_occurrence, command.scope)
        loaded = log.load_all(GroupSession, list(meant.values()))
        sessions = {index: loaded[session_id] for index, session_id in meant.items()}
        asked = {
            index: _wanted(course, course.occurrences[index], each, command, now) for index, each in sessions.items()
        }
        kept = {index: code for index, code in asked.items() if isinstance(code, str)}
        wishes = [preferences for preferences in asked.values() if isinstance(preferences, RequestedOccurrence)]
        if not wishes:
            return CourseChangePlan(course, sessions, None, kept)
        return CourseChangePlan(course, sessions, decide_moves(log, course.service_id, wishes, now, sessions), kept)

    def _record(self, log: PracticeLog, command: ChangeCourse, by: Provenance) -> Outcome[Course]:
        now = self._clock.now()
        plan = self._plan(log, command, now)
        decisions, course = plan.decisions, plan.course
        if decisions and decisions.conflicts and command.on_conflict is OnConflict.ALL_OR_NOTHING:
            raise SeriesConflictError(decisions.conflicts)
        refused = {conflict.index: conflict.code for conflict in decisions.conflicts} if decisions else {}
        kept = dict(sorted({**plan.kept, **refused}.items()))
        if decisions is None or not decisions.granted:
            raise NothingToChangeError(kept)
        starts = {each.index: each.starts_at for each in course.occurrences.values()}
        for each in decisions.granted:
            session, wanted = plan.sessions[each.wanted.index], each.wanted
            # One that keeps its time keeps the one that the course has for it, too: it may be an exception.
            if wanted.starts_at != session.starts_at:
                starts[wanted.index] = wanted.starts_at
            session.move(wanted.staff_ids, each.slot, now)
        changed = [each.wanted.index for each in decisions.granted]
        change = PlanChange(command.scope, command.from_occurrence, changed, kept)
        course.change(change, command.staff_ids or course.staff_ids, starts, now)
        touched = [plan.sessions[index] for index in changed]
        try:
            position = log.record(
                course,
                *touched,
                by=by,
                claims=[claim for session in touched for claim in session.claims()],
                releases=[*(session.id for session in touched), *decisions.expired],
                caps=caps_on_sessions(log.catalogue(at_least=0), touched),
            )
        except (TimeTakenError, LimitReachedError, StaleVersionError) as error:
            # Somebody else took one of the times, or came to one of the sessions.
            raise OvertakenError(error) from error
        return Outcome(course, position)


def _wanted(
    course: Course, planned: PlannedOccurrence, session: GroupSession, command: ChangeCourse, now: datetime
) -> RequestedOccurrence | str:
    """Return how a session is to be, or the code of why it stays as it is.

    One that was moved by itself keeps its time, unless the change starts from it, and takes the staff and resources.
    """
    if refusal := session.called_off:
        return refusal.code
    if session.starts_at <= now:
        return AlreadyStartedError.code
    starts_at = session.starts_at
    is_exception = starts_at != planned.starts_at and planned.index != command.from_occurrence
    if is_exception and not command.is_elsewhere:
        return MOVED_BY_ITSELF
    if command.starts_at is not None and not is_exception:
        origin = course.occurrences[command.from_occurrence].starts_at
        starts_at = shifted(planned.starts_at, course.zone, origin, command.starts_at)
    staff: Sequence[UUID] = command.staff_ids or session.staff_ids
    is_so = (starts_at, list(staff)) == (session.starts_at, session.staff_ids)
    if is_so and set(command.resource_ids or ()) <= set(session.resource_ids):
        return ALREADY_SO
    return RequestedOccurrence(
        index=planned.index,
        starts_at=starts_at,
        holder_id=session.id,
        clinician_id=staff[0],
        helper_ids=tuple(staff[1:]),
        named=command.resource_ids or (),
        preferred=tuple(session.resource_ids),
        planned=session,
    )
