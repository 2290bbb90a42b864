"""Sets when a room or a device is out of service."""

from dataclasses import dataclass

from application.kernel.commands import Change, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from domain.practice.resource import Resource
from domain.practice.time_off import DaysOff, HoursOff


@dataclass(frozen=True, slots=True)
class SetOutOfService(Change[Resource]):
    """Replaces all times out of service. Visits during them stay booked."""

    ranges: tuple[DaysOff | HoursOff, ...]


@handles(SetOutOfService, needs=Permission.CHANGE_PRACTICE)
def set_out_of_service(log: PracticeLog, command: SetOutOfService, context: Context) -> Outcome[Resource]:
    """Raises InvalidValueError: more than 500 ranges."""
    resource = log.load(Resource, command.id, command.expected_version)
    resource.set_out_of_service(command.ranges, context.now)
    return log.commit(resource, by=context.provenance)
