"""Public holidays, as callers write them and as they are answered."""

from pydantic import Field

from api.http.schemas import Body
from domain.practice.holiday_calendar import HolidayCalendar


class Holidays(Body):
    """On public holidays everybody is closed, unless an override of the hours speaks for the date."""

    country: str = Field(max_length=2, description="ISO 3166-1, two letters.", examples=["DE"])
    subdivision: str | None = Field(
        default=None,
        max_length=3,
        description="A part of the country, by ISO 3166-2 without the country.",
        examples=["BE"],
    )

    def value(self) -> HolidayCalendar:
        """Raises InvalidValueError."""
        return HolidayCalendar(self.country, self.subdivision)


def show_holidays(kept: HolidayCalendar | None) -> dict[str, object] | None:
    return {"country": kept.country, "subdivision": kept.subdivision} if kept else None
