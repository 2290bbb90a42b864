"""The preferences of a wait list entry: clinician, time windows and notice."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange

MAX_WINDOWS: Final = 20
MAX_NOTICE_MINUTES: Final = 30 * 24 * 60
"""A patient who needs more than thirty days' notice cannot use freed times."""


@dataclass(frozen=True, slots=True)
class WaitlistPreferences:
    """``clinician_id`` None accepts any clinician; no ``windows`` accepts any time.

    ``notice_minutes`` is the least time between an offer and the visit.
    Raises InvalidValueError: more than 20 windows, or a notice under 0 or over 30 days.
    """

    clinician_id: UUID | None
    windows: tuple[TimeRange, ...] = ()
    notice_minutes: int = 0

    def __post_init__(self) -> None:
        if len(self.windows) > MAX_WINDOWS:
            raise InvalidValueError("windows", f"there are at most {MAX_WINDOWS} windows; merge those that touch")
        if not 0 <= self.notice_minutes <= MAX_NOTICE_MINUTES:
            raise InvalidValueError("notice_minutes", f"notice_minutes is at least 0 and at most {MAX_NOTICE_MINUTES}")

    def is_with(self, clinician_id: UUID) -> bool:
        return self.clinician_id in (None, clinician_id)

    def holds(self, visit: TimeRange) -> bool:
        """Whether the whole visit lies within one of the windows."""
        return not self.windows or any(
            window.starts_at <= visit.starts_at and visit.ends_at <= window.ends_at for window in self.windows
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
        }


def windows_of(starts: Iterable[datetime], ends: Iterable[datetime]) -> tuple[TimeRange, ...]:
    """Return windows from their bounds, as events store them."""
    return tuple(TimeRange(start, end) for start, end in zip(starts, ends, strict=True))
