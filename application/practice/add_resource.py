"""Adds a room or a device to a location."""

from dataclasses import dataclass
from uuid import UUID

from application.kernel.handlers import CreateHandler
from application.kernel.practice_log import PracticeLog
from domain.practice.location import Location
from domain.practice.resource import Resource


@dataclass(frozen=True, slots=True)
class AddResource:
    location_id: UUID
    kind: str
    name: str


class AddResourceHandler(CreateHandler[AddResource, Resource]):
    kind = Resource

    def make(self, log: PracticeLog, command: AddResource, id: UUID) -> Resource:
        """Raises NotFoundError: there is no such location; InvalidValueError."""
        log.catalogue().one(Location, command.location_id)
        return Resource.add(
            id=id, location_id=command.location_id, kind=command.kind, name=command.name, at=self._clock.now()
        )
