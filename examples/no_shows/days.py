"""Civil dates of a practice as time ranges, and how many visits fit into one."""

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

_ANY_ID: Final = UUID(int=0)


@lru_cache(maxsize=4096)
def day_in(zone_name: str, on_date: date) -> TimeRange:
    """Return the date from midnight to midnight in the zone: 23 to 25 hours."""
    starts_at, ends_at = (instant(zone_name, ordinal, 0) for ordinal in (on_date.toordinal(), on_date.toordinal() + 1))
    return TimeRange(datetime.fromtimestamp(starts_at, UTC), datetime.fromtimestamp(ends_at, UTC))


@lru_cache(maxsize=4096)
def visits_in(zone_name: str, on_date: date, hours: Hours, rules: VisitRules) -> int:
    """Return how many visits of one clinician fit into a date, each as early as possible."""
    day = day_in(zone_name, on_date)
    place = Place(location_id=_ANY_ID, zone=zone_name, hours=hours)
    query = AvailabilityQuery(now=day.starts_at, rules=rules, places=[place])
    before, after = rules.buffer_before_minutes, rules.buffer_after_minutes
    count = 0
    while slots := offered(query, day):
        count += 1
        visit = slots[0].during
        # Only the last visit can block the next one.
        query = replace(
            query,
            now=visit.starts_at,
            busy=[TimeClaim(_ANY_ID, _ANY_ID, visit.with_buffers(before, after), visit)],
        )
    return count


def clinicians_needed(dates: Iterable[date], visits_on: Callable[[date], int]) -> int:
    """Return how many clinicians the busiest date needs, at least one.

    ``dates`` has one entry per visit.

    ``visits_on`` returns how many visits of one clinician fit into a date; a date without any is
    ignored.
    """
    needed = [-(-count // capacity) for on, count in Counter(dates).items() if (capacity := visits_on(on))]
    return max(needed, default=1)
