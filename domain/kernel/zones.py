"""Time zones by IANA name, and local times in them."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo, available_timezones, reset_tzpath

from domain.kernel.errors import InvalidValueError

# Only the package's rules are used: the system's may be older, and do not state their release.
reset_tzpath(())
with (files("tzdata.zoneinfo") / "tzdata.zi").open("r", encoding="utf-8") as _rules:
    # Its first line: "# version 2026a".
    RELEASE: Final = _rules.readline().split()[-1]
"""The installed release of the time zone database: ``2026a``."""

_AREAS: Final = frozenset(
    {"Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}
)


class UnknownZoneError(InvalidValueError):
    """The name is not an IANA zone of the form Area/City, nor UTC."""

    code = "unknown_zone"


class NonexistentLocalTimeError(InvalidValueError):
    """The clocks skip this local time."""

    code = "nonexistent_local_time"


class AmbiguousLocalTimeError(InvalidValueError):
    """The clocks show this local time twice; only an offset distinguishes the two."""

    code = "ambiguous_local_time"


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Return every name that ``zone`` accepts: ``Area/City`` and ``UTC``.

    Not accepted are rules without a place (``EST5EDT``, ``CET``), fixed offsets (``Etc/GMT+5``,
    whose sign misleads), and old names (``Israel``, ``US/Eastern``), which have an equivalent
    ``Area/City``.
    """
    return frozenset(
        {"UTC", *(name for name in available_timezones() if name.partition("/")[0] in _AREAS and "/" in name)}
    )


@lru_cache(maxsize=1024)
def zone(name: str, field: str = "zone") -> ZoneInfo:
    """Return the zone; only listed names reach the file system. Raises UnknownZoneError."""
    if name not in zone_names():
        raise UnknownZoneError(field, f"a zone is an IANA name {_suggestion(name)}")
    return ZoneInfo(name)


def _suggestion(name: str) -> str:
    spoken = name.lower() if name.isascii() else ""
    if known_as := _other_names().get(spoken):
        return f"of the form Area/City: this one is called {known_as}"
    if spoken in _of_no_place():
        return "of the form Area/City: this one is no place, and its clocks are those of none: choose one, such as America/New_York"
    return "such as Europe/Berlin"


@lru_cache(maxsize=1)
def _of_no_place() -> frozenset[str]:
    """Return the names of rules without a place, in lower case: ``est5edt``, ``etc/gmt+5``."""
    return frozenset(map(str.lower, available_timezones() - zone_names())) - _other_names().keys()


@lru_cache(maxsize=1)
def _other_names() -> dict[str, str]:
    """Return accepted names by their aliases in lower case."""
    # Source: links of the IANA time zone database: "L America/New_York US/Eastern".
    rules = (files("tzdata.zoneinfo") / "tzdata.zi").read_text("utf-8")
    links = (line.split(" ")[1:] for line in rules.splitlines() if line.startswith("L "))
    utc = {"etc/utc": "UTC"}
    aliases = {alias.lower(): utc.get(target.lower(), target) for target, alias in links}
    return (
        utc
        | {alias: name for alias, name in aliases.items() if name in zone_names()}
        | {name.lower(): name for name in zone_names()}
    )


def instant_of(local: datetime, zone_name: str, field: str = "starts_at") -> datetime:
    """Return the instant (UTC) of a naive local time.

    Raises UnknownZoneError, NonexistentLocalTimeError, AmbiguousLocalTimeError; InvalidValueError:
    not naive, or outside the years 1900 to 2200.
    """
    if local.tzinfo is not None:
        raise InvalidValueError(field, "a local time carries no offset")
    if not 1900 <= local.year <= 2200:
        raise InvalidValueError(field, "the year is out of bounds")
    first = local.replace(tzinfo=zone(zone_name), fold=0)
    before, after = _offset(first), _offset(first.replace(fold=1))
    if before < after:
        raise NonexistentLocalTimeError(field, "the clocks jump over this local time; choose another")
    if before > after:
        raise AmbiguousLocalTimeError(field, "the clocks show this local time twice; give it with its offset")
    return first.astimezone(UTC)


def spoken_time(starts_at: datetime, clinic_zone: str, patient_zone: str | None) -> str:
    """Return the time of day for a patient, with zones: ``04:00 EDT (10:00 CEST at the clinic)``.

    Only the clinic's time, ``10:00 CEST``, if the patient has no zone or the same offset. The dates
    may differ: see ``spoken_dates``.
    """
    at_clinic = starts_at.astimezone(zone(clinic_zone))
    if patient_zone is None:
        return _clock(at_clinic)
    at_home = starts_at.astimezone(zone(patient_zone))
    if at_home.utcoffset() == at_clinic.utcoffset():
        return _clock(at_clinic)
    return f"{_clock(at_home)} ({_clock(at_clinic)} at the clinic)"


def spoken_dates(starts_at: datetime, clinic_zone: str, patient_zone: str | None) -> tuple[str, str]:
    """Return the civil dates (ISO 8601) in the patient's zone and at the clinic."""
    at_clinic = starts_at.astimezone(zone(clinic_zone)).date()
    at_home = starts_at.astimezone(zone(patient_zone)).date() if patient_zone else at_clinic
    return at_home.isoformat(), at_clinic.isoformat()


def _offset(moment: datetime) -> timedelta:
    return moment.utcoffset() or timedelta()


def _clock(moment: datetime) -> str:
    # Zones without an abbreviation have their offset as name: "+0545" reads better as "UTC+05:45".
    name = moment.tzname() or "UTC"
    if name[0] in "+-":
        name = f"UTC{name[:3]}:{name[3:] or '00'}"
    return f"{moment:%H:%M} {name}"
