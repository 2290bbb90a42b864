"""Civil dates of a practice as stretches of time, and how many visits fit in one."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final
from uuid import UUID

from domain.kernel.time_range import TimeRange
from domain.practice.weekly_hours import Hours
from domain.scheduling.availability.availability import offered
from domain.scheduling.availability.open_periods import instant
from domain.scheduling.availability.query import AvailabilityQuery, Place, VisitRules
from domain.scheduling.time_claim import TimeClaim

_NOBODY: Final = UUID(int=0)


@lru_cache(maxsize=4096)
def day_in(zone_name: str, on_date: date) -> TimeRange:
    """Return the date from midnight to midnight in the zone: 23 to 25 hours."""
    begins, ends = (instant(zone_name, ordinal, 0) for ordinal in (on_date.toordinal(), on_date.toordinal() + 1))
    return TimeRange(datetime.fromtimestamp(begins, UTC), datetime.fromtimestamp(ends, UTC))


@lru_cache(maxsize=4096)
def visits_in(zone_name: str, on_date: date, hours: Hours, rules: VisitRules) -> int:
    """Return how many visits one clinician can have on a date, each as early as it can be."""
    day = day_in(zone_name, on_date)
    place = Place(location_id=_NOBODY, zone=zone_name, hours=hours)
    question = AvailabilityQuery(now=day.starts_at, rules=rules, places=[place])
    before, after = rules.buffer_before_minutes, rules.buffer_after_minutes
    count = 0
    while slots := offered(question, day):
        count += 1
        visit = TimeRange(slots[0].starts_at, slots[0].ends_at)
        # The visits before this one end before it, so they stand in nobody's way any more.
        question = replace(
            question,
            now=visit.starts_at,
            busy=[TimeClaim(_NOBODY, _NOBODY, visit.with_buffers(before, after), visit)],
        )
    return count


def clinicians_needed(dates: Iterable[date], visits_on: Callable[[date], int]) -> int:
    """Return how many clinicians the busiest date asks for, at least one; ``dates`` are those of all visits.

    ``visits_on`` tells how many visits one clinician can have on a date; a date without any asks for none.
    """
    needed = [-(-count // one) for on, count in Counter(dates).items() if (one := visits_on(on))]
    return max(needed, default=1)
