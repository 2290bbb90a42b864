"""A room or a device: at one location, used by one visit at a time."""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from eventsourcing.domain import event

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.errors import InvalidValueError
from domain.kernel.text import clean_text


class ResourceKind(StrEnum):
    ROOM = "room"
    DEVICE = "device"


def checked_kind(field: str, value: str) -> str:
    """Return the kind unchanged if it is one. Raises InvalidValueError."""
    if value not in ResourceKind.__members__.values():
        raise InvalidValueError(field, "a resource is a room or a device")
    return value


@dataclass(frozen=True, slots=True)
class ResourceDetails:
    """The name is cleaned; an inactive resource takes no new visits. Raises InvalidValueError."""

    name: str
    active: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", clean_text("name", self.name, 200))


class Resource(Aggregate):
    TOPIC = "practice.resource"

    class Added(InitialEvent):
        TOPIC = "practice.resource.added"
        location_id: UUID
        kind: str
        name: str

    class Changed(Aggregate.Event):
        TOPIC = "practice.resource.changed"
        name: str
        active: bool

    @classmethod
    def add(cls, *, id: UUID, location_id: UUID, kind: str, name: str, at: datetime) -> Self:
        """Raises InvalidValueError: the kind is neither ``room`` nor ``device``, or the name is no text."""
        checked_kind("kind", kind)
        name = ResourceDetails(name).name
        return cls._create(cls.Added, id=id, timestamp=at, location_id=location_id, kind=kind, name=name)

    @event(Added)
    def __init__(self, location_id: UUID, kind: str, name: str, timestamp: datetime) -> None:
        self.location_id = location_id
        self.kind = kind
        self.name = name
        self.active = True

    @property
    def details(self) -> ResourceDetails:
        return ResourceDetails(self.name, self.active)

    def change(self, to: ResourceDetails, at: datetime) -> bool:
        """Return whether anything was recorded: the same details again record nothing."""
        if to == self.details:
            return False
        self._changed(**asdict(to), timestamp=at)
        return True

    @event(Changed)
    def _changed(self, name: str, active: bool, timestamp: datetime) -> None:
        self.name, self.active = name, active
