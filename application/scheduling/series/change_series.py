"""Move, reassign, cancel or annotate visits of a series in one append, or preview it."""

from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from application.kernel.commands import Context, Query, QueryContext, answers, handles
from application.kernel.permissions import Actor, Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.scheduling.appointments.change_notes import refuse_erased
from application.scheduling.reach import own_clinicians, own_series, previewed
from application.scheduling.series.book_series import SeriesOutcome
from application.scheduling.series.change_occurrences import (
    ALREADY_SO,
    ChangePlan,
    OccurrencesChange,
    OccurrencesCommand,
    load_occurrences,
    plan_cancellation,
    plan_change,
)
from domain.kernel.errors import InvalidValueError
from domain.kernel.text import clean_notes
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.cancellation import CancelledBy
from domain.scheduling.series.occurrence_plan import Scope
from domain.scheduling.series.series import Series


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSeries(OccurrencesChange[Series]):
    """Without ``location_id`` visits keep their location, unless another clinician is elsewhere.

    Raises InvalidValueError: nothing is to change.
    """

    clinician_id: UUID | None = None
    location_id: UUID | None = None

    def __post_init__(self) -> None:
        if (self.starts_at, self.clinician_id, self.location_id, self.resource_ids) == (None, None, None, None):
            raise InvalidValueError(
                "starts_at", "send at least one of starts_at, clinician_id, location_id, resource_ids and cancel"
            )


@dataclass(frozen=True, slots=True)
class CancelSeries(OccurrencesCommand[Series]):
    """Each visit keeps ``reason``: free text, personal, 1 to 1000 characters.

    ``cancelled_by`` None: not stated.
    """

    reason: str
    cancelled_by: CancelledBy | None = None


@dataclass(frozen=True, slots=True)
class ChangeSeriesNotes(OccurrencesCommand[Series]):
    """``notes`` are personal, at most 5000 characters; None or an empty text removes them.

    They can be changed in any status. A visit whose notes were changed by themselves keeps them,
    unless the change starts from it. Raises InvalidValueError: the text is too long.
    """

    notes: str | None

    def __post_init__(self) -> None:
        clean_notes(self.notes)


SeriesCommand: TypeAlias = ChangeSeries | CancelSeries | ChangeSeriesNotes
SeriesChangePlan: TypeAlias = ChangePlan[Series, Appointment]


@dataclass(frozen=True, slots=True)
class PreviewSeriesChange(Query[SeriesChangePlan]):
    command: SeriesCommand


def _own_series(log: PracticeLog, actor: Actor, command: SeriesCommand) -> None:
    if isinstance(command, ChangeSeries):
        own_clinicians(actor, command.clinician_id)
    own_series(log, actor, command)


@answers(PreviewSeriesChange, needs=Permission.CHANGE_VISITS, within=previewed(_own_series))
def preview_series_change(
    log: PracticeLog, query: PreviewSeriesChange, context: Context | QueryContext
) -> SeriesChangePlan:
    """Raises what ``load_occurrences`` and ``plan_change`` raise, and PatientErasedError."""
    command = query.command
    series, visits = load_occurrences(log, Series, Appointment, command)
    if isinstance(command, CancelSeries):
        return plan_cancellation(series, visits, context.now)
    if isinstance(command, ChangeSeries):
        staff_ids = (command.clinician_id,) if command.clinician_id else None
        return plan_change(
            log, series, visits, command, context.now, staff_ids=staff_ids, location_id=command.location_id
        )
    refuse_erased(log, series.patient_id)
    kept = {index: code for index, visit in visits.items() if (code := _notes_kept_because(index, visit, command))}
    return ChangePlan(series, visits, kept, noted=[index for index in visits if index not in kept])


@handles(CancelSeries, needs=Permission.CHANGE_VISITS, within=_own_series)
def cancel_series(log: PracticeLog, command: CancelSeries, context: Context) -> Outcome[Series]:
    """Raises NothingToChangeError, and what the preview raises."""
    plan = preview_series_change(log, PreviewSeriesChange(command), context)
    change = plan.change_by(command)
    for visit in plan.changed.values():
        visit.cancel(command.reason, context.now, command.cancelled_by)
    plan.aggregate.cancel(change, context.now)
    return _outcome(plan, plan.commit(log, context))


@handles(ChangeSeriesNotes, needs=Permission.CHANGE_VISITS, within=_own_series)
def change_series_notes(log: PracticeLog, command: ChangeSeriesNotes, context: Context) -> Outcome[Series]:
    """Raises NothingToChangeError, and what the preview raises."""
    plan = preview_series_change(log, PreviewSeriesChange(command), context)
    change = plan.change_by(command)
    for visit in plan.changed.values():
        visit.change_notes(command.notes, context.now, by_itself=command.scope is Scope.THIS)
    plan.aggregate.change_notes(change, context.now)
    return _outcome(plan, log.commit(plan.aggregate, *plan.changed.values(), by=context.provenance))


@handles(ChangeSeries, needs=Permission.CHANGE_VISITS, within=_own_series)
def change_series(log: PracticeLog, command: ChangeSeries, context: Context) -> Outcome[Series]:
    """Raises SeriesConflictError, NothingToChangeError, and what the preview raises."""
    plan = preview_series_change(log, PreviewSeriesChange(command), context)
    plan.require_slots(command.on_conflict)
    change, starts = plan.change_by(command), plan.new_starts()
    for each in plan.granted:
        plan.booked[each.requested.index].reschedule(
            each.slot.during,
            each.slot.resource_ids,
            context.now,
            clinician_id=each.requested.staff_ids[0],
            location_id=each.slot.location_id,
        )
    plan.aggregate.change(change, command.clinician_id or plan.aggregate.clinician_id, starts, context.now)
    return _outcome(plan, plan.commit(log, context))


def _notes_kept_because(index: int, visit: Appointment, command: ChangeSeriesNotes) -> str | None:
    """Return the code of the reason why a visit keeps its notes."""
    if visit.notes == clean_notes(command.notes):
        return ALREADY_SO
    return "noted_by_itself" if visit.noted_by_itself and index != command.from_occurrence else None


def _outcome(plan: SeriesChangePlan, outcome: Outcome[Series]) -> SeriesOutcome:
    return SeriesOutcome(plan.aggregate, outcome.position, {visit.id: visit for visit in plan.changed.values()})
