"""Changes a location."""

from dataclasses import dataclass, replace

from application.kernel.commands import Change, Changes, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.practice.change_practice import checked_holidays
from domain.practice.holiday_calendar import HolidayCalendar
from domain.practice.location import Location


@dataclass(frozen=True, slots=True)
class ChangeLocation(Change[Location]):
    """When the zone changes, hours keep their local times and booked visits their instants."""

    changes: Changes
    holidays: HolidayCalendar | None = None
    sets_holidays: bool = False


@handles(ChangeLocation, needs=Permission.CHANGE_PRACTICE)
def change_location(log: PracticeLog, command: ChangeLocation, context: Context) -> Outcome[Location]:
    """Raises InvalidValueError (also for unknown holidays), UnknownZoneError."""
    location = log.load(Location, command.id, command.expected_version)
    location.change(replace(location.details, **command.changes), context.now)
    if command.sets_holidays:
        location.keep_holidays(checked_holidays(log, command.holidays), context.now)
    return log.commit(location, by=context.provenance)
