"""The question "when can this clinician see someone for this service?", and one answer to it."""

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
    """What a service asks of a visit's time; bounds are those of the service. A kind in ``requires`` twice is needed twice."""

    duration_minutes: int
    step_minutes: int
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    minimum_notice_minutes: int = 0
    horizon_days: int = 365
    requires: tuple[str, ...] = ()

    def reach(self, window: TimeRange) -> TimeRange:
        """Return the time in which claims matter to starts in the window; claims that only touch it do not."""
        return window.with_buffers(self.buffer_before_minutes, self.duration_minutes + self.buffer_after_minutes)


class Period(StrEnum):
    """A civil day, or a civil week from Monday to Sunday."""

    DAY = "day"
    WEEK = "week"


class Quota(NamedTuple):
    """A clinician gives at most so many visits that start within one period: of one service, or of all (None)."""

    period: Period
    most: int
    service_id: UUID | None = None


class Candidate(NamedTuple):
    """A room or device that may be used, and what it is busy with. Claims outside the time in question do no harm."""

    id: UUID
    kind: str
    busy: Sequence[TimeClaim] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A location where the clinician works. Of several free candidates the first is taken, so their order is a preference."""

    location_id: UUID
    zone: str
    hours: Hours
    candidates: Sequence[Candidate] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityQuery:
    """All that decides when one clinician can see someone for one service. Raises InvalidValueError: ``now`` has no offset.

    ``places`` are in order of preference: where two offer the same start, the first wins. ``busy`` are the clinician's claims;
    those of a visit that is being moved are left out. ``is_offering``: the service is active and this clinician gives it.
    ``quotas`` are counted by the civil days and weeks of ``zone``, the clinician's own, from ``busy``: it then has to hold every
    claim of the periods in question. So do ``pending`` claims, where they count: visits that are not agreed to yet. During ``time_off``
    the clinician is nowhere.
    """

    now: datetime
    rules: VisitRules
    places: Sequence[Place]
    busy: Sequence[TimeClaim] = ()
    is_offering: bool = True
    zone: str = "UTC"
    quotas: Sequence[Quota] = ()
    pending: Sequence[TimeClaim] = ()
    time_off: Sequence[TimeRange] = ()

    def __post_init__(self) -> None:
        if self.now.tzinfo is None:
            raise InvalidValueError("now", "a time needs an offset from UTC")


class Slot(NamedTuple):
    """A visit that can be booked; instants in UTC."""

    starts_at: datetime
    ends_at: datetime
    location_id: UUID
    resource_ids: tuple[UUID, ...]
