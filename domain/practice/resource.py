"""A room or a device at one location, used by one visit at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.errors import InvalidValueError
from domain.kernel.text import clean_text
from domain.kernel.value import Value
from domain.practice.time_off import DaysOff, HoursOff, parse_time_off

_MAX_RANGES: Final = 500


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
    """``out_of_service``: when it cannot be used; whole days are in the zone of its location."""

    TOPIC = "practice.resource"

    location_id: UUID
    kind: str
    name: str
    active: bool = True
    out_of_service: list[str] = field(default_factory=list)

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

    class OutOfServiceSet(Aggregate.Event):
        TOPIC = "practice.resource.out_of_service_set"
        ranges: list[str]

        def apply(self, aggregate: Resource) -> None:
            aggregate.out_of_service = self.ranges

    @classmethod
    def add(cls, *, id: UUID, location_id: UUID, kind: str, name: str, at: datetime) -> Self:
        """Raises InvalidValueError: neither ``room`` nor ``device``, or an invalid name."""
        checked_kind("kind", kind)
        name = ResourceDetails(name).name
        return cls._create(cls.Added, id=id, timestamp=at, location_id=location_id, kind=kind, name=name)

    @property
    def details(self) -> ResourceDetails:
        return ResourceDetails.of(self)

    @property
    def out_of_service_ranges(self) -> list[DaysOff | HoursOff]:
        return [parse_time_off(text) for text in self.out_of_service]

    def set_out_of_service(self, during: Sequence[DaysOff | HoursOff], at: datetime) -> bool:
        """Replace all times out of service; visits during them stay, see ``/v1/conflicts``.

        Raises InvalidValueError: more than 500 ranges.
        """
        if len(during) > _MAX_RANGES:
            raise InvalidValueError("ranges", f"there may be at most {_MAX_RANGES} ranges")
        ranges = [str(each) for each in during]
        return self.trigger_if(ranges != self.out_of_service, self.OutOfServiceSet, ranges=ranges, timestamp=at)

    def change(self, to: ResourceDetails, at: datetime) -> bool:
        return self.trigger_if(to != self.details, self.Changed, **to.fields(), timestamp=at)
