"""A location where the practice sees people; its opening hours are in its local time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.text import clean_text
from domain.kernel.value import Value
from domain.kernel.zones import zone
from domain.practice.holiday_calendar import HolidayCalendar, HolidaysEvent


@dataclass(frozen=True, slots=True)
class LocationDetails(Value):
    """The name is cleaned. Raises InvalidValueError, UnknownZoneError."""

    name: str
    zone: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", clean_text("name", self.name, 200))
        zone(self.zone)


class LocationFields(Aggregate.Event):
    """The fields of LocationDetails."""

    name: str
    zone: str


class Location(Aggregate):
    TOPIC = "practice.location"

    name: str
    zone: str
    holidays: HolidayCalendar | None = None

    class Opened(LocationFields, InitialEvent):
        TOPIC = "practice.location.opened"

    class Changed(LocationFields):
        TOPIC = "practice.location.changed"

        def apply(self, aggregate: Location) -> None:
            aggregate.name, aggregate.zone = self.name, self.zone

    class HolidaysSet(HolidaysEvent):
        TOPIC = "practice.location.holidays_set"

        def apply(self, aggregate: Location) -> None:
            aggregate.holidays = self.calendar

    @classmethod
    def open(cls, *, id: UUID, details: LocationDetails, at: datetime) -> Self:
        return cls._create(cls.Opened, id=id, timestamp=at, **details.fields())

    @property
    def details(self) -> LocationDetails:
        return LocationDetails.of(self)

    def change(self, to: LocationDetails, at: datetime) -> bool:
        return self.trigger_if(to != self.details, self.Changed, **to.fields(), timestamp=at)

    def keep_holidays(self, of: HolidayCalendar | None, at: datetime) -> bool:
        """Close on the public holidays of a country, or on the practice's (None)."""
        fields = HolidaysEvent.fields_of(of)
        return self.trigger_if(of != self.holidays, self.HolidaysSet, **fields, timestamp=at)
