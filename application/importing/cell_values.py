"""Parse names, dates, times, lengths and prices as other programs write them."""

import re
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from domain.kernel.errors import InvalidValueError
from domain.kernel.money import Money, minor_digits


class DateOrder(StrEnum):
    """The order of the numbers of a date; any separator, and a time may follow."""

    YMD = "ymd"
    DMY = "dmy"
    MDY = "mdy"


class NameOrder(StrEnum):
    """The family name in ``full_name``: last word, first word, or the part before a comma."""

    FAMILY_LAST = "family_last"
    FAMILY_FIRST = "family_first"
    COMMA = "comma"


_DATE: Final = re.compile(r"(\d{1,4})\D{1,3}(\d{1,2})\D{1,3}(\d{1,4})\.?(?:[ T].*)?", re.ASCII)
_DIGITS: Final = re.compile(r"\d{8}", re.ASCII)
_PARTS: Final = {DateOrder.YMD: (0, 1, 2), DateOrder.DMY: (2, 1, 0), DateOrder.MDY: (2, 0, 1)}
_TIME: Final = re.compile(
    r"(?P<date>.+?)(?:T|,?\s+)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::00(?:\.0+)?)?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?\s*(?P<offset>Z|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
MAX_MINUTES: Final = 24 * 60


def parse_full_name(full_name: str, order: NameOrder) -> tuple[str, str]:
    """Return the given and the family name; a single name is a family name.

    Raises InvalidValueError: there is no name.
    """
    if order is NameOrder.COMMA:
        family_name, _, given_name = full_name.partition(",")
    elif order is NameOrder.FAMILY_FIRST:
        family_name, _, given_name = full_name.partition(" ")
    else:
        given_name, _, family_name = full_name.rpartition(" ")
    given_name, family_name = given_name.strip(), family_name.strip()
    if not (given_name or family_name):
        raise InvalidValueError("full_name", "a name is needed")
    return (given_name, family_name) if family_name else ("", given_name)


def parse_date(text: str, order: DateOrder) -> date:
    """Parse a date: ``31.12.1990``, ``12/31/1990``, ``1990-12-31 00:00``, ``19901231``.

    A year has four digits, since the century of two is unknown. In every order a date may begin
    with its year. Raises InvalidValueError.
    """
    if order is DateOrder.YMD and _DIGITS.fullmatch(text):
        parts = [text[:4], text[4:6], text[6:]]
    elif match := _DATE.fullmatch(text):
        parts = [match[1], match[2], match[3]]
    else:
        parts = []
    try:
        written = DateOrder.YMD if len(parts[0]) == 4 else order
        year, month, day = (parts[part] for part in _PARTS[written])
        if len(year) != 4:
            raise ValueError
        return date(int(year), int(month), int(day))
    except (IndexError, ValueError):
        raise InvalidValueError("date_of_birth", "this is not a date as the format writes them") from None


def parse_time(text: str, order: DateOrder) -> datetime:
    """Parse a time in whole minutes: ``2025-03-30 14:30``, ``2025-10-26T02:30+01:00``.

    The result is naive if the text has no offset. Raises InvalidValueError.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise InvalidValueError("starts_at", "this is not a time as the format writes them")
    on_date = parse_date(match["date"], order)
    hour = int(match["hour"])
    try:
        if match["half"]:
            if not 1 <= hour <= 12:
                raise ValueError
            hour = hour % 12 + (12 if match["half"] in "Pp" else 0)
        zone = time.fromisoformat(f"00:00{match['offset'] or ''}").tzinfo
        return datetime.combine(on_date, time(hour, int(match["minute"]), tzinfo=zone))
    except ValueError:
        raise InvalidValueError("starts_at", "there is no such time of day") from None


def parse_minutes(text: str) -> int:
    """Parse a length of 1 minute to 24 hours, in whole minutes. Raises InvalidValueError."""
    if not re.fullmatch(r"\d{1,4}(?:\.0+)?", text, re.ASCII):
        raise InvalidValueError("duration_minutes", "this is not a number of minutes")
    minutes = int(text.partition(".")[0])
    if not 1 <= minutes <= MAX_MINUTES:
        raise InvalidValueError("duration_minutes", "a visit lasts between a minute and a day")
    return minutes


def parse_price(text: str, currency: str) -> Money:
    """Parse an amount with an optional decimal point: ``90``, ``90.00``.

    Raises InvalidValueError.
    """
    try:
        amount = Decimal(text).scaleb(minor_digits(currency))
    except InvalidOperation:
        raise InvalidValueError("price", "this is not an amount of money") from None
    if not amount.is_finite() or amount != amount.to_integral_value() or amount < 0:
        raise InvalidValueError("price", "this is not an amount in the practice's currency")
    return Money(int(amount), currency)
