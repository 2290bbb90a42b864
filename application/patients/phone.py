"""Converts phone numbers to E.164."""

from functools import lru_cache
from importlib.resources import files
from typing import Final

from application.kernel.ports import PhoneNumbers
from application.kernel.practice_log import PracticeLog
from domain.kernel.errors import InvalidValueError
from domain.practice.practice import Practice


def phone_at(log: PracticeLog, number: str, field: str = "phone", own_region: str | None = None) -> str:
    """Return a number in E.164 form. Raises InvalidValueError.

    A national number is one of ``own_region``, the patient's country; else of the practice's.
    """
    practice = log.catalogue().one(Practice, log.tenant_id)
    return to_e164(log.phone_numbers, number, own_region or region_of(practice.locale, practice.zone), field)


def to_e164(numbers: PhoneNumbers, number: str, region: str | None, field: str = "phone") -> str:
    """Return a number in E.164 form; ``region`` (ISO 3166) is the country of national numbers.

    Raises InvalidValueError: not a phone number, an extension, or a national number without a
    region.
    """
    found = numbers.e164(number, region)
    if found is None:
        raise InvalidValueError(field, "this is not a telephone number; write +<country><number>, without an extension")
    return found


def search_text(log: PracticeLog, text: str) -> str:
    """Return a phone number in E.164 form, any other text unchanged."""
    if "@" in text or any(map(str.isalpha, text)):
        return text
    try:
        return phone_at(log, text)
    except InvalidValueError:
        return text


def region_of(locale: str, zone: str) -> str | None:
    """Return a country (ISO 3166): of the locale if it names one, else of the zone or language."""
    last = locale.rpartition("-")[2]
    if len(last) == 2 and last.isupper():
        return last
    return _zone_countries().get(zone) or _COUNTRY_OF_LANGUAGE.get(locale)


def country_of(locale: str | None, zone: str | None) -> str | None:
    """Return a patient's country as far as their own locale or zone tells."""
    return region_of(locale or "", zone or "")


def is_country(code: str) -> bool:
    """Return whether a code is an ISO 3166 country with a time zone, or Kosovo's common XK."""
    return code == "XK" or code in _zone_countries().values()


_COUNTRY_OF_LANGUAGE: Final = {"he": "IL", "pl": "PL", "cs": "CZ", "hu": "HU", "da": "DK", "fi": "FI", "ja": "JP"}
"""Languages that are an official language of one country only."""


@lru_cache(maxsize=1)
def _zone_countries() -> dict[str, str]:
    # Source: zone.tab of the IANA time zone database: country, coordinates, zone.
    table = (files("tzdata.zoneinfo") / "zone.tab").read_text("utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return {row[2]: row[0] for row in rows}
