"""Opens a location."""

from dataclasses import dataclass

from uuid_utils.compat import uuid7

from application.kernel.commands import Command, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from domain.practice.location import Location, LocationDetails


@dataclass(frozen=True, slots=True)
class OpenLocation(Command[Location]):
    name: str
    zone: str


@handles(OpenLocation, needs=Permission.CHANGE_PRACTICE)
def open_location(log: PracticeLog, command: OpenLocation, context: Context) -> Outcome[Location]:
    """Raises InvalidValueError, UnknownZoneError."""
    details = LocationDetails(command.name, command.zone)
    return log.commit(Location.open(id=uuid7(), details=details, at=context.now), by=context.provenance)
