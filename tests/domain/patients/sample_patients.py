"""Patients, each with its own name."""

from uuid import UUID

from domain.patients.details import PatientDetails
from domain.patients.patient import Patient
from tests.support.availability_builders import at

NOW = at("2026-06-01T09:00")


def registered_patient(number: int) -> Patient:
    details = PatientDetails(given_name="נועה", family_name="כהן", tags=(f"{number}",))
    made = Patient.register(id=UUID(int=number), details=details, at=NOW)
    made.collect_events()
    return made
