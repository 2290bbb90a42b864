"""Parses values of iCalendar (RFC 5545, section 3.3), more tolerantly than the library.

All raise ValueError.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple, TypeAlias

_DATE: Final = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_DATE_TIME: Final = re.compile(r"(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})?(Z?)", re.ASCII | re.IGNORECASE)
_DURATION: Final = re.compile(
    r"([+-]?)P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,9})S)?)?",
    re.ASCII | re.IGNORECASE,
)

Moment: TypeAlias = date | datetime
"""A civil date, a time on a wall clock (naive), or an instant in UTC (aware)."""


class Duration(NamedTuple):
    """``days`` are calendar days, of 23 to 25 hours; ``exact`` is elapsed time."""

    days: int
    exact: timedelta


def moment(text: str) -> Moment:
    """Parse a DATE or a DATE-TIME; the form decides which, not the parameter VALUE."""
    text = text.strip()
    if found := _DATE.fullmatch(text):
        return date(*map(int, found.groups()))
    if found := _DATE_TIME.fullmatch(text):
        parts = [int(part or 0) for part in found.groups()[:6]]
        # A leap second becomes the last second of its minute.
        parts[5] = min(parts[5], 59)
        return datetime(*parts, tzinfo=UTC if found[7] else None)  # type: ignore[arg-type,misc]  # six numbers
    raise ValueError("neither a date nor a time")


def duration(text: str) -> Duration:
    """Parse a DURATION."""
    text = text.strip()
    found = _DURATION.fullmatch(text)
    if not found or text.upper().endswith(("P", "T")):
        raise ValueError("no duration")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    sign = -1 if found[1] == "-" else 1
    return Duration(sign * (7 * weeks + days), sign * timedelta(hours=hours, minutes=minutes, seconds=seconds))
