"""Brings telephone numbers to the form of E.164."""

from functools import lru_cache
from importlib.resources import files

from application.kernel.ports import PhoneNumbers
from application.kernel.practice_log import PracticeLog
from domain.kernel.errors import InvalidValueError
from domain.practice.practice import Practice


def phone_at(log: PracticeLog, number: str, field: str = "phone") -> str:
    """Return a number in the form of E.164; a national one is of the practice's country. Raises InvalidValueError."""
    practice = log.catalogue().one(Practice, log.tenant_id)
    return international(log.phone_numbers, number, region_of(practice.locale, practice.zone), field)


def international(numbers: PhoneNumbers, number: str, region: str | None, field: str = "phone") -> str:
    """Return a number in the form of E.164; a national one is of ``region`` (ISO 3166).

    Raises InvalidValueError: it is no number, it has an extension, or it is national and no region is known.
    """
    found = numbers.e164(number, region)
    if found is None:
        raise InvalidValueError(field, "this is not a telephone number; write +<country><number>, without an extension")
    return found


def search_text(log: PracticeLog, text: str) -> str:
    """Return a search text: a telephone number in the form of E.164, any other text unchanged."""
    if "@" in text or any(sign.isalpha() for sign in text):
        return text
    try:
        return phone_at(log, text)
    except InvalidValueError:
        return text


def region_of(locale: str, zone: str) -> str | None:
    """Return the country (ISO 3166) that a practice is in: its locale's if it names one, else that of its zone."""
    last = locale.rpartition("-")[2]
    return last if len(last) == 2 and last.isupper() else _zone_countries().get(zone)


def is_country(code: str) -> bool:
    """Tell whether a code is that of a country with a time zone, by ISO 3166, or Kosovo's, which is in common use."""
    return code == "XK" or code in _zone_countries().values()


@lru_cache(maxsize=1)
def _zone_countries() -> dict[str, str]:
    # Source: the IANA time zone database's zone.tab, as the tzdata package carries it: country, coordinates, zone.
    table = (files("tzdata.zoneinfo") / "zone.tab").read_text("utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return {row[2]: row[0] for row in rows}
