"""An offer: a time that has become free, kept for somebody who waits until they answer or its own time is up."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self
from uuid import UUID

from eventsourcing.domain import event

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.errors import InvalidValueError
from domain.waitlist.errors import OfferEndedError, OfferExpiredError
from domain.waitlist.offered_time import OfferedTime

LONGEST_MINUTES: Final = 24 * 60
"""A day to answer, and never past the start of the visit."""


class OfferStatus(StrEnum):
    """open -> accepted | declined | withdrawn | expired."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class OfferEndReason(StrEnum):
    """Why an offer was withdrawn."""

    ACCEPTED_ANOTHER = "accepted_another"
    TAKEN = "taken"
    LEFT = "left"
    BY_STAFF = "by_staff"


class Offer(Aggregate):
    """``opening_id`` holds the time; one time may be offered to several at once, and the first who accepts has it."""

    TOPIC = "scheduling.offer"

    class Made(InitialEvent):
        TOPIC = "scheduling.offer.made"
        opening_id: UUID
        entry_id: UUID
        patient_id: UUID
        service_id: UUID
        clinician_id: UUID
        location_id: UUID
        resource_ids: list[UUID]
        starts_at: datetime
        ends_at: datetime
        expires_at: datetime

    class Accepted(Aggregate.Event):
        TOPIC = "scheduling.offer.accepted"
        appointment_id: UUID

        def apply(self, aggregate: Any) -> None:
            aggregate.answer, aggregate.appointment_id = OfferStatus.ACCEPTED.value, self.appointment_id

    class Declined(Aggregate.Event):
        TOPIC = "scheduling.offer.declined"

        def apply(self, aggregate: Any) -> None:
            aggregate.answer = OfferStatus.DECLINED.value

    class Withdrawn(Aggregate.Event):
        TOPIC = "scheduling.offer.withdrawn"
        because: str

        def apply(self, aggregate: Any) -> None:
            aggregate.answer, aggregate.because = OfferStatus.WITHDRAWN.value, self.because

    @classmethod
    def make(cls, *, id: UUID, entry_id: UUID, patient_id: UUID, of: OfferedTime, at: datetime) -> Self:
        return cls._create(
            cls.Made,
            id=id,
            timestamp=at,
            opening_id=of.opening_id,
            entry_id=entry_id,
            patient_id=patient_id,
            service_id=of.service_id,
            clinician_id=of.clinician_id,
            location_id=of.location_id,
            resource_ids=list(of.resource_ids),
            starts_at=of.starts_at,
            ends_at=of.ends_at,
            expires_at=of.expires_at,
        )

    @event(Made)
    def __init__(
        self,
        opening_id: UUID,
        entry_id: UUID,
        patient_id: UUID,
        service_id: UUID,
        clinician_id: UUID,
        location_id: UUID,
        resource_ids: list[UUID],
        starts_at: datetime,
        ends_at: datetime,
        expires_at: datetime,
        timestamp: datetime,
    ) -> None:
        self.opening_id = opening_id
        self.entry_id = entry_id
        self.patient_id = patient_id
        self.service_id = service_id
        self.clinician_id = clinician_id
        self.location_id = location_id
        self.resource_ids = resource_ids
        self.starts_at = starts_at
        self.ends_at = ends_at
        self.expires_at = expires_at
        self.made_at = timestamp
        self.answer: str | None = None
        self.because: str | None = None
        self.appointment_id: UUID | None = None

    def status_at(self, now: datetime) -> OfferStatus:
        return status_of(self.answer, self.expires_at, now)

    def accept(self, appointment_id: UUID, at: datetime) -> None:
        """Raises OfferEndedError, OfferExpiredError."""
        self.refuse_ended(at)
        self.trigger_event(self.Accepted, appointment_id=appointment_id, timestamp=at)

    def decline(self, at: datetime) -> bool:
        """Return whether anything was recorded: declining twice records nothing the second time.

        Raises OfferEndedError, OfferExpiredError.
        """
        if self.answer == OfferStatus.DECLINED:
            return False
        self.refuse_ended(at)
        self.trigger_event(self.Declined, timestamp=at)
        return True

    def withdraw(self, because: OfferEndReason, at: datetime) -> bool:
        """Return whether anything was recorded: what was answered or has expired stays so."""
        if self.status_at(at) is not OfferStatus.OPEN:
            return False
        self.trigger_event(self.Withdrawn, because=because.value, timestamp=at)
        return True

    def refuse_ended(self, now: datetime) -> None:
        """Raises OfferEndedError, OfferExpiredError: it is not open."""
        status = self.status_at(now)
        if status is OfferStatus.EXPIRED:
            raise OfferExpiredError
        if status is not OfferStatus.OPEN:
            raise OfferEndedError


def status_of(answer: str | None, expires_at: datetime, now: datetime) -> OfferStatus:
    """Return how an offer stands: whoever has not answered by the very second has let it pass."""
    if answer is not None:
        return OfferStatus(answer)
    return OfferStatus.OPEN if now < expires_at else OfferStatus.EXPIRED


def expiry(at: datetime, minutes: int, starts_at: datetime) -> datetime:
    """Return when an offer of so many minutes ends: at its visit's start at the latest. Raises InvalidValueError: under 1, over a day."""
    if not 1 <= minutes <= LONGEST_MINUTES:
        raise InvalidValueError("minutes", f"minutes is at least 1 and at most {LONGEST_MINUTES}")
    return min(at + timedelta(minutes=minutes), starts_at)
