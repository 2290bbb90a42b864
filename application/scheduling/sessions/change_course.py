"""Changes sessions of a course together: this one, this and the following, or all; or shows what would become of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from application.kernel.commands import Command, Context, Query, QueryContext, answers, handles
from application.kernel.conditions import Guard
from application.kernel.permissions import Actor, Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.scheduling.availability.visit_limits import limit_guards
from application.scheduling.reach import own_course, own_new_staff
from application.scheduling.series.book_series import OnConflict
from application.scheduling.series.series_changes import ALREADY_SO, MOVED_BY_ITSELF
from application.scheduling.series.series_slots import RequestedOccurrence, SlotDecisions, decide_moves
from domain.kernel.errors import InvalidValueError
from domain.scheduling.errors import AlreadyStartedError
from domain.scheduling.series.errors import NothingToChangeError, SeriesConflictError
from domain.scheduling.series.occurrence_plan import PlanChange, PlannedOccurrence, Scope
from domain.scheduling.series.times import shifted
from domain.scheduling.sessions.course import Course
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.sessions.terms import checked_staff
from domain.scheduling.time_claim import TimeRelease


@dataclass(frozen=True, slots=True)
class ChangeCourse(Command[Course]):
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


@dataclass(frozen=True, slots=True)
class PreviewCourseChange(Query[CourseChangePlan]):
    """What a change of a course would do; nothing is recorded."""

    command: ChangeCourse


def _own_course(log: PracticeLog, actor: Actor, command: ChangeCourse) -> None:
    own_course(log, actor, command.id, command.from_occurrence, command.scope)
    if actor.clinician_id is not None:
        own_new_staff(actor, log.load(Course, command.id).staff_ids, command.staff_ids)


def _own_previewed(log: PracticeLog, actor: Actor, query: PreviewCourseChange) -> None:
    _own_course(log, actor, query.command)


@answers(PreviewCourseChange, needs=Permission.CHANGE_VISITS, within=_own_previewed)
def preview_course_change(log: PracticeLog, query: PreviewCourseChange, context: QueryContext) -> CourseChangePlan:
    """Raises what ``change_course`` raises, except for conflicts."""
    return _plan(log, query.command, context.now)


@handles(ChangeCourse, needs=Permission.CHANGE_VISITS, within=_own_course)
def change_course(log: PracticeLog, command: ChangeCourse, context: Context) -> Outcome[Course]:
    """Change sessions in one append; they keep their ids, their length and everybody on their rosters.

    Raises NotFoundError: no such course, clinician or resource; StaleVersionError; InvalidValueError: the
    course has no such occurrence; SeriesConflictError: a session cannot take place then;
    NothingToChangeError: not one is changed.
    """
    now = context.now
    plan = _plan(log, command, now)
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
        # A session that keeps its time keeps the course's time for it too: it may be an exception.
        if wanted.starts_at != session.starts_at:
            starts[wanted.index] = wanted.starts_at
        session.move(wanted.staff_ids, each.slot, now)
    changed = [each.wanted.index for each in decisions.granted]
    change = PlanChange(command.scope, command.from_occurrence, changed, kept)
    course.change(change, command.staff_ids or course.staff_ids, starts, now)
    touched = [plan.sessions[index] for index in changed]
    guards: list[Guard] = [
        *(TimeRelease(holder_id) for holder_id in (*(session.id for session in touched), *decisions.expired)),
        *(claim for session in touched for claim in session.claims()),
        *limit_guards(log.catalogue(at_least=0), *touched),
    ]
    return log.commit(course, *touched, by=context.provenance, guards=guards)


def _plan(log: PracticeLog, command: ChangeCourse, now: datetime) -> CourseChangePlan:
    course = log.load(Course, command.id, command.expected_version)
    meant = course.in_scope(command.from_occurrence, command.scope)
    loaded = log.load_all(GroupSession, list(meant.values()))
    sessions = {index: loaded[session_id] for index, session_id in meant.items()}
    asked = {index: _wanted(course, course.occurrences[index], each, command, now) for index, each in sessions.items()}
    kept = {index: code for index, code in asked.items() if isinstance(code, str)}
    requested = [each for each in asked.values() if isinstance(each, RequestedOccurrence)]
    if not requested:
        return CourseChangePlan(course, sessions, None, kept)
    return CourseChangePlan(course, sessions, decide_moves(log, course.service_id, requested, now, sessions), kept)


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
