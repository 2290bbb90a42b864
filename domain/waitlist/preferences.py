"""The preferences of a wait list entry: clinician, time windows and notice."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from math import ceil, floor
from typing import Any, Final
from uuid import UUID

from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange
from domain.practice.weekly_hours import OpeningHours
from domain.scheduling.availability.open_periods import day_of, openings

MAX_WINDOWS: Final = 20
MAX_WEEKLY: Final = 50
MAX_NOTICE_MINUTES: Final = 30 * 24 * 60
"""A patient who needs more than thirty days' notice cannot use freed times."""


@dataclass(frozen=True, slots=True)
class WaitlistPreferences:
    """``clinician_id`` None accepts any clinician.

    The whole visit must lie in one of the ``windows``, and in the ``weekly`` times of day in the
    zone of its location, which OpeningHours parses; none of either accepts any time.
    ``notice_minutes`` is the least time between an offer and the visit.
    Raises InvalidValueError: more than 20 windows or 50 weekly times, a notice under 0 or over 30
    days, or what OpeningHours refuses.
    """

    clinician_id: UUID | None
    windows: tuple[TimeRange, ...] = ()
    notice_minutes: int = 0
    weekly: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.weekly) > MAX_WEEKLY:
            raise InvalidValueError("weekly", f"there are at most {MAX_WEEKLY} weekly times; merge those that touch")
        object.__setattr__(self, "weekly", tuple(_hours(self.weekly).weekly_text()))
        if len(self.windows) > MAX_WINDOWS:
            raise InvalidValueError("windows", f"there are at most {MAX_WINDOWS} windows; merge those that touch")
        if not 0 <= self.notice_minutes <= MAX_NOTICE_MINUTES:
            raise InvalidValueError("notice_minutes", f"notice_minutes is at least 0 and at most {MAX_NOTICE_MINUTES}")

    def is_with(self, clinician_id: UUID) -> bool:
        return self.clinician_id in (None, clinician_id)

    def holds(self, visit: TimeRange, zone: str) -> bool:
        """Whether the whole visit lies in a window and in the weekly times, local to the zone."""
        is_in_window = not self.windows or any(
            window.starts_at <= visit.starts_at and visit.ends_at <= window.ends_at for window in self.windows
        )
        return is_in_window and (not self.weekly or self._is_in_weekly(visit, zone))

    def _is_in_weekly(self, visit: TimeRange, zone: str) -> bool:
        begins, ends = floor(visit.starts_at.timestamp()), ceil(visit.ends_at.timestamp())
        today = day_of(zone, begins)
        return any(
            each.starts <= begins and ends <= each.closes
            for each in openings(_hours(self.weekly), zone, today - 1, today)
        )

    def is_in_time(self, visit: TimeRange, now: datetime) -> bool:
        """Whether an offer made now leaves enough notice."""
        return now + timedelta(minutes=self.notice_minutes) <= visit.starts_at

    def fields(self) -> dict[str, Any]:
        """Return the fields as events store them."""
        return {
            "clinician_id": self.clinician_id,
            "window_starts": [window.starts_at for window in self.windows],
            "window_ends": [window.ends_at for window in self.windows],
            "notice_minutes": self.notice_minutes,
            "weekly": list(self.weekly) or None,
        }


@lru_cache(maxsize=4096)
def _hours(weekly: tuple[str, ...]) -> OpeningHours:
    """Cached, because each offer reads the entries of a line again."""
    return OpeningHours.parse(weekly)


def windows_of(starts: Iterable[datetime], ends: Iterable[datetime]) -> tuple[TimeRange, ...]:
    """Return windows from their bounds, as events store them."""
    return tuple(TimeRange(start, end) for start, end in zip(starts, ends, strict=True))
