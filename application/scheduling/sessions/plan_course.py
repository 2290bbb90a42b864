"""Plans sessions by a rule, all in one append; or shows what would become of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.outcome import Outcome
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLog, PracticeLogs
from application.kernel.retry import OvertakenError, retry_when_overtaken
from application.scheduling.availability.schedule import load_schedule, start_window
from application.scheduling.availability.visit_caps import caps_on_sessions
from application.scheduling.series.book_series import OnConflict, zone_of
from application.scheduling.series.series_slots import RequestedOccurrence, SlotDecisions, decide_all
from application.scheduling.sessions.plan_session import seats_of, terms_of
from domain.kernel.provenance import CommandRepeatedError, Provenance
from domain.practice.resource import Resource
from domain.scheduling.errors import LimitReachedError, TimeTakenError
from domain.scheduling.series.errors import SeriesConflictError
from domain.scheduling.series.occurrences import Occurrence, occurrences, series_rule
from domain.scheduling.sessions.course import Course, PlannedGroupSession
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.sessions.terms import checked_staff


@dataclass(frozen=True, slots=True)
class PlanCourse:
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


class PlanCourseHandler:
    """Carries out PlanCourse."""

    def __init__(self, logs: PracticeLogs, clock: Clock) -> None:
        self._logs = logs
        self._clock = clock

    def __call__(self, tenant_id: UUID, command: PlanCourse, by: Provenance) -> Outcome[Course]:
        """Raises NotFoundError: no such service, clinician or resource; InvalidValueError: what the rule cannot be, or nobody says how
        many seats; SeriesConflictError: a session cannot take place, or with ``skip`` not one can.
        """
        log = self._logs.of(tenant_id)
        return log.carry_out(
            Course, by, lambda: retry_when_overtaken(lambda: self._record(log, command, by)), checks_itself=True
        )

    def preview(self, tenant_id: UUID, command: PlanCourse) -> CoursePlan:
        """Return what the command would plan; nothing is recorded. Raises what the command raises, but for conflicts."""
        return self._plan(self._logs.of(tenant_id), command, self._clock.now(), None)

    def _plan(self, log: PracticeLog, command: PlanCourse, now: datetime, command_id: UUID | None) -> CoursePlan:
        rule, staff = series_rule(command.rrule), checked_staff(command.staff_ids)
        schedule = load_schedule(
            log, command.service_id, staff, start_window(command.starts_at), now, command_id=command_id
        )
        if schedule.consultation.is_command_recorded:
            raise CommandRepeatedError
        for resource_id in command.resource_ids:
            schedule.catalogue.one(Resource, resource_id)
        seats = seats_of(schedule.service, command.seats)
        zone = zone_of(schedule, staff[0], command.starts_at)
        found = occurrences(rule, command.starts_at, zone)
        wanted = [
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
        return CoursePlan(zone, seats, found, decide_all(log, command.service_id, wanted, now))

    def _record(self, log: PracticeLog, command: PlanCourse, by: Provenance) -> Outcome[Course]:
        now, course_id = self._clock.now(), uuid7()
        plan = self._plan(log, command, now, by.command_id)
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
                PlannedGroupSession(
                    each.index, each.original, each.starts_at, planned.get(each.index), skipped.get(each.index)
                )
                for each in plan.occurrences
            ],
            at=now,
        )
        claims = [claim for session in sessions for claim in session.claims()]
        caps = caps_on_sessions(decisions.schedule.catalogue, sessions)
        try:
            position = log.record(course, *sessions, by=by, claims=claims, releases=decisions.expired, caps=caps)
        except (TimeTakenError, LimitReachedError) as error:
            raise OvertakenError(error) from error
        return Outcome(course, position)
