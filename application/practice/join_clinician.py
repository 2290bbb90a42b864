"""Adds a clinician to the practice."""

from dataclasses import dataclass

from uuid_utils.compat import uuid7

from application.kernel.commands import Command, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from domain.practice.clinician import Clinician, ClinicianDetails
from domain.practice.visit_limits import NO_LIMITS, VisitLimits


@dataclass(frozen=True, slots=True)
class JoinClinician(Command[Clinician]):
    name: str
    email: str | None
    zone: str
    limits: VisitLimits = NO_LIMITS


@handles(JoinClinician, needs=Permission.CHANGE_PRACTICE)
def join_clinician(log: PracticeLog, command: JoinClinician, context: Context) -> Outcome[Clinician]:
    """Raises InvalidValueError, UnknownZoneError."""
    details = ClinicianDetails(command.name, command.email, command.zone)
    clinician = Clinician.join(id=uuid7(), details=details, at=context.now)
    clinician.set_limits(command.limits, context.now)
    return log.commit(clinician, by=context.provenance)
