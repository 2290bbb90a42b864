"""Merges two patients who are one person, and undoes it."""

from abc import abstractmethod
from dataclasses import dataclass
from uuid import UUID

from application.kernel.errors import StaleVersionError
from application.kernel.handlers import UpdateHandler
from application.kernel.outcome import Outcome
from application.kernel.practice_log import PracticeLog
from domain.kernel.provenance import Provenance
from domain.patients.patient import Patient


@dataclass(frozen=True, slots=True)
class MergePatients:
    """``id`` is who stands, or stood, for both."""

    id: UUID
    other_id: UUID
    expected_version: int | None = None


class PairHandler(UpdateHandler[MergePatients, Patient]):
    """Both patients decide, and both are recorded in one append: no reader ever sees half of it."""

    kind = Patient

    def decide(self, log: PracticeLog, command: MergePatients, by: Provenance) -> Outcome[Patient]:
        survivor = self.load(log, command)
        other = survivor if command.other_id == survivor.id else log.load(Patient, command.other_id)
        if (other.merged_into == survivor.id) != (other.id in survivor.merged_ids):
            raise StaleVersionError  # another writer came between the two readings
        self.pair(survivor, other)
        return Outcome(survivor, log.record(survivor, other, by=by))

    @abstractmethod
    def pair(self, survivor: Patient, other: Patient) -> None:
        """Ask both."""

    def change(self, log: PracticeLog, thing: Patient, command: MergePatients) -> None:
        """A pair is asked in ``decide``."""


class MergePatientsHandler(PairHandler):
    def pair(self, survivor: Patient, other: Patient) -> None:
        """Raises PatientErasedError, PatientMergedError, HoldsMergedError, InvalidValueError."""
        survivor.absorb(other, self._clock.now())


class UnmergePatientsHandler(PairHandler):
    def pair(self, survivor: Patient, other: Patient) -> None:
        """Raises PatientErasedError, NotMergedError."""
        survivor.release(other, self._clock.now())
