"""Where and when a clinician works and a room can be used: hours, public holidays, time off."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import TypeAlias
from uuid import UUID

from application.kernel.catalogue import Catalogue
from domain.kernel.time_range import TimeRange
from domain.practice.clinician import Clinician
from domain.practice.dated_hours import DatedHours
from domain.practice.location import Location
from domain.practice.practice import Practice
from domain.practice.resource import Resource
from domain.practice.time_off import DaysOff, parse_time_off
from domain.practice.weekly_hours import Hours, OpeningHours
from domain.scheduling.availability.open_periods import instant
from domain.scheduling.availability.query import Candidate, Place

_Part: TypeAlias = tuple[int, tuple[str, ...], tuple[str, ...]]


def working_places(
    catalogue: Catalogue, clinician: Clinician, candidates: Iterable[tuple[UUID, Candidate]], year: int
) -> list[Place]:
    """Return the places where the clinician works, with their resources.

    Public holidays cover ``year``, the current one, from a year before to five years after: longer
    than any horizon.
    """
    rooms = list(candidates)
    places = []
    for location_id in dict.fromkeys((*clinician.hours, *clinician.later_hours)):
        location = catalogue.one(Location, location_id)
        places.append(
            Place(
                location_id=location_id,
                zone=location.zone,
                hours=hours_at(clinician, location_id, holidays_at(catalogue, location, year)),
                candidates=[candidate for where, candidate in rooms if where == location_id],
            )
        )
    return places


def hours_at(clinician: Clinician, location_id: UUID, closed: frozenset[int] = frozenset()) -> Hours:
    """Return the hours at a location, if any; ``closed`` are ordinals of public holidays."""
    first = clinician.hours.get(location_id)
    parts: list[_Part] = [(0, tuple(first.weekly), tuple(first.overrides))] if first else []
    parts += [
        (later.effective_from.toordinal(), tuple(later.weekly), tuple(later.overrides))
        for later in clinician.later_hours.get(location_id, ())
        if later.effective_from is not None
    ]
    return _hours(tuple(parts), closed)


def holidays_at(catalogue: Catalogue, location: Location, year: int) -> frozenset[int]:
    """Return the ordinals of public holidays at a location."""
    calendar = location.holidays
    if calendar is None:
        practice = next(iter(catalogue.all(Practice)), None)
        calendar = practice.holidays if practice else None
    return catalogue.public_holidays.closed_days(calendar, year - 1, year + 5) if calendar else frozenset()


def time_off_of(clinician: Clinician) -> list[TimeRange]:
    """Return the clinician's time off; whole days are in the clinician's zone."""
    return _ranges(clinician.time_off, clinician.zone)


def out_of_service_of(resource: Resource, location_zone: str) -> list[TimeRange]:
    """Return when a room or device is out of service; whole days are in the location's zone."""
    return _ranges(resource.out_of_service, location_zone)


def leaves_at(clinician: Clinician) -> datetime | None:
    """Return the end of the clinician's last date; None: they stay."""
    if clinician.last_date is None:
        return None
    return datetime.fromtimestamp(instant(clinician.zone, clinician.last_date.toordinal() + 1, 0), UTC)


def _ranges(texts: Iterable[str], zone: str) -> list[TimeRange]:
    found = (_instants(text, zone) for text in texts)
    return [during for during in found if during is not None]


@lru_cache(maxsize=4096)
def _hours(parts: tuple[_Part, ...], closed: frozenset[int]) -> Hours:
    """Cached, because each booking reads the same hours."""
    known = tuple((begins, OpeningHours.parse(weekly, overrides)) for begins, weekly, overrides in parts)
    if len(known) == 1 and known[0][0] == 0 and not closed:
        return known[0][1]
    return DatedHours(known, closed)


@lru_cache(maxsize=4096)
def _instants(text: str, zone: str) -> TimeRange | None:
    """Return None for days that the zone skipped when it crossed the date line."""
    range = parse_time_off(text)
    if not isinstance(range, DaysOff):
        return range.during
    begins, ends = instant(zone, range.first_date.toordinal(), 0), instant(zone, range.last_date.toordinal() + 1, 0)
    if begins == ends:
        return None
    return TimeRange(datetime.fromtimestamp(begins, UTC), datetime.fromtimestamp(ends, UTC))
