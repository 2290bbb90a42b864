"""Books an appointment."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.commands import Command, Context, handles
from application.kernel.conditions import Guard
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.kernel.retry import TRIES
from application.scheduling.availability.schedule import Schedule, load_schedule, require_patient, start_window
from application.scheduling.availability.visit_limits import limit_guards
from application.scheduling.reach import own_clinician
from domain.kernel.aggregate import Aggregate
from domain.kernel.errors import InvalidValueError
from domain.kernel.presence import PresenceGuard
from domain.patients.standing import PatientStanding
from domain.practice.clinician import Clinician
from domain.practice.resource import Resource
from domain.practice.service import checked_duration
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.hold import Hold, HoldStatus
from domain.scheduling.appointments.status import Status
from domain.scheduling.appointments.visit import Visit
from domain.scheduling.availability.availability import slot_at
from domain.scheduling.availability.clinician_choice import choose_clinician
from domain.scheduling.availability.override import OverrideResult, clean_override_reason, slot_with_override
from domain.scheduling.availability.query import AvailabilityQuery
from domain.scheduling.availability.quotas import LimitGuard, guards_with_pending
from domain.scheduling.errors import HoldMismatchError
from domain.scheduling.time_claim import TimeRelease, family_guards

_TRIES_FOR_ANYONE: Final = 100
"""Each lost try is a visit booked by another: at most one per clinician or room."""


@dataclass(frozen=True, slots=True)
class BookAppointment(Command[Appointment]):
    """Uses the named resources, and chooses the others that the service requires.

    ``clinician_id`` None: any clinician who gives the service, see ``choose_clinician``.
    ``is_request``: the visit claims no time until it is confirmed. ``hold_id``: a hold of this
    time, which the booking uses; an expired one has no effect. ``override_reason``: book against
    the rules, see ``slot_with_override``; personal, 1 to 1000 characters, stored only if a rule was
    broken. ``notes`` for staff: personal, at most 5000 characters. ``duration_minutes`` None: the
    service's length for the clinician; the price is the service's for them in any case.
    """

    patient_id: UUID
    service_id: UUID
    clinician_id: UUID | None
    starts_at: datetime
    resource_ids: tuple[UUID, ...] = ()
    preferred_clinician_ids: tuple[UUID, ...] = ()
    is_request: bool = False
    hold_id: UUID | None = None
    override_reason: str | None = None
    notes: str | None = None
    duration_minutes: int | None = None

    def __post_init__(self) -> None:
        if self.is_request and self.override_reason is not None:
            raise InvalidValueError(
                "override", "a request claims no time and cannot override rules; book it, or leave this out"
            )
        if self.override_reason is not None and self.clinician_id is None:
            raise InvalidValueError("clinician_id", "name the clinician whose rules are overridden")
        if self.override_reason is not None:
            clean_override_reason(self.override_reason)
        if self.duration_minutes is not None:
            checked_duration(self.duration_minutes)


@dataclass(frozen=True, slots=True)
class Booked(Outcome[Appointment]):
    """A new booking, with the standing of its patient."""

    patient: PatientStanding


def _permission(command: BookAppointment) -> Permission:
    return Permission.CHANGE_VISITS if command.override_reason is None else Permission.DOUBLE_BOOK


def _tries(command: BookAppointment) -> int:
    return TRIES if command.clinician_id else _TRIES_FOR_ANYONE


@handles(BookAppointment, needs=_permission, within=own_clinician, tries=_tries, detects_repeats=True)
def book_appointment(log: PracticeLog, command: BookAppointment, context: Context) -> Outcome[Appointment]:
    """Raises NotFoundError, PatientMergedError, PatientWithdrawnError, HoldMismatchError.

    Also raises what ``slot_at`` raises.
    """
    now = context.now
    hold = log.load(Hold, command.hold_id) if command.hold_id else None
    if hold is not None and command.clinician_id is None:
        command = replace(command, clinician_id=hold.clinician_id)
    schedule = load_schedule(
        log,
        command.service_id,
        None if command.clinician_id is None else [command.clinician_id],
        start_window(command.starts_at),
        now,
        resource_ids=command.resource_ids,
        patient_id=command.patient_id,
        command_id=context.provenance.command_id,
        duration_minutes=command.duration_minutes,
    )
    standing = require_patient(log, command.patient_id, schedule.booking_context)
    for resource_id in command.resource_ids:
        schedule.catalogue.one(Resource, resource_id)
    for clinician_id in command.preferred_clinician_ids:
        schedule.catalogue.one(Clinician, clinician_id)
    clinician_id, override = _choose_slot(schedule, command, hold)
    terms = schedule.service.terms_of(clinician_id)
    visit = Visit.on_terms(terms, override.slot, command.patient_id, command.service_id, clinician_id)
    make = Appointment.request if command.is_request else Appointment.book
    appointment = make(id=uuid7(), visit=visit, at=now)
    if command.override_reason is not None and override.rules:
        appointment.exempt(*override[1:], command.override_reason, now)
    if command.notes:
        appointment.change_notes(command.notes, now, act=appointment.last_act)
    aggregates: list[Aggregate] = []
    releases = schedule.expired
    if hold is not None and hold.status_at(now) is HoldStatus.HELD:
        hold.use(appointment.id, now)
        aggregates.append(hold)
        releases.append(hold.id)
    guards: list[Guard] = [
        *(TimeRelease(holder_id) for holder_id in releases),
        *(claims := appointment.claims()),
        *family_guards(claims, schedule.families.values()),
        *(() if override.is_over_limits else _limit_guards(schedule, appointment, hold)),
        PresenceGuard(command.patient_id),
    ]
    outcome = log.commit(appointment, *aggregates, by=context.provenance, guards=guards)
    return Booked(outcome.aggregate, outcome.position, standing)


def _limit_guards(schedule: Schedule, appointment: Appointment, hold: Hold | None) -> Sequence[LimitGuard]:
    """Return the guards of the limits; none for a request, unless pending visits count."""
    pending = schedule.pending(appointment.clinician_id, without=hold.id if hold else None)
    if pending is None:
        return () if appointment.status == Status.REQUESTED else limit_guards(schedule.catalogue, appointment)
    return guards_with_pending(limit_guards(schedule.catalogue, appointment), pending)


def _choose_slot(schedule: Schedule, command: BookAppointment, hold: Hold | None) -> tuple[UUID, OverrideResult]:
    """Return the clinician and the slot of the visit."""
    starts_at, resource_ids = command.starts_at, command.resource_ids
    if command.clinician_id is None:
        choice = choose_clinician(
            schedule.clinician_candidates(), starts_at, resource_ids, command.preferred_clinician_ids
        )
        return choice.clinician_id, OverrideResult(choice.slot)
    query = _query(schedule, command, command.clinician_id, hold)
    if command.override_reason is not None:
        return command.clinician_id, slot_with_override(query, starts_at, resource_ids)
    return command.clinician_id, OverrideResult(slot_at(query, starts_at, resource_ids))


def _query(schedule: Schedule, command: BookAppointment, clinician_id: UUID, hold: Hold | None) -> AvailabilityQuery:
    """Return the availability query, without the claims of the command's own hold.

    Notice counts from the time at which the hold was placed. Raises HoldMismatchError.
    """
    if hold is None:
        return schedule.query(clinician_id)
    is_held = hold.status_at(schedule.now) is HoldStatus.HELD
    query = schedule.query(clinician_id, without=hold.id if is_held else None, preferred=hold.resource_ids)
    if (hold.service_id, hold.clinician_id, hold.starts_at) != (command.service_id, clinician_id, command.starts_at):
        raise HoldMismatchError
    return replace(query, now=hold.created_on) if is_held else query
