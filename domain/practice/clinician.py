"""A clinician: someone who sees patients, and when."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import NamedTuple, Self
from uuid import UUID

from eventsourcing.domain import event

from domain.aggregate import Aggregate, FirstFact
from domain.personal import Erased, Personal
from domain.text import clean_email, clean_text
from domain.weekly_hours import OpeningHours
from domain.zones import zone


@dataclass(frozen=True, slots=True)
class ClinicianDetails:
    """Texts are cleaned; ``Erased`` passes through. Raises InvalidValueError, UnknownZoneError."""

    name: str | Erased
    email: str | Erased | None
    zone: str

    def __post_init__(self) -> None:
        if not isinstance(self.name, Erased):
            object.__setattr__(self, "name", clean_text("name", self.name, 200))
        if isinstance(self.email, str):
            object.__setattr__(self, "email", clean_email("email", self.email))
        zone(self.zone)


class HoursText(NamedTuple):
    """Hours at one location in the form that ``OpeningHours.parse`` reads."""

    weekly: list[str]
    overrides: list[str]


class Clinician(Aggregate):
    TOPIC = "practice.clinician"

    class Joined(FirstFact):
        TOPIC = "practice.clinician.joined"
        SUBJECT = "originator_id"
        name: Personal[str]
        email: Personal[str | None]
        zone: str

    class DetailsChanged(Aggregate.Event):
        TOPIC = "practice.clinician.details_changed"
        SUBJECT = "originator_id"
        name: Personal[str]
        email: Personal[str | None]
        zone: str

    class HoursSet(Aggregate.Event):
        TOPIC = "practice.clinician.hours_set"
        location_id: UUID
        weekly: list[str]
        overrides: list[str]

    @classmethod
    def join(cls, *, id: UUID, details: ClinicianDetails, at: datetime) -> Self:
        return cls._create(cls.Joined, id=id, timestamp=at, **asdict(details))

    @event(Joined)
    def __init__(self, name: Personal[str], email: Personal[str | None], zone: str, timestamp: datetime) -> None:
        self.name, self.email, self.zone = name, email, zone
        self.hours: dict[UUID, HoursText] = {}

    @property
    def details(self) -> ClinicianDetails:
        return ClinicianDetails(self.name, self.email, self.zone)

    def change_details(self, to: ClinicianDetails, at: datetime) -> bool:
        """Return whether anything was recorded: the same details again record nothing."""
        if to == self.details:
            return False
        self._details_changed(**asdict(to), timestamp=at)
        return True

    @event(DetailsChanged)
    def _details_changed(
        self, name: Personal[str], email: Personal[str | None], zone: str, timestamp: datetime
    ) -> None:
        self.name, self.email, self.zone = name, email, zone

    def set_hours(self, location_id: UUID, hours: OpeningHours, at: datetime) -> bool:
        """Replace the hours at the location, on its wall clock. Return whether anything was recorded."""
        text = HoursText(hours.weekly_text(), hours.overrides_text())
        if self.hours.get(location_id, HoursText([], [])) == text:
            return False
        self._hours_set(location_id=location_id, weekly=text.weekly, overrides=text.overrides, timestamp=at)
        return True

    @event(HoursSet)
    def _hours_set(self, location_id: UUID, weekly: list[str], overrides: list[str], timestamp: datetime) -> None:
        self.hours[location_id] = HoursText(weekly, overrides)
