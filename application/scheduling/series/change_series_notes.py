"""Changes the notes on visits of a series together: on this one, this and the following, or all; or shows on which it would."""

from uuid import UUID

from application.kernel.errors import StaleVersionError
from application.kernel.outcome import Outcome
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLog, PracticeLogs
from application.kernel.retry import OvertakenError, retry_when_overtaken
from application.scheduling.appointments.change_notes import refuse_erased
from application.scheduling.series.change_series import ChangePlan
from application.scheduling.series.series_changes import ALREADY_SO, NOTED_BY_ITSELF, ChangeSeriesNotes
from application.scheduling.series.series_outcome import SeriesOutcome
from domain.kernel.provenance import Provenance
from domain.kernel.text import clean_notes
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.series.errors import NothingToChangeError
from domain.scheduling.series.occurrence_plan import PlanChange, Scope
from domain.scheduling.series.series import Series


class ChangeSeriesNotesHandler:
    """Carries out ChangeSeriesNotes; no time is taken or given up, so that nothing can be in the way."""

    def __init__(self, logs: PracticeLogs, clock: Clock) -> None:
        self._logs = logs
        self._clock = clock

    def __call__(self, tenant_id: UUID, command: ChangeSeriesNotes, by: Provenance) -> Outcome[Series]:
        """Raises NotFoundError: no such series; StaleVersionError; InvalidValueError: the series has no such occurrence to start from;
        NothingToChangeError: not one is changed; PatientErasedError.
        """
        log = self._logs.of(tenant_id)
        return log.carry_out(Series, by, lambda: retry_when_overtaken(lambda: self._record(log, command, by)))

    def preview(self, tenant_id: UUID, command: ChangeSeriesNotes) -> ChangePlan:
        """Return what the command would change; nothing is recorded. Raises what the command raises, but NothingToChangeError."""
        return _plan(self._logs.of(tenant_id), command)

    def _record(self, log: PracticeLog, command: ChangeSeriesNotes, by: Provenance) -> Outcome[Series]:
        now, plan = self._clock.now(), _plan(log, command)
        if not plan.noted:
            raise NothingToChangeError(plan.kept)
        touched = [plan.visits[index] for index in plan.noted]
        for visit in touched:
            visit.change_notes(command.notes, now, by_itself=command.scope is Scope.THIS)
        plan.series.change_notes(PlanChange(command.scope, command.from_occurrence, plan.noted, plan.kept), now)
        try:
            position = log.record(plan.series, *touched, by=by)
        except StaleVersionError as error:
            raise OvertakenError(error) from error
        return SeriesOutcome(plan.series, position, {visit.id: visit for visit in touched})


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
