"""The calendar of public holidays that a practice or a location observes."""

import re
from dataclasses import asdict, dataclass
from typing import Final

from domain.kernel.aggregate import Aggregate
from domain.kernel.errors import InvalidValueError

_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_SUBDIVISION: Final = re.compile(r"[A-Z0-9]{1,3}")


@dataclass(frozen=True, slots=True)
class HolidayCalendar:
    """An ISO 3166-1 country (``DE``), optionally with an ISO 3166-2 subdivision (``BE``).

    Does not check whether the country's holidays are known.
    Raises InvalidValueError: another form.
    """

    country: str
    subdivision: str | None = None

    def __post_init__(self) -> None:
        if not _COUNTRY.fullmatch(self.country):
            raise InvalidValueError("holidays.country", "a country has two capital letters, such as DE")
        if self.subdivision is not None and not _SUBDIVISION.fullmatch(self.subdivision):
            raise InvalidValueError("holidays.subdivision", "a subdivision is an ISO 3166-2 code such as BE or 75")


class HolidaysEvent(Aggregate.Event):
    """A holiday calendar was set, or unset where ``country`` is None."""

    country: str | None
    subdivision: str | None

    @property
    def calendar(self) -> HolidayCalendar | None:
        return HolidayCalendar(self.country, self.subdivision) if self.country else None

    @staticmethod
    def fields_of(calendar: HolidayCalendar | None) -> dict[str, str | None]:
        return asdict(calendar) if calendar else {"country": None, "subdivision": None}
