"""Changes a location."""

from dataclasses import dataclass, replace
from typing import TypedDict
from uuid import UUID

from application.handlers import ChangingHandler
from application.practice_log import PracticeLog
from domain.practice.location import Location


class LocationChanges(TypedDict, total=False):
    name: str
    zone: str


@dataclass(frozen=True, slots=True)
class ChangeLocation:
    """Hours stay on the wall clock when the zone changes; visits already booked keep their instants."""

    id: UUID
    changes: LocationChanges
    expected_version: int | None = None


class ChangeLocationHandler(ChangingHandler[ChangeLocation, Location]):
    kind = Location

    def change(self, log: PracticeLog, thing: Location, command: ChangeLocation) -> None:
        """Raises InvalidValueError, UnknownZoneError."""
        thing.change(replace(thing.details, **command.changes), self._clock.now())
