"""A time on offer: one visit that could be booked, kept until those to whom it is offered have answered."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain.kernel.time_range import TimeRange
from domain.scheduling.time_claim import TimeClaim


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedTime:
    opening_id: UUID
    service_id: UUID
    clinician_id: UUID
    location_id: UUID
    resource_ids: tuple[UUID, ...]
    starts_at: datetime
    ends_at: datetime
    buffer_before_minutes: int
    buffer_after_minutes: int
    expires_at: datetime

    def claims(self) -> Iterator[TimeClaim]:
        """Yield what is kept, as a hold keeps it: from ``expires_at`` on it holds nothing."""
        visit = TimeRange(self.starts_at, self.ends_at)
        taken = visit.with_buffers(self.buffer_before_minutes, self.buffer_after_minutes)
        for what in (self.clinician_id, *self.resource_ids):
            yield TimeClaim(self.opening_id, what, taken, visit, self.service_id, self.expires_at)


class PassedOver(NamedTuple):
    """Somebody who joined earlier than those chosen, and why they were not: a code."""

    entry_id: UUID
    because: str


@dataclass(frozen=True, slots=True)
class Round:
    """Whom a time was offered to at once, and who was passed over for them.

    ``offers`` are entries by offer; ``ended`` says how those ended that were declined or withdrawn. ``as_of`` is the position of the log
    up to which the wait list was known.
    """

    time: OfferedTime
    made_at: datetime
    offers: dict[UUID, UUID]
    ended: dict[UUID, str]
    as_of: int
    passed_over: tuple[PassedOver, ...]

    def is_open(self, now: datetime) -> bool:
        """Whether somebody may still accept."""
        return now < self.time.expires_at and len(self.ended) < len(self.offers)
