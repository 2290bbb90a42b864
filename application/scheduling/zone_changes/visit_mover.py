"""Several visits and sessions that are moved in one append, the series and courses that they are of, and the time that they hold then."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from application.kernel.practice_log import PracticeLog
from application.scheduling.availability.schedule import expired_holders
from application.scheduling.zone_changes.wall_times import Move
from domain.kernel.aggregate import Aggregate
from domain.kernel.time_range import TimeRange
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.availability.query import Slot
from domain.scheduling.errors import TimeTakenError
from domain.scheduling.series.occurrence_plan import PlanChange, Scope
from domain.scheduling.series.series import Series
from domain.scheduling.sessions.course import Course
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.time_claim import TimeClaim

REASON: Final = (
    "The rules of the time zone have changed ({release}): the visit keeps its time on the wall, beside others."
)


class Moving:
    """Moves visits and sessions to the new time of their local hour, with their series and courses.

    Hours, notice and limits are not checked: nobody chose another time. Where another visit has the
    time, it is shared: ``beside`` are the visits that overlap others from now on.
    """

    def __init__(self, log: PracticeLog, moves: Sequence[Move], release: str, now: datetime) -> None:
        self._now = now
        self._visits: list[Appointment | GroupSession] = [move.aggregate for move in moves]
        for move in moves:
            self._move(move)
        self._plans: list[Aggregate] = [*self._series(log, moves), *self._courses(log, moves)]
        held = [claim for aggregate in self._visits for claim in aggregate.claims() if not claim.pending]
        self._expired: list[UUID] = []
        self._taken: dict[UUID, list[TimeClaim]] = defaultdict(list)
        if held:
            self._read_taken(log, held)
        self._claims: list[TimeClaim] = []
        self.beside: set[UUID] = set()
        for aggregate in self._visits:
            self._claim(aggregate, REASON.format(release=release))

    def aggregates(self) -> list[Aggregate]:
        return [*self._visits, *self._plans]

    def claims(self) -> list[TimeClaim]:
        return self._claims

    def releases(self) -> list[UUID]:
        return [*(aggregate.id for aggregate in self._visits), *self._expired]

    def _move(self, move: Move) -> None:
        """Everything but the time stays: who gives it, where, with what, and for how long."""
        aggregate = move.aggregate
        during = TimeRange(move.to, move.to + aggregate.during.duration)
        if isinstance(aggregate, GroupSession):
            slot = Slot(during.starts_at, during.ends_at, aggregate.location_id, tuple(aggregate.resource_ids))
            aggregate.move(aggregate.staff_ids, slot, self._now)
        else:
            aggregate.reschedule(during, aggregate.resource_ids, self._now)

    def _series(self, log: PracticeLog, moves: Sequence[Move]) -> list[Series]:
        """Note in each series where its visits are now: one that lay where the series has it is no exception by this."""
        by_series: dict[UUID, dict[int, Move]] = defaultdict(dict)
        for move in moves:
            if isinstance(move.aggregate, Appointment) and move.aggregate.series_id and move.aggregate.occurrence:
                by_series[move.aggregate.series_id][move.aggregate.occurrence] = move
        touched: list[Series] = []
        for series in log.load_all(Series, list(by_series)).values() if by_series else ():
            moved = by_series[series.id]
            starts = {i: moved[i].to for i in sorted(moved) if series.occurrences[i].starts_at == moved[i].starts_at}
            if starts:
                change = PlanChange(Scope.FOLLOWING, min(starts), list(starts), {})
                series.change(change, series.clinician_id, starts, self._now)
                touched.append(series)
        return touched

    def _courses(self, log: PracticeLog, moves: Sequence[Move]) -> list[Course]:
        by_course: dict[UUID, dict[UUID, Move]] = defaultdict(dict)
        for move in moves:
            if isinstance(move.aggregate, GroupSession) and move.aggregate.course_id:
                by_course[move.aggregate.course_id][move.aggregate.id] = move
        touched: list[Course] = []
        for course in log.load_all(Course, list(by_course)).values() if by_course else ():
            moved = by_course[course.id]
            starts = {
                each.index: moved[each.booked_id].to
                for each in course.occurrences.values()
                if each.booked_id in moved and each.starts_at == moved[each.booked_id].starts_at
            }
            if starts:
                change = PlanChange(Scope.FOLLOWING, min(starts), list(starts), {})
                course.change(change, course.staff_ids, starts, self._now)
                touched.append(course)
        return touched

    def _read_taken(self, log: PracticeLog, held: Sequence[TimeClaim]) -> None:
        """Read who else holds time of the same people and things; who is moved here gives theirs up first."""
        around = TimeRange(min(claim.during.starts_at for claim in held), max(claim.during.ends_at for claim in held))
        found = log.reader.read_booking_context(list(dict.fromkeys(claim.what for claim in held)), around).claims
        self._expired = expired_holders(found, self._now)
        own = {aggregate.id for aggregate in self._visits}
        for claim in found:
            if claim.holder_id not in own and not claim.has_expired(self._now):
                self._taken[claim.what].append(claim)

    def _claim(self, aggregate: Appointment | GroupSession, reason: str) -> None:
        """Claim its time; beside others what they have already. A session has no fact of its own for that: its claim alone says so."""
        wanted = [claim for claim in aggregate.claims() if not claim.pending]
        against = [
            other for claim in wanted for other in self._taken[claim.what] if other.during.overlaps(claim.during)
        ]
        shared = list(dict.fromkeys(other.what for other in against))
        if shared:
            self.beside.add(aggregate.id)
            if isinstance(aggregate, Appointment):
                overlaps = list(dict.fromkeys(other.holder_id for other in against))
                aggregate.exempt([TimeTakenError.code], overlaps, shared, reason, self._now)
        claims = [claim._replace(beside=claim.beside or claim.what in shared) for claim in aggregate.claims()]
        self._claims += claims
        for claim in claims:
            self._taken[claim.what].append(claim)
