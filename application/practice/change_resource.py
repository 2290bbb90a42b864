"""Changes a room or a device, or takes it out of use."""

from dataclasses import dataclass, replace

from application.kernel.commands import Change, Changes, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from domain.practice.resource import Resource


@dataclass(frozen=True, slots=True)
class ChangeResource(Change[Resource]):
    """An inactive resource takes no new visits; booked visits keep it."""

    changes: Changes


@handles(ChangeResource, needs=Permission.CHANGE_PRACTICE)
def change_resource(log: PracticeLog, command: ChangeResource, context: Context) -> Outcome[Resource]:
    """Raises InvalidValueError."""
    resource = log.load(Resource, command.id, command.expected_version)
    resource.change(replace(resource.details, **command.changes), context.now)
    return log.commit(resource, by=context.provenance)
