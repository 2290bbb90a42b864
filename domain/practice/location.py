"""A place where the practice sees people; opening hours are on its wall clock."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import event

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.text import clean_text
from domain.kernel.zones import zone
from domain.practice.holiday_calendar import HolidayCalendar


@dataclass(frozen=True, slots=True)
class LocationDetails:
    """The name is cleaned. Raises InvalidValueError, UnknownZoneError."""

    name: str
    zone: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", clean_text("name", self.name, 200))
        zone(self.zone)


class Location(Aggregate):
    TOPIC = "practice.location"

    class Opened(InitialEvent):
        TOPIC = "practice.location.opened"
        name: str
        zone: str

    class Changed(Aggregate.Event):
        TOPIC = "practice.location.changed"
        name: str
        zone: str

    class HolidaysSet(Aggregate.Event):
        TOPIC = "practice.location.holidays_set"
        country: str | None
        subdivision: str | None

    @classmethod
    def open(cls, *, id: UUID, details: LocationDetails, at: datetime) -> Self:
        return cls._create(cls.Opened, id=id, timestamp=at, **asdict(details))

    @event(Opened)
    def __init__(self, name: str, zone: str, timestamp: datetime) -> None:
        self.name, self.zone = name, zone
        self.holidays: HolidayCalendar | None = None

    @property
    def details(self) -> LocationDetails:
        return LocationDetails(self.name, self.zone)

    def change(self, to: LocationDetails, at: datetime) -> bool:
        """Return whether anything was recorded: the same details again record nothing."""
        if to == self.details:
            return False
        self._changed(**asdict(to), timestamp=at)
        return True

    @event(Changed)
    def _changed(self, name: str, zone: str, timestamp: datetime) -> None:
        self.name, self.zone = name, zone

    def keep_holidays(self, of: HolidayCalendar | None, at: datetime) -> bool:
        """Keep the public holidays of a country here, or the practice's (None). Return whether anything was recorded."""
        if of == self.holidays:
            return False
        self._holidays_set(country=of.country if of else None, subdivision=of.subdivision if of else None, timestamp=at)
        return True

    @event(HolidaysSet)
    def _holidays_set(self, country: str | None, subdivision: str | None, timestamp: datetime) -> None:
        self.holidays = HolidayCalendar(country, subdivision) if country else None
