"""Plans sessions by a rule, all in one append; or shows what would become of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.commands import Command, Context, Query, QueryContext, answers, handles
from application.kernel.conditions import Guard
from application.kernel.permissions import Actor, Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.scheduling.availability.schedule import load_schedule, start_window
from application.scheduling.availability.visit_limits import limit_guards
from application.scheduling.reach import own_clinicians
from application.scheduling.series.book_series import OnConflict, zone_of
from application.scheduling.series.series_slots import RequestedOccurrence, SlotDecisions, decide_all
from application.scheduling.sessions.plan_session import seats_of, terms_of
from domain.practice.resource import Resource
from domain.scheduling.series.errors import SeriesConflictError
from domain.scheduling.series.occurrence_plan import PlannedOccurrence
from domain.scheduling.series.occurrences import Occurrence, occurrences, series_rule
from domain.scheduling.sessions.course import Course
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.sessions.terms import checked_staff
from domain.scheduling.time_claim import TimeRelease


@dataclass(frozen=True, slots=True)
class PlanCourse(Command[Course]):
    """``rrule`` is read on the wall clock of the place of the first session, which starts at ``starts_at``. The rest as ``PlanSession``.

    The service's horizon binds the first session; the others may lie behind it, up to two years after the first.
    """

    service_id: UUID
    staff_ids: tuple[UUID, ...]
    starts_at: datetime
    rrule: str
    seats: int | None = None
    resource_ids: tuple[UUID, ...] = ()
    on_conflict: OnConflict = OnConflict.ALL_OR_NOTHING


@dataclass(frozen=True, slots=True)
class CoursePlan:
    """What would be planned now."""

    zone: str
    seats: int
    occurrences: Sequence[Occurrence]
    decisions: SlotDecisions


@dataclass(frozen=True, slots=True)
class PreviewCourse(Query[CoursePlan]):
    """What a course would become; nothing is recorded."""

    command: PlanCourse


def _own_staff(log: PracticeLog, actor: Actor, command: PlanCourse) -> None:
    own_clinicians(actor, *command.staff_ids)


def _own_previewed(log: PracticeLog, actor: Actor, query: PreviewCourse) -> None:
    own_clinicians(actor, *query.command.staff_ids)


@answers(PreviewCourse, needs=Permission.CHANGE_VISITS, within=_own_previewed)
def preview_course(log: PracticeLog, query: PreviewCourse, context: QueryContext) -> CoursePlan:
    """Raises what ``plan_course`` raises, except for conflicts."""
    return _plan(log, query.command, context.now, None)


@handles(PlanCourse, needs=Permission.CHANGE_VISITS, within=_own_staff, detects_repeats=True)
def plan_course(log: PracticeLog, command: PlanCourse, context: Context) -> Outcome[Course]:
    """Raises NotFoundError: no such service, clinician or resource; InvalidValueError: an unsupported rule, or
    no number of seats; SeriesConflictError: a session cannot take place, or with ``skip`` not one can.
    """
    now, course_id = context.now, uuid7()
    plan = _plan(log, command, now, context.provenance.command_id)
    decisions = plan.decisions
    if decisions.conflicts and (command.on_conflict is OnConflict.ALL_OR_NOTHING or not decisions.granted):
        raise SeriesConflictError(decisions.conflicts)
    service = decisions.schedule.service
    sessions = [
        GroupSession.plan(
            id=each.wanted.holder_id,
            terms=terms_of(service, each.wanted.staff_ids, each.slot, plan.seats),
            at=now,
            course_id=course_id,
        )
        for each in decisions.granted
    ]
    planned = {each.wanted.index: each.wanted.holder_id for each in decisions.granted}
    skipped = {conflict.index: conflict.code for conflict in decisions.conflicts}
    course = Course.plan(
        id=course_id,
        service_id=service.id,
        staff_ids=command.staff_ids,
        seats=plan.seats,
        zone=plan.zone,
        rrule=command.rrule,
        sessions=[
            PlannedOccurrence(
                each.index, each.original, each.starts_at, planned.get(each.index), skipped.get(each.index)
            )
            for each in plan.occurrences
        ],
        at=now,
    )
    guards: list[Guard] = [
        *(TimeRelease(holder_id) for holder_id in decisions.expired),
        *(claim for session in sessions for claim in session.claims()),
        *limit_guards(decisions.schedule.catalogue, *sessions),
    ]
    return log.commit(course, *sessions, by=context.provenance, guards=guards)


def _plan(log: PracticeLog, command: PlanCourse, now: datetime, command_id: UUID | None) -> CoursePlan:
    rule, staff = series_rule(command.rrule), checked_staff(command.staff_ids)
    window = start_window(command.starts_at)
    schedule = load_schedule(log, command.service_id, staff, window, now, command_id=command_id)
    for resource_id in command.resource_ids:
        schedule.catalogue.one(Resource, resource_id)
    seats = seats_of(schedule.service, command.seats)
    zone = zone_of(schedule, staff[0], command.starts_at)
    found = occurrences(rule, command.starts_at, zone)
    requested = [
        RequestedOccurrence(
            index=each.index,
            starts_at=each.starts_at,
            holder_id=uuid7(),
            clinician_id=staff[0],
            helper_ids=staff[1:],
            named=command.resource_ids,
            is_first=each.index == 1,
        )
        for each in found
    ]
    return CoursePlan(zone, seats, found, decide_all(log, command.service_id, requested, now))
