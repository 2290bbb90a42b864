"""A room or a device at one location, used by one visit at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.errors import InvalidValueError
from domain.kernel.text import clean_text
from domain.kernel.value import Value


class ResourceKind(StrEnum):
    ROOM = "room"
    DEVICE = "device"


def checked_kind(field: str, value: str) -> str:
    """Return the kind unchanged if it is a ResourceKind. Raises InvalidValueError."""
    if value not in ResourceKind.__members__.values():
        raise InvalidValueError(field, "a resource is a room or a device")
    return value


@dataclass(frozen=True, slots=True)
class ResourceDetails(Value):
    """The name is cleaned; an inactive resource takes no new visits. Raises InvalidValueError."""

    name: str
    active: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", clean_text("name", self.name, 200))


class Resource(Aggregate):
    TOPIC = "practice.resource"

    location_id: UUID
    kind: str
    name: str
    active: bool = True

    class Added(InitialEvent):
        TOPIC = "practice.resource.added"
        location_id: UUID
        kind: str
        name: str

    class Changed(Aggregate.Event):
        TOPIC = "practice.resource.changed"
        name: str
        active: bool

        def apply(self, aggregate: Resource) -> None:
            aggregate.name, aggregate.active = self.name, self.active

    @classmethod
    def add(cls, *, id: UUID, location_id: UUID, kind: str, name: str, at: datetime) -> Self:
        """Raises InvalidValueError: neither ``room`` nor ``device``, or an invalid name."""
        checked_kind("kind", kind)
        name = ResourceDetails(name).name
        return cls._create(cls.Added, id=id, timestamp=at, location_id=location_id, kind=kind, name=name)

    @property
    def details(self) -> ResourceDetails:
        return ResourceDetails.of(self)

    def change(self, to: ResourceDetails, at: datetime) -> bool:
        return self.trigger_if(to != self.details, self.Changed, **to.fields(), timestamp=at)
