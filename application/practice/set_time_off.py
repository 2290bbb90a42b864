"""Sets when a clinician is away."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.commands import Command, Context, handles
from application.kernel.outcome import Outcome
from application.kernel.permissions import Permission
from application.kernel.practice_log import PracticeLog
from domain.practice.clinician import Absence, Clinician


@dataclass(frozen=True, slots=True)
class SetTimeOff(Command[Clinician]):
    """``id`` is the clinician's; the absences replace all that were set before. Visits that lie in them stay."""

    id: UUID
    absences: tuple[Absence, ...]
    expected_version: int | None = None


@handles(SetTimeOff, needs=Permission.CHANGE_PRACTICE)
def set_time_off(log: PracticeLog, command: SetTimeOff, context: Context) -> Outcome[Clinician]:
    """Raises InvalidValueError: more than 500 ranges, or a note over 500 characters."""
    clinician = log.load(Clinician, command.id, command.expected_version)
    clinician.set_time_off(command.absences, context.now)
    return log.commit(clinician, by=context.provenance)
