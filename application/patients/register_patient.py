"""Registers a patient."""

from dataclasses import asdict, dataclass
from datetime import date

from uuid_utils.compat import uuid7

from application.kernel.commands import Command, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.patients.phone import country_of, phone_at
from domain.patients.details import PatientDetails
from domain.patients.patient import Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterPatient(Command[Patient]):
    """``phone`` is in any form that people use; a name that the person does not have is empty."""

    given_name: str = ""
    family_name: str = ""
    email: str | None = None
    phone: str | None = None
    date_of_birth: date | None = None
    tags: tuple[str, ...] = ()
    zone: str | None = None
    locale: str | None = None


@handles(RegisterPatient, needs=Permission.CHANGE_PATIENTS)
def register_patient(log: PracticeLog, command: RegisterPatient, context: Context) -> Outcome[Patient]:
    """Raises InvalidValueError, UnknownZoneError."""
    phone = (
        None
        if command.phone is None
        else phone_at(log, command.phone, own_region=country_of(command.locale, command.zone))
    )
    details = PatientDetails(**(asdict(command) | {"phone": phone}))
    return log.commit(Patient.register(id=uuid7(), details=details, at=context.now), by=context.provenance)
