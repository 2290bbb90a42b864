"""Erases a patient permanently."""

from typing import Protocol
from uuid import UUID

from application.kernel.commands import Change, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from domain.patients.errors import PatientMergedError
from domain.patients.patient import Patient


class PersonKeys(Protocol):
    """The keys under which personal data are sealed."""

    def erase(self, tenant_id: UUID, subject_id: UUID) -> bool:
        """Destroy all keys of a person, durably; False if they were destroyed before."""
        ...


class ErasePatient(Change[Patient]):
    """Also erases the patients merged into this one."""


def destroy_keys(log: PracticeLog, outcome: Outcome[Patient], *, keys: PersonKeys) -> None:
    """Destroy the keys of an erased patient and of those merged into them. Safe to repeat."""
    for id_ in outcome.aggregate.family_ids:
        keys.erase(log.tenant_id, id_)


@handles(ErasePatient, needs=Permission.ERASE_PATIENTS, afterwards=destroy_keys)
def erase_patient(log: PracticeLog, command: ErasePatient, context: Context) -> Outcome[Patient]:
    """Raises PatientMergedError: the patient was merged into another; erase the survivor."""
    patient = log.load(Patient, command.id, command.expected_version)
    if patient.merged_into is not None and not patient.is_erased:
        raise PatientMergedError(patient.merged_into)
    merged = [log.load(Patient, id_) for id_ in patient.merged_ids]
    for each in (patient, *merged):
        each.erase(context.now)
    return log.commit(patient, *merged, by=context.provenance)
