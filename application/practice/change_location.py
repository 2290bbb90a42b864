"""Changes a location."""

from dataclasses import dataclass, replace
from typing import TypedDict
from uuid import UUID

from application.kernel.commands import Command, Context, handles
from application.kernel.outcome import Outcome
from application.kernel.permissions import Permission
from application.kernel.practice_log import PracticeLog
from application.practice.public_holidays import checked_holidays
from domain.practice.holiday_calendar import HolidayCalendar
from domain.practice.location import Location


class LocationChanges(TypedDict, total=False):
    name: str
    zone: str


@dataclass(frozen=True, slots=True)
class ChangeLocation(Command[Location]):
    """Hours stay on the wall clock when the zone changes; visits already booked keep their instants."""

    id: UUID
    changes: LocationChanges
    holidays: HolidayCalendar | None = None
    keeps_holidays: bool = False
    """Whether ``holidays`` are said; if not, they stay as they are."""
    expected_version: int | None = None


@handles(ChangeLocation, needs=Permission.CHANGE_PRACTICE)
def change_location(log: PracticeLog, command: ChangeLocation, context: Context) -> Outcome[Location]:
    """Raises InvalidValueError (also for unknown holidays), UnknownZoneError."""
    location = log.load(Location, command.id, command.expected_version)
    location.change(replace(location.details, **command.changes), context.now)
    if command.keeps_holidays:
        location.keep_holidays(checked_holidays(log, command.holidays) if command.holidays else None, context.now)
    return log.commit(location, by=context.provenance)
