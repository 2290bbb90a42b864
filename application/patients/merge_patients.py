"""Merges two patients who are one person, and undoes a merge."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.commands import Change, Context, handles
from application.kernel.errors import StaleVersionError
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.kernel.retry import OvertakenError
from domain.patients.patient import Patient


@dataclass(frozen=True, slots=True)
class MergePatients(Change[Patient]):
    """``id`` is the survivor's. One append changes both patients."""

    other_id: UUID


@dataclass(frozen=True, slots=True)
class UnmergePatients(Change[Patient]):
    """``id`` is the survivor's."""

    other_id: UUID


@handles(MergePatients, needs=Permission.MERGE_PATIENTS)
def merge_patients(log: PracticeLog, command: MergePatients, context: Context) -> Outcome[Patient]:
    """Raises PatientErasedError, PatientMergedError, HoldsMergedError, InvalidValueError."""
    survivor, other = _pair(log, command)
    survivor.absorb(other, context.now)
    return log.commit(survivor, other, by=context.provenance)


@handles(UnmergePatients, needs=Permission.MERGE_PATIENTS)
def unmerge_patients(log: PracticeLog, command: UnmergePatients, context: Context) -> Outcome[Patient]:
    """Raises PatientErasedError, NotMergedError."""
    survivor, other = _pair(log, command)
    survivor.release(other, context.now)
    return log.commit(survivor, other, by=context.provenance)


def _pair(log: PracticeLog, command: MergePatients | UnmergePatients) -> tuple[Patient, Patient]:
    survivor = log.load(Patient, command.id, command.expected_version)
    other = survivor if command.other_id == survivor.id else log.load(Patient, command.other_id)
    if (other.merged_into == survivor.id) != (other.id in survivor.merged_ids):
        # The two reads saw different positions of the log.
        raise OvertakenError(StaleVersionError())
    return survivor, other
