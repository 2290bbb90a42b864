"""Calculates public holidays with the ``holidays`` library (some 250 countries)."""

from collections.abc import Collection
from functools import lru_cache

from domain.practice.holiday_calendar import HolidayCalendar


class CalculatedHolidays:
    """Implements PublicHolidays. The slow import of the library is delayed until first use."""

    def subdivisions(self, country: str) -> Collection[str] | None:
        return _supported().get(country)

    def closed_days(self, of: HolidayCalendar, first_year: int, last_year: int) -> frozenset[int]:
        return _closed_days(of, first_year, last_year)


@lru_cache(maxsize=512)
def _closed_days(of: HolidayCalendar, first_year: int, last_year: int) -> frozenset[int]:
    from holidays import country_holidays

    days = country_holidays(of.country, subdiv=of.subdivision, years=range(first_year, last_year + 1))
    return frozenset(day.toordinal() for day in days if first_year <= day.year <= last_year)


@lru_cache(maxsize=1)
def _supported() -> dict[str, list[str]]:
    from holidays import list_supported_countries

    return list_supported_countries(include_aliases=False)
