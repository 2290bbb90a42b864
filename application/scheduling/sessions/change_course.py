"""Move, reassign or cancel sessions of a course in one append, or preview a change."""

from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from application.kernel.commands import Context, Query, QueryContext, answers, handles
from application.kernel.permissions import Actor, Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.scheduling.reach import own_course, own_new_staff, previewed
from application.scheduling.series.change_occurrences import (
    ChangePlan,
    OccurrencesChange,
    OccurrencesCommand,
    load_occurrences,
    plan_cancellation,
    plan_change,
)
from application.scheduling.sessions.seats import Seats
from domain.kernel.errors import InvalidValueError
from domain.scheduling.series.occurrence_plan import Scope
from domain.scheduling.sessions.course import Course
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.sessions.group_session_terms import checked_staff

CourseChangePlan: TypeAlias = ChangePlan[Course, GroupSession]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCourse(OccurrencesChange[Course]):
    """Raises InvalidValueError: nothing is to change, or the staff are invalid."""

    staff_ids: tuple[UUID, ...] | None = None

    def __post_init__(self) -> None:
        if (self.starts_at, self.staff_ids, self.resource_ids) == (None, None, None):
            raise InvalidValueError("starts_at", "send at least one of starts_at, staff_ids and resource_ids")
        if self.staff_ids is not None:
            checked_staff(self.staff_ids)


@dataclass(frozen=True, slots=True)
class CancelCourse(OccurrencesCommand[Course]):
    """Each session keeps ``reason``: free text, personal, 1 to 1000 characters."""

    reason: str


@dataclass(frozen=True, slots=True)
class PreviewCourseChange(Query[CourseChangePlan]):
    command: ChangeCourse


def _within_reach(log: PracticeLog, actor: Actor, command: ChangeCourse) -> None:
    own_course(log, actor, command)
    if actor.clinician_id is not None:
        own_new_staff(actor, log.load(Course, command.id).staff_ids, command.staff_ids)


@answers(PreviewCourseChange, needs=Permission.CHANGE_VISITS, within=previewed(_within_reach))
def preview_course_change(
    log: PracticeLog, query: PreviewCourseChange, context: Context | QueryContext
) -> CourseChangePlan:
    """Raises what ``load_occurrences`` and ``plan_change`` raise."""
    course, sessions = load_occurrences(log, Course, GroupSession, query.command)
    return plan_change(log, course, sessions, query.command, context.now, staff_ids=query.command.staff_ids)


@handles(ChangeCourse, needs=Permission.CHANGE_VISITS, within=_within_reach)
def change_course(log: PracticeLog, command: ChangeCourse, context: Context) -> Outcome[Course]:
    """Change sessions, which keep their ids, lengths and rosters.

    Raises what ``preview_course_change`` raises; SeriesConflictError, NothingToChangeError.
    """
    plan = preview_course_change(log, PreviewCourseChange(command), context)
    plan.require_slots(command.on_conflict)
    change, starts = plan.change_by(command), plan.new_starts()
    families = dict(plan.families)
    for each in plan.granted:
        session = plan.booked[each.requested.index]
        seats = Seats(log, session)
        session.move(each.requested.staff_ids, each.slot, context.now)
        # A patient who was passed over may be free at the new time.
        session.fill(context.now, seats.refusal)
        families |= seats.families
    plan.aggregate.change(change, command.staff_ids or plan.aggregate.staff_ids, starts, context.now)
    return plan.commit(log, context, families)


@handles(CancelCourse, needs=Permission.CHANGE_VISITS, within=own_course)
def cancel_course(log: PracticeLog, command: CancelCourse, context: Context) -> Outcome[Course]:
    """Raises what ``load_occurrences`` raises, and NothingToChangeError."""
    plan = plan_cancellation(*load_occurrences(log, Course, GroupSession, command), context.now)
    change = plan.change_by(command)
    for session in plan.changed.values():
        session.cancel(command.reason, context.now)
    first = 1 if command.scope is Scope.ALL else command.from_occurrence
    plan.aggregate.cancel(first, change.changed, change.kept, context.now)
    return plan.commit(log, context)
