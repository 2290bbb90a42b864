"""Welcomes a clinician to the practice."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.handlers import CreateHandler
from application.kernel.practice_log import PracticeLog
from domain.practice.clinician import Clinician, ClinicianDetails
from domain.practice.visit_limits import NO_LIMITS, VisitLimits


@dataclass(frozen=True, slots=True)
class JoinClinician:
    name: str
    email: str | None
    zone: str
    limits: VisitLimits = NO_LIMITS


class JoinClinicianHandler(CreateHandler[JoinClinician, Clinician]):
    kind = Clinician

    def make(self, log: PracticeLog, command: JoinClinician, id: UUID) -> Clinician:
        """Raises InvalidValueError, UnknownZoneError."""
        details = ClinicianDetails(command.name, command.email, command.zone)
        now = self._clock.now()
        clinician = Clinician.join(id=id, details=details, at=now)
        clinician.set_limits(command.limits, now)
        return clinician
