"""Changes a room or a device, or takes it out of use."""

from dataclasses import dataclass, replace
from typing import TypedDict
from uuid import UUID

from application.kernel.handlers import UpdateHandler
from application.kernel.practice_log import PracticeLog
from domain.practice.resource import Resource


class ResourceChanges(TypedDict, total=False):
    name: str
    active: bool


@dataclass(frozen=True, slots=True)
class ChangeResource:
    """An inactive resource takes no new visits; those it has stay."""

    id: UUID
    changes: ResourceChanges
    expected_version: int | None = None


class ChangeResourceHandler(UpdateHandler[ChangeResource, Resource]):
    kind = Resource

    def change(self, log: PracticeLog, thing: Resource, command: ChangeResource) -> None:
        """Raises InvalidValueError."""
        thing.change(replace(thing.details, **command.changes), self._clock.now())
