"""Changes a location."""

from dataclasses import dataclass, replace
from typing import TypedDict
from uuid import UUID

from application.kernel.handlers import UpdateHandler
from application.kernel.practice_log import PracticeLog
from application.practice.public_holidays import checked_holidays
from domain.practice.holiday_calendar import HolidayCalendar
from domain.practice.location import Location


class LocationChanges(TypedDict, total=False):
    name: str
    zone: str


@dataclass(frozen=True, slots=True)
class ChangeLocation:
    """Hours stay on the wall clock when the zone changes; visits already booked keep their instants."""

    id: UUID
    changes: LocationChanges
    holidays: HolidayCalendar | None = None
    keeps_holidays: bool = False
    """Whether ``holidays`` are said; if not, they stay as they are."""
    expected_version: int | None = None


class ChangeLocationHandler(UpdateHandler[ChangeLocation, Location]):
    kind = Location

    def change(self, log: PracticeLog, thing: Location, command: ChangeLocation) -> None:
        """Raises InvalidValueError (also holidays that are not known), UnknownZoneError."""
        now = self._clock.now()
        thing.change(replace(thing.details, **command.changes), now)
        if command.keeps_holidays:
            thing.keep_holidays(checked_holidays(log, command.holidays) if command.holidays else None, now)
