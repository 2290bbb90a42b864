"""Sets when a clinician is away."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.handlers import UpdateHandler
from application.kernel.practice_log import PracticeLog
from domain.practice.clinician import Absence, Clinician


@dataclass(frozen=True, slots=True)
class SetTimeOff:
    """``id`` is the clinician's; the absences replace all that were set before. Visits that lie in them stay."""

    id: UUID
    absences: tuple[Absence, ...]
    expected_version: int | None = None


class SetTimeOffHandler(UpdateHandler[SetTimeOff, Clinician]):
    kind = Clinician

    def change(self, log: PracticeLog, thing: Clinician, command: SetTimeOff) -> None:
        """Raises InvalidValueError: more than 500 ranges, or a note over 500 characters."""
        thing.set_time_off(command.absences, self._clock.now())
