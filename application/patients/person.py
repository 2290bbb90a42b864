"""The person behind a patient id: one patient, or several that were merged."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.errors import NotFoundError
from application.kernel.practice_log import PracticeLog
from domain.patients.errors import PatientMergedError, PatientWithdrawnError
from domain.patients.patient import Patient


@dataclass(frozen=True, slots=True)
class Person:
    """``ids`` are all patient ids of the person, the survivor's first."""

    ids: tuple[UUID, ...]
    is_erased: bool
    is_withdrawn: bool = False


def person_of(log: PracticeLog, patient_id: UUID) -> Person:
    """Return the person of a patient id, merged or not. Raises NotFoundError."""
    return person_behind(log, log.load(Patient, patient_id))


def survivor_of(log: PracticeLog, patient: Patient) -> Patient:
    """Return the patient that this one was merged into, or else this one."""
    return log.load(Patient, patient.merged_into) if patient.merged_into else patient


def person_behind(log: PracticeLog, patient: Patient) -> Person:
    survivor = survivor_of(log, patient)
    return Person(tuple(survivor.family_ids), survivor.is_erased, survivor.is_withdrawn)


def refuse_gone(person: Person, patient_id: UUID) -> None:
    """Raises NotFoundError: the patient was erased; PatientMergedError, PatientWithdrawnError."""
    if person.is_erased:
        raise NotFoundError("patient")
    if person.ids[0] != patient_id:
        raise PatientMergedError(person.ids[0])
    if person.is_withdrawn:
        raise PatientWithdrawnError


def require_patient_of(log: PracticeLog, patient_id: UUID) -> Person:
    """Return the person of a patient who is not gone. Raises what ``refuse_gone`` raises."""
    person = person_of(log, patient_id)
    refuse_gone(person, patient_id)
    return person
