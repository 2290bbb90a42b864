"""Changes a clinician's details, visit limits and last date."""

from dataclasses import dataclass, replace
from datetime import date

from application.kernel.commands import Change, Changes, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from domain.practice.clinician import Clinician
from domain.practice.visit_limits import VisitLimits


@dataclass(frozen=True, slots=True)
class ChangeClinician(Change[Clinician]):
    changes: Changes
    limits: VisitLimits | None = None
    """None: unchanged; ``VisitLimits()``: no limit."""
    last_date: date | None = None
    sets_last_date: bool = False


@handles(ChangeClinician, needs=Permission.CHANGE_PRACTICE)
def change_clinician(log: PracticeLog, command: ChangeClinician, context: Context) -> Outcome[Clinician]:
    """Raises InvalidValueError, UnknownZoneError."""
    clinician = log.load(Clinician, command.id, command.expected_version)
    clinician.change_details(replace(clinician.details, **command.changes), context.now)
    if command.limits is not None:
        clinician.set_limits(command.limits, context.now)
    if command.sets_last_date:
        clinician.leave_after(command.last_date, context.now)
    return log.commit(clinician, by=context.provenance)
