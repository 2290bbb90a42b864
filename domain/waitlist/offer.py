"""A wait list offer: a freed time, reserved for a patient until an answer or the expiry."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.errors import InvalidValueError
from domain.waitlist.errors import OfferEndedError, OfferExpiredError
from domain.waitlist.offered_time import OfferedTime

LONGEST_MINUTES: Final = 24 * 60
"""One day; an offer also never outlasts the start of the visit."""


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
    """The opening claims the time; of several offers of it, the first acceptance wins."""

    TOPIC = "scheduling.offer"

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
    answer: str | None = None
    because: str | None = None
    appointment_id: UUID | None = None

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

        def apply(self, aggregate: Offer) -> None:
            aggregate.answer, aggregate.appointment_id = OfferStatus.ACCEPTED.value, self.appointment_id

    class Declined(Aggregate.Event):
        TOPIC = "scheduling.offer.declined"

        def apply(self, aggregate: Offer) -> None:
            aggregate.answer = OfferStatus.DECLINED.value

    class Withdrawn(Aggregate.Event):
        TOPIC = "scheduling.offer.withdrawn"
        because: str

        def apply(self, aggregate: Offer) -> None:
            aggregate.answer, aggregate.because = OfferStatus.WITHDRAWN.value, self.because

    @classmethod
    def make(cls, *, id: UUID, entry_id: UUID, patient_id: UUID, of: OfferedTime, at: datetime) -> Self:
        time = of.fields("buffer_before_minutes", "buffer_after_minutes")
        return cls._create(cls.Made, id=id, timestamp=at, entry_id=entry_id, patient_id=patient_id, **time)

    @property
    def made_at(self) -> datetime:
        return self.created_on

    def status_at(self, now: datetime) -> OfferStatus:
        return status_of(self.answer, self.expires_at, now)

    def accept(self, appointment_id: UUID, at: datetime) -> None:
        """Raises OfferEndedError, OfferExpiredError."""
        self.refuse_ended(at)
        self.trigger_event(self.Accepted, appointment_id=appointment_id, timestamp=at)

    def decline(self, at: datetime) -> bool:
        """Return whether an event was recorded; a repeat records nothing.

        Raises OfferEndedError, OfferExpiredError.
        """
        if self.answer == OfferStatus.DECLINED:
            return False
        self.refuse_ended(at)
        self.trigger_event(self.Declined, timestamp=at)
        return True

    def withdraw(self, because: OfferEndReason, at: datetime) -> bool:
        """Return whether an event was recorded; an answered or expired offer stays as it is."""
        if self.status_at(at) is not OfferStatus.OPEN:
            return False
        self.trigger_event(self.Withdrawn, because=because.value, timestamp=at)
        return True

    def refuse_ended(self, now: datetime) -> None:
        """Raises OfferEndedError, OfferExpiredError."""
        status = self.status_at(now)
        if status is OfferStatus.EXPIRED:
            raise OfferExpiredError
        if status is not OfferStatus.OPEN:
            raise OfferEndedError


def status_of(answer: str | None, expires_at: datetime, now: datetime) -> OfferStatus:
    """Return the status of an offer; it expires at ``expires_at`` itself."""
    if answer is not None:
        return OfferStatus(answer)
    return OfferStatus.OPEN if now < expires_at else OfferStatus.EXPIRED


def expiry(at: datetime, minutes: int, starts_at: datetime) -> datetime:
    """Return when an offer of this length expires, at the latest when the visit starts.

    Raises InvalidValueError: under a minute or over a day.
    """
    if not 1 <= minutes <= LONGEST_MINUTES:
        raise InvalidValueError("minutes", f"minutes is at least 1 and at most {LONGEST_MINUTES}")
    return min(at + timedelta(minutes=minutes), starts_at)
