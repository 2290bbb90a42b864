"""Times, lengths and prices as other programs write them."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Final

from application.importing.patients.dates import date_in
from application.importing.patients.format import DateOrder
from domain.kernel.errors import InvalidValueError
from domain.kernel.money import Money, minor_digits

_TIME: Final = re.compile(
    r"(?P<date>.+?)(?:T|,?\s+)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::00(?:\.0+)?)?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?\s*(?:(?P<utc>Z)|(?P<sign>[+-])(?P<hours>\d{2}):?(?P<minutes>\d{2}))?",
    re.ASCII,
)
_LONGEST_MINUTES: Final = 24 * 60


def time_in(text: str, order: DateOrder) -> datetime:
    """Return the time that a text means: ``2025-03-30 14:30``, ``03/30/2025 02:30 PM``, ``2025-10-26T02:30+01:00``.

    Naive where it says no offset. Whole minutes only. Raises InvalidValueError.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        raise InvalidValueError("starts_at", "this is not a time as the format writes them")
    on_date: date = date_in(found["date"], order)
    hour = int(found["hour"])
    try:
        if found["half"]:
            if not 1 <= hour <= 12:
                raise ValueError
            hour = hour % 12 + (12 if found["half"] in "Pp" else 0)
        return datetime.combine(on_date, time(hour, int(found["minute"]), tzinfo=_offset(found)))
    except ValueError:
        raise InvalidValueError("starts_at", "there is no such time of day") from None


def minutes_in(text: str) -> int:
    """Return a length in whole minutes, of a day at most. Raises InvalidValueError."""
    if not re.fullmatch(r"\d{1,4}(?:\.0+)?", text, re.ASCII):
        raise InvalidValueError("duration_minutes", "this is not a number of minutes")
    minutes = int(text.partition(".")[0])
    if not 1 <= minutes <= _LONGEST_MINUTES:
        raise InvalidValueError("duration_minutes", "a visit lasts between a minute and a day")
    return minutes


def price_in(text: str, currency: str) -> Money:
    """Return an amount written with a point, or none: ``90``, ``90.00``. Raises InvalidValueError."""
    try:
        amount = Decimal(text).scaleb(minor_digits(currency))
    except InvalidOperation:
        raise InvalidValueError("price", "this is not an amount of money") from None
    if not amount.is_finite() or amount != amount.to_integral_value() or amount < 0:
        raise InvalidValueError("price", "this is not an amount in the practice's currency")
    return Money(int(amount), currency)


def _offset(found: "re.Match[str]") -> timezone | None:
    if found["utc"]:
        return UTC
    if not found["sign"]:
        return None
    offset = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"]))
    return timezone(-offset if found["sign"] == "-" else offset)
