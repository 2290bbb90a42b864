"""A freed time on offer, and the rounds in which it is offered."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain.kernel.time_range import TimeRange
from domain.kernel.value import Value
from domain.scheduling.time_claim import TimeClaim


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedTime(Value):
    """One visit that could be booked, reserved until ``expires_at``."""

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
        """Yield the claims on the time of the clinician and resources, until ``expires_at``."""
        visit = TimeRange(self.starts_at, self.ends_at)
        taken = visit.with_buffers(self.buffer_before_minutes, self.buffer_after_minutes)
        for what in (self.clinician_id, *self.resource_ids):
            yield TimeClaim(self.opening_id, what, taken, visit, self.service_id, self.expires_at)


class PassedOver(NamedTuple):
    """An entry before the chosen ones; ``because`` is the code of the reason."""

    entry_id: UUID
    because: str


@dataclass(frozen=True, slots=True)
class Round:
    """One time, offered to one or more entries at once.

    ``offers`` maps offer to entry; ``ended`` maps declined or withdrawn offers to how they ended.
    ``as_of`` is the position of the log up to which the wait list was read.
    """

    time: OfferedTime
    made_at: datetime
    offers: dict[UUID, UUID]
    ended: dict[UUID, str]
    as_of: int
    passed_over: tuple[PassedOver, ...]

    def is_open(self, now: datetime) -> bool:
        """Whether an offer of this round can still be accepted."""
        return now < self.time.expires_at and len(self.ended) < len(self.offers)
