"""A hold: a time kept for somebody who is about to book it. It ends by itself when its time is up."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from eventsourcing.domain import event

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.errors import InvalidValueError
from domain.kernel.time_range import TimeRange
from domain.scheduling.availability.query import Slot, VisitRules
from domain.scheduling.time_claim import TimeClaim

LONGEST_MINUTES: Final = 10
"""Long enough to type a name, too short to keep a schedule closed."""


class HoldStatus(StrEnum):
    """held -> used | released | expired."""

    HELD = "held"
    USED = "used"
    RELEASED = "released"
    EXPIRED = "expired"


class Hold(Aggregate):
    TOPIC = "scheduling.hold"

    class Placement(InitialEvent):
        """``counts_as`` are keyed digests of who holds, one for each cap that the hold counts towards."""

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

    class Released(Aggregate.Event):
        TOPIC = "scheduling.hold.released"

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
        """Keep a slot for 1 to 10 minutes. Raises InvalidValueError: for longer, or no time at all."""
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

    @event(Placement)
    def __init__(
        self,
        service_id: UUID,
        clinician_id: UUID,
        location_id: UUID,
        resource_ids: list[UUID],
        starts_at: datetime,
        ends_at: datetime,
        buffer_before_minutes: int,
        buffer_after_minutes: int,
        expires_at: datetime,
        counts_as: list[UUID],
        timestamp: datetime,
    ) -> None:
        self.service_id = service_id
        self.clinician_id = clinician_id
        self.location_id = location_id
        self.resource_ids = resource_ids
        self.starts_at = starts_at
        self.ends_at = ends_at
        self.buffer_before_minutes = buffer_before_minutes
        self.buffer_after_minutes = buffer_after_minutes
        self.expires_at = expires_at
        self.counts_as = counts_as
        self.placed_at = timestamp
        self.appointment_id: UUID | None = None
        self.is_released = False

    def status_at(self, now: datetime) -> HoldStatus:
        if self.appointment_id is not None:
            return HoldStatus.USED
        if self.is_released:
            return HoldStatus.RELEASED
        return HoldStatus.HELD if now < self.expires_at else HoldStatus.EXPIRED

    def claims(self) -> list[TimeClaim]:
        """Return what the hold keeps: its clinician's and resources' time, and its place among those who may hold at once.

        A used or released one keeps nothing; from ``expires_at`` on the claims themselves hold nothing.
        """
        if self.appointment_id is not None or self.is_released:
            return []
        visit, while_held = TimeRange(self.starts_at, self.ends_at), TimeRange(self.placed_at, self.expires_at)
        taken = visit.with_buffers(self.buffer_before_minutes, self.buffer_after_minutes)
        return [
            *(
                TimeClaim(self.id, what, taken, visit, self.service_id, self.expires_at)
                for what in (self.clinician_id, *self.resource_ids)
            ),
            *(TimeClaim(self.id, mark, while_held, while_held, None, self.expires_at) for mark in self.counts_as),
        ]

    def use(self, appointment_id: UUID, at: datetime) -> None:
        """Note what was booked by it. Only a hold that is held at this moment can be used."""
        self._used(appointment_id=appointment_id, timestamp=at)

    @event(Used)
    def _used(self, appointment_id: UUID, timestamp: datetime) -> None:
        self.appointment_id = appointment_id

    def release(self, at: datetime) -> bool:
        """Return whether anything was recorded: what is used, released or expired stays so."""
        if self.status_at(at) is not HoldStatus.HELD:
            return False
        self._released(timestamp=at)
        return True

    @event(Released)
    def _released(self, timestamp: datetime) -> None:
        self.is_released = True


def expiry(at: datetime, minutes: int) -> datetime:
    """Return when a hold of so many minutes ends. Raises InvalidValueError: under 1 or over 10."""
    if not 1 <= minutes <= LONGEST_MINUTES:
        raise InvalidValueError("minutes", f"minutes is at least 1 and at most {LONGEST_MINUTES}")
    return at + timedelta(minutes=minutes)
