"""Registers a patient."""

from dataclasses import dataclass
from datetime import date

from uuid_utils.compat import uuid7

from application.kernel.commands import Command, Context, handles
from application.kernel.outcome import Outcome
from application.kernel.permissions import Permission
from application.kernel.practice_log import PracticeLog
from application.patients.phone import phone_at
from domain.patients.details import PatientDetails
from domain.patients.patient import Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterPatient(Command[Patient]):
    """What is known of a new patient; the phone number as people write it."""

    given_name: str
    family_name: str
    email: str | None = None
    phone: str | None = None
    date_of_birth: date | None = None
    tags: tuple[str, ...] = ()
    zone: str | None = None
    locale: str | None = None


@handles(RegisterPatient, needs=Permission.CHANGE_PATIENTS)
def register_patient(log: PracticeLog, command: RegisterPatient, context: Context) -> Outcome[Patient]:
    """Raises InvalidValueError, UnknownZoneError."""
    details = PatientDetails(
        given_name=command.given_name,
        family_name=command.family_name,
        email=command.email,
        phone=None if command.phone is None else phone_at(log, command.phone),
        date_of_birth=command.date_of_birth,
        tags=command.tags,
        zone=command.zone,
        locale=command.locale,
    )
    return log.commit(Patient.register(id=uuid7(), details=details, at=context.now), by=context.provenance)
