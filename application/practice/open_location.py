"""Opens a location."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.handlers import CreateHandler
from application.kernel.practice_log import PracticeLog
from domain.practice.location import Location, LocationDetails


@dataclass(frozen=True, slots=True)
class OpenLocation:
    name: str
    zone: str


class OpenLocationHandler(CreateHandler[OpenLocation, Location]):
    kind = Location

    def make(self, log: PracticeLog, command: OpenLocation, id: UUID) -> Location:
        """Raises InvalidValueError, UnknownZoneError."""
        return Location.open(id=id, details=LocationDetails(command.name, command.zone), at=self._clock.now())
