"""Calculates public holidays with the ``holidays`` library (some 250 countries)."""

from collections.abc import Collection
from functools import cache, lru_cache

from domain.practice.holiday_calendar import HolidayCalendar


class CalculatedHolidays:
    """Implements PublicHolidays. The slow import of the library is delayed until first use."""

    def subdivisions(self, country: str) -> Collection[str] | None:
        return _supported().get(country)

    @staticmethod
    @lru_cache(maxsize=512)
    def closed_days(of: HolidayCalendar, first_year: int, last_year: int) -> frozenset[int]:
        from holidays import country_holidays

        days = country_holidays(of.country, subdiv=of.subdivision, years=range(first_year, last_year + 1))
        return frozenset(day.toordinal() for day in days if first_year <= day.year <= last_year)


@cache
def _supported() -> dict[str, list[str]]:
    from holidays import list_supported_countries

    return list_supported_countries(include_aliases=False)
