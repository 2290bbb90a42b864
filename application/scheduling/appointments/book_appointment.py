"""Books an appointment."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.errors import StaleVersionError
from application.kernel.handlers import TRIES
from application.kernel.outcome import Outcome
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLog, PracticeLogs
from application.kernel.retry import OvertakenError, retry_when_overtaken
from application.scheduling.availability.schedule import Schedule, load_schedule, require_patient, start_window
from application.scheduling.availability.visit_caps import caps_on
from domain.kernel.aggregate import Aggregate
from domain.kernel.errors import InvalidValueError
from domain.kernel.provenance import CommandRepeatedError, Provenance
from domain.kernel.time_range import TimeRange
from domain.patients.standing import PatientSeen, PatientStanding
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
from domain.scheduling.errors import HoldMismatchError, LimitReachedError, TimeTakenError

_TRIES_FOR_ANYONE: Final = 100
"""Each try that is lost is a visit that another has won: there are as many to lose as there are clinicians and rooms."""


@dataclass(frozen=True, slots=True)
class BookAppointment:
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
    """A new booking, with how its patient stands, which was read on the way."""

    patient: PatientStanding


class BookAppointmentHandler:
    """Carries out BookAppointment."""

    def __init__(self, logs: PracticeLogs, clock: Clock) -> None:
        self._logs = logs
        self._clock = clock

    def __call__(self, tenant_id: UUID, command: BookAppointment, by: Provenance) -> Outcome[Appointment]:
        """Raises NotFoundError: no such patient, service, clinician or resource; PatientMergedError; what ``slot_at`` raises: the time
        is not free.
        """
        log = self._logs.of(tenant_id)
        return log.carry_out(Appointment, by, lambda: self._book_again(log, command, by), checks_itself=True)

    def _book_again(self, log: PracticeLog, command: BookAppointment, by: Provenance) -> Outcome[Appointment]:
        """Decide anew when another visit took the clinician or the chosen room first: the next clinician or a second room may be free.

        If none is, the next look says why not.
        """
        tries = TRIES if command.clinician_id else _TRIES_FOR_ANYONE
        return retry_when_overtaken(lambda: self._book(log, command, by), tries)

    def _book(self, log: PracticeLog, command: BookAppointment, by: Provenance) -> Outcome[Appointment]:
        now = self._clock.now()
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
            command_id=by.command_id,
        )
        if schedule.consultation.is_command_recorded:
            raise CommandRepeatedError
        require_patient(schedule.consultation)
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
        things: list[Aggregate] = [appointment]
        releases = schedule.expired
        if hold is not None and hold.status_at(now) is HoldStatus.HELD:
            hold.use(appointment.id, now)
            things.append(hold)
            releases.append(hold.id)
        try:
            caps = () if exemption.is_over_limits else _caps(schedule, appointment, hold)
            claims = appointment.claims()
            seen = PatientSeen(command.patient_id, schedule.consultation.position)
            position = log.record(*things, by=by, claims=claims, releases=releases, caps=caps, relies_on=seen)
        except (TimeTakenError, LimitReachedError) as error:
            raise OvertakenError(error) from error
        except StaleVersionError as error:
            # Nothing but the hold can have changed: a new appointment has no other writer.
            raise OvertakenError(TimeTakenError()) from error
        return Booked(appointment, position, schedule.consultation.patient)


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
