"""Bodies of requests and answers about working hours."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import ConfigDict, Field

from api.http.schemas import Body, CivilDate, Shown, Versioned, Whole, examples
from domain.kernel.errors import InvalidValueError
from domain.practice.weekly_hours import MAX_WEEKS


class Weekday(StrEnum):
    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


class Range(Body):
    """Local times. If `to` is not after `from`, it is on the next day; `24:00` ends a day."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    starts: str = Field(alias="from", max_length=5, examples=["09:00"])
    ends: str = Field(alias="to", max_length=5, examples=["17:00"])

    def text(self) -> str:
        return f"{self.starts}-{self.ends}"


class WeeklyRange(Range):
    """Hours of a weekday, in every week or, with `every_weeks` and `from_date`, in every n-th.

    As in a series, weeks run from Monday to Sunday and are counted from the one of `from_date`;
    before that date the range does not apply. Ranges may overlap if they never meet in a week."""

    weekday: Weekday
    every_weeks: Whole = Field(default=1, ge=1, le=MAX_WEEKS, description="2 for every other week.")
    from_date: CivilDate | None = Field(default=None, description="Required if `every_weeks` is over 1.")

    def text(self) -> str:
        """Raises InvalidValueError: only one of `every_weeks` and `from_date`."""
        if (self.every_weeks > 1) != (self.from_date is not None):
            raise InvalidValueError("weekly", "name every_weeks (2 or more) and from_date together, or neither")
        alternates = f" every {self.every_weeks} from {self.from_date}" if self.from_date else ""
        return f"{self.weekday.value} {super().text()}{alternates}"


class Override(Body):
    """The hours of one date, instead of the weekly ones; no ranges: closed."""

    on_date: str = Field(max_length=10, examples=["2026-12-24"])
    ranges: list[Range] = Field(max_length=50)


class HoursBody(Body):
    """Replaces the clinician's hours at one location; hours at other locations stay.

    With `effective_from` they apply from that date until the next date with other hours."""

    model_config = examples(
        {
            "location_id": "01980c5a-0000-7000-8000-000000000001",
            "weekly": [
                {"weekday": "mon", "from": "09:00", "to": "12:00"},
                {"weekday": "mon", "from": "13:00", "to": "17:00"},
            ],
            "overrides": [{"on_date": "2026-12-24", "ranges": [{"from": "09:00", "to": "12:00"}]}],
            "effective_from": "2026-09-01",
        },
        {
            "location_id": "01980c5a-0000-7000-8000-000000000001",
            "weekly": [
                {"weekday": "thu", "from": "09:00", "to": "13:00", "every_weeks": 2, "from_date": "2026-09-03"},
                {"weekday": "thu", "from": "14:00", "to": "19:00", "every_weeks": 2, "from_date": "2026-09-10"},
            ],
        },
    )

    location_id: UUID
    weekly: list[WeeklyRange] = Field(max_length=500)
    overrides: list[Override] = Field(default=[], max_length=2000)
    effective_from: CivilDate | None = Field(
        default=None, description="If omitted, the hours replace all earlier and later ones of the location."
    )


class LocationHours(Shown):
    location_id: UUID
    effective_from: date | None = Field(default=None, description="Omitted if the hours apply from the beginning.")
    weekly: list[WeeklyRange]
    overrides: list[Override]


class HoursShown(Versioned):
    """`id` and `version` are the clinician's."""

    hours: list[LocationHours]
