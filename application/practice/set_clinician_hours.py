"""Sets when a clinician sees patients at a location."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from application.kernel.handlers import UpdateHandler
from application.kernel.practice_log import PracticeLog
from domain.practice.clinician import Clinician
from domain.practice.location import Location
from domain.practice.weekly_hours import OpeningHours


@dataclass(frozen=True, slots=True)
class SetClinicianHours:
    """``id`` is the clinician's; the texts are in the form that OpeningHours.parse reads.

    They replace the location's hours: from a civil date on, until the next from which others count, or all that was said (None).
    """

    id: UUID
    location_id: UUID
    weekly: tuple[str, ...]
    overrides: tuple[str, ...]
    effective_from: date | None = None
    expected_version: int | None = None


class SetClinicianHoursHandler(UpdateHandler[SetClinicianHours, Clinician]):
    kind = Clinician

    def change(self, log: PracticeLog, thing: Clinician, command: SetClinicianHours) -> None:
        """Raises NotFoundError: there is no such location; InvalidValueError: times that overlap, or are none."""
        log.catalogue().one(Location, command.location_id)
        hours = OpeningHours.parse(command.weekly, command.overrides)
        thing.set_hours(command.location_id, hours, self._clock.now(), command.effective_from)
