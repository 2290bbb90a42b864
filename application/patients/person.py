"""The person whom an id means: one patient, or several who were merged."""

from dataclasses import dataclass
from uuid import UUID

from application.errors import NotFoundError
from application.practice_log import PracticeLog
from domain.patients.errors import PatientMergedError
from domain.patients.patient import Patient


@dataclass(frozen=True, slots=True)
class Person:
    """``ids`` are all under which they are known, that of who stands for them first."""

    ids: tuple[UUID, ...]
    is_erased: bool


def person_of(log: PracticeLog, patient_id: UUID) -> Person:
    """Return the person of a patient's id, also of one that was merged away. Raises NotFoundError."""
    patient = log.load(Patient, patient_id)
    if patient.merged_into is not None:
        patient = log.load(Patient, patient.merged_into)
    return Person(tuple(patient.family_ids), patient.is_erased)


def require_patient_of(log: PracticeLog, patient_id: UUID) -> Person:
    """Return the person for whom something new is to be noted.

    Raises NotFoundError: there is none, or they were erased; PatientMergedError: another id stands for them.
    """
    person = person_of(log, patient_id)
    if person.is_erased:
        raise NotFoundError("patient")
    if person.ids[0] != patient_id:
        raise PatientMergedError(person.ids[0])
    return person
