"""Changes who a clinician is."""

from dataclasses import dataclass, replace
from typing import TypedDict
from uuid import UUID

from application.kernel.handlers import UpdateHandler
from application.kernel.practice_log import PracticeLog
from domain.practice.clinician import Clinician
from domain.practice.visit_limits import VisitLimits


class ClinicianChanges(TypedDict, total=False):
    name: str
    email: str | None
    zone: str


@dataclass(frozen=True, slots=True)
class ChangeClinician:
    id: UUID
    changes: ClinicianChanges
    limits: VisitLimits | None = None
    """None leaves them as they are; ``VisitLimits()`` is no limit."""
    expected_version: int | None = None


class ChangeClinicianHandler(UpdateHandler[ChangeClinician, Clinician]):
    kind = Clinician

    def change(self, log: PracticeLog, thing: Clinician, command: ChangeClinician) -> None:
        """Raises InvalidValueError, UnknownZoneError."""
        now = self._clock.now()
        thing.change_details(replace(thing.details, **command.changes), now)
        if command.limits is not None:
            thing.set_limits(command.limits, now)
