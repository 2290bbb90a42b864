"""Book a series of visits by a rule in one append, or preview it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.commands import Command, Context, Query, QueryContext, answers, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.scheduling.reach import own_clinician, previewed
from application.scheduling.series.plan_occurrences import OnConflict, PlanPreview, plan_occurrences, time_guards
from domain.kernel.presence import PresenceGuard
from domain.kernel.text import clean_notes
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.visit import SeriesPlace, Visit
from domain.scheduling.series.series import Series


@dataclass(frozen=True, slots=True)
class BookSeries(Command[Series]):
    """The first visit starts at ``starts_at``; ``rrule`` applies in the local time of its location.

    The service's horizon limits the first visit only; the others lie up to two years later.
    ``notes`` are kept with each visit: personal, at most 5000 characters. Raises InvalidValueError:
    they are longer.
    """

    patient_id: UUID
    service_id: UUID
    clinician_id: UUID
    starts_at: datetime
    rrule: str
    on_conflict: OnConflict = OnConflict.ALL_OR_NOTHING
    notes: str | None = None

    def __post_init__(self) -> None:
        clean_notes(self.notes)


@dataclass(frozen=True, slots=True)
class PreviewSeries(Query[PlanPreview]):
    command: BookSeries


@dataclass(frozen=True, slots=True)
class SeriesOutcome(Outcome[Series]):
    """``visits`` are the ones that the command booked or changed, by id; they need no reading."""

    visits: Mapping[UUID, Appointment]


@answers(PreviewSeries, needs=Permission.CHANGE_VISITS, within=previewed(own_clinician))
def preview_series(log: PracticeLog, query: PreviewSeries, context: Context | QueryContext) -> PlanPreview:
    """Raises what ``plan_occurrences`` raises."""
    command = query.command
    return plan_occurrences(
        log,
        context,
        command.service_id,
        (command.clinician_id,),
        command.starts_at,
        command.rrule,
        patient_id=command.patient_id,
    )


@handles(BookSeries, needs=Permission.CHANGE_VISITS, within=own_clinician, detects_repeats=True)
def book_series(log: PracticeLog, command: BookSeries, context: Context) -> Outcome[Series]:
    """Raises what ``preview_series`` raises, and SeriesConflictError."""
    now, series_id = context.now, uuid7()
    plan = preview_series(log, PreviewSeries(command), context)
    plan.require_slots(command.on_conflict)
    service = plan.decisions.service
    terms = service.terms_of(command.clinician_id)
    originals = {each.index: each.original for each in plan.occurrences}
    visits = [
        Appointment.book(
            id=each.requested.holder_id,
            visit=Visit.on_terms(terms, each.slot, command.patient_id, service.id, command.clinician_id),
            at=now,
            place=SeriesPlace(series_id, each.requested.index, originals[each.requested.index]),
        )
        for each in plan.decisions.granted
    ]
    for visit in visits if command.notes else ():
        visit.change_notes(command.notes, now, by_itself=False, act=visit.last_act)
    series = Series.plan(
        id=series_id,
        occurrences=plan.occurrences,
        at=now,
        patient_id=command.patient_id,
        service_id=command.service_id,
        clinician_id=command.clinician_id,
        zone=plan.zone,
        rrule=command.rrule,
    )
    guards = [
        *time_guards(log, visits, plan.decisions.expired, families=plan.families),
        PresenceGuard(command.patient_id),
    ]
    outcome = log.commit(series, *visits, by=context.provenance, guards=guards)
    return SeriesOutcome(series, outcome.position, {visit.id: visit for visit in visits})
