"""Changes visits of a series together: this one, this and the following, or all; or shows what would become of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from application.kernel.commands import Context, Query, QueryContext, answers, handles
from application.kernel.conditions import Guard
from application.kernel.permissions import Actor, Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.scheduling.availability.visit_limits import limit_guards
from application.scheduling.reach import own_clinicians, own_series
from application.scheduling.series.book_series import OnConflict
from application.scheduling.series.series_changes import CancelSeries, ChangeSeries, fixed, wanted
from application.scheduling.series.series_outcome import SeriesOutcome
from application.scheduling.series.series_slots import GrantedSlot, RequestedOccurrence, decide_moves
from domain.kernel.time_range import TimeRange
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.availability.quotas import LimitGuard
from domain.scheduling.series.errors import Conflict, NothingToChangeError, SeriesConflictError
from domain.scheduling.series.occurrence_plan import PlanChange
from domain.scheduling.series.series import Series
from domain.scheduling.time_claim import TimeRelease


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


@dataclass(frozen=True, slots=True)
class PreviewSeriesChange(Query[ChangePlan]):
    """What a change or a cancellation would do; nothing is recorded."""

    command: ChangeSeries | CancelSeries


def _own_series(log: PracticeLog, actor: Actor, command: ChangeSeries | CancelSeries) -> None:
    if isinstance(command, ChangeSeries):
        own_clinicians(actor, command.clinician_id)
    own_series(log, actor, command.id, command.from_occurrence, command.scope)


def _own_previewed(log: PracticeLog, actor: Actor, query: PreviewSeriesChange) -> None:
    _own_series(log, actor, query.command)


@answers(PreviewSeriesChange, needs=Permission.CHANGE_VISITS, within=_own_previewed)
def preview_series_change(log: PracticeLog, query: PreviewSeriesChange, context: QueryContext) -> ChangePlan:
    """Raises what the command raises, except for conflicts."""
    return _plan(log, query.command, context.now)


@handles(CancelSeries, needs=Permission.CHANGE_VISITS, within=_own_series)
def cancel_series(log: PracticeLog, command: CancelSeries, context: Context) -> Outcome[Series]:
    """Raises NotFoundError: no such series; StaleVersionError; InvalidValueError: the series has no such
    occurrence to start from; NothingToChangeError: not one visit is cancelled.
    """
    plan = _plan(log, command, context.now)
    if not plan.cancelled:
        raise NothingToChangeError(plan.kept)
    for index in plan.cancelled:
        plan.visits[index].cancel(command.reason, context.now)
    plan.series.cancel(PlanChange(command.scope, command.from_occurrence, list(plan.cancelled), plan.kept), context.now)
    return _commit(log, plan, plan.cancelled, context)


@handles(ChangeSeries, needs=Permission.CHANGE_VISITS, within=_own_series)
def change_series(log: PracticeLog, command: ChangeSeries, context: Context) -> Outcome[Series]:
    """Raises NotFoundError: no such series, clinician, location or resource; StaleVersionError;
    InvalidValueError: the series has no such occurrence to start from; SeriesConflictError: a visit
    cannot take place then; NothingToChangeError: not one is changed.
    """
    plan = _plan(log, command, context.now)
    if command.on_conflict is OnConflict.ALL_OR_NOTHING and plan.conflicts:
        raise SeriesConflictError(plan.conflicts)
    kept = dict(sorted({**plan.kept, **{conflict.index: conflict.code for conflict in plan.conflicts}}.items()))
    if not plan.granted:
        raise NothingToChangeError(kept)
    series, changed = plan.series, [each.wanted.index for each in plan.granted]
    for each in plan.granted:
        plan.visits[each.wanted.index].reschedule(
            TimeRange(each.slot.starts_at, each.slot.ends_at),
            each.slot.resource_ids,
            context.now,
            clinician_id=each.wanted.clinician_id,
            location_id=each.slot.location_id,
        )
    # A visit that keeps its time keeps the series' time for it too: it may be an exception.
    planned = {
        each.wanted.index: series.occurrences[each.wanted.index].starts_at
        if each.wanted.agreed
        else each.wanted.starts_at
        for each in plan.granted
    }
    change = PlanChange(command.scope, command.from_occurrence, changed, kept)
    series.change(change, command.clinician_id or series.clinician_id, planned, context.now)
    caps = limit_guards(log.catalogue(at_least=0), *(plan.visits[index] for index in changed))
    return _commit(log, plan, changed, context, caps)


def _plan(log: PracticeLog, command: ChangeSeries | CancelSeries, now: datetime) -> ChangePlan:
    series = log.load(Series, command.id, command.expected_version)
    meant = series.in_scope(command.from_occurrence, command.scope)
    loaded = log.load_all(Appointment, list(meant.values()))
    visits = {index: loaded[id_] for index, id_ in meant.items()}
    kept = {index: code for index, visit in visits.items() if (code := fixed(visit, now))}
    free = [index for index in meant if index not in kept]
    if isinstance(command, CancelSeries):
        return ChangePlan(series, visits, (), (), free, kept)
    asked = {index: wanted(series, series.occurrences[index], visits[index], command) for index in free}
    kept |= {index: code for index, code in asked.items() if isinstance(code, str)}
    kept = dict(sorted(kept.items()))
    requested = [each for each in asked.values() if isinstance(each, RequestedOccurrence)]
    if not requested:
        return ChangePlan(series, visits, (), (), (), kept)
    decisions = decide_moves(log, series.service_id, requested, now, visits)
    return ChangePlan(series, visits, decisions.granted, decisions.conflicts, (), kept, decisions.expired)


def _commit(
    log: PracticeLog, plan: ChangePlan, changed: Sequence[int], context: Context, caps: Sequence[LimitGuard] = ()
) -> SeriesOutcome:
    touched = [plan.visits[index] for index in changed]
    guards: list[Guard] = [
        *(TimeRelease(holder_id) for holder_id in (*(visit.id for visit in touched), *plan.expired)),
        *(claim for visit in touched for claim in visit.claims()),
        *caps,
    ]
    outcome = log.commit(plan.series, *touched, by=context.provenance, guards=guards)
    return SeriesOutcome(plan.series, outcome.position, {visit.id: visit for visit in touched})
