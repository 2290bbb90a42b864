"""A clinician: a person who sees patients, with working hours, time off and limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, NamedTuple, Self
from uuid import UUID

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.errors import InvalidValueError
from domain.kernel.personal_data import Erased, Personal
from domain.kernel.text import clean_email, clean_text
from domain.kernel.value import Value
from domain.kernel.zones import zone
from domain.practice.time_off import DaysOff, HoursOff, parse_time_off
from domain.practice.visit_limits import NO_LIMITS, LimitsFields, VisitLimits
from domain.practice.weekly_hours import OpeningHours

_MAX_DATES: Final = 100
_MAX_ABSENCES: Final = 500


@dataclass(frozen=True, slots=True)
class ClinicianDetails(Value):
    """Texts are cleaned, unless ``Erased``. Raises InvalidValueError, UnknownZoneError."""

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
    """Hours at one location as ``OpeningHours.parse`` reads them.

    They apply from ``effective_from`` on; None: from the beginning.
    """

    weekly: list[str]
    overrides: list[str]
    effective_from: date | None = None


class Absence(NamedTuple):
    """A range of time off and its reason."""

    range: DaysOff | HoursOff
    note: str | None = None


class DetailsFields(Aggregate.Event):
    """The fields of ClinicianDetails."""

    SUBJECT = "originator_id"
    name: Personal[str]
    email: Personal[str | None]
    zone: str


class Clinician(Aggregate):
    """``hours`` apply from the beginning; ``later_hours``, in order, from their dates on.

    ``last_date`` is the last civil date, in the clinician's zone, of one who leaves.
    """

    TOPIC = "practice.clinician"

    name: Personal[str]
    email: Personal[str | None]
    zone: str
    hours: dict[UUID, HoursText] = field(default_factory=dict)
    later_hours: dict[UUID, list[HoursText]] = field(default_factory=dict)
    time_off: list[str] = field(default_factory=list)
    time_off_notes: Personal[list[str]] = field(default_factory=list)
    limits: VisitLimits = NO_LIMITS
    last_date: date | None = None

    class Joined(DetailsFields, InitialEvent):
        TOPIC = "practice.clinician.joined"

    class DetailsChanged(DetailsFields):
        TOPIC = "practice.clinician.details_changed"

        def apply(self, aggregate: Clinician) -> None:
            aggregate.name, aggregate.email, aggregate.zone = self.name, self.email, self.zone

    class HoursSet(Aggregate.Event):
        """``weekly`` and ``overrides`` are texts that OpeningHours.parse reads."""

        TOPIC = "practice.clinician.hours_set"
        SCHEMA_VERSION = 3
        location_id: UUID
        weekly: list[str]
        overrides: list[str]
        effective_from: date | None

        def apply(self, aggregate: Clinician) -> None:
            text = HoursText(self.weekly, self.overrides, self.effective_from)
            if self.effective_from is None:
                aggregate.hours[self.location_id] = text
                aggregate.later_hours.pop(self.location_id, None)
            else:
                later = {hours.effective_from: hours for hours in aggregate.later_hours.get(self.location_id, [])}
                later[self.effective_from] = text
                aggregate.later_hours[self.location_id] = sorted(
                    later.values(), key=lambda hours: hours.effective_from or date.min
                )

    class TimeOffSet(Aggregate.Event):
        TOPIC = "practice.clinician.time_off_set"
        SUBJECT = "originator_id"
        ranges: list[str]
        notes: Personal[list[str]]

        def apply(self, aggregate: Clinician) -> None:
            aggregate.time_off, aggregate.time_off_notes = self.ranges, self.notes

    class LimitsSet(LimitsFields):
        TOPIC = "practice.clinician.limits_set"

        def apply(self, aggregate: Clinician) -> None:
            aggregate.limits = VisitLimits.of(self)

    class LastDateSet(Aggregate.Event):
        """None: the clinician stays."""

        TOPIC = "practice.clinician.last_date_set"
        last_date: date | None

        def apply(self, aggregate: Clinician) -> None:
            aggregate.last_date = self.last_date

    @classmethod
    def join(cls, *, id: UUID, details: ClinicianDetails, at: datetime) -> Self:
        return cls._create(cls.Joined, id=id, timestamp=at, **details.fields())

    @property
    def details(self) -> ClinicianDetails:
        return ClinicianDetails.of(self)

    def change_details(self, to: ClinicianDetails, at: datetime) -> bool:
        return self.trigger_if(to != self.details, self.DetailsChanged, **to.fields(), timestamp=at)

    def set_hours(
        self, location_id: UUID, hours: OpeningHours, at: datetime, effective_from: date | None = None
    ) -> bool:
        """Set the hours at a location, in its local time.

        With a date they apply from that date until the next date with other hours. Without a date
        they replace all hours ever set at the location. Raises InvalidValueError: more than 100
        dates.
        """
        text = HoursText(hours.weekly_text(), hours.overrides_text(), effective_from)
        later = self.later_hours.get(location_id, [])
        if effective_from is None:
            if not later and self.hours.get(location_id, HoursText([], [])) == text:
                return False
        elif text in later:
            return False
        elif len({each.effective_from for each in later} | {effective_from}) > _MAX_DATES:
            raise InvalidValueError("effective_from", f"hours may change on at most {_MAX_DATES} dates")
        self.trigger_event(self.HoursSet, location_id=location_id, **text._asdict(), timestamp=at)
        return True

    @property
    def absences(self) -> list[Absence]:
        """The time off, without notes once the clinician is erased."""
        notes = [] if isinstance(self.time_off_notes, Erased) else self.time_off_notes
        return [
            Absence(parse_time_off(text), (notes[index] or None) if notes else None)
            for index, text in enumerate(self.time_off)
        ]

    def set_time_off(self, absences: Sequence[Absence], at: datetime) -> bool:
        """Replace all time off; visits during it stay, see ``/v1/conflicts``.

        Raises InvalidValueError: more than 500 ranges, or a note over 500 characters.
        """
        if len(absences) > _MAX_ABSENCES:
            raise InvalidValueError("ranges", f"there may be at most {_MAX_ABSENCES} ranges of time off")
        ranges = [str(absence.range) for absence in absences]
        notes = [clean_text("note", absence.note, 500) if absence.note else "" for absence in absences]
        is_change = (ranges, notes) != (self.time_off, self.time_off_notes)
        return self.trigger_if(is_change, self.TimeOffSet, ranges=ranges, notes=notes, timestamp=at)

    def leave_after(self, last_date: date | None, at: datetime) -> bool:
        """Set the last date on which the clinician gives visits; None: there is none.

        Visits after it stay, see ``/v1/conflicts``. Raises InvalidValueError: a year outside 1970
        to 2200.
        """
        if last_date is not None and not 1970 <= last_date.year <= 2200:
            raise InvalidValueError("last_date", "the year is at least 1970 and at most 2200")
        return self.trigger_if(last_date != self.last_date, self.LastDateSet, last_date=last_date, timestamp=at)

    def set_limits(self, to: VisitLimits, at: datetime) -> bool:
        """Set the most visits of all services; booked visits stay."""
        return self.trigger_if(to != self.limits, self.LimitsSet, **to.fields(), timestamp=at)
