"""A hold: a slot reserved for a short time before it is booked; it expires by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange
from domain.scheduling.availability.query import Slot, VisitRules
from domain.scheduling.time_claim import TimeClaim

LONGEST_MINUTES: Final = 10
"""Long enough to enter a name, too short to block a schedule."""


class HoldStatus(StrEnum):
    """held -> used | released | expired."""

    HELD = "held"
    USED = "used"
    RELEASED = "released"
    EXPIRED = "expired"


class Hold(Aggregate):
    TOPIC = "scheduling.hold"

    service_id: UUID
    clinician_id: UUID
    location_id: UUID
    resource_ids: list[UUID]
    starts_at: datetime
    ends_at: datetime
    buffer_before_minutes: int
    buffer_after_minutes: int
    expires_at: datetime
    counts_as: list[UUID]
    appointment_id: UUID | None = None
    is_released: bool = False

    class Placement(InitialEvent):
        """``counts_as`` are keyed digests of the holder, one for each cap on holds."""

        TOPIC = "scheduling.hold.placed"
        service_id: UUID
        clinician_id: UUID
        location_id: UUID
        resource_ids: list[UUID]
        starts_at: datetime
        ends_at: datetime
        buffer_before_minutes: int
        buffer_after_minutes: int
        expires_at: datetime
        counts_as: list[UUID]

    class Used(Aggregate.Event):
        TOPIC = "scheduling.hold.used"
        appointment_id: UUID

        def apply(self, aggregate: Hold) -> None:
            aggregate.appointment_id = self.appointment_id

    class Released(Aggregate.Event):
        TOPIC = "scheduling.hold.released"

        def apply(self, aggregate: Hold) -> None:
            aggregate.is_released = True

    @classmethod
    def place(
        cls,
        *,
        id: UUID,
        service_id: UUID,
        clinician_id: UUID,
        slot: Slot,
        rules: VisitRules,
        minutes: int,
        counts_as: list[UUID],
        at: datetime,
    ) -> Self:
        """Reserve a slot for 1 to 10 minutes. Raises InvalidValueError: another duration."""
        return cls._create(
            cls.Placement,
            id=id,
            timestamp=at,
            service_id=service_id,
            clinician_id=clinician_id,
            location_id=slot.location_id,
            resource_ids=list(slot.resource_ids),
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            buffer_before_minutes=rules.buffer_before_minutes,
            buffer_after_minutes=rules.buffer_after_minutes,
            expires_at=expiry(at, minutes),
            counts_as=counts_as,
        )

    def status_at(self, now: datetime) -> HoldStatus:
        if self.appointment_id is not None:
            return HoldStatus.USED
        if self.is_released:
            return HoldStatus.RELEASED
        return HoldStatus.HELD if now < self.expires_at else HoldStatus.EXPIRED

    def claims(self) -> list[TimeClaim]:
        """Return the claims on clinician and resources, and one for each cap on open holds.

        A used or released hold claims nothing; the claims expire at ``expires_at``.
        """
        if self.appointment_id is not None or self.is_released:
            return []
        visit, while_held = TimeRange(self.starts_at, self.ends_at), TimeRange(self.created_on, self.expires_at)
        taken = visit.with_buffers(self.buffer_before_minutes, self.buffer_after_minutes)
        return [
            *(
                TimeClaim(self.id, what, taken, visit, self.service_id, self.expires_at)
                for what in (self.clinician_id, *self.resource_ids)
            ),
            *(TimeClaim(self.id, mark, while_held, while_held, None, self.expires_at) for mark in self.counts_as),
        ]

    def use(self, appointment_id: UUID, at: datetime) -> None:
        """Record the booking; the caller checks that the hold is held at this moment."""
        self.trigger_event(self.Used, appointment_id=appointment_id, timestamp=at)

    def release(self, at: datetime) -> bool:
        """Release the hold, if it is still held."""
        return self.trigger_if(self.status_at(at) is HoldStatus.HELD, self.Released, timestamp=at)


def expiry(at: datetime, minutes: int) -> datetime:
    """Return when a hold expires. Raises InvalidValueError: under 1 or over 10 minutes."""
    if not 1 <= minutes <= LONGEST_MINUTES:
        raise InvalidValueError("minutes", f"minutes is at least 1 and at most {LONGEST_MINUTES}")
    return at + timedelta(minutes=minutes)
