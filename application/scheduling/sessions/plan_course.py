"""Plan the sessions of a course by a rule in one append, or preview it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.commands import Command, Context, Query, QueryContext, answers, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.scheduling.reach import own_staff, previewed
from application.scheduling.series.plan_occurrences import OnConflict, PlanPreview, plan_occurrences, time_guards
from application.scheduling.sessions.plan_session import seats_of, terms_of
from domain.scheduling.sessions.course import Course
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.sessions.group_session_terms import checked_staff


@dataclass(frozen=True, slots=True)
class PlanCourse(Command[Course]):
    """``starts_at``, ``rrule`` and horizon as for BookSeries, the others as for PlanSession."""

    service_id: UUID
    staff_ids: tuple[UUID, ...]
    starts_at: datetime
    rrule: str
    seats: int | None = None
    resource_ids: tuple[UUID, ...] = ()
    on_conflict: OnConflict = OnConflict.ALL_OR_NOTHING


@dataclass(frozen=True, slots=True)
class CoursePreview:
    """``seats`` are those of each session."""

    plan: PlanPreview
    seats: int


@dataclass(frozen=True, slots=True)
class PreviewCourse(Query[CoursePreview]):
    command: PlanCourse


@answers(PreviewCourse, needs=Permission.CHANGE_VISITS, within=previewed(own_staff))
def preview_course(log: PracticeLog, query: PreviewCourse, context: Context | QueryContext) -> CoursePreview:
    """Raises what ``plan_occurrences`` and ``seats_of`` raise."""
    command = query.command
    plan = plan_occurrences(
        log,
        context,
        command.service_id,
        checked_staff(command.staff_ids),
        command.starts_at,
        command.rrule,
        resource_ids=command.resource_ids,
    )
    return CoursePreview(plan, seats_of(plan.decisions.service, command.seats))


@handles(PlanCourse, needs=Permission.CHANGE_VISITS, within=own_staff, detects_repeats=True)
def plan_course(log: PracticeLog, command: PlanCourse, context: Context) -> Outcome[Course]:
    """Raises what ``preview_course`` raises, and SeriesConflictError."""
    now, course_id = context.now, uuid7()
    preview = preview_course(log, PreviewCourse(command), context)
    plan = preview.plan
    plan.require_slots(command.on_conflict)
    sessions = [
        GroupSession.plan(
            id=each.requested.holder_id,
            terms=terms_of(plan.decisions.service, each.requested.staff_ids, each.slot, preview.seats),
            at=now,
            course_id=course_id,
        )
        for each in plan.decisions.granted
    ]
    course = Course.plan(
        id=course_id,
        occurrences=plan.occurrences,
        at=now,
        service_id=command.service_id,
        staff_ids=list(command.staff_ids),
        seats=preview.seats,
        zone=plan.zone,
        rrule=command.rrule,
    )
    guards = time_guards(log, sessions, plan.decisions.expired)
    return log.commit(course, *sessions, by=context.provenance, guards=guards)
