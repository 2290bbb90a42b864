"""Registers a patient."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from application.kernel.handlers import CreateHandler
from application.kernel.practice_log import PracticeLog
from application.patients.phone import phone_at
from domain.patients.details import PatientDetails
from domain.patients.patient import Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterPatient:
    """What is known of a new patient; the phone number as people write it."""

    given_name: str
    family_name: str
    email: str | None = None
    phone: str | None = None
    date_of_birth: date | None = None
    tags: tuple[str, ...] = ()
    zone: str | None = None
    locale: str | None = None


class RegisterPatientHandler(CreateHandler[RegisterPatient, Patient]):
    kind = Patient

    def make(self, log: PracticeLog, command: RegisterPatient, id: UUID) -> Patient:
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
        return Patient.register(id=id, details=details, at=self._clock.now())
