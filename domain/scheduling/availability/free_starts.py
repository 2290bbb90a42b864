"""The core of availability: bookable starts as ranges of whole seconds since 1970 (UTC)."""

from math import ceil, floor
from typing import Final, NamedTuple
from uuid import UUID

from domain.scheduling.availability.blocked_starts import BlockedStarts
from domain.scheduling.availability.open_periods import day_of, instant, openings
from domain.scheduling.availability.query import AvailabilityQuery, Place
from domain.scheduling.availability.quotas import full_periods
from domain.scheduling.availability.resource_allocation import allocated, needs

_NEVER: Final = 10**18


class Run(NamedTuple):
    """Consecutive starts that share a location and resources."""

    starts: range
    location_id: UUID
    resource_ids: tuple[UUID, ...]


def free_starts(query: AvailabilityQuery, begins: int, ends: int, named: tuple[UUID, ...] = ()) -> list[Run]:
    """Return the starts in ``[begins, ends)`` that can be booked, in order."""
    if not query.is_offering:
        return []
    rules = query.rules
    length, step = rules.duration_minutes * 60, rules.step_minutes * 60
    earliest = max(begins, ceil(query.now.timestamp()) + rules.minimum_notice_minutes * 60)
    busy = BlockedStarts(query.busy, rules, ruled_out(query))
    by_place: list[list[Run]] = []
    for place in query.places:
        latest = min(ends, horizon_ends(query, place), last_start(query) + 1)
        required = needs(place, rules, named)
        if earliest >= latest or required is None:
            continue
        runs: list[Run] = []
        first, last = day_of(place.zone, earliest) - 1, day_of(place.zone, latest - 1)
        for opens, grid_ends, closes in openings(place.hours, place.zone, first, last):
            if opens >= latest:
                break
            for starts in busy.free(opens, max(earliest, opens), min(latest, grid_ends, closes - length + 1), step):
                if required:
                    runs += [Run(part, place.location_id, taken) for part, taken in allocated(starts, required)]
                else:
                    runs.append(Run(starts, place.location_id, ()))
        if runs:
            by_place.append(runs)
    return _merged(by_place) if len(by_place) > 1 else [run for runs in by_place for run in runs]


def ruled_out(query: AvailabilityQuery) -> list[tuple[int, int]]:
    """Return the ranges in which no visit may start.

    Time off, full periods, and other visits of the patient.
    """
    if not (query.time_off or query.quotas or query.patient_busy):
        return []
    length = query.rules.duration_minutes * 60
    away_times = [*query.time_off, *(claim.visit for claim in query.patient_busy)]
    off = [(floor(away.starts_at.timestamp()) - length + 1, ceil(away.ends_at.timestamp())) for away in away_times]
    return off + [(full.begins, full.ends) for full in full_periods(query)]


def last_start(query: AvailabilityQuery) -> int:
    """Return the last start of a visit that ends before the clinician has left."""
    if query.leaves_at is None:
        return _NEVER
    return floor(query.leaves_at.timestamp()) - query.rules.duration_minutes * 60


def horizon_ends(query: AvailabilityQuery, place: Place) -> int:
    """Return the midnight that ends the last date of the horizon, local to the place."""
    today = day_of(place.zone, floor(query.now.timestamp()))
    return instant(place.zone, today + query.rules.horizon_days + 1, 0)


def _merged(by_place: list[list[Run]]) -> list[Run]:
    """Merge the runs of several places in order; the preferred place wins a common start."""
    singles: dict[int, Run] = {}
    for runs in by_place:
        for run in runs:
            for start in run.starts:
                singles.setdefault(start, Run(range(start, start + 1), run.location_id, run.resource_ids))
    return [singles[start] for start in sorted(singles)]
