"""Books a series of visits by a rule, all in one append; or shows what would become of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.commands import Command, Context, Query, QueryContext, answers, handles
from application.kernel.conditions import Guard
from application.kernel.permissions import Actor, Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.scheduling.availability.schedule import Schedule, load_schedule, require_patient, start_window
from application.scheduling.availability.visit_limits import limit_guards
from application.scheduling.reach import own_clinicians
from application.scheduling.series.series_outcome import SeriesOutcome
from application.scheduling.series.series_slots import (
    ANY_HORIZON_DAYS,
    GrantedSlot,
    RequestedOccurrence,
    SlotDecisions,
    decide_all,
)
from domain.kernel.presence import PresenceGuard
from domain.kernel.text import clean_notes
from domain.practice.service import Service
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.visit import SeriesPlace, Visit
from domain.scheduling.availability.availability import slot_at
from domain.scheduling.errors import OutsideHoursError, SchedulingError
from domain.scheduling.series.errors import SeriesConflictError
from domain.scheduling.series.occurrence_plan import PlannedOccurrence
from domain.scheduling.series.occurrences import Occurrence, occurrences, series_rule
from domain.scheduling.series.series import Series
from domain.scheduling.time_claim import TimeRelease


class OnConflict(StrEnum):
    """What becomes of a series of which some visits cannot take place."""

    ALL_OR_NOTHING = "all_or_nothing"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class BookSeries(Command[Series]):
    """``rrule`` is read on the wall clock of the place of the first visit, which starts at ``starts_at``.

    The service's horizon binds the first visit; the others may lie behind it, up to two years after the first. ``notes`` are kept with
    each visit; personal, at most 5000 characters. Raises InvalidValueError: they cannot be kept.
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
class SeriesPlan:
    """What would be booked now."""

    zone: str
    occurrences: Sequence[Occurrence]
    decisions: SlotDecisions
    patient: PresenceGuard


@dataclass(frozen=True, slots=True)
class PreviewSeries(Query[SeriesPlan]):
    """What a series would become; nothing is recorded."""

    command: BookSeries


def _own_clinician(log: PracticeLog, actor: Actor, command: BookSeries) -> None:
    own_clinicians(actor, command.clinician_id)


def _own_previewed(log: PracticeLog, actor: Actor, query: PreviewSeries) -> None:
    own_clinicians(actor, query.command.clinician_id)


@answers(PreviewSeries, needs=Permission.CHANGE_VISITS, within=_own_previewed)
def preview_series(log: PracticeLog, query: PreviewSeries, context: QueryContext) -> SeriesPlan:
    """Raises what ``book_series`` raises, except for conflicts."""
    return _plan(log, query.command, context.now, None)


@handles(BookSeries, needs=Permission.CHANGE_VISITS, within=_own_clinician, detects_repeats=True)
def book_series(log: PracticeLog, command: BookSeries, context: Context) -> Outcome[Series]:
    """Raises NotFoundError: no such patient, service or clinician; PatientMergedError; InvalidValueError: an
    unsupported rule; SeriesConflictError: a visit cannot take place, or with ``skip`` not one can.
    """
    now = context.now
    plan = _plan(log, command, now, context.provenance.command_id)
    decisions = plan.decisions
    if decisions.conflicts and (command.on_conflict is OnConflict.ALL_OR_NOTHING or not decisions.granted):
        raise SeriesConflictError(decisions.conflicts)
    series_id, originals = uuid7(), {each.index: each.original for each in plan.occurrences}
    visits = [
        Appointment.book(
            id=each.wanted.holder_id,
            visit=_visit(decisions.schedule.service, command.patient_id, each),
            at=now,
            place=SeriesPlace(series_id, each.wanted.index, originals[each.wanted.index]),
        )
        for each in decisions.granted
    ]
    for visit in visits if command.notes else ():
        visit.change_notes(command.notes, now, by_itself=False, act=visit.last_act)
    booked = {each.wanted.index: each.wanted.holder_id for each in decisions.granted}
    skipped = {conflict.index: conflict.code for conflict in decisions.conflicts}
    series = Series.plan(
        id=series_id,
        patient_id=command.patient_id,
        service_id=command.service_id,
        clinician_id=command.clinician_id,
        zone=plan.zone,
        rrule=command.rrule,
        visits=[
            PlannedOccurrence(
                each.index, each.original, each.starts_at, booked.get(each.index), skipped.get(each.index)
            )
            for each in plan.occurrences
        ],
        at=now,
    )
    guards: list[Guard] = [
        *(TimeRelease(holder_id) for holder_id in decisions.expired),
        *(claim for visit in visits for claim in visit.claims()),
        *limit_guards(decisions.schedule.catalogue, *visits),
        plan.patient,
    ]
    outcome = log.commit(series, *visits, by=context.provenance, guards=guards)
    return SeriesOutcome(series, outcome.position, {visit.id: visit for visit in visits})


def _plan(log: PracticeLog, command: BookSeries, now: datetime, command_id: UUID | None) -> SeriesPlan:
    rule = series_rule(command.rrule)
    schedule = load_schedule(
        log,
        command.service_id,
        [command.clinician_id],
        start_window(command.starts_at),
        now,
        patient_id=command.patient_id,
        command_id=command_id,
    )
    require_patient(log, command.patient_id, schedule.booking_context)
    guard = PresenceGuard(command.patient_id)
    zone = zone_of(schedule, command.clinician_id, command.starts_at)
    found = occurrences(rule, command.starts_at, zone)
    requested = [
        RequestedOccurrence(
            index=each.index,
            starts_at=each.starts_at,
            holder_id=uuid7(),
            clinician_id=command.clinician_id,
            is_first=each.index == 1,
        )
        for each in found
    ]
    return SeriesPlan(zone, found, decide_all(log, command.service_id, requested, now), guard)


def zone_of(schedule: Schedule, clinician_id: UUID, starts_at: datetime) -> str:
    """Return the zone of the place where the clinician is at the first visit. Raises OutsideHoursError: nowhere, ever."""
    query = schedule.query(clinician_id)
    if not query.places:
        raise OutsideHoursError
    rules = replace(query.rules, step_minutes=1, minimum_notice_minutes=0, horizon_days=ANY_HORIZON_DAYS, requires=())
    try:
        there = slot_at(replace(query, busy=(), time_off=(), rules=rules), starts_at).location_id
    except SchedulingError:
        # Nowhere at that time: the visit is refused for it, and the days are named by where the clinician is first of all.
        there = query.places[0].location_id
    return next(place.zone for place in query.places if place.location_id == there)


def _visit(service: Service, patient_id: UUID, granted: GrantedSlot) -> Visit:
    terms, slot = service.terms, granted.slot
    return Visit.on_terms(terms, slot, patient_id, service.id, granted.wanted.clinician_id)
