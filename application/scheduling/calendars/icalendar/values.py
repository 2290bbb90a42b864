"""Values of iCalendar: dates, times on a wall or in UTC, lengths, periods (RFC 5545, section 3.3). All raise ValueError."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple, TypeAlias

_DATE: Final = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_DATE_TIME: Final = re.compile(r"(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})?(Z?)", re.ASCII | re.IGNORECASE)
_DURATION: Final = re.compile(
    r"([+-]?)P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,9})S)?)?",
    re.ASCII | re.IGNORECASE,
)
_OFFSET: Final = re.compile(r"([+-])(\d{2}):?(\d{2}):?(\d{2})?", re.ASCII)

Moment: TypeAlias = date | datetime
"""A civil date, a time on a wall clock (naive), or an instant in UTC (aware)."""


class Length(NamedTuple):
    """``days`` are as long as the days are, ``exact`` as long as it says."""

    days: int
    exact: timedelta


def moment(text: str) -> Moment:
    """Return a date or a time; what it is shows in its form, whatever its parameters say."""
    text = text.strip()
    if found := _DATE.fullmatch(text):
        return date(*map(int, found.groups()))
    if found := _DATE_TIME.fullmatch(text):
        parts = [int(part or 0) for part in found.groups()[:6]]
        # A leap second is the last one of its minute.
        parts[5] = min(parts[5], 59)
        return datetime(*parts, tzinfo=UTC if found[7] else None)  # type: ignore[arg-type,misc]  # six numbers
    raise ValueError("neither a date nor a time")


def length(text: str) -> Length:
    """Return a DURATION."""
    text = text.strip()
    found = _DURATION.fullmatch(text)
    if not found or text.upper().endswith(("P", "T")):
        raise ValueError("no duration")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    sign = -1 if found[1] == "-" else 1
    return Length(sign * (7 * weeks + days), sign * timedelta(hours=hours, minutes=minutes, seconds=seconds))


def offset(text: str) -> timedelta:
    """Return an offset from UTC."""
    found = _OFFSET.fullmatch(text.strip())
    if not found:
        raise ValueError("no offset")
    hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    if hours > 23 or minutes > 59 or seconds > 59:
        raise ValueError("no offset")
    return (-1 if found[1] == "-" else 1) * timedelta(hours=hours, minutes=minutes, seconds=seconds)
