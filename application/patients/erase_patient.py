"""Erases a patient for ever."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from application.kernel.commands import Command, Context, handles
from application.kernel.outcome import Outcome
from application.kernel.permissions import Permission
from application.kernel.practice_log import PracticeLog
from domain.patients.errors import PatientMergedError
from domain.patients.patient import Patient


class PersonKeys(Protocol):
    """Holds the keys under which personal data are sealed."""

    def erase(self, tenant_id: UUID, subject_id: UUID) -> bool:
        """Destroy all keys of a person, for ever and durably; False if they had been destroyed before."""
        ...


@dataclass(frozen=True, slots=True)
class ErasePatient(Command[Patient]):
    id: UUID
    expected_version: int | None = None


def destroy_keys(log: PracticeLog, outcome: Outcome[Patient], *, keys: PersonKeys) -> None:
    """Destroy the keys of an erased patient and of those merged into them. Safe to repeat after a crash."""
    for id_ in outcome.aggregate.family_ids:
        keys.erase(log.tenant_id, id_)


@handles(ErasePatient, needs=Permission.ERASE_PATIENTS, afterwards=destroy_keys)
def erase_patient(log: PracticeLog, command: ErasePatient, context: Context) -> Outcome[Patient]:
    """Record the erasure, also of those merged into the patient; then their keys are destroyed.

    Raises PatientMergedError: the patient was merged away; erase the survivor.
    """
    patient = log.load(Patient, command.id, command.expected_version)
    if patient.merged_into is not None and not patient.is_erased:
        raise PatientMergedError(patient.merged_into)
    merged = [log.load(Patient, id_) for id_ in patient.merged_ids]
    for each in (patient, *merged):
        each.erase(context.now)
    return log.commit(patient, *merged, by=context.provenance)
