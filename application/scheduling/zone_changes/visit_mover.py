"""Moves visits and sessions, with their series and courses."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from application.kernel.practice_log import PracticeLog
from application.scheduling.availability.schedule import expired_holders
from application.scheduling.zone_changes.wall_times import Move
from domain.kernel.aggregate import Aggregate
from domain.kernel.time_range import TimeRange
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.availability.query import Slot
from domain.scheduling.errors import PatientBusyError, TimeTakenError
from domain.scheduling.series.occurrence_plan import PlanChange, Scope
from domain.scheduling.series.series import Series
from domain.scheduling.sessions.course import Course
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.time_claim import TimeClaim

P = TypeVar("P", Series, Course)
REASON: Final = (
    "The rules of the time zone have changed ({release}): the visit keeps its local time, although it overlaps others."
)


class VisitMover:
    """Moves visits and sessions in one append.

    Hours, notice and limits are not checked, because nobody chose another time. A time that another
    visit has is shared: ``beside`` are the visits that overlap others now.
    """

    def __init__(self, log: PracticeLog, moves: Sequence[Move], release: str, now: datetime) -> None:
        self._now = now
        self._visits: list[Appointment | GroupSession] = [move.aggregate for move in moves]
        for move in moves:
            self._move(move)
        self.aggregates: list[Aggregate] = [*self._visits, *self._changed_plans(log, moves)]
        self.releases = [visit.id for visit in self._visits]
        self._taken: dict[UUID, list[TimeClaim]] = defaultdict(list)
        if held := [claim for visit in self._visits for claim in visit.claims() if not claim.pending]:
            self._read_taken(log, held)
        self.claims: list[TimeClaim] = []
        self.beside: set[UUID] = set()
        for visit in self._visits:
            self._claim(visit, REASON.format(release=release))

    def _move(self, move: Move) -> None:
        aggregate = move.aggregate
        during = TimeRange(move.to, move.to + aggregate.during.duration)
        if isinstance(aggregate, GroupSession):
            slot = Slot(during.starts_at, during.ends_at, aggregate.location_id, tuple(aggregate.resource_ids))
            aggregate.move(aggregate.staff_ids, slot, self._now)
        else:
            aggregate.reschedule(during, aggregate.resource_ids, self._now)

    def _changed_plans(self, log: PracticeLog, moves: Sequence[Move]) -> Iterator[Aggregate]:
        for series, change, starts in _planned_starts(log, Series, moves):
            series.change(change, series.clinician_id, starts, self._now)
            yield series
        for course, change, starts in _planned_starts(log, Course, moves):
            course.change(change, course.staff_ids, starts, self._now)
            yield course

    def _read_taken(self, log: PracticeLog, held: Sequence[TimeClaim]) -> None:
        """Read the claims of others on the same clinicians, resources and patients."""
        around = TimeRange(min(claim.during.starts_at for claim in held), max(claim.during.ends_at for claim in held))
        found = log.reader.read_booking_context(list(dict.fromkeys(claim.what for claim in held)), around).claims
        self.releases += expired_holders(found, self._now)
        own = {aggregate.id for aggregate in self._visits}
        for claim in found:
            if claim.holder_id not in own and not claim.has_expired(self._now):
                self._taken[claim.what].append(claim)

    def _claim(self, aggregate: Appointment | GroupSession, reason: str) -> None:
        """Claim the time although it overlaps others.

        Only an appointment records an event for that.
        """
        wanted = [claim for claim in aggregate.claims() if not claim.pending]
        against = [
            other for claim in wanted for other in self._taken[claim.what] if other.during.overlaps(claim.during)
        ]
        shared = list(dict.fromkeys(other.what for other in against))
        if shared:
            self.beside.add(aggregate.id)
            if isinstance(aggregate, Appointment):
                overlaps = list(dict.fromkeys(other.holder_id for other in against))
                codes = [_code(aggregate, other) for other in against]
                aggregate.exempt(list(dict.fromkeys(codes)), overlaps, shared, reason, self._now)
        claims = [claim._replace(beside=claim.beside or claim.what in shared) for claim in aggregate.claims()]
        self.claims += claims
        for claim in claims:
            self._taken[claim.what].append(claim)


def _code(visit: Appointment, other: TimeClaim) -> str:
    """Return the code with which the other claim would refuse a booking of the visit."""
    return PatientBusyError.code if other.what == visit.patient_id else TimeTakenError.code


def _planned_starts(
    log: PracticeLog, kind: type[P], moves: Sequence[Move]
) -> Iterator[tuple[P, PlanChange, dict[int, datetime]]]:
    """Yield series or courses with new starts by index, for occurrences as planned."""
    plans: dict[UUID, dict[UUID, Move]] = defaultdict(dict)
    for move in moves:
        visit = move.aggregate
        plan_id = visit.course_id if isinstance(visit, GroupSession) else visit.series_id
        if plan_id and isinstance(visit, GroupSession) is (kind is Course):
            plans[plan_id][visit.id] = move
    for plan in log.load_all(kind, list(plans)).values() if plans else ():
        moved = plans[plan.id]
        starts = {
            each.index: moved[each.booked_id].to
            for _, each in sorted(plan.occurrences.items())
            if each.booked_id in moved and each.starts_at == moved[each.booked_id].starts_at
        }
        if starts:
            yield plan, PlanChange(Scope.FOLLOWING, min(starts), list(starts), {}), starts
