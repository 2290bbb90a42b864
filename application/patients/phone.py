"""Telephone numbers as people write them, brought to the one form that is kept."""

from functools import lru_cache
from importlib.resources import files

from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, is_possible_number, parse

from application.kernel.practice_log import PracticeLog
from domain.kernel.errors import InvalidValueError
from domain.practice.practice import Practice


def phone_at(log: PracticeLog, number: str, field: str = "phone") -> str:
    """Return a number in the form of E.164, a national one read as people at the practice write it. Raises InvalidValueError."""
    practice = log.catalogue().one(Practice, log.tenant_id)
    return international(number, region_of(practice.locale, practice.zone), field)


def international(number: str, region: str | None, field: str = "phone") -> str:
    """Return a number in the form of E.164, reading a national one as people in ``region`` (ISO 3166) write it.

    A possible length is enough: ranges that are not assigned yet are not refused.
    Raises InvalidValueError: it is no number, it has an extension, or it is national and no region is known.
    """
    try:
        parsed = parse(number, region)
    except NumberParseException:
        parsed = None
    if parsed is None or parsed.extension or not is_possible_number(parsed):
        raise InvalidValueError(field, "this is not a telephone number; write +<country><number>, without an extension")
    return format_number(parsed, PhoneNumberFormat.E164)


def search_text(log: PracticeLog, text: str) -> str:
    """Return what to search for: a telephone number in the form that is kept, anything else as it is."""
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


@lru_cache(maxsize=1)
def _zone_countries() -> dict[str, str]:
    # Source: the IANA time zone database's zone.tab, as the tzdata package carries it: country, coordinates, zone.
    table = (files("tzdata.zoneinfo") / "zone.tab").read_text("utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return {row[2]: row[0] for row in rows}
