"""A clinician: someone who sees patients, and when."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Final, NamedTuple, Self
from uuid import UUID

from eventsourcing.domain import event

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.errors import InvalidValueError
from domain.kernel.personal_data import Erased, Personal
from domain.kernel.text import clean_email, clean_text
from domain.kernel.zones import zone
from domain.practice.time_off import DaysOff, HoursOff, checked, parsed
from domain.practice.visit_limits import VisitLimits
from domain.practice.weekly_hours import OpeningHours

_MOST_DATES: Final = 100


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
    """Hours at one location in the form that ``OpeningHours.parse`` reads; they count from a date on, or from ever (None)."""

    weekly: list[str]
    overrides: list[str]
    effective_from: date | None = None


class Absence(NamedTuple):
    """A range of time off, and what it is for."""

    range: DaysOff | HoursOff
    note: str | None = None


class Clinician(Aggregate):
    """``hours`` are those from ever on; ``later_hours`` follow them from their dates on, in order."""

    TOPIC = "practice.clinician"

    class Joined(InitialEvent):
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
        SCHEMA_VERSION = 2
        location_id: UUID
        weekly: list[str]
        overrides: list[str]
        effective_from: date | None

    class TimeOffSet(Aggregate.Event):
        TOPIC = "practice.clinician.time_off_set"
        SUBJECT = "originator_id"
        ranges: list[str]
        notes: Personal[list[str]]

    class LimitsSet(Aggregate.Event):
        TOPIC = "practice.clinician.limits_set"
        per_day: int | None
        per_week: int | None

    @classmethod
    def join(cls, *, id: UUID, details: ClinicianDetails, at: datetime) -> Self:
        return cls._create(cls.Joined, id=id, timestamp=at, **asdict(details))

    @event(Joined)
    def __init__(self, name: Personal[str], email: Personal[str | None], zone: str, timestamp: datetime) -> None:
        self.name, self.email, self.zone = name, email, zone
        self.hours: dict[UUID, HoursText] = {}
        self.later_hours: dict[UUID, list[HoursText]] = {}
        self.time_off: list[str] = []
        self.time_off_notes: Personal[list[str]] = []
        self.limit_per_day: int | None = None
        self.limit_per_week: int | None = None

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

    def set_hours(
        self, location_id: UUID, hours: OpeningHours, at: datetime, effective_from: date | None = None
    ) -> bool:
        """Set the hours at the location, on its wall clock. Return whether anything was recorded.

        From a date on they replace what was said from that date, until the next date from which others count. Without a date they
        replace all that was ever said of the location. Raises InvalidValueError: more than 100 dates.
        """
        text = HoursText(hours.weekly_text(), hours.overrides_text(), effective_from)
        later = self.later_hours.get(location_id, [])
        if effective_from is None:
            if not later and self.hours.get(location_id, HoursText([], [])) == text:
                return False
        elif text in later:
            return False
        elif len({each.effective_from for each in later} | {effective_from}) > _MOST_DATES:
            raise InvalidValueError("effective_from", f"hours may change on at most {_MOST_DATES} dates")
        self._hours_set(
            location_id=location_id,
            weekly=text.weekly,
            overrides=text.overrides,
            effective_from=effective_from,
            timestamp=at,
        )
        return True

    @event(HoursSet)
    def _hours_set(
        self,
        location_id: UUID,
        weekly: list[str],
        overrides: list[str],
        effective_from: date | None,
        timestamp: datetime,
    ) -> None:
        text = HoursText(weekly, overrides, effective_from)
        if effective_from is None:
            self.hours[location_id] = text
            self.later_hours.pop(location_id, None)
        else:
            others = [each for each in self.later_hours.get(location_id, []) if each.effective_from != effective_from]
            self.later_hours[location_id] = sorted([*others, text], key=lambda each: each.effective_from or date.min)

    @property
    def absences(self) -> list[Absence]:
        """The time off; without notes once the clinician was erased."""
        notes = [] if isinstance(self.time_off_notes, Erased) else self.time_off_notes
        return [
            Absence(parsed(text), (notes[place] or None) if notes else None) for place, text in enumerate(self.time_off)
        ]

    def set_time_off(self, absences: Sequence[Absence], at: datetime) -> bool:
        """Replace all time off. Return whether anything was recorded. Visits that lie in it stay: see ``/v1/conflicts``.

        Raises InvalidValueError: more than 500 ranges, or a note over 500 characters.
        """
        ranges = [str(range) for range in checked(absence.range for absence in absences)]
        notes = [clean_text("note", absence.note, 500) if absence.note else "" for absence in absences]
        if (ranges, notes) == (self.time_off, self.time_off_notes):
            return False
        self._time_off_set(ranges=ranges, notes=notes, timestamp=at)
        return True

    @event(TimeOffSet)
    def _time_off_set(self, ranges: list[str], notes: Personal[list[str]], timestamp: datetime) -> None:
        self.time_off, self.time_off_notes = ranges, notes

    @property
    def limits(self) -> VisitLimits:
        """How many visits are the most, of all services together."""
        return VisitLimits(self.limit_per_day, self.limit_per_week)

    def set_limits(self, to: VisitLimits, at: datetime) -> bool:
        """Return whether anything was recorded. Visits that are booked stay."""
        if to == self.limits:
            return False
        self._limits_set(per_day=to.per_day, per_week=to.per_week, timestamp=at)
        return True

    @event(LimitsSet)
    def _limits_set(self, per_day: int | None, per_week: int | None, timestamp: datetime) -> None:
        self.limit_per_day, self.limit_per_week = per_day, per_week
