"""The kernel of availability: every start that can be booked, as ranges of whole seconds since 1970 (UTC)."""

from math import ceil, floor
from typing import NamedTuple
from uuid import UUID

from domain.scheduling.availability.blocked_starts import BlockedStarts
from domain.scheduling.availability.open_periods import day_of, instant, openings
from domain.scheduling.availability.query import AvailabilityQuery, Place
from domain.scheduling.availability.quotas import full_periods
from domain.scheduling.availability.resource_allocation import allotted, needs


class Run(NamedTuple):
    """Starts in a row that share a place and the resources they would use."""

    starts: range
    location_id: UUID
    resource_ids: tuple[UUID, ...]


def free_starts(question: AvailabilityQuery, begins: int, ends: int, named: tuple[UUID, ...] = ()) -> list[Run]:
    """Return every start in ``[begins, ends)`` that can be booked with the named resources, in order of time, each once."""
    if not question.is_offering:
        return []
    rules = question.rules
    length, step = rules.duration_minutes * 60, rules.step_minutes * 60
    earliest = max(begins, ceil(question.now.timestamp()) + rules.minimum_notice_minutes * 60)
    busy = BlockedStarts(question.busy, rules, ruled_out(question))
    by_place: list[list[Run]] = []
    for place in question.places:
        latest = min(ends, horizon_ends(question, place))
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
                    runs += [Run(part, place.location_id, taken) for part, taken in allotted(starts, required)]
                else:
                    runs.append(Run(starts, place.location_id, ()))
        if runs:
            by_place.append(runs)
    return _merged(by_place) if len(by_place) > 1 else [run for runs in by_place for run in runs]


def ruled_out(question: AvailabilityQuery) -> list[tuple[int, int]]:
    """Return the ranges in which no visit may start: time off, or a full quota."""
    if not (question.time_off or question.quotas):
        return []
    length = question.rules.duration_minutes * 60
    off = [
        (floor(away.starts_at.timestamp()) - length + 1, ceil(away.ends_at.timestamp())) for away in question.time_off
    ]
    return off + [(full.begins, full.ends) for full in full_periods(question)]


def horizon_ends(question: AvailabilityQuery, place: Place) -> int:
    """Return the midnight at the place that ends the last date on which a visit may start."""
    today = day_of(place.zone, floor(question.now.timestamp()))
    return instant(place.zone, today + question.rules.horizon_days + 1, 0)


def _merged(by_place: list[list[Run]]) -> list[Run]:
    """Put the runs of several places in order of time; a start that two of them have belongs to the one that is preferred."""
    singles: dict[int, Run] = {}
    for runs in by_place:
        for run in runs:
            for start in run.starts:
                singles.setdefault(start, Run(range(start, start + 1), run.location_id, run.resource_ids))
    return [singles[start] for start in sorted(singles)]
