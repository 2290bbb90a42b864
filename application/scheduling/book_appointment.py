"""Books an appointment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from application.outcome import Outcome
from application.ports import Clock
from application.practice_log import PracticeLog, PracticeLogs
from application.scheduling.diary import Diary, open_diary, require_patient
from application.scheduling.limits import caps_on
from domain.money import Money
from domain.patient_standing import PatientStanding
from domain.practice.clinician import Clinician
from domain.practice.resource import Resource
from domain.provenance import CommandRepeatedError, Provenance
from domain.scheduling.appointment import Appointment, Visit
from domain.scheduling.availability import slot_at
from domain.scheduling.choice import anyone_at
from domain.scheduling.errors import LimitReachedError, SchedulingError, TimeTakenError
from domain.scheduling.question import Slot
from domain.time_range import TimeRange

_TRIES: Final = 5
_TRIES_FOR_ANYONE: Final = 100
"""Each try that is lost is a visit that another has won: there are as many to lose as there are clinicians and rooms."""


class OvertakenError(Exception):
    """What was free, and within the limits, when it was asked for was not when it was to be claimed; ``refusal`` says so."""

    def __init__(self, refusal: SchedulingError) -> None:
        super().__init__()
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class BookAppointment:
    """Resources that are named are used; what the service requires beyond them is chosen.

    ``clinician_id`` None is for anyone who gives the service: see domain/scheduling/choice.py for who is chosen, of whom those in
    ``preferred_clinician_ids`` come first.
    """

    patient_id: UUID
    service_id: UUID
    clinician_id: UUID | None
    starts_at: datetime
    resource_ids: tuple[UUID, ...] = ()
    preferred_clinician_ids: tuple[UUID, ...] = ()


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
        tries = _TRIES if command.clinician_id else _TRIES_FOR_ANYONE
        for _ in range(tries - 1):
            try:
                return self._book(log, command, by)
            except OvertakenError:
                continue
        try:
            return self._book(log, command, by)
        except OvertakenError as overtaken:
            raise overtaken.refusal from overtaken

    def _book(self, log: PracticeLog, command: BookAppointment, by: Provenance) -> Outcome[Appointment]:
        now = self._clock.now()
        diary = open_diary(
            log,
            command.service_id,
            None if command.clinician_id is None else [command.clinician_id],
            instant(command.starts_at),
            now,
            resource_ids=command.resource_ids,
            patient_id=command.patient_id,
            command_id=by.command_id,
        )
        if diary.consultation.is_command_recorded:
            raise CommandRepeatedError
        require_patient(diary.consultation)
        for resource_id in command.resource_ids:
            diary.catalogue.one(Resource, resource_id)
        for clinician_id in command.preferred_clinician_ids:
            diary.catalogue.one(Clinician, clinician_id)
        clinician_id, slot = _chosen(diary, command)
        terms = diary.service.fields
        visit = Visit(
            patient_id=command.patient_id,
            service_id=command.service_id,
            clinician_id=clinician_id,
            location_id=slot.location_id,
            resource_ids=slot.resource_ids,
            during=TimeRange(slot.starts_at, slot.ends_at),
            price=Money(terms["price_amount_minor"], terms["price_currency"]),
            mode=terms["mode"],
            buffer_before_minutes=terms["buffer_before_minutes"],
            buffer_after_minutes=terms["buffer_after_minutes"],
        )
        appointment = Appointment.book(id=uuid7(), visit=visit, at=now)
        try:
            caps = caps_on(diary.catalogue, appointment)
            position = log.record(appointment, by=by, claims=appointment.claims(), caps=caps)
        except (TimeTakenError, LimitReachedError) as error:
            raise OvertakenError(error) from error
        return Booked(appointment, position, diary.consultation.patient)


def _chosen(diary: Diary, command: BookAppointment) -> tuple[UUID, Slot]:
    if command.clinician_id is None:
        return anyone_at(diary.contenders(), command.starts_at, command.resource_ids, command.preferred_clinician_ids)
    return command.clinician_id, slot_at(diary.question(command.clinician_id), command.starts_at, command.resource_ids)


def instant(starts_at: datetime) -> TimeRange:
    """The shortest window that holds a start."""
    return TimeRange(starts_at, starts_at + timedelta(seconds=1))
