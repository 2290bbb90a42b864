"""Erases a patient for ever."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from application.kernel.handlers import UpdateHandler
from application.kernel.outcome import Outcome
from application.kernel.ports import Clock
from application.kernel.practice_log import PracticeLog, PracticeLogs
from domain.kernel.provenance import Provenance
from domain.patients.errors import PatientMergedError
from domain.patients.patient import Patient


class PersonKeys(Protocol):
    """Holds the keys under which persons' data are sealed."""

    def erase(self, tenant_id: UUID, subject_id: UUID) -> bool:
        """Destroy all keys of a person, for ever and durably; False if they had been destroyed before."""
        ...


@dataclass(frozen=True, slots=True)
class ErasePatient:
    id: UUID
    expected_version: int | None = None


class ErasePatientHandler(UpdateHandler[ErasePatient, Patient]):
    kind = Patient

    def __init__(self, logs: PracticeLogs, clock: Clock, keys: PersonKeys) -> None:
        super().__init__(logs, clock)
        self._keys = keys

    def __call__(self, tenant_id: UUID, command: ErasePatient, by: Provenance) -> Outcome[Patient]:
        """Record the erasure, then destroy the keys; a repeat finishes what a killed program began. Raises PatientMergedError."""
        outcome = super().__call__(tenant_id, command, by)
        for id_ in outcome.thing.family_ids:
            self._keys.erase(tenant_id, id_)
        return outcome

    def decide(self, log: PracticeLog, command: ErasePatient, by: Provenance) -> Outcome[Patient]:
        """Those who were merged into the patient are the same person: they are erased in the same append.

        Raises PatientMergedError: the patient was merged away; the person is erased as the one who stands for them.
        """
        patient = self.load(log, command)
        if patient.merged_into is not None and not patient.is_erased:
            raise PatientMergedError(patient.merged_into)
        merged = [log.load(Patient, id_) for id_ in patient.merged_ids]
        for one in (patient, *merged):
            one.erase(self._clock.now())
        return Outcome(patient, log.record(patient, *merged, by=by))

    def change(self, log: PracticeLog, thing: Patient, command: ErasePatient) -> None:
        """All who are the person are asked in ``decide``."""
