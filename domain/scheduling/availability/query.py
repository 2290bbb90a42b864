"""The query for the free times of one clinician and one service, and a slot of its result."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange
from domain.practice.weekly_hours import Hours
from domain.scheduling.time_claim import TimeClaim


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRules:
    """A service's rules for a visit's time; a kind in ``requires`` twice is needed twice."""

    duration_minutes: int
    step_minutes: int
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    minimum_notice_minutes: int = 0
    horizon_days: int = 365
    requires: tuple[str, ...] = ()

    def reach(self, window: TimeRange) -> TimeRange:
        """Return the range in which claims affect starts in the window."""
        return window.with_buffers(self.buffer_before_minutes, self.duration_minutes + self.buffer_after_minutes)


class Period(StrEnum):
    """A civil day, or a civil week from Monday to Sunday."""

    DAY = "day"
    WEEK = "week"


class Quota(NamedTuple):
    """The most visits of a clinician that start in one period, of one service or of all (None)."""

    period: Period
    most: int
    service_id: UUID | None = None


class Candidate(NamedTuple):
    """A room or device that may be used, with its claims and its times out of service."""

    id: UUID
    kind: str
    busy: Sequence[TimeClaim] = ()
    out_of_service: Sequence[TimeRange] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A location where the clinician works; the first free candidate of a kind is used."""

    location_id: UUID
    zone: str
    hours: Hours
    candidates: Sequence[Candidate] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityQuery:
    """Everything that determines the free times of one clinician for one service.

    ``places`` are in order of preference: the first wins if two offer the same start. ``busy`` are
    the clinician's claims, without those of a visit that is being moved. ``is_offering``: the
    service is active and the clinician provides it. ``quotas`` are counted from ``busy`` by civil
    day and week of ``zone``, the clinician's zone, so ``busy`` must contain all claims of those
    periods. ``pending`` are requests and holds, if they count towards quotas. The clinician has
    left the practice at ``leaves_at``. ``patient_busy`` are the claims of the patients of the
    visit, under all their ids; a visit without its buffers must not overlap them. Raises
    InvalidValueError: ``now`` has no offset.
    """

    now: datetime
    rules: VisitRules
    places: Sequence[Place]
    busy: Sequence[TimeClaim] = ()
    is_offering: bool = True
    zone: str = "UTC"
    quotas: Sequence[Quota] = ()
    pending: Sequence[TimeClaim] = ()
    patient_busy: Sequence[TimeClaim] = ()
    time_off: Sequence[TimeRange] = ()
    leaves_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.now.tzinfo is None:
            raise InvalidValueError("now", "a time needs an offset from UTC")


class Slot(NamedTuple):
    """A time, location and resources that can be booked; instants in UTC."""

    starts_at: datetime
    ends_at: datetime
    location_id: UUID
    resource_ids: tuple[UUID, ...]

    @property
    def during(self) -> TimeRange:
        return TimeRange(self.starts_at, self.ends_at)
