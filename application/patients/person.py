"""The person whom an id means: one patient, or several who were merged."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.errors import NotFoundError
from application.kernel.practice_log import PracticeLog
from domain.patients.errors import PatientMergedError, PatientWithdrawnError
from domain.patients.patient import Patient


@dataclass(frozen=True, slots=True)
class Person:
    """``ids`` are all under which they are known, the survivor's first."""

    ids: tuple[UUID, ...]
    is_erased: bool
    is_withdrawn: bool = False


def person_of(log: PracticeLog, patient_id: UUID) -> Person:
    """Return the person of a patient's id, also of one that was merged away. Raises NotFoundError."""
    return person_behind(log, log.load(Patient, patient_id))


def person_behind(log: PracticeLog, patient: Patient) -> Person:
    """Return the person that a patient is, or was merged into."""
    survivor = log.load(Patient, patient.merged_into) if patient.merged_into else patient
    return Person(tuple(survivor.family_ids), survivor.is_erased, survivor.is_withdrawn)


def refuse_gone(person: Person, patient_id: UUID) -> None:
    """Refuse to record something new for a patient who is gone.

    Raises NotFoundError: they were erased; PatientMergedError: merged into another one; PatientWithdrawnError: the import that
    registered them was undone.
    """
    if person.is_erased:
        raise NotFoundError("patient")
    if person.ids[0] != patient_id:
        raise PatientMergedError(person.ids[0])
    if person.is_withdrawn:
        raise PatientWithdrawnError


def require_patient_of(log: PracticeLog, patient_id: UUID) -> Person:
    """Return the person for whom something new is to be noted. Raises NotFoundError, and what ``refuse_gone`` raises."""
    person = person_of(log, patient_id)
    refuse_gone(person, patient_id)
    return person
