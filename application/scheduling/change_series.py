"""Changes visits of a series together: this one, this and the following, or all; or shows what would become of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from application.errors import StaleVersionError
from application.outcome import Outcome
from application.ports import Clock
from application.practice_log import PracticeLog, PracticeLogs
from application.scheduling.book_series import TRIES, OnConflict
from application.scheduling.limits import caps_on_all
from application.scheduling.series_slots import Granted, WantedVisit, decide_all
from domain.provenance import Provenance
from domain.scheduling.appointment import Appointment
from domain.scheduling.errors import AlreadyStartedError, LimitReachedError, SchedulingError, TimeTakenError
from domain.scheduling.series import PlannedVisit, Scope, Series, SeriesChange
from domain.scheduling.series_errors import Conflict, NothingToChangeError, SeriesConflictError
from domain.scheduling.series_times import shifted
from domain.scheduling.status import refuse_fixed
from domain.time_range import TimeRange

MOVED_BY_ITSELF: Final = "moved_by_itself"
"""Why a visit keeps its time: somebody moved it alone before, and that stands."""
ALREADY_SO: Final = "already_so"


@dataclass(frozen=True, slots=True)
class ChangeSeries:
    """``starts_at`` is where the visit of ``from_occurrence`` goes; the others that are meant take its new time of day, and are moved by
    as many days. Visits that are over, cancelled or checked in stay.
    """

    id: UUID
    from_occurrence: int
    scope: Scope
    starts_at: datetime
    on_conflict: OnConflict = OnConflict.ALL_OR_NOTHING
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class CancelSeries:
    """``reason`` is free text about a patient: personal, 1 to 1000 characters. Each visit keeps it."""

    id: UUID
    from_occurrence: int
    scope: Scope
    reason: str
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class ChangePlan:
    """What would be changed now: ``granted`` moves of visits, or those to be cancelled; ``kept`` stay, with the code of the reason."""

    series: Series
    visits: Mapping[int, Appointment]
    granted: Sequence[Granted]
    conflicts: Sequence[Conflict]
    cancelled: Sequence[int]
    kept: Mapping[int, str]


class ChangeSeriesHandler:
    """Carries out ChangeSeries and CancelSeries."""

    def __init__(self, logs: PracticeLogs, clock: Clock) -> None:
        self._logs = logs
        self._clock = clock

    def __call__(self, tenant_id: UUID, command: ChangeSeries | CancelSeries, by: Provenance) -> Outcome[Series]:
        """Raises NotFoundError, StaleVersionError; InvalidValueError: the series has no such occurrence to start from;
        SeriesConflictError: a visit cannot take place then; NothingToChangeError: not one visit is changed.
        """
        log = self._logs.of(tenant_id)

        def change_again() -> Outcome[Series]:
            """Decide anew when somebody else changed one of the visits, or took one of the times."""
            for _ in range(TRIES - 1):
                plan = self._plan(log, command)
                try:
                    return self._record(log, command, plan, by)
                except (TimeTakenError, LimitReachedError, StaleVersionError):
                    continue
            return self._record(log, command, self._plan(log, command), by)

        return log.carry_out(Series, by, change_again)

    def preview(self, tenant_id: UUID, command: ChangeSeries | CancelSeries) -> ChangePlan:
        """Return what the command would change; nothing is recorded. Raises what the command raises, but for conflicts."""
        return self._plan(self._logs.of(tenant_id), command)

    def _plan(self, log: PracticeLog, command: ChangeSeries | CancelSeries) -> ChangePlan:
        now = self._clock.now()
        series = log.load(Series, command.id, command.expected_version)
        meant = series.meant(command.scope, command.from_occurrence)
        loaded = log.load_all(Appointment, [visit.appointment_id for visit in meant if visit.appointment_id])
        visits = {visit.index: loaded[visit.appointment_id] for visit in meant if visit.appointment_id}
        kept = {index: code for index, visit in visits.items() if (code := _fixed(visit, now))}
        free = [visit for visit in meant if visit.index not in kept]
        if isinstance(command, CancelSeries):
            return ChangePlan(series, visits, (), (), [visit.index for visit in free], kept)
        wanted = [one for visit in free if (one := _wanted(series, visit, visits[visit.index], command, kept))]
        if not wanted:
            return ChangePlan(series, visits, (), (), (), kept)
        decisions = decide_all(
            log,
            series.service_id,
            wanted,
            now,
            moving={each.holder_id for each in wanted},
            # The first to go is the one whose new time no other has now.
            is_backwards=wanted[0].starts_at > visits[wanted[0].index].starts_at,
        )
        return ChangePlan(series, visits, decisions.granted, decisions.conflicts, (), kept)

    def _record(
        self, log: PracticeLog, command: ChangeSeries | CancelSeries, plan: ChangePlan, by: Provenance
    ) -> Outcome[Series]:
        now = self._clock.now()
        if isinstance(command, ChangeSeries) and command.on_conflict is OnConflict.ALL_OR_NOTHING and plan.conflicts:
            raise SeriesConflictError(plan.conflicts)
        kept = {**plan.kept, **{conflict.index: conflict.code for conflict in plan.conflicts}}
        changed = [each.wanted.index for each in plan.granted] or list(plan.cancelled)
        if not changed:
            raise NothingToChangeError(dict(sorted(kept.items())))
        series = plan.series
        change = SeriesChange(command.scope, command.from_occurrence, changed, dict(sorted(kept.items())))
        if isinstance(command, CancelSeries):
            for index in changed:
                plan.visits[index].cancel(command.reason, now)
            series.cancel(change, now)
        else:
            for each in plan.granted:
                slot = each.slot
                plan.visits[each.wanted.index].reschedule(
                    TimeRange(slot.starts_at, slot.ends_at), slot.resource_ids, now
                )
            planned = {each.wanted.index: each.wanted.starts_at for each in plan.granted}
            series.change(change, series.clinician_id, planned, now)
        touched = [plan.visits[index] for index in changed]
        position = log.record(
            series,
            *touched,
            by=by,
            claims=[claim for visit in touched for claim in visit.claims()],
            releases=[visit.id for visit in touched],
            caps=caps_on_all(log.catalogue(at_least=0), touched) if plan.granted else (),
        )
        return Outcome(series, position)


def _fixed(visit: Appointment, now: datetime) -> str | None:
    """Return the code of why a visit is not changed any more, if it is not."""
    try:
        refuse_fixed(visit.status)
    except SchedulingError as error:
        return error.code
    return AlreadyStartedError.code if visit.starts_at <= now else None


def _wanted(
    series: Series, planned: PlannedVisit, visit: Appointment, command: ChangeSeries, kept: dict[int, str]
) -> WantedVisit | None:
    """Return how the visit is to be; or None, and note in ``kept`` why it stays as it is."""
    if visit.starts_at != planned.starts_at and planned.index != command.from_occurrence:
        kept[planned.index] = MOVED_BY_ITSELF
        return None
    starts_at = shifted(
        planned.starts_at, series.zone, series.visits[command.from_occurrence].starts_at, command.starts_at
    )
    if starts_at == visit.starts_at:
        kept[planned.index] = ALREADY_SO
        return None
    return WantedVisit(
        index=planned.index,
        starts_at=starts_at,
        holder_id=visit.id,
        clinician_id=visit.clinician_id,
        location_id=visit.location_id,
        preferred=tuple(visit.resource_ids),
    )
