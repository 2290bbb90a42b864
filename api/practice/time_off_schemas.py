"""Bodies about time off of clinicians, and times out of service of rooms and devices."""

from datetime import date, datetime

from pydantic import Field

from api.http.schemas import Body, CivilDate, Shown, Text, Versioned, examples
from api.http.times import instant
from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange
from domain.practice.clinician import Absence
from domain.practice.time_off import DaysOff, HoursOff


class DatesOrInstants(Body):
    """Whole days, both included; or from `starts_at` until `ends_at`."""

    first_date: CivilDate | None = None
    last_date: CivilDate | None = None
    starts_at: str | None = Field(default=None, max_length=40, description="RFC 3339 with an offset.")
    ends_at: str | None = Field(default=None, max_length=40, description="RFC 3339 with an offset.")

    def range(self) -> DaysOff | HoursOff:
        """Raises InvalidValueError: neither two dates nor two instants; end before start."""
        if self.first_date and self.last_date and not (self.starts_at or self.ends_at):
            return DaysOff(self.first_date, self.last_date)
        if self.starts_at and self.ends_at and not (self.first_date or self.last_date):
            return HoursOff(TimeRange(instant(self.starts_at, "starts_at"), instant(self.ends_at, "ends_at")))
        raise InvalidValueError("ranges", "a range has first_date and last_date, or starts_at and ends_at")


class RangeOff(DatesOrInstants):
    """Whole days in the clinician's zone, both included; or from `starts_at` until `ends_at`."""

    note: Text | None = Field(
        default=None, description="Sealed; visible to roles that may change the practice, and to the clinician."
    )

    def absence(self) -> Absence:
        """Raises what ``range`` raises."""
        return Absence(self.range(), self.note)


class TimeOffBody(Body):
    """Replaces all time off of the clinician; an empty list removes it."""

    model_config = examples(
        {
            "ranges": [
                {"first_date": "2026-07-20", "last_date": "2026-08-02", "note": "summer holiday"},
                {"starts_at": "2026-06-03T13:00:00+02:00", "ends_at": "2026-06-03T15:00:00+02:00"},
            ]
        }
    )

    ranges: list[RangeOff] = Field(max_length=500)


class RangeShown(Shown):
    first_date: date | None
    last_date: date | None
    starts_at: datetime | None
    ends_at: datetime | None


class RangeOffShown(RangeShown):
    note: str | None


class TimeOffShown(Versioned):
    """`id` and `version` are the clinician's."""

    ranges: list[RangeOffShown]


class OutOfServiceBody(Body):
    """Replaces all times out of service of the room or device; an empty list removes them.

    Whole days are in the zone of its location."""

    model_config = examples(
        {
            "ranges": [
                {"first_date": "2026-07-20", "last_date": "2026-07-24"},
                {"starts_at": "2026-06-04T13:00:00+02:00", "ends_at": "2026-06-04T15:00:00+02:00"},
            ]
        }
    )

    ranges: list[DatesOrInstants] = Field(max_length=500)


class OutOfServiceShown(Versioned):
    """`id` and `version` are those of the room or device."""

    ranges: list[RangeShown]
