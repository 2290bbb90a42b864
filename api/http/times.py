"""Parsing and formatting of instants."""

import re
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, WithJsonSchema

from domain.kernel.errors import InvalidValueError
from domain.kernel.zones import instant_of, zone

_RFC_3339: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_LOCAL: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2})?", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 1970, 2200


def instant(text: str, field: str) -> datetime:
    """Return the instant (UTC) of an RFC 3339 text, 1970 to 2200. Raises InvalidValueError."""
    if not _RFC_3339.fullmatch(text):
        raise InvalidValueError(field, "a time is written like 2026-06-01T09:00:00+02:00, with its offset from UTC")
    return _parsed(text.upper(), field).astimezone(UTC)


def local_instant(local: object, zone_name: object, field: str) -> datetime:
    """Return the instant (UTC) at which clocks in the zone show a local time.

    Raises InvalidValueError, UnknownZoneError, NonexistentLocalTimeError, AmbiguousLocalTimeError.
    """
    if not isinstance(local, str) or not isinstance(zone_name, str) or not _LOCAL.fullmatch(local):
        raise InvalidValueError(field, "a local time is written {local: 2026-06-01T09:00, zone: Europe/Berlin}")
    return instant_of(_parsed(local.upper(), field), zone_name, field)


def moment(text: str, zone_name: str, field: str) -> datetime:
    """Return the instant (UTC) of a query parameter: RFC 3339, or a date for its start in the zone.

    An unescaped plus sign arrives as a space and is accepted. Raises InvalidValueError.
    """
    if len(text) == 10:
        try:
            on = date.fromisoformat(text)
        except ValueError:
            raise InvalidValueError(field, "a date is written like 2026-06-01") from None
        if on.isoformat() != text:  # such as 2026-W23-1
            raise InvalidValueError(field, "a date is written like 2026-06-01")
        _refuse_far(on.year, field)
        return datetime.combine(on, time(), zone(zone_name)).astimezone(UTC)
    return instant(text[:-6] + "+" + text[-5:] if text[-6:-5] == " " else text, field)


def zulu(at: datetime) -> str:
    """Return an instant in UTC with ``Z``; fractions only if there are any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _parsed(text: str, field: str) -> datetime:
    try:
        # datetime stores microseconds; further digits are cut.
        parsed = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError:
        raise InvalidValueError(field, "there is no such date or time of day") from None
    _refuse_far(parsed.year, field)
    return parsed


def _refuse_far(year: int, field: str) -> None:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise InvalidValueError(field, f"the year is at least {_FIRST_YEAR} and at most {_LAST_YEAR}")


def _start(value: Any) -> datetime:
    if isinstance(value, str):
        return instant(value, "starts_at")
    if isinstance(value, dict) and value.keys() == {"local", "zone"}:
        return local_instant(value["local"], value["zone"], "starts_at")
    raise InvalidValueError("starts_at", "a start is an RFC 3339 time with its offset, or {local, zone}")


Start = Annotated[
    datetime,
    BeforeValidator(_start),
    WithJsonSchema(
        {
            "title": "Start",
            "description": "An RFC 3339 time with its offset, or a local time with its zone, which is refused where the clocks "
            "jump over it (nonexistent_local_time) or show it twice (ambiguous_local_time).",
            "oneOf": [
                {"type": "string", "format": "date-time", "examples": ["2026-06-01T09:00:00+02:00"]},
                {
                    "type": "object",
                    "properties": {"local": {"type": "string"}, "zone": {"type": "string"}},
                    "required": ["local", "zone"],
                    "additionalProperties": False,
                    "examples": [{"local": "2026-06-01T09:00", "zone": "Europe/Berlin"}],
                },
            ],
        }
    ),
]
"""When a visit starts, as an instant in UTC."""
