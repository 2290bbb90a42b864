"""Time off of a clinician, or out of service of a room, in instants or in whole days."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange

_LONGEST: Final = timedelta(days=1_100)


@dataclass(frozen=True, slots=True)
class DaysOff:
    """Whole civil days in the zone of the clinician or the room's location, both included.

    Raises InvalidValueError: the last is before the first, or a year is outside 1970 to 2200.
    """

    first_date: date
    last_date: date

    def __post_init__(self) -> None:
        if self.last_date < self.first_date:
            raise InvalidValueError("last_date", "last_date must not be before first_date")
        if not 1970 <= self.first_date.year <= self.last_date.year <= 2200:
            raise InvalidValueError("first_date", "the year is at least 1970 and at most 2200")
        _refuse_long("last_date", self.last_date - self.first_date)

    def __str__(self) -> str:
        return f"{self.first_date}/{self.last_date}"


@dataclass(frozen=True, slots=True)
class HoursOff:
    """A half-open range between two instants. Raises InvalidValueError: over 1100 days."""

    during: TimeRange

    def __post_init__(self) -> None:
        _refuse_long("ends_at", self.during.duration)

    def __str__(self) -> str:
        return "/".join(_zulu(moment) for moment in (self.during.starts_at, self.during.ends_at))


def parse_time_off(text: str) -> DaysOff | HoursOff:
    """Parse the text that ``str`` of a range returns."""
    first, _, last = text.partition("/")
    if "T" in text:
        return HoursOff(TimeRange(datetime.fromisoformat(first), datetime.fromisoformat(last)))
    return DaysOff(date.fromisoformat(first), date.fromisoformat(last))


def _refuse_long(field: str, length: timedelta) -> None:
    if length > _LONGEST:
        raise InvalidValueError(field, f"one range lasts at most {_LONGEST.days} days")


def _zulu(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
