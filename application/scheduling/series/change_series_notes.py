"""Changes the notes on visits of a series together: on this one, this and the following, or all; or shows on which it would."""

from dataclasses import dataclass

from application.kernel.commands import Context, Query, QueryContext, answers, handles
from application.kernel.permissions import Actor, Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.scheduling.appointments.change_notes import refuse_erased
from application.scheduling.reach import own_series
from application.scheduling.series.change_series import ChangePlan
from application.scheduling.series.series_changes import ALREADY_SO, NOTED_BY_ITSELF, ChangeSeriesNotes
from application.scheduling.series.series_outcome import SeriesOutcome
from domain.kernel.text import clean_notes
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.series.errors import NothingToChangeError
from domain.scheduling.series.occurrence_plan import PlanChange, Scope
from domain.scheduling.series.series import Series


@dataclass(frozen=True, slots=True)
class PreviewSeriesNotes(Query[ChangePlan]):
    """Which visits a change of notes would touch; nothing is recorded."""

    command: ChangeSeriesNotes


def _own_series(log: PracticeLog, actor: Actor, command: ChangeSeriesNotes) -> None:
    own_series(log, actor, command.id, command.from_occurrence, command.scope)


def _own_previewed(log: PracticeLog, actor: Actor, query: PreviewSeriesNotes) -> None:
    _own_series(log, actor, query.command)


@answers(PreviewSeriesNotes, needs=Permission.CHANGE_VISITS, within=_own_previewed)
def preview_series_notes(log: PracticeLog, query: PreviewSeriesNotes, context: QueryContext) -> ChangePlan:
    """Raises what ``change_series_notes`` raises, except NothingToChangeError."""
    return _plan(log, query.command)


@handles(ChangeSeriesNotes, needs=Permission.CHANGE_VISITS, within=_own_series)
def change_series_notes(log: PracticeLog, command: ChangeSeriesNotes, context: Context) -> Outcome[Series]:
    """Raises NotFoundError: no such series; StaleVersionError; InvalidValueError: the series has no such
    occurrence to start from; NothingToChangeError: not one visit is changed; PatientErasedError.
    """
    plan = _plan(log, command)
    if not plan.noted:
        raise NothingToChangeError(plan.kept)
    touched = [plan.visits[index] for index in plan.noted]
    for visit in touched:
        visit.change_notes(command.notes, context.now, by_itself=command.scope is Scope.THIS)
    change = PlanChange(command.scope, command.from_occurrence, list(plan.noted), plan.kept)
    plan.series.change_notes(change, context.now)
    outcome = log.commit(plan.series, *touched, by=context.provenance)
    return SeriesOutcome(plan.series, outcome.position, {visit.id: visit for visit in touched})


def _plan(log: PracticeLog, command: ChangeSeriesNotes) -> ChangePlan:
    series = log.load(Series, command.id, command.expected_version)
    meant = series.in_scope(command.from_occurrence, command.scope)
    refuse_erased(log, series.patient_id)
    loaded = log.load_all(Appointment, list(meant.values()))
    visits = {index: loaded[id] for index, id in meant.items()}
    kept = {index: code for index, visit in visits.items() if (code := _kept(index, visit, command))}
    noted = [index for index in visits if index not in kept]
    return ChangePlan(series, visits, (), (), (), kept, noted=noted)


def _kept(index: int, visit: Appointment, command: ChangeSeriesNotes) -> str | None:
    """Return the code of why a visit keeps the notes that it has, if it does."""
    if visit.notes == clean_notes(command.notes):
        return ALREADY_SO
    return NOTED_BY_ITSELF if visit.noted_by_itself and index != command.from_occurrence else None
