"""Whose public holidays are kept: a country's, or one of its parts'."""

import re
from dataclasses import dataclass
from typing import Final

from domain.kernel.errors import InvalidValueError

_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_SUBDIVISION: Final = re.compile(r"[A-Z0-9]{1,3}")


@dataclass(frozen=True, slots=True)
class HolidayCalendar:
    """A country by ISO 3166-1 (``DE``) and, if need be, a part of it by ISO 3166-2 without the country (``BE``).

    Raises InvalidValueError: other forms. Whether the holidays of the country are known is not said here.
    """

    country: str
    subdivision: str | None = None

    def __post_init__(self) -> None:
        if not _COUNTRY.fullmatch(self.country):
            raise InvalidValueError("holidays.country", "a country is written with two letters, such as DE")
        if self.subdivision is not None and not _SUBDIVISION.fullmatch(self.subdivision):
            raise InvalidValueError("holidays.subdivision", "a part of a country is written as in ISO 3166-2: BE, 75")
