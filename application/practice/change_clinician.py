"""Changes who a clinician is."""

from dataclasses import dataclass, replace
from typing import TypedDict
from uuid import UUID

from application.handlers import ChangingHandler
from application.practice_log import PracticeLog
from domain.practice.clinician import Clinician


class ClinicianChanges(TypedDict, total=False):
    name: str
    email: str | None
    zone: str


@dataclass(frozen=True, slots=True)
class ChangeClinician:
    id: UUID
    changes: ClinicianChanges
    expected_version: int | None = None


class ChangeClinicianHandler(ChangingHandler[ChangeClinician, Clinician]):
    kind = Clinician

    def change(self, log: PracticeLog, thing: Clinician, command: ChangeClinician) -> None:
        """Raises InvalidValueError, UnknownZoneError."""
        thing.change_details(replace(thing.details, **command.changes), self._clock.now())
