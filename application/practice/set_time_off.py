"""Sets the time off of a clinician."""

from dataclasses import dataclass

from application.kernel.commands import Change, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from domain.practice.clinician import Absence, Clinician


@dataclass(frozen=True, slots=True)
class SetTimeOff(Change[Clinician]):
    """Replaces all absences. Visits during them stay booked."""

    absences: tuple[Absence, ...]


@handles(SetTimeOff, needs=Permission.CHANGE_PRACTICE)
def set_time_off(log: PracticeLog, command: SetTimeOff, context: Context) -> Outcome[Clinician]:
    """Raises InvalidValueError: more than 500 ranges, or a note over 500 characters."""
    clinician = log.load(Clinician, command.id, command.expected_version)
    clinician.set_time_off(command.absences, context.now)
    return log.commit(clinician, by=context.provenance)
