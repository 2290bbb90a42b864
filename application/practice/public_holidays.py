"""Public holidays by country: calculated by the ``holidays`` library, offline; it holds the rules of some 250 countries."""

from functools import lru_cache
from typing import Final

from domain.kernel.errors import InvalidValueError
from domain.practice.holiday_calendar import HolidayCalendar

_KEPT: Final = 512


def checked_holidays(of: HolidayCalendar) -> HolidayCalendar:
    """Return the calendar unchanged. Raises InvalidValueError: the holidays of this country, or of this part of it, are not known."""
    known = _supported()
    if of.country not in known:
        raise InvalidValueError("holidays.country", "the public holidays of this country are not known")
    if of.subdivision is not None and of.subdivision not in known[of.country]:
        raise InvalidValueError("holidays.subdivision", "this country has no such part whose holidays are its own")
    return of


@lru_cache(maxsize=_KEPT)
def closed_days(of: HolidayCalendar, first_year: int, last_year: int) -> frozenset[int]:
    """Return the proleptic Gregorian ordinals of the public holidays of some years, both included."""
    from holidays import country_holidays

    days = country_holidays(of.country, subdiv=of.subdivision, years=range(first_year, last_year + 1))
    return frozenset(day.toordinal() for day in days if first_year <= day.year <= last_year)


@lru_cache(maxsize=1)
def _supported() -> dict[str, list[str]]:
    from holidays import list_supported_countries

    return list_supported_countries(include_aliases=False)
