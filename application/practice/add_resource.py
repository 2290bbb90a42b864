"""Adds a room or a device to a location."""

from dataclasses import asdict, dataclass
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.commands import Command, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from domain.practice.location import Location
from domain.practice.resource import Resource


@dataclass(frozen=True, slots=True)
class AddResource(Command[Resource]):
    location_id: UUID
    kind: str
    name: str


@handles(AddResource, needs=Permission.CHANGE_PRACTICE)
def add_resource(log: PracticeLog, command: AddResource, context: Context) -> Outcome[Resource]:
    """Raises NotFoundError: no such location; InvalidValueError."""
    log.require((Location, command.location_id))
    return log.commit(Resource.add(id=uuid7(), at=context.now, **asdict(command)), by=context.provenance)
