"""Books an appointment."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.commands import Command, Context, handles
from application.kernel.conditions import Guard
from application.kernel.outcome import Outcome
from application.kernel.permissions import Actor, Permission
from application.kernel.practice_log import PracticeLog
from application.kernel.retry import TRIES
from application.scheduling.availability.schedule import Schedule, load_schedule, require_patient, start_window
from application.scheduling.availability.visit_caps import caps_on
from application.scheduling.reach import own_clinicians
from domain.kernel.aggregate import Aggregate
from domain.kernel.errors import InvalidValueError
from domain.kernel.presence import PresenceGuard
from domain.kernel.provenance import CommandRepeatedError
from domain.kernel.time_range import TimeRange
from domain.patients.standing import PatientStanding
from domain.practice.clinician import Clinician
from domain.practice.resource import Resource
from domain.practice.service import ServiceTerms
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.hold import Hold, HoldStatus
from domain.scheduling.appointments.status import Status
from domain.scheduling.appointments.visit import Visit
from domain.scheduling.availability.availability import slot_at
from domain.scheduling.availability.clinician_choice import choose_clinician
from domain.scheduling.availability.override import OverrideResult, clean_override_reason, slot_with_override
from domain.scheduling.availability.query import AvailabilityQuery, Slot
from domain.scheduling.availability.quotas import LimitGuard
from domain.scheduling.errors import HoldMismatchError
from domain.scheduling.time_claim import TimeRelease

_TRIES_FOR_ANYONE: Final = 100
"""Each try that is lost is a visit that another has won: there are as many to lose as there are clinicians and rooms."""


@dataclass(frozen=True, slots=True)
class BookAppointment(Command[Appointment]):
    """Resources that are named are used; what the service requires beyond them is chosen.

    ``clinician_id`` None is for anyone who gives the service: ``choose_clinician`` says who is chosen;
    ``preferred_clinician_ids`` come first.
    ``is_request``: the visit takes no time until it is confirmed. ``hold_id`` is a hold of this very time, which the booking uses; one
    that has expired neither helps nor hurts. ``override_reason``: book it even against the rules, see ``slot_with_override``; free text,
    personal, 1 to 1000 characters, kept only where rules were in the way. ``notes``: what staff should know of the visit; personal,
    at most 5000 characters.
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

    def __post_init__(self) -> None:
        if self.is_request and self.override_reason is not None:
            raise InvalidValueError("override", "a request takes no time from anybody: book it, or leave this out")
        if self.override_reason is not None and self.clinician_id is None:
            raise InvalidValueError("clinician_id", "say whose rules are to be set aside")
        if self.override_reason is not None:
            clean_override_reason(self.override_reason)


@dataclass(frozen=True, slots=True)
class Booked(Outcome[Appointment]):
    """A new booking, with the standing of its patient, which was read on the way."""

    patient: PatientStanding


def _permission(command: BookAppointment) -> Permission:
    return Permission.CHANGE_VISITS if command.override_reason is None else Permission.DOUBLE_BOOK


def _own_clinician(log: PracticeLog, actor: Actor, command: BookAppointment) -> None:
    own_clinicians(actor, command.clinician_id)


def _tries(command: BookAppointment) -> int:
    return TRIES if command.clinician_id else _TRIES_FOR_ANYONE


@handles(BookAppointment, needs=_permission, within=_own_clinician, tries=_tries, detects_repeats=True)
def book_appointment(log: PracticeLog, command: BookAppointment, context: Context) -> Outcome[Appointment]:
    """Book or request a visit. Overtaken by another visit, the next clinician or another room may be free.

    Raises NotFoundError: no such patient, service, clinician or resource; PatientMergedError; what
    ``slot_at`` raises: the time is not free.
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
    )
    if schedule.consultation.is_command_recorded:
        raise CommandRepeatedError
    standing = require_patient(log, command.patient_id, schedule.consultation)
    for resource_id in command.resource_ids:
        schedule.catalogue.one(Resource, resource_id)
    for clinician_id in command.preferred_clinician_ids:
        schedule.catalogue.one(Clinician, clinician_id)
    clinician_id, exemption = _chosen(schedule, command, hold)
    visit = visit_of(command, clinician_id, schedule.service.terms, exemption.slot)
    make = Appointment.request if command.is_request else Appointment.book
    appointment = make(id=uuid7(), visit=visit, at=now)
    if command.override_reason is not None and exemption.rules:
        appointment.exempt(*exemption[1:], command.override_reason, now)
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
        *appointment.claims(),
        *(() if exemption.is_over_limits else _caps(schedule, appointment, hold)),
        PresenceGuard(command.patient_id),
    ]
    outcome = log.commit(appointment, *aggregates, by=context.provenance, guards=guards)
    return Booked(outcome.aggregate, outcome.position, standing)


def _caps(schedule: Schedule, appointment: Appointment, hold: Hold | None) -> Sequence[LimitGuard]:
    """Return the limits that the append must keep; a request fills none, unless pending visits count."""
    pending = schedule.pending(appointment.clinician_id, without=hold.id if hold else None)
    if pending is None and appointment.status == Status.REQUESTED:
        return ()
    return caps_on(schedule.catalogue, appointment, pending)


def _chosen(schedule: Schedule, command: BookAppointment, hold: Hold | None) -> tuple[UUID, OverrideResult]:
    """Return with whom the visit would be and where it would lie."""
    starts_at, resource_ids = command.starts_at, command.resource_ids
    if command.clinician_id is None:
        choice = choose_clinician(
            schedule.clinician_candidates(), starts_at, resource_ids, command.preferred_clinician_ids
        )
        return choice.clinician_id, OverrideResult(choice.slot)
    question = _question(schedule, command, command.clinician_id, hold)
    if command.override_reason is not None:
        return command.clinician_id, slot_with_override(question, starts_at, resource_ids)
    return command.clinician_id, OverrideResult(slot_at(question, starts_at, resource_ids))


def _question(schedule: Schedule, command: BookAppointment, clinician_id: UUID, hold: Hold | None) -> AvailabilityQuery:
    """Return what decides whether a command can be carried out; its own hold, if that is still held, is not in the way.

    A held time was free and in time when it was held: that is when its notice is counted from. Raises HoldMismatchError.
    """
    if hold is None:
        return schedule.question(clinician_id)
    is_held = hold.status_at(schedule.now) is HoldStatus.HELD
    question = schedule.question(clinician_id, without=hold.id if is_held else None, preferred=hold.resource_ids)
    held = (hold.service_id, hold.clinician_id, hold.starts_at)
    if held != (command.service_id, clinician_id, command.starts_at):
        raise HoldMismatchError
    return replace(question, now=hold.created_on) if is_held else question


def visit_of(command: BookAppointment, clinician_id: UUID, terms: ServiceTerms, slot: Slot) -> Visit:
    """Return what is agreed on, under the terms of the service as they are now."""
    return Visit(
        patient_id=command.patient_id,
        service_id=command.service_id,
        clinician_id=clinician_id,
        location_id=slot.location_id,
        resource_ids=slot.resource_ids,
        during=TimeRange(slot.starts_at, slot.ends_at),
        price=terms.price,
        mode=terms.mode,
        buffer_before_minutes=terms.buffer_before_minutes,
        buffer_after_minutes=terms.buffer_after_minutes,
    )
