"""Changes visits of a series together: this one, this and the following, or all; or shows what would become of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from application.kernel.errors import StaleVersionError
from application.kernel.outcome import Outcome
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLog, PracticeLogs
from application.kernel.retry import OvertakenError, retry_when_overtaken
from application.scheduling.availability.visit_caps import caps_on_all
from application.scheduling.series.book_series import OnConflict
from application.scheduling.series.series_changes import CancelSeries, ChangeSeries, fixed, wanted
from application.scheduling.series.series_outcome import SeriesOutcome
from application.scheduling.series.series_slots import GrantedSlot, RequestedOccurrence, decide_moves
from domain.kernel.provenance import Provenance
from domain.kernel.time_range import TimeRange
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.errors import LimitReachedError, TimeTakenError
from domain.scheduling.series.errors import Conflict, NothingToChangeError, SeriesConflictError
from domain.scheduling.series.occurrence_plan import PlanChange
from domain.scheduling.series.series import Series


@dataclass(frozen=True, slots=True)
class ChangePlan:
    """What would be changed now: ``granted`` visits as they would be, or those to be cancelled, or those to be ``noted``; ``kept`` stay,
    with the code of the reason. ``expired`` are holds that are released with it.
    """

    series: Series
    visits: Mapping[int, Appointment]
    granted: Sequence[GrantedSlot]
    conflicts: Sequence[Conflict]
    cancelled: Sequence[int]
    kept: Mapping[int, str]
    expired: Sequence[UUID] = ()
    noted: Sequence[int] = ()


class ChangeSeriesHandler:
    """Carries out ChangeSeries and CancelSeries."""

    def __init__(self, logs: PracticeLogs, clock: Clock) -> None:
        self._logs = logs
        self._clock = clock

    def __call__(self, tenant_id: UUID, command: ChangeSeries | CancelSeries, by: Provenance) -> Outcome[Series]:
        """Raises NotFoundError: no such series, clinician, location or resource; StaleVersionError; InvalidValueError: the series has no
        such occurrence to start from; SeriesConflictError: a visit cannot take place then; NothingToChangeError: not one is changed.
        """
        log = self._logs.of(tenant_id)
        return log.carry_out(
            Series,
            by,
            lambda: retry_when_overtaken(lambda: self._record(log, command, self._plan(log, command), by)),
        )

    def preview(self, tenant_id: UUID, command: ChangeSeries | CancelSeries) -> ChangePlan:
        """Return what the command would change; nothing is recorded. Raises what the command raises, but for conflicts."""
        return self._plan(self._logs.of(tenant_id), command)

    def _plan(self, log: PracticeLog, command: ChangeSeries | CancelSeries) -> ChangePlan:
        now = self._clock.now()
        series = log.load(Series, command.id, command.expected_version)
        meant = series.in_scope(command.from_occurrence, command.scope)
        loaded = log.load_all(Appointment, list(meant.values()))
        visits = {index: loaded[id] for index, id in meant.items()}
        kept = {index: code for index, visit in visits.items() if (code := fixed(visit, now))}
        free = [index for index in meant if index not in kept]
        if isinstance(command, CancelSeries):
            return ChangePlan(series, visits, (), (), free, kept)
        asked = {index: wanted(series, series.occurrences[index], visits[index], command) for index in free}
        kept |= {index: code for index, code in asked.items() if isinstance(code, str)}
        wishes = [preferences for preferences in asked.values() if isinstance(preferences, RequestedOccurrence)]
        if not wishes:
            return ChangePlan(series, visits, (), (), (), kept)
        decisions = decide_moves(log, series.service_id, wishes, now, visits)
        return ChangePlan(series, visits, decisions.granted, decisions.conflicts, (), kept, decisions.expired)

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
        change = PlanChange(command.scope, command.from_occurrence, changed, dict(sorted(kept.items())))
        if isinstance(command, CancelSeries):
            for index in changed:
                plan.visits[index].cancel(command.reason, now)
            series.cancel(change, now)
        else:
            for each in plan.granted:
                slot = each.slot
                plan.visits[each.wanted.index].reschedule(
                    TimeRange(slot.starts_at, slot.ends_at),
                    slot.resource_ids,
                    now,
                    clinician_id=each.wanted.clinician_id,
                    location_id=slot.location_id,
                )
            # A visit that keeps its time keeps the one that the series has for it, too: it may be an exception.
            planned = {
                each.wanted.index: series.occurrences[each.wanted.index].starts_at
                if each.wanted.agreed
                else each.wanted.starts_at
                for each in plan.granted
            }
            series.change(change, command.clinician_id or series.clinician_id, planned, now)
        touched = [plan.visits[index] for index in changed]
        try:
            position = log.record(
                series,
                *touched,
                by=by,
                claims=[claim for visit in touched for claim in visit.claims()],
                releases=[*(visit.id for visit in touched), *plan.expired],
                caps=caps_on_all(log.catalogue(at_least=0), touched) if plan.granted else (),
            )
        except (TimeTakenError, LimitReachedError, StaleVersionError) as error:
            # Somebody else took one of the times, or changed one of the visits.
            raise OvertakenError(error) from error
        return SeriesOutcome(series, position, {visit.id: visit for visit in touched})
